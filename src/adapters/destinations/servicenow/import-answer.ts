import { createJsonContract } from '../http/json-contract.ts';

interface ImportResult {
  readonly status: string;
  readonly table?: string;
}

const answer = createJsonContract<{ readonly result: readonly ImportResult[] }>('the answer to a ServiceNow import', {
  type: 'object',
  required: ['result'],
  properties: {
    result: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['status'],
        properties: { status: { type: 'string' }, table: { type: 'string' } },
      },
    },
  },
});

/**
 * What the transform maps of a staging table made of a row. `held`: a record stands under the key already, and was not made by this row.
 * `error`: nothing was written to the target. `strange`: the row waits, because the import set is not synchronous, or went elsewhere.
 */
export type Transformed = 'inserted' | 'held' | 'error' | 'strange';

const OUTCOMES: Readonly<Record<string, Transformed>> = {
  inserted: 'inserted',
  updated: 'held',
  ignored: 'held',
  skipped: 'error',
  error: 'error',
};

/** Reads the answer of the Import Set API; `target` is the table that counts. Throws `destination_misbehaved`. */
export function readTransformed(body: string, target: string): Transformed {
  const { result } = answer.read(body);
  const own = result.find(({ table }) => table === target) ?? result.find(({ status }) => status === 'error' || status === 'skipped');
  return own === undefined ? 'strange' : (OUTCOMES[own.status] ?? 'strange');
}
