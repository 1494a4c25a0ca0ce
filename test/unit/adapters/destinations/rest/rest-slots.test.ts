import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CallValues } from '../../../../../src/adapters/destinations/rest/rest-call.ts';
import type { FreeSlotsUse } from '../../../../../src/adapters/destinations/rest/rest-mapping.ts';
import { restSlots } from '../../../../../src/adapters/destinations/rest/rest-slots.ts';
import { readRestSystem } from '../../../../../src/adapters/destinations/rest/rest-system.ts';
import { createManualClock } from '../../../../support/manual-clock.ts';
import { samplePractice } from '../../../../support/sample-practice.ts';

const EXAMPLE = join(import.meta.dirname, '../../../../../config/mappings/rest-example.yaml');
const { freeSlots } = readRestSystem(EXAMPLE);
if (freeSlots === null) throw new Error('the example maps no free slots');
const { use: example, operation } = freeSlots;
const clock = createManualClock();
/** The clock stands on Monday, 2 March 2026; on the 29th the clocks change. */
const QUERY = { service: 'check-up', fromDay: '2026-03-28', toDay: '2026-03-29' };

/** What the system is asked, and what comes of its answer. */
async function ask(use: FreeSlotsUse, content: unknown = { items: [] }, query = QUERY) {
  const asked: CallValues[] = [];
  const caller = {
    call: async (_bound: unknown, values: CallValues) => {
      asked.push(values);
      const answer = { status: 200, body: '', isHtml: false, retryAfterMs: null, header: () => null };
      return { type: 'succeeded', answer, content } as const;
    },
  };
  const slots = await restSlots({ bound: { use, operation }, caller, practice: samplePractice, clock }, query, {
    signal: AbortSignal.timeout(5000),
  });
  return { asked, slots };
}
const from = (form: FreeSlotsUse['from']['form']): FreeSlotsUse['from'] => ({ in: 'query', name: 'from', form });
const to = (form: FreeSlotsUse['to']['form']): FreeSlotsUse['to'] => ({ in: 'query', name: 'to', form });

describe('a question for free slots', () => {
  test.each([
    ['day', 'day', '2026-03-28', '2026-03-29'],
    ['day', 'day_after', '2026-03-28', '2026-03-30'],
    ['utc', 'utc', '2026-03-27T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
    ['offset', 'offset', '2026-03-28T00:00:00+01:00', '2026-03-30T00:00:00+02:00'],
  ] as const)('names its days as %s and %s', async (first, last, expectedFrom, expectedTo) => {
    expect((await ask({ ...example, from: from(first), to: to(last) })).asked).toEqual([
      { service: 'CHECK', from: expectedFrom, to: expectedTo },
    ]);
  });

  test('does not ask for moments that are over', async () => {
    const today = { ...QUERY, fromDay: '2026-03-02', toDay: '2026-03-02' };
    const { asked } = await ask({ ...example, from: from('utc') }, { items: [] }, today);
    expect(asked[0]?.from).toBe(new Date(clock.businessEpochMs()).toISOString());
  });

  test('names a service for which the system has no code by its id', async () => {
    expect((await ask({ ...example, service: { in: 'query', name: 'service' } })).asked[0]?.service).toBe('check-up');
  });
});

describe('an answer about free slots', () => {
  const item = { start: '2026-03-28T09:00:00Z', minutes: 30 };
  test.each([null, false, '', 0, undefined])('that says %j of what follows is complete', async (next) => {
    expect((await ask(example, { items: [item], next })).slots).toHaveLength(1);
  });

  test.each([true, 'page 2', 2, { href: '/slots?page=2' }])('that says %j of what follows is not', async (next) => {
    await expect(ask(example, { items: [item], next })).rejects.toMatchObject({ code: 'destination_misbehaved' });
  });

  test('may be the list itself', async () => {
    const { recordsAt: _recordsAt, ...whole } = example;
    expect((await ask(whole, [item])).slots).toHaveLength(1);
  });

  test.each(['30', 30])('says the length as %j', async (minutes) => {
    expect((await ask(example, { items: [{ ...item, minutes }] })).slots).toEqual([{ start: '2026-03-28T10:00:00+01:00', minutes: 30 }]);
  });

  test.each(['half an hour', '', 30.5, 0, -30, null, true, [30]])('with a length of %j cannot be read', async (minutes) => {
    await expect(ask(example, { items: [{ ...item, minutes }] })).rejects.toMatchObject({ code: 'destination_misbehaved' });
  });
});
