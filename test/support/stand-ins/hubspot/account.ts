import { keptValue, problemOf, REQUIRED, TYPES, UNIQUE } from './objects.ts';

/** An object of the account. */
export interface AccountObject {
  readonly id: string;
  readonly type: string;
  properties: Readonly<Record<string, string>>;
  isArchived: boolean;
}

export interface BatchError {
  readonly status: 'error';
  readonly category: string;
  readonly message: string;
  readonly context: Readonly<Record<string, readonly string[]>>;
}

export type Upserted = { readonly object: AccountObject; readonly isNew: boolean } | BatchError;

export interface Account {
  byKey(type: string, key: string): AccountObject | undefined;
  byId(type: string, id: string): AccountObject | undefined;
  /** Also archived ones. */
  all(type: string): readonly AccountObject[];
  upsert(type: string, key: string, properties: Readonly<Record<string, string>>): Upserted;
  /** A person makes or changes an object. */
  add(type: string, properties: Readonly<Record<string, string>>): AccountObject;
  /** What the search index knows: everything that stood when it was brought up to date last. */
  indexed(type: string): readonly AccountObject[];
  /** The index catches up. */
  settle(): void;
  /** True: a unique value stays taken by an archived object. */
  archivedKeepsKey: boolean;
}

const refused = (category: string, message: string, context: BatchError['context'] = {}): BatchError => ({
  status: 'error',
  category,
  message,
  context,
});

/** Objects of an account with a unique property, a bin, and a search index that lags behind until it is told to catch up. */
export function createAccount(): Account {
  const objects: AccountObject[] = [];
  let index: readonly AccountObject[] = [];
  let last = 100;
  const rules = { archivedKeepsKey: false };
  const byKey: Account['byKey'] = (type, key) =>
    objects.find((object) => object.type === type && !object.isArchived && object.properties[UNIQUE] === key);
  const insert = (type: string, properties: Readonly<Record<string, string>>): AccountObject => {
    last += 1;
    const object = { id: String(last), type, properties, isArchived: false };
    objects.push(object);
    return object;
  };
  return {
    byKey,
    byId: (type, id) => objects.find((object) => object.type === type && object.id === id),
    all: (type) => objects.filter((object) => object.type === type),
    upsert: (type, key, given) => {
      const shapes = TYPES[type] ?? {};
      for (const [name, value] of Object.entries(given)) {
        const problem = problemOf(name, shapes[name], value);
        if (problem !== null) return refused('VALIDATION_ERROR', problem, { propertyName: [name] });
      }
      const kept = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, keptValue(shapes[name] ?? 'string', value)]));
      const held = byKey(type, key);
      if (held !== undefined) {
        held.properties = { ...held.properties, ...kept };
        return { object: held, isNew: false };
      }
      const missing = (REQUIRED[type] ?? []).filter((name) => kept[name] === undefined);
      if (missing.length > 0) return refused('VALIDATION_ERROR', 'Some required properties were not set.', { properties: missing });
      const inBin = objects.find((object) => object.type === type && object.isArchived && object.properties[UNIQUE] === key);
      if (rules.archivedKeepsKey && inBin !== undefined) return refused('CONFLICT', 'Property values conflict', { id: [inBin.id] });
      return { object: insert(type, { ...kept, [UNIQUE]: key }), isNew: true };
    },
    add: insert,
    indexed: (type) => index.filter((object) => object.type === type),
    settle: () => {
      index = objects.map((object) => ({ ...object }));
    },
    get archivedKeepsKey() {
      return rules.archivedKeepsKey;
    },
    set archivedKeepsKey(value) {
      rules.archivedKeepsKey = value;
    },
  };
}
