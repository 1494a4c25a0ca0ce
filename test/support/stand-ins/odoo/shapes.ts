import type { SchemaObject } from 'ajv/dist/2020.js';

const strings = { type: 'array', items: { type: 'string' } } as const;

/** Parameters of the methods that are called, by their names in Odoo's own signatures; a value of a loaded row is text. */
export const SHAPES: Readonly<Record<string, SchemaObject>> = {
  search_read: {
    type: 'object',
    additionalProperties: false,
    required: ['domain', 'fields'],
    properties: {
      domain: {
        type: 'array',
        items: { type: 'array', minItems: 3, maxItems: 3, prefixItems: [{ type: 'string' }, { type: 'string' }, true] },
      },
      fields: strings,
      offset: { type: 'integer' },
      limit: { type: 'integer', minimum: 1 },
      order: { type: 'string' },
    },
  },
  fields_get: { type: 'object', additionalProperties: false, properties: { allfields: strings, attributes: strings } },
  load: {
    type: 'object',
    additionalProperties: false,
    required: ['fields', 'data'],
    properties: { fields: { ...strings, minItems: 1 }, data: { type: 'array', minItems: 1, items: strings } },
  },
  unlink: { type: 'object', additionalProperties: false, maxProperties: 0 },
  jsonrpc: {
    type: 'object',
    additionalProperties: false,
    required: ['jsonrpc', 'method', 'params', 'id'],
    properties: {
      jsonrpc: { const: '2.0' },
      id: { type: ['integer', 'null'] },
      method: { const: 'call' },
      params: {
        type: 'object',
        additionalProperties: false,
        required: ['service', 'method', 'args'],
        properties: { service: { enum: ['common', 'object', 'db'] }, method: { type: 'string' }, args: { type: 'array' } },
      },
    },
  },
};
