import { expect, test } from 'vitest';
import { isSuccess, refusal, type OutcomeTable } from '../../../../../src/adapters/destinations/http/outcome.ts';

const answer = (status: number, isHtml = false) => ({ status, isHtml, retryAfterMs: 2000, header: () => null, body: '' });
const meant = (
  status: number,
  options: { readonly outcomes?: OutcomeTable; readonly repeatable?: boolean; readonly isHtml?: boolean } = {},
) => refusal(answer(status, options.isHtml), { outcomes: options.outcomes ?? {}, repeatable: options.repeatable ?? true });

test('the table of a system decides before the usual reading, but never over a page of HTML', () => {
  const outcomes = { 409: 'slot_taken', 412: 'exists', 400: 'unknown', 500: 'rejected', 418: 'retry' } as const;
  expect(meant(409, { outcomes })).toEqual({ type: 'conflict', reason: 'slot_taken' });
  expect(meant(412, { outcomes })).toBe('exists');
  expect(meant(400, { outcomes })).toMatchObject({ type: 'unknown' });
  expect(meant(500, { outcomes })).toMatchObject({ type: 'rejected' });
  expect(meant(418, { outcomes })).toMatchObject({ type: 'retry', afterMs: 2000 });
  expect(meant(500, { outcomes, isHtml: true })).toMatchObject({ type: 'unknown' });
});

test('without a word in the table: refused for good, not done, or open', () => {
  expect(meant(422)).toEqual({ type: 'rejected', code: 'destination_rejected' });
  expect(meant(429)).toMatchObject({ type: 'retry', afterMs: 2000 });
  expect(meant(502)).toMatchObject({ type: 'unknown' });
});

test('"busy" says "not done" only where a repeat is harmless', () => {
  expect(meant(503)).toMatchObject({ type: 'retry' });
  expect(meant(503, { repeatable: false })).toMatchObject({ type: 'unknown' });
  expect(meant(503, { repeatable: false, outcomes: { 503: 'retry' } })).toMatchObject({ type: 'retry' });
});

test('success is a status and what stands in the answer', () => {
  const success = { statuses: [200], where: [{ at: '/ok', equals: true }] };
  expect(isSuccess(success, answer(200), { ok: true })).toBe(true);
  expect(isSuccess(success, answer(200), { ok: false })).toBe(false);
  expect(isSuccess(success, answer(201), { ok: true })).toBe(false);
  expect(isSuccess(success, answer(200, true), { ok: true })).toBe(false);
});
