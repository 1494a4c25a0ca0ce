import { DEFAULTS, MODELS, OdooError } from './fields.ts';
import { createLoad, type LoadMessage } from './load.ts';

/** A record; `create_date` and `write_date` are equal until someone writes to it again. */
export interface OdooRecord {
  readonly id: number;
  values: Readonly<Record<string, unknown>>;
  /** The external id under which `load` made it; a second record under one external id would show here. */
  readonly madeAs: string | null;
}

/** A row of `ir.model.data`; (module, name) is unique. */
export interface DataRow {
  readonly id: number;
  readonly module: string;
  readonly name: string;
  readonly model: string;
  readonly resId: number;
  readonly noupdate: boolean;
}

export interface OdooDatabase {
  /** Loads that must have looked for their external id before the first of them writes. */
  readonly settings: { together: number };
  search(query: {
    readonly model: string;
    readonly domain: readonly unknown[];
    readonly limit: number;
    readonly activeTest: boolean;
  }): OdooRecord[];
  load(
    model: string,
    table: { readonly fields: readonly string[]; readonly row: readonly string[] },
    context: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly ids: readonly number[] | false; readonly messages: readonly LoadMessage[] }>;
  unlink(model: string, ids: readonly number[]): void;
  /** A person makes a record at the desk. */
  make(model: string, values: Readonly<Record<string, unknown>>): OdooRecord;
  /** A person writes to a record, a minute later. */
  write(model: string, id: number, values: Readonly<Record<string, unknown>>): void;
  /** The record cannot be deleted, because others hang on it. */
  restrict(model: string, id: number): void;
  /** Records that `load` made under an external id. */
  madeAs(model: string, externalId: string): readonly OdooRecord[];
  readonly dataRows: () => readonly DataRow[];
}

const A_MINUTE_MS = 60_000;
const timeText = (epochMs: number): string => new Date(epochMs).toISOString().slice(0, 19).replace('T', ' ');

type Condition = readonly [field: string, operator: string, value: unknown];

function holds(held: unknown, operator: string, value: unknown): boolean {
  const [a, b] = [String(held), String(value)];
  switch (operator) {
    case '=':
      return held === value;
    case '<':
      return a < b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    case 'in':
      return (value as readonly unknown[]).some((item) => (Array.isArray(held) ? held.includes(item) : held === item));
    case 'ilike':
      return a.toLowerCase().includes(b.toLowerCase());
    default:
      throw new OdooError('builtins.ValueError', `Invalid operator ${operator}`);
  }
}

/** A database with nothing in it but the contact of the practitioner (`OWNER_ID` of prepared.ts). */
export function createOdooDatabase(userTimeZone: string): OdooDatabase {
  const settings = { together: 1 };
  const tables = new Map(Object.keys(MODELS).map((model) => [model, [] as OdooRecord[]]));
  const restricted = new Set<string>();
  let data: DataRow[] = [{ id: 1, module: 'mail', name: 'mt_note', model: 'mail.message.subtype', resId: 1, noupdate: true }];
  let lastId = 0;

  const tableOf = (model: string): OdooRecord[] => {
    const table = tables.get(model);
    if (table === undefined) throw new OdooError('werkzeug.exceptions.NotFound', `the model '${model}' does not exist`);
    return table;
  };
  const insert = (model: string, values: Readonly<Record<string, unknown>>, madeAs: string | null): OdooRecord => {
    const table = tableOf(model);
    const at = timeText(Date.now());
    const known = Object.fromEntries(Object.entries(DEFAULTS).filter(([field]) => MODELS[model]?.[field] !== undefined));
    lastId += 1;
    const record = { id: lastId, values: { ...known, create_date: at, write_date: at, ...values }, madeAs };
    table.push(record);
    return record;
  };
  const write = (model: string, id: number, values: Readonly<Record<string, unknown>>, atEpochMs: number): void => {
    const record = tableOf(model).find((candidate) => candidate.id === id);
    if (record === undefined) throw new OdooError('odoo.exceptions.MissingError', 'Record does not exist or has been deleted.');
    record.values = { ...record.values, ...values, write_date: timeText(atEpochMs) };
  };
  const recordsOf = (model: string): readonly OdooRecord[] =>
    model === 'ir.model.data'
      ? data.map(({ id, module, name, model: target, resId }) => ({
          id,
          values: { module, name, model: target, res_id: resId },
          madeAs: null,
        }))
      : tableOf(model);

  insert('mail.message.subtype', { name: 'Note' }, null);
  const owner = insert('res.partner', { name: 'Dr. Weber', phone: '+493055500000' }, null);
  restricted.add(`res.partner/${owner.id}`);

  return {
    settings,
    search: ({ model, domain, limit, activeTest }) => {
      const conditions = domain as readonly Condition[];
      const unknown = conditions.find(([field]) => field !== 'id' && MODELS[model]?.[field] === undefined);
      if (unknown !== undefined) throw new OdooError('builtins.ValueError', `Invalid field ${model}.${unknown[0]}`);
      const asked = (record: OdooRecord, field: string): unknown => (field === 'id' ? record.id : record.values[field]);
      return recordsOf(model)
        .filter((record) => !activeTest || record.values['active'] !== false)
        .filter((record) => conditions.every(([field, operator, value]) => holds(asked(record, field), operator, value)))
        .slice(0, limit);
    },
    load: createLoad({
      settings,
      userTimeZone,
      dataRow: (module, name) => data.find((row) => row.module === module && row.name === name) ?? null,
      exists: (model, id) => tableOf(model).some((record) => record.id === id),
      insert: (model, values, { module, name, noupdate }) => {
        const record = insert(model, values, `${module}.${name}`);
        data.push({ id: data.length + 1, module, name, model, resId: record.id, noupdate });
        return record.id;
      },
      write: (model, id, values) => write(model, id, values, Date.now() + A_MINUTE_MS),
    }),
    unlink: (model, ids) => {
      for (const id of ids) {
        const at = tableOf(model).findIndex((record) => record.id === id);
        if (at === -1) throw new OdooError('odoo.exceptions.MissingError', 'Record does not exist or has been deleted.');
        if (restricted.has(`${model}/${id}`)) throw new OdooError('odoo.exceptions.UserError', 'The record is used by others.');
        tableOf(model).splice(at, 1);
        data = data.filter((row) => row.model !== model || row.resId !== id);
      }
    },
    make: (model, values) => insert(model, values, null),
    write: (model, id, values) => write(model, id, values, Date.now() + A_MINUTE_MS),
    restrict: (model, id) => {
      restricted.add(`${model}/${id}`);
    },
    madeAs: (model, externalId) => tableOf(model).filter((record) => record.madeAs === externalId),
    dataRows: () => data,
  };
}
