/** What a property of an object holds. */
export type PropertyType = 'string' | 'datetime' | 'html' | { readonly options: readonly string[] };

const contact = { firstname: 'string', lastname: 'string', phone: 'string', email: 'string' } as const;
const meeting = {
  hs_timestamp: 'datetime',
  hs_meeting_title: 'string',
  hs_meeting_body: 'html',
  hs_meeting_start_time: 'datetime',
  hs_meeting_end_time: 'datetime',
  hs_meeting_outcome: { options: ['SCHEDULED', 'COMPLETED', 'RESCHEDULED', 'NO_SHOW', 'CANCELED'] },
  vestibule_phone: 'string',
} as const;
const ticket = {
  subject: 'string',
  content: 'string',
  hs_pipeline: { options: ['0'] },
  hs_pipeline_stage: { options: ['1', '2', '3', '4'] },
  hs_ticket_priority: { options: ['LOW', 'MEDIUM', 'HIGH', 'URGENT'] },
} as const;
const note = { hs_timestamp: 'datetime', hs_note_body: 'html' } as const;

/** Property of every object that asks for unique values. */
export const UNIQUE = 'vestibule_key';

/** Objects of the account: default properties that matter here, and the custom ones that an administrator adds. */
export const TYPES: Readonly<Record<string, Readonly<Record<string, PropertyType>>>> = {
  contacts: { ...contact, [UNIQUE]: 'string' },
  meetings: { ...meeting, [UNIQUE]: 'string' },
  tickets: { ...ticket, [UNIQUE]: 'string' },
  notes: { ...note, [UNIQUE]: 'string' },
};

/** Properties without which nothing is created. */
export const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  contacts: [],
  meetings: ['hs_timestamp'],
  tickets: ['subject', 'hs_pipeline_stage'],
  notes: ['hs_timestamp'],
};

/** Shapes of requests as the API reference gives them, by name. */
export const REQUEST_SHAPES = {
  /** `BatchInputSimplePublicObjectBatchInputUpsert` of the API reference. */
  upsert: {
    type: 'object',
    required: ['inputs'],
    additionalProperties: false,
    properties: {
      inputs: {
        type: 'array',
        minItems: 1,
        maxItems: 100,
        items: {
          type: 'object',
          required: ['id', 'properties'],
          additionalProperties: false,
          properties: {
            id: { type: 'string', minLength: 1 },
            idProperty: { type: 'string', minLength: 1 },
            objectWriteTraceId: { type: 'string' },
            properties: { type: 'object', additionalProperties: { type: 'string' } },
          },
        },
      },
    },
  },

  /** `BatchReadInputSimplePublicObjectId` of the API reference. */
  read: {
    type: 'object',
    required: ['inputs', 'properties', 'propertiesWithHistory'],
    additionalProperties: false,
    properties: {
      idProperty: { type: 'string' },
      inputs: {
        type: 'array',
        minItems: 1,
        maxItems: 100,
        items: { type: 'object', required: ['id'], additionalProperties: false, properties: { id: { type: 'string' } } },
      },
      properties: { type: 'array', items: { type: 'string' } },
      propertiesWithHistory: { type: 'array', items: { type: 'string' } },
    },
  },

  /** `PublicObjectSearchRequest` of the API reference, with the operators that matter here. */
  search: {
    type: 'object',
    required: ['filterGroups', 'properties', 'limit'],
    additionalProperties: false,
    properties: {
      filterGroups: {
        type: 'array',
        minItems: 1,
        maxItems: 5,
        items: {
          type: 'object',
          required: ['filters'],
          additionalProperties: false,
          properties: {
            filters: {
              type: 'array',
              minItems: 1,
              maxItems: 6,
              items: {
                type: 'object',
                required: ['propertyName', 'operator', 'value'],
                additionalProperties: false,
                properties: { propertyName: { type: 'string' }, operator: { enum: ['EQ', 'GTE'] }, value: { type: 'string' } },
              },
            },
          },
        },
      },
      properties: { type: 'array', items: { type: 'string' } },
      limit: { type: 'integer', minimum: 1, maximum: 200 },
    },
  },
} as const;

const SAFE_TAG = /^<\/?(?:p|br|b|strong|i|em|u|ul|ol|li|div|span|a)(?:\s[^>]*)?\/?>$/i;

/** As the account keeps a value: tags that it does not know are taken out, a moment loses its milliseconds. */
export function keptValue(type: PropertyType, value: string): string {
  if (type === 'html') return `<p>${value.replaceAll(/<[^<>]*>/g, (tag) => (SAFE_TAG.test(tag) ? tag : ''))}</p>`;
  if (type !== 'datetime') return value;
  const epochMs = /^\d+$/.test(value) ? Number(value) : Date.parse(value);
  return new Date(epochMs).toISOString().replace(/\.000Z$/, 'Z');
}

/** Why a value cannot be kept; null when it can. */
export function problemOf(name: string, type: PropertyType | undefined, value: string): string | null {
  if (type === undefined) return `Property "${name}" does not exist`;
  if (typeof type === 'object') return type.options.includes(value) ? null : `${value} was not one of the allowed options`;
  if (type === 'datetime' && !/^\d+$/.test(value) && Number.isNaN(Date.parse(value))) return `${value} was not a valid date`;
  return null;
}
