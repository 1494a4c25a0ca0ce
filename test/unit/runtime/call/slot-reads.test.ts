import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../src/base/app-error.ts';
import type { FreeSlot, SlotQuery } from '../../../../src/domain/hours/free-slot.ts';
import { createSlotReads } from '../../../../src/runtime/call/slot-reads.ts';
import { createKeptLogger } from '../../../support/kept-logger.ts';
import { createManualClock } from '../../../support/manual-clock.ts';
import { practice } from '../../domain/dialog/conversation.ts';

const THURSDAY: SlotQuery = { service: 'check-up', fromDay: '2026-03-05', toDay: '2026-03-05' };
const slotOn = (day: string): FreeSlot => ({ start: `${day}T10:30:00+01:00`, minutes: 30 });
const ON_THURSDAY = slotOn('2026-03-05');

type Answer = { readonly slots: readonly FreeSlot[]; readonly ageMs: number };

/** Reads of a call whose calendar gives `answers` one after the other; an error where there is none. */
function rig(...answers: readonly (Answer | Promise<Answer>)[]) {
  const clock = createManualClock();
  const asked: SlotQuery[] = [];
  const freeSlots = async (query: SlotQuery): Promise<Answer> => {
    asked.push(query);
    const answer = answers[asked.length - 1];
    if (answer === undefined) throw new AppError('destination_unreachable', 'away');
    return answer;
  };
  const bookings = {
    freeSlots,
    whoCalls: () => Promise.reject(new Error('nobody asks here')),
    settle: () => Promise.reject(new Error('nothing is written here')),
    close: () => Promise.resolve(),
  };
  const log = createKeptLogger();
  const reads = createSlotReads({ bookings, clock, log, practice: () => practice }, new AbortController().signal);
  return { clock, asked, log, find: (query: SlotQuery = THURSDAY) => reads.find(query) };
}

describe('the free slots of a call', () => {
  it('are read once for what is asked within five seconds, and again after that', async () => {
    const { clock, asked, find } = rig({ slots: [ON_THURSDAY], ageMs: 0 }, { slots: [], ageMs: 0 });
    expect(await find()).toEqual({ slots: [ON_THURSDAY], ageMs: 0 });
    clock.advance(4999);
    expect(await find()).toEqual({ slots: [ON_THURSDAY], ageMs: 4999 });
    expect(asked).toHaveLength(1);
    clock.advance(1);
    expect(await find()).toEqual({ slots: [], ageMs: 0 });
    expect(asked).toHaveLength(2);
  });

  it('count from when the calendar was read, not from when the answer came', async () => {
    const { clock, asked, find } = rig({ slots: [ON_THURSDAY], ageMs: 3000 }, { slots: [ON_THURSDAY], ageMs: 0 });
    expect(await find()).toMatchObject({ ageMs: 3000 });
    clock.advance(2000);
    expect(await find()).toMatchObject({ ageMs: 0 });
    expect(asked).toHaveLength(2);
  });

  it('that are old are given with their age, and never taken for new', async () => {
    const { clock, asked, find } = rig(
      { slots: [ON_THURSDAY], ageMs: 60_000 },
      { slots: [ON_THURSDAY], ageMs: 61_000 },
      { slots: [], ageMs: 0 },
    );
    expect(await find()).toEqual({ slots: [ON_THURSDAY], ageMs: 60_000 });
    clock.advance(1000);
    expect(await find()).toEqual({ slots: [ON_THURSDAY], ageMs: 61_000 });
    expect(await find()).toEqual({ slots: [], ageMs: 0 });
    expect(asked).toHaveLength(3);
  });

  it('are those of before when the calendar cannot be read any more, for ten minutes at most', async () => {
    const { clock, asked, find, log } = rig({ slots: [ON_THURSDAY], ageMs: 0 });
    await find();
    clock.advance(599_999);
    expect(await find()).toEqual({ slots: [ON_THURSDAY], ageMs: 599_999 });
    expect(log.lines).toContainEqual({ level: 'warn', message: 'free slots not read' });
    clock.advance(1);
    expect(await find()).toBe('unknown');
    expect(asked).toHaveLength(3);
  });

  it('are the younger of two answers, whoever kept them', async () => {
    const { clock, find } = rig({ slots: [ON_THURSDAY], ageMs: 0 }, { slots: [], ageMs: 300_000 });
    await find();
    clock.advance(20_000);
    expect(await find()).toEqual({ slots: [ON_THURSDAY], ageMs: 20_000 });
  });

  it('of one day come from a read of several, without those of the other days', async () => {
    const friday = slotOn('2026-03-06');
    const { asked, find } = rig({ slots: [ON_THURSDAY, friday], ageMs: 0 });
    await find({ ...THURSDAY, toDay: '2026-03-09' });
    expect(await find({ ...THURSDAY, fromDay: '2026-03-06', toDay: '2026-03-06' })).toEqual({ slots: [friday], ageMs: 0 });
    expect(asked).toHaveLength(1);
    expect(await find({ ...THURSDAY, toDay: '2026-03-10' })).toBe('unknown');
    expect(await find({ ...THURSDAY, service: 'blood-test' })).toBe('unknown');
  });

  it('are asked for once by everybody who waits for them', async () => {
    const answer = Promise.withResolvers<Answer>();
    const { asked, find } = rig(answer.promise);
    const both = Promise.all([find({ ...THURSDAY, toDay: '2026-03-09' }), find()]);
    answer.resolve({ slots: [ON_THURSDAY], ageMs: 0 });
    expect(await both).toEqual([
      { slots: [ON_THURSDAY], ageMs: 0 },
      { slots: [ON_THURSDAY], ageMs: 0 },
    ]);
    expect(asked).toHaveLength(1);
  });
});
