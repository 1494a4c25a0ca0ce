import type { DataRow } from './database.ts';
import { CellError, converted, MODELS, OdooError, type Relation } from './fields.ts';

/** What `load` says of a row; `field` when a cell did not fit. */
export interface LoadMessage {
  readonly type: 'error' | 'warning';
  readonly message: string;
  readonly field?: string;
}

type Values = Readonly<Record<string, unknown>>;

export interface LoadParts {
  readonly settings: { together: number };
  readonly userTimeZone: string;
  dataRow(module: string, name: string): DataRow | null;
  exists(model: string, id: number): boolean;
  insert(model: string, values: Values, row: { readonly module: string; readonly name: string; readonly noupdate: boolean }): number;
  write(model: string, id: number, values: Values): void;
}

interface Table {
  readonly fields: readonly string[];
  readonly row: readonly string[];
}

/** The value of a relation's column: `/.id` takes ids of the database, `/id` an external id. */
function related(parts: LoadParts, field: Relation, { column, text }: { readonly column: string; readonly text: string }): unknown {
  const [name, sub] = column.split('/');
  const ids = text.split(',').map((item) => {
    const [, module = '', external = ''] = /^([^.]+)\.(.+)$/.exec(item) ?? [];
    const id = sub === 'id' ? parts.dataRow(module, external)?.resId : Number(item);
    if (id === undefined || !parts.exists(field.model, id))
      throw new CellError(`No matching record found for '${item}' in field '${name}'`);
    return id;
  });
  return field.type === 'many2one' ? ids[0] : ids;
}

/**
 * `load` of one row, in one transaction with repeatable reads: the external id is looked up first; a row that another transaction put
 * there meanwhile makes the insert fail, and the failure comes as a message in a successful answer. Times are taken for the user's zone
 * unless the context names one.
 */
export function createLoad(parts: LoadParts) {
  const { settings } = parts;
  let waiting: (() => void)[] = [];
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
  const valuesOf = (
    model: string,
    { fields, row }: Table,
    timeZone: string,
  ): { readonly values: Values; readonly messages: LoadMessage[] } => {
    const messages: LoadMessage[] = [];
    const values: Record<string, unknown> = {};
    for (const [index, column] of fields.entries()) {
      const [name = ''] = column.split('/');
      if (column === 'id') continue;
      const field = MODELS[model]?.[name];
      if (field === undefined) throw new OdooError('builtins.ValueError', `Invalid field name '${name}'`);
      const text = row[index] ?? '';
      try {
        values[name] = 'model' in field ? related(parts, field, { column, text }) : converted(field, text, timeZone);
      } catch (error) {
        if (!(error instanceof CellError)) throw error;
        messages.push({ type: 'error', message: error.message, field: name });
      }
    }
    return { values, messages };
  };
  return async (model: string, table: Table, context: Values) => {
    const timeZone = typeof context['tz'] === 'string' ? context['tz'] : parts.userTimeZone;
    const { values, messages } = valuesOf(model, table, timeZone);
    const external = table.row[table.fields.indexOf('id')] ?? '';
    const [, module = '__import__', name = external] = /^([^.]+)\.(.+)$/.exec(external) ?? [];
    const held = parts.dataRow(module, name);
    await allHaveLooked();
    const failed = (message: LoadMessage): { readonly ids: false; readonly messages: readonly LoadMessage[] } => ({
      ids: false,
      messages: [...messages, message],
    });
    const [wrong] = messages;
    if (wrong !== undefined) return { ids: false as const, messages };
    if (held !== null) {
      if (held.model !== model) return failed({ type: 'error', message: `For external id ${external} found record of different model` });
      if (!(context['mode'] === 'update' && held.noupdate)) parts.write(model, held.resId, values);
      return { ids: [held.resId], messages };
    }
    if (parts.dataRow(module, name) !== null)
      return failed({ type: 'error', message: 'could not serialize access due to concurrent update' });
    return { ids: [parts.insert(model, values, { module, name, noupdate: context['noupdate'] === true })], messages };
  };
}
