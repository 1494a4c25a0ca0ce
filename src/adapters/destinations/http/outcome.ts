import type { WriteResult } from '../../../domain/writeback/answer.ts';
import { refusedWrite, statusError } from './classify.ts';
import type { HttpAnswer } from './http-client.ts';
import { POINTER_PATTERN, valueAt } from './json-pointer.ts';

/**
 * What a status says about a write, where the usual reading (`refusedWrite`) does not fit a system. `exists`: a record stands under our
 * key already; it is looked at before anything is claimed.
 */
export const OUTCOMES = ['exists', 'exists_differently', 'slot_taken', 'changed', 'rejected', 'retry', 'unknown'] as const;
export type Outcome = (typeof OUTCOMES)[number];
/** Status -> outcome. */
export type OutcomeTable = Readonly<Record<string, Outcome>>;

/** What an answer must be to count as success. */
export interface Success {
  readonly statuses: readonly number[];
  /** Values that must stand in the answer. */
  readonly where?: readonly { readonly at: string; readonly equals: string | number | boolean }[];
}

/** Schema of an ambiguity table in mapping documents. */
export const OUTCOME_SCHEMA = {
  type: 'object',
  propertyNames: { pattern: '^[1-5][0-9]{2}$' },
  additionalProperties: { enum: OUTCOMES },
} as const;

/** Schema of a success predicate in mapping documents. */
export const SUCCESS_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['statuses'],
  properties: {
    statuses: { type: 'array', minItems: 1, items: { type: 'integer', minimum: 200, maximum: 299 } },
    where: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['at', 'equals'],
        properties: { at: { type: 'string', pattern: POINTER_PATTERN }, equals: { type: ['string', 'number', 'boolean'] } },
      },
    },
  },
} as const;

/** True when an answer with its parsed content is what the predicate wants. */
export function isSuccess({ statuses, where = [] }: Success, answer: HttpAnswer, content: unknown): boolean {
  return statuses.includes(answer.status) && !answer.isHtml && where.every(({ at, equals }) => valueAt(content, at) === equals);
}

/**
 * What an answer that is no success means. `repeatable` false: the system keeps no key, so that "busy" may not be taken for "not done" (a
 * gateway says 503 of a request that its server still carries out).
 */
export function refusal(
  answer: HttpAnswer,
  { outcomes, repeatable }: { readonly outcomes: OutcomeTable; readonly repeatable: boolean },
): WriteResult | 'exists' {
  const { code } = statusError(answer);
  const outcome = answer.isHtml ? undefined : outcomes[String(answer.status)];
  switch (outcome) {
    case undefined:
      return !repeatable && answer.status === 503 ? { type: 'unknown', code } : refusedWrite(answer);
    case 'exists':
      return 'exists';
    case 'exists_differently':
    case 'slot_taken':
    case 'changed':
      return { type: 'conflict', reason: outcome };
    case 'rejected':
      return { type: 'rejected', code: 'destination_rejected' };
    case 'retry':
      return { type: 'retry', code, afterMs: answer.retryAfterMs };
    case 'unknown':
      return { type: 'unknown', code };
  }
}
