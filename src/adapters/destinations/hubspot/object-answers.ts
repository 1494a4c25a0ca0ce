import { createJsonContract } from '../http/json-contract.ts';

/** One object of the CRM as the API gives it. */
export interface CrmObject {
  readonly id: string;
  readonly archived?: boolean;
  readonly properties: Readonly<Record<string, string | null>>;
}

/** An error of one item of a batch. */
export interface ItemError {
  readonly category: string;
}

/** Answer of a batch: 200 when every item went well, 207 when some did not. */
export interface BatchAnswer {
  readonly results: readonly CrmObject[];
  readonly errors?: readonly ItemError[];
}

const object = {
  type: 'object',
  required: ['id', 'properties'],
  properties: {
    id: { type: 'string', pattern: '^[0-9]+$' },
    archived: { type: 'boolean' },
    properties: { type: 'object', additionalProperties: { type: ['string', 'null'] } },
  },
} as const;

export const batchAnswer = createJsonContract<BatchAnswer>('the answer to a HubSpot batch', {
  type: 'object',
  required: ['results'],
  properties: {
    results: { type: 'array', items: object },
    errors: { type: 'array', items: { type: 'object', required: ['category'], properties: { category: { type: 'string' } } } },
  },
});

export const searchAnswer = createJsonContract<Pick<BatchAnswer, 'results'>>('the answer to a HubSpot search', {
  type: 'object',
  required: ['results'],
  properties: { results: { type: 'array', items: object } },
});

export const propertyList = createJsonContract<{
  readonly results: readonly { readonly name: string; readonly hasUniqueValue?: boolean }[];
}>('the properties of a HubSpot object', {
  type: 'object',
  required: ['results'],
  properties: {
    results: {
      type: 'array',
      items: { type: 'object', required: ['name'], properties: { name: { type: 'string' }, hasUniqueValue: { type: 'boolean' } } },
    },
  },
});
