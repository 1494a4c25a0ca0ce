import { randomUUID } from 'node:crypto';

/** A record of a table; every value is text. */
export type Row = Readonly<Record<string, string>>;

/** How rows of a staging table become records: columns of the one are fields of the other, and one field coalesces. */
export interface TransformMap {
  readonly staging: string;
  readonly target: string;
  readonly coalesce: string;
  /** Target fields; the staging column of each is `u_` and its name. */
  readonly fields: readonly string[];
}

/** One entry of `result` in the answer to an import. */
export type ImportResult = Readonly<Record<string, string>>;

/** What the administrator of an instance can set, and what a test uses to see the race. */
export interface InstanceSettings {
  /** glide.import_set_insert_serialized: rows with the same coalesce value are transformed one after the other. */
  serialized: boolean;
  /** The coalesce fields are unique in their tables. */
  unique: boolean;
  /** The import set has been set to load now and transform later. */
  asynchronous: boolean;
  /** Transforms that must have looked for their record before the first of them writes. */
  together: number;
}

/** Tables and transform maps of an instance. */
export interface Instance {
  readonly settings: InstanceSettings;
  hasTable(table: string): boolean;
  /** Encoded query with `=` and ORDERBY; a condition on a field that the table does not have is ignored, as is the default there. */
  query(table: string, encoded: string): readonly Row[];
  importRow(staging: string, row: Row): Promise<ImportResult | null>;
  /** A person writes to a record. */
  edit(table: string, sysId: string, values: Row): void;
  remove(table: string, sysId: string): boolean;
}

/** The account of the integration, and a person at the desk. */
export const INTEGRATION_USER = 'vestibule.integration';
const DESK = 'front.desk';
/** Longer text is cut without a word. */
const LETTERS_MAX: Readonly<Record<string, number>> = { short_description: 160, description: 4000, correlation_id: 100 };

const timeNow = (): string => new Date().toISOString().slice(0, 19).replace('T', ' ');
const stagingColumn = (field: string): string => (field.startsWith('u_') ? field : `u_${field}`);

const SYSTEM = ['sys_id', 'sys_created_on', 'sys_created_by', 'sys_updated_on', 'sys_updated_by', 'sys_mod_count'];

/** An instance with these transform maps and empty tables. */
export function createInstance(maps: readonly TransformMap[]): Instance {
  const settings: InstanceSettings = { serialized: true, unique: false, asynchronous: false, together: 1 };
  const tables = new Map(maps.map(({ target }) => [target, [] as Row[]]));
  const known = (table: string): ReadonlySet<string> =>
    new Set([...SYSTEM, ...(maps.find(({ target }) => target === table)?.fields ?? [])]);
  const rowsOf = (table: string): Row[] => tables.get(table) ?? [];
  const change = (table: string, row: Row, values: Row, by: string): void => {
    const rows = rowsOf(table);
    const changed = {
      ...row,
      ...values,
      sys_updated_by: by,
      sys_updated_on: timeNow(),
      sys_mod_count: String(Number(row['sys_mod_count']) + 1),
    };
    rows[rows.indexOf(row)] = changed;
  };
  const last = new Map<string, Promise<unknown>>();
  const inTurn = <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const next = (last.get(name) ?? Promise.resolve()).then(work, work);
    last.set(name, next);
    return next;
  };
  let waiting: (() => void)[] = [];
  /** Returns when as many transforms have looked for their record as `together` says. */
  const allHaveLooked = async (): Promise<void> => {
    if (settings.together <= 1) return;
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      if (waiting.length < settings.together) return;
      settings.together = 1;
      for (const go of waiting) go();
      waiting = [];
    });
  };
  const transform = async (map: TransformMap, values: Row): Promise<ImportResult> => {
    const key = values[map.coalesce] ?? '';
    const common = { transform_map: `Vestibule ${map.target}`, table: map.target };
    if (key === '') return { ...common, status: 'skipped', status_message: 'No coalesce value' };
    const isKey = (row: Row): boolean => row[map.coalesce]?.toLowerCase() === key.toLowerCase();
    const held = rowsOf(map.target).find(isKey);
    await allHaveLooked();
    if (held !== undefined) {
      const changed = map.fields.some((field) => values[field] !== undefined && values[field] !== held[field]);
      const status = changed ? { status: 'updated' } : { status: 'ignored', status_message: 'No field values changed' };
      if (changed) change(map.target, held, values, INTEGRATION_USER);
      return { ...common, ...status, sys_id: held['sys_id'] ?? '' };
    }
    if (settings.unique && rowsOf(map.target).some(isKey))
      return { ...common, status: 'error', error_message: 'Unique Key violation detected by database' };
    const sysId = randomUUID().replaceAll('-', '');
    const made = { sys_id: sysId, sys_created_on: timeNow(), sys_created_by: INTEGRATION_USER, sys_mod_count: '0' };
    const empty = Object.fromEntries(map.fields.map((field) => [field, '']));
    rowsOf(map.target).push({ ...empty, ...values, ...made, sys_updated_on: made.sys_created_on, sys_updated_by: INTEGRATION_USER });
    return { ...common, status: 'inserted', sys_id: sysId, record_link: `/api/now/table/${map.target}/${sysId}` };
  };
  return {
    settings,
    hasTable: (table) => tables.has(table),
    query: (table, encoded) => {
      const conditions = encoded.split('^').filter((part) => part !== '' && !part.startsWith('ORDERBY'));
      const pairs = conditions.map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)] as const);
      const counted = pairs.filter(([field]) => known(table).has(field));
      return rowsOf(table).filter((row) => counted.every(([field, value]) => row[field]?.toLowerCase() === value.toLowerCase()));
    },
    importRow: async (staging, row) => {
      const map = maps.find((candidate) => candidate.staging === staging);
      if (map === undefined) return null;
      if (settings.asynchronous) return { table: staging, status: 'pending', sys_id: randomUUID().replaceAll('-', '') };
      const values = Object.fromEntries(
        map.fields.flatMap((field) => {
          const value = row[stagingColumn(field)];
          return value === undefined ? [] : [[field, value.slice(0, LETTERS_MAX[field])]];
        }),
      );
      const work = (): Promise<ImportResult> => transform(map, values);
      return settings.serialized ? inTurn(`${map.target}/${values[map.coalesce] ?? ''}`, work) : work();
    },
    edit: (table, sysId, values) => {
      const row = rowsOf(table).find(({ sys_id }) => sys_id === sysId);
      if (row === undefined) throw new Error('nothing to edit');
      change(table, row, values, DESK);
    },
    remove: (table, sysId) => {
      const rows = rowsOf(table);
      const at = rows.findIndex(({ sys_id }) => sys_id === sysId);
      if (at !== -1) rows.splice(at, 1);
      return at !== -1;
    },
  };
}
