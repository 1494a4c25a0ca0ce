import { localTime, zonedEpochMs } from '../../../../src/domain/hours/local-date.ts';

export type Relation = { readonly type: 'many2one' | 'many2many'; readonly model: string };
export type Field =
  | { readonly type: 'char' | 'text' | 'html' | 'datetime' | 'date' | 'boolean' | 'integer' }
  | { readonly type: 'selection'; readonly values: readonly string[] }
  | Relation;

export type Model = Readonly<Record<string, Field>>;

const LOGGED: Model = { create_date: { type: 'datetime' }, write_date: { type: 'datetime' } };

/** Models of Odoo with the fields that matter here. */
export const MODELS: Readonly<Record<string, Model>> = {
  'ir.model.data': { module: { type: 'char' }, name: { type: 'char' }, model: { type: 'char' }, res_id: { type: 'integer' } },
  'res.partner': { ...LOGGED, name: { type: 'char' }, phone: { type: 'char' }, active: { type: 'boolean' } },
  'calendar.event': {
    ...LOGGED,
    name: { type: 'char' },
    start: { type: 'datetime' },
    stop: { type: 'datetime' },
    allday: { type: 'boolean' },
    start_date: { type: 'date' },
    stop_date: { type: 'date' },
    show_as: { type: 'selection', values: ['busy', 'free'] },
    description: { type: 'html' },
    partner_ids: { type: 'many2many', model: 'res.partner' },
    active: { type: 'boolean' },
  },
  'crm.lead': {
    ...LOGGED,
    name: { type: 'char' },
    contact_name: { type: 'char' },
    phone: { type: 'char' },
    partner_id: { type: 'many2one', model: 'res.partner' },
    description: { type: 'html' },
    priority: { type: 'selection', values: ['0', '1', '2', '3'] },
    active: { type: 'boolean' },
  },
  'mail.message': {
    ...LOGGED,
    model: { type: 'char' },
    res_id: { type: 'integer' },
    message_type: { type: 'selection', values: ['email', 'comment', 'notification'] },
    subtype_id: { type: 'many2one', model: 'mail.message.subtype' },
    subject: { type: 'char' },
    body: { type: 'html' },
  },
  'mail.message.subtype': { name: { type: 'char' } },
};

/** Values of a new record before anything is set. */
export const DEFAULTS: Readonly<Record<string, unknown>> = { active: true, allday: false, show_as: 'busy', partner_ids: [] };

/** Exceptions of Python, by their full names. */
export class OdooError extends Error {
  readonly pythonName: string;
  constructor(pythonName: string, message: string) {
    super(message);
    this.pythonName = pythonName;
  }
}

/** A cell of `load` that does not fit its field. */
export class CellError extends Error {}

const TRUE = new Set(['1', 'true', 'yes']);
const FALSE = new Set(['', '0', 'false', 'no']);

/** What the sanitizer makes of HTML: text without a block around it gets one, quotes in text need no escape. */
export function sanitized(html: string): string {
  const text = html.replaceAll('&quot;', '"').replaceAll('&#39;', "'");
  return text === '' || text.startsWith('<') ? text : `<p>${text}</p>`;
}

/** A time without a zone in the user's zone, as UTC without a zone. */
function toUtc(text: string, timeZone: string): string {
  const [, day, hour, minute, second] = /^(\d{4}-\d{2}-\d{2}) (\d{2}):(\d{2}):(\d{2})$/.exec(text) ?? [];
  if (day === undefined) throw new CellError(`'${text}' does not seem to be a valid datetime`);
  const epochMs = zonedEpochMs(day, Number(hour) * 60 + Number(minute), timeZone) + Number(second) * 1000;
  const utc = localTime(epochMs, 'UTC');
  const [hours, minutes] = [Math.floor(utc.minuteOfDay / 60), utc.minuteOfDay % 60].map((part) => String(part).padStart(2, '0'));
  return `${utc.day} ${hours}:${minutes}:${second}`;
}

/** What `load` makes of the text in a cell; relations are resolved by the caller. Throws {@link CellError}. */
export function converted(field: Exclude<Field, Relation>, text: string, timeZone: string): unknown {
  switch (field.type) {
    case 'char':
    case 'text':
      return text;
    case 'html':
      return sanitized(text);
    case 'datetime':
      return toUtc(text, timeZone);
    case 'date':
      return text;
    case 'boolean':
      if (TRUE.has(text.toLowerCase())) return true;
      if (FALSE.has(text.toLowerCase())) return false;
      throw new CellError(`Unknown value '${text}' for boolean field`);
    case 'integer':
      if (/^-?\d+$/.test(text)) return Number(text);
      throw new CellError(`'${text}' does not seem to be an integer`);
    case 'selection':
      if (field.values.includes(text)) return text;
      throw new CellError(`Value '${text}' not found in selection field`);
  }
}
