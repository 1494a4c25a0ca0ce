import { keptValues, missingField, EXTERNAL_ID, OBJECTS, type FieldError } from './objects.ts';

/** A record as the org keeps it; deleted ones lie in the bin. */
export interface OrgRecord {
  readonly Id: string;
  readonly object: string;
  readonly createdBy: string;
  modifiedBy: string;
  isDeleted: boolean;
  values: Readonly<Record<string, string | null>>;
}

export type Upserted = { readonly id: string; readonly created: boolean } | { readonly several: readonly OrgRecord[] } | FieldError;

/** Users of the org. */
export const INTEGRATION_USER = '005000000000001AAA';
export const DESK_USER = '005000000000002AAA';

export interface Org {
  byKey(object: string, key: string): readonly OrgRecord[];
  byId(id: string): OrgRecord | undefined;
  where(object: string, keep: (values: OrgRecord['values']) => boolean): readonly OrgRecord[];
  upsert(object: string, key: string, body: Readonly<Record<string, unknown>>): Promise<Upserted>;
  /** A person makes or changes a record. */
  add(object: string, values: OrgRecord['values']): OrgRecord;
  edit(record: OrgRecord, values: OrgRecord['values']): void;
  /** Rule for contacts: the same telephone number is the same person. */
  hasDuplicateRule: boolean;
  /** False: the key field lost its "unique" mark. */
  isKeyUnique: boolean;
  /** Inserts that wait for each other, each having found nothing under its key. */
  insertsTogether: number;
}

/** Records of an org with its unique External ID field and its duplicate rule. */
export function createOrg(): Org {
  const records: OrgRecord[] = [];
  let last = 0;
  const rules = { hasDuplicateRule: false, isKeyUnique: true, insertsTogether: 1 };
  let waiting: (() => void)[] = [];
  const live = (object: string): readonly OrgRecord[] => records.filter((record) => record.object === object && !record.isDeleted);
  const byKey: Org['byKey'] = (object, key) => live(object).filter(({ values }) => values[EXTERNAL_ID] === key);
  const insert = (object: string, values: OrgRecord['values'], user: string): OrgRecord => {
    last += 1;
    const Id = `${OBJECTS[object]?.prefix ?? '000'}${String(last).padStart(12, '0')}AAA`;
    const record: OrgRecord = { Id, object, createdBy: user, modifiedBy: user, isDeleted: false, values };
    records.push(record);
    return record;
  };
  const isDuplicate = (object: string, { Phone }: OrgRecord['values']): boolean =>
    rules.hasDuplicateRule && object === 'Contact' && live(object).some(({ values }) => values['Phone'] === Phone);
  return {
    byKey,
    byId: (id) => records.find((record) => record.Id === id),
    where: (object, keep) => live(object).filter(({ values }) => keep(values)),
    upsert: async (object, key, body) => {
      const values = keptValues(object, body);
      if ('errorCode' in values) return values as FieldError;
      const matches = byKey(object, key);
      const [match] = matches;
      if (matches.length > 1) return { several: matches };
      if (match !== undefined) {
        match.values = { ...match.values, ...values };
        match.modifiedBy = INTEGRATION_USER;
        return { id: match.Id, created: false };
      }
      const missing = missingField(object, values);
      if (missing !== null) return missing;
      // Between the look and the insert another request may come; the index of the unique field then refuses the second.
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (waiting.length < rules.insertsTogether) return;
        for (const go of waiting) go();
        waiting = [];
      });
      const [other] = byKey(object, key);
      if (other !== undefined && rules.isKeyUnique)
        return {
          errorCode: 'DUPLICATE_VALUE',
          message: `duplicate value found: ${EXTERNAL_ID} duplicates value on record with id: ${other.Id}`,
          fields: [],
        };
      if (isDuplicate(object, values)) return { errorCode: 'DUPLICATES_DETECTED', message: 'Use one of these records?', fields: [] };
      return { id: insert(object, { ...values, [EXTERNAL_ID]: key }, INTEGRATION_USER).Id, created: true };
    },
    add: (object, values) => insert(object, values, DESK_USER),
    edit: (record, values) => {
      record.values = { ...record.values, ...values };
      record.modifiedBy = DESK_USER;
    },
    get hasDuplicateRule() {
      return rules.hasDuplicateRule;
    },
    set hasDuplicateRule(value) {
      rules.hasDuplicateRule = value;
    },
    get isKeyUnique() {
      return rules.isKeyUnique;
    },
    set isKeyUnique(value) {
      rules.isKeyUnique = value;
    },
    get insertsTogether() {
      return rules.insertsTogether;
    },
    set insertsTogether(value) {
      rules.insertsTogether = value;
    },
  };
}
