import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { FAULT_POINTS, installFaultHandler, type FaultPoint } from '../../../../src/base/fault-point.ts';
import { asCallId } from '../../../../src/base/ids.ts';
import { isFinal } from '../../../../src/domain/writeback/reduce-op.ts';
import { isSameRecord } from '../../../../src/domain/writeback/same-record.ts';
import { createInboxDestination } from '../../../../src/adapters/destinations/inbox/inbox.ts';
import type { WriteBackEngine } from '../../../../src/runtime/write-back/engine.ts';
import { createFakeDestination, type FakeDestination, type WriteFault } from '../../../support/fake-destination.ts';
import { createFakeLedger, type FakeLedger } from '../../../support/fake-ledger.ts';
import { createManualClock, type ManualClock } from '../../../support/manual-clock.ts';
import { testEngine } from '../../../support/test-engine.ts';
import { sampleBooking, sampleMessage } from '../../../support/writeback-samples.ts';

const PROMISE_MS = 600_000;
/** Longest lease and longest pause together; more sweeps than anything needs. */
const SWEEP_EVERY_MS = 1500;
const SWEEPS_MAX = 120;

interface House {
  readonly clock: ManualClock;
  readonly ledger: FakeLedger;
  readonly calendar: FakeDestination;
  /** A new worker; what the old one held in memory is gone. */
  readonly restart: () => WriteBackEngine;
}

function house(): House {
  const clock = createManualClock();
  const ledger = createFakeLedger(clock);
  const calendar = createFakeDestination();
  const inbox = createInboxDestination(ledger.inbox, clock);
  let workers = 0;
  const restart = (): WriteBackEngine =>
    testEngine({
      store: ledger.store,
      destinations: [calendar, inbox],
      clock,
      owner: `worker-${(workers += 1)}`,
    });
  return { clock, ledger, calendar, restart };
}

afterEach(() => installFaultHandler(null));

/** Dies at the n-th passing of a point, as many times as listed. */
function dieAt(deaths: readonly { readonly point: FaultPoint; readonly passing: number }[]): () => boolean {
  const left = deaths.map((death) => ({ ...death }));
  let died = false;
  installFaultHandler((point) => {
    const index = left.findIndex((death) => death.point === point);
    const death = left[index];
    if (death === undefined) return;
    death.passing -= 1;
    if (death.passing > 0) return;
    left.splice(index, 1);
    died = true;
    throw new Error('killed');
  });
  return () => {
    const was = died;
    died = false;
    return was;
  };
}

async function settleAll({ clock, ledger, restart }: House, hasDied: () => boolean): Promise<void> {
  let engine = restart();
  for (let sweeps = 0; sweeps < SWEEPS_MAX; sweeps += 1) {
    await engine.sweep();
    if (hasDied()) engine = restart();
    if (ledger.ledger.list({ limit: 100 }).every(({ state }) => isFinal(state))) return engine.sweep();
    clock.advance(SWEEP_EVERY_MS);
  }
  throw new Error('the engine does not come to rest');
}

const deaths = fc.array(fc.record({ point: fc.constantFrom(...FAULT_POINTS), passing: fc.integer({ min: 1, max: 4 }) }), { maxLength: 5 });
const faults = fc.array(fc.constantFrom<WriteFault>('lost_before', 'lost_after', 'destination_unreachable', 'destination_unauthorized'), {
  maxLength: 6,
});
/** Callers: which half hour they want, so that several may want the same, and whether a human has it already. */
const callers = fc.array(fc.record({ half: fc.integer({ min: 0, max: 3 }), humanHasIt: fc.boolean(), promised: fc.boolean() }), {
  minLength: 1,
  maxLength: 6,
});

const timeOf = (half: number): string => new Date(Date.UTC(2026, 2, 5, 9, 0) + half * 1_800_000).toISOString();

describe('the write-back engine under deaths and faults', () => {
  test('records what was agreed exactly once, gives one slot to one caller, and keeps every promise once', async () => {
    await fc.assert(
      fc.asyncProperty(deaths, faults, callers, async (deathList, faultList, callerList) => {
        const home = house();
        const hasDied = dieAt(deathList);
        home.calendar.faults.push(...faultList);
        for (const { half, humanHasIt } of callerList) if (humanHasIt) home.calendar.addForeign(timeOf(half), 30);
        const ops = callerList.map(({ half, promised }, index) => {
          const payload = sampleBooking({ start: timeOf(half), name: `Caller ${index}` });
          const row = home.ledger.ledger.accept({ call: asCallId(`call-${index}`), tenant: 'demo', seq: 1, payload });
          if (promised) home.ledger.ledger.openPromise(row.op, home.clock.epochMs() + PROMISE_MS);
          return row;
        });
        await settleAll(home, hasDied);

        const rows = ops.map(({ op }) => home.ledger.ledger.get(op));
        const verified = rows.filter((row) => row?.state === 'verified');
        // Exactly once: every verified row has its record, and no record is without its row.
        expect(home.calendar.records()).toHaveLength(verified.length);
        for (const row of verified)
          expect(home.calendar.records().filter((record) => row !== null && isSameRecord(row.payload, record))).toHaveLength(1);
        // One slot, one caller; and none where a human was first.
        const wanted = new Set(callerList.map(({ half }) => half));
        for (const half of wanted) {
          const taken = callerList.some((caller) => caller.half === half && caller.humanHasIt);
          const winners = verified.filter((row) => row?.payload.kind === 'booking' && row.payload.start === timeOf(half));
          expect(winners).toHaveLength(taken ? 0 : 1);
        }
        for (const row of rows) expect(['verified', 'conflict']).toContain(row?.state);
        // One task per promise, none without.
        for (const [index, { op }] of ops.entries()) {
          expect(home.ledger.ledger.tasks({ open: true }).filter((task) => task.op === op)).toHaveLength(
            callerList[index]?.promised === true ? 1 : 0,
          );
        }
        expect(home.ledger.ledger.promises({ open: true })).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('delivers a message once, however often it dies', async () => {
    await fc.assert(
      fc.asyncProperty(deaths, async (deathList) => {
        const home = house();
        const hasDied = dieAt(deathList);
        const { op } = home.ledger.ledger.accept({ call: asCallId('call'), tenant: 'demo', seq: 1, payload: sampleMessage() });
        await settleAll(home, hasDied);
        expect(home.ledger.ledger.get(op)?.state).toBe('verified');
        expect(home.ledger.ledger.messages()).toHaveLength(1);
      }),
      { numRuns: 100 },
    );
  });

  test('moves and cancels an appointment completely or not at all', async () => {
    await fc.assert(
      fc.asyncProperty(
        deaths,
        faults,
        fc.boolean(),
        fc.constantFrom('reschedule', 'cancel' as const),
        async (deathList, faultList, isEdited, kind) => {
          const home = house();
          const calls = home.ledger.ledger;
          const booked = calls.accept({ call: asCallId('first'), tenant: 'demo', seq: 1, payload: sampleBooking() });
          await settleAll(home, () => false);
          if (isEdited)
            home.calendar.edit(booked.key, (payload) => (payload.kind === 'booking' ? { ...payload, name: 'Edited' } : payload));
          const hasDied = dieAt(deathList);
          home.calendar.faults.push(...faultList);
          const start = '2026-03-06T09:00:00+01:00';
          const payload = kind === 'cancel' ? ({ kind, target: booked.op } as const) : ({ kind, target: booked.op, start } as const);
          const changed = calls.accept({ call: asCallId('second'), tenant: 'demo', seq: 1, payload });
          await settleAll(home, hasDied);
          const state = calls.get(changed.op)?.state;
          const starts = home.calendar.records().map((record) => (record.kind === 'booking' ? record.start : ''));
          if (isEdited) expect([state, starts]).toEqual(['conflict', [sampleBooking().start]]);
          else expect([state, starts]).toEqual(['verified', kind === 'cancel' ? [] : [start]]);
        },
      ),
      { numRuns: 150 },
    );
  });
});
