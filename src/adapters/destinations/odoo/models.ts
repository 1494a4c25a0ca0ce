import { AppError } from '../../../base/app-error.ts';
import type { DestinationOptions } from '../../../ports/destination.ts';
import { createJsonContract } from '../http/json-contract.ts';
import { questionError, type OdooReply, type OdooWire } from './wire.ts';

/** A record as Odoo reads it: a date and time is UTC without a zone, an empty field is false, a relation is `[id, name]` or a list of ids. */
export interface OdooRow {
  readonly id: number;
  readonly [field: string]: unknown;
}

/** Odoo's search language, as far as it is used: conditions that all hold. */
export type OdooDomain = readonly (readonly [field: string, operator: string, value: unknown])[];

export interface OdooSearch {
  readonly model: string;
  readonly domain: OdooDomain;
  readonly fields: readonly string[];
  readonly limit: number;
}

/** Whether `load` made a record; `isFinal` when a value of ours did not fit a field. */
export type Loaded = { readonly type: 'made'; readonly id: number } | { readonly type: 'refused'; readonly isFinal: boolean };

/** Models of one database. Questions throw as a destination's `check` does. */
export interface OdooModels {
  /** Oldest first; archived records count. */
  search(search: OdooSearch, options: DestinationOptions): Promise<readonly OdooRow[]>;
  /** The record of an external id (`module.name`); null when there is none. */
  idOf(externalId: string, options: DestinationOptions): Promise<{ readonly model: string; readonly id: number } | null>;
  /** Fields of a model that are there and may be read. */
  fieldsOf(model: string, fields: readonly string[], options: DestinationOptions): Promise<ReadonlySet<string>>;
  /** Makes a record; its column `id` is its external id. */
  load(model: string, columns: Readonly<Record<string, string>>, options: DestinationOptions): Promise<OdooReply>;
  unlink(model: string, id: number, options: DestinationOptions): Promise<OdooReply>;
}

/**
 * `load` takes a time for one of the user's zone unless the context names another; labels and names are read in one language; nobody is
 * invited or written to, since whoever called knows.
 */
const CONTEXT = { lang: 'en_US', tz: 'UTC', active_test: false, no_mail_to_attendees: true } as const;
/** A record that stands under its external id already is left as it is, whoever may have changed it. */
const MAKE_ONLY = { ...CONTEXT, mode: 'update', noupdate: true } as const;

const rows = createJsonContract<readonly OdooRow[]>('records of Odoo', {
  type: 'array',
  items: { type: 'object', required: ['id'], properties: { id: { type: 'integer' } } },
});
const dataRows = createJsonContract<readonly { readonly model: string; readonly res_id: number }[]>('external ids of Odoo', {
  type: 'array',
  items: {
    type: 'object',
    required: ['model', 'res_id'],
    properties: { model: { type: 'string' }, res_id: { type: 'integer' } },
  },
});
const loaded = createJsonContract<{ readonly ids: readonly number[] | false; readonly messages: readonly { readonly field?: unknown }[] }>(
  'what Odoo says of a load',
  {
    type: 'object',
    required: ['ids', 'messages'],
    properties: {
      ids: { anyOf: [{ const: false }, { type: 'array', items: { type: 'integer' } }] },
      messages: { type: 'array', items: { type: 'object' } },
    },
  },
);

/** Reads the value of a `load` of one record. Throws `destination_misbehaved`. */
export function readLoaded(value: unknown): Loaded {
  const { ids, messages } = loaded.check(value);
  const [id] = ids === false ? [] : ids;
  if (id !== undefined) return { type: 'made', id };
  return { type: 'refused', isFinal: messages.some(({ field }) => field !== undefined) };
}

/** An external id in its two parts. Throws `config_invalid` for one without a module. */
export function partsOf(externalId: string): readonly [module: string, name: string] {
  const [, module, name] = /^([^.]+)\.(.+)$/.exec(externalId) ?? [];
  if (module === undefined || name === undefined)
    throw new AppError('config_invalid', '  the key of an Odoo mapping needs a module: "vestibule.{remoteKey}"');
  return [module, name];
}

/** The models of the database behind a wire. */
export function createOdooModels(wire: OdooWire): OdooModels {
  const ask = async (model: string, method: string, parameters: Readonly<Record<string, unknown>>, options: DestinationOptions) => {
    const reply = await wire.call({ model, method, parameters, context: CONTEXT }, options);
    if (reply.type !== 'value') throw questionError(reply);
    return reply.value;
  };
  const search: OdooModels['search'] = async ({ model, domain, fields, limit }, options) =>
    rows.check(await ask(model, 'search_read', { domain, fields, limit, order: 'id' }, options));
  return {
    search,
    idOf: async (externalId, options) => {
      const [module, name] = partsOf(externalId);
      const domain: OdooDomain = [
        ['module', '=', module],
        ['name', '=', name],
      ];
      const found = await search({ model: 'ir.model.data', domain, fields: ['model', 'res_id'], limit: 1 }, options);
      const [row] = dataRows.check(found);
      return row === undefined ? null : { model: row.model, id: row.res_id };
    },
    fieldsOf: async (model, fields, options) => {
      const known = await ask(model, 'fields_get', { allfields: fields, attributes: ['type'] }, options);
      return new Set(typeof known === 'object' && known !== null ? Object.keys(known) : []);
    },
    load: (model, columns, options) => {
      const parameters = { fields: Object.keys(columns), data: [Object.values(columns)] };
      return wire.call({ model, method: 'load', parameters, context: MAKE_ONLY }, options);
    },
    unlink: (model, id, options) => wire.call({ model, method: 'unlink', ids: [id], parameters: {}, context: CONTEXT }, options),
  };
}
