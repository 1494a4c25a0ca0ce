import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asOpId } from '../../../../src/base/ids.ts';
import { OP_STATES, type OpState } from '../../../../src/domain/writeback/intent.ts';
import {
  isAlerting,
  isOrphan,
  needsSighting,
  reconcile,
  type ReconcileFacts,
  type Sighting,
} from '../../../../src/domain/writeback/reconcile.ts';
import { dueReconciliation } from '../../../../src/domain/writeback/reconcile-schedule.ts';
import { reopening, resolvedState } from '../../../../src/domain/writeback/reopen.ts';

const SIGHTINGS = ['matches', 'differs', 'contested', 'absent', 'unavailable', 'duplicate'] as const;
const WITHOUT_EFFECT: readonly OpState[] = ['rejected', 'conflict', 'dead', 'compensated'];

const state = fc.constantFrom(...OP_STATES);
const facts: fc.Arbitrary<ReconcileFacts> = fc.record({
  state,
  role: fc.constantFrom('before', 'pivot', 'after'),
  later: fc.array(state, { maxLength: 3 }),
  heard: fc.uniqueArray(fc.constantFrom('will_confirm', 'committed', 'failed'), { maxLength: 3 }),
  toldSince: fc.boolean(),
});
const sighting: fc.Arbitrary<Sighting> = fc.constantFrom(...SIGHTINGS);
const STANDING: ReconcileFacts = { state: 'verified', role: 'pivot', later: [], heard: ['committed'], toldSince: false };

describe('the verdict on a record', () => {
  test.each([
    ['matches', 'ok'],
    ['contested', 'ok'],
    ['differs', 'field_diff'],
    ['absent', 'said_not_recorded'],
    ['duplicate', 'duplicate'],
    ['unavailable', 'unreachable'],
  ] as const)('of an appointment that the caller was told of: %s is %s', (seen, verdict) => {
    expect(reconcile(STANDING, seen)).toBe(verdict);
  });

  test('an appointment whose caller heard only of a failure is recorded and not said, until somebody has told them', () => {
    const heard: ReconcileFacts = { ...STANDING, heard: ['failed'] };
    expect(reconcile(heard, 'matches')).toBe('recorded_not_said');
    expect(reconcile({ ...heard, toldSince: true }, 'matches')).toBe('ok');
    expect(reconcile(heard, 'absent')).toBe('ok');
  });

  test('whatever a later operation has moved or cancelled is that one’s to answer for, and nothing is asked', () => {
    fc.assert(
      fc.property(facts, sighting, state, (given, seen, later) => {
        fc.pre(!WITHOUT_EFFECT.includes(later));
        const superseded = { ...given, later: [...given.later, later] };
        expect(needsSighting(superseded)).toBe(false);
        expect(reconcile(superseded, seen)).toBe('ok');
      }),
    );
  });

  test('what came to nothing later takes nothing away from the verdict', () => {
    fc.assert(
      fc.property(facts, sighting, fc.array(fc.constantFrom(...WITHOUT_EFFECT), { minLength: 1, maxLength: 3 }), (given, seen, later) => {
        expect(reconcile({ ...given, later }, seen)).toBe(reconcile({ ...given, later: [] }, seen));
      }),
    );
  });

  test('a commitment that was heard, and nothing that stands, is never taken for well', () => {
    fc.assert(
      fc.property(facts, sighting, (given, seen) => {
        const heard: ReconcileFacts = { ...given, role: 'pivot', later: [], heard: [...given.heard, 'committed'] };
        if (heard.state !== 'verified' || seen === 'absent') expect(reconcile(heard, seen)).toBe('said_not_recorded');
      }),
    );
  });

  test('a record that says what was agreed never alarms anybody, nor does one that a person changed', () => {
    fc.assert(
      fc.property(facts, fc.constantFrom('matches', 'contested', 'differs'), (given, seen) => {
        const verified: ReconcileFacts = { ...given, state: 'verified' };
        expect(isAlerting(reconcile(verified, seen))).toBe(false);
      }),
    );
  });

  test('a destination that does not answer says nothing about a record', () => {
    fc.assert(
      fc.property(facts, (given) => {
        fc.pre(needsSighting(given));
        expect(reconcile(given, 'unavailable')).toBe('unreachable');
        expect(reconcile(given, null)).toBe('unreachable');
      }),
    );
  });

  test('a record is an orphan when nothing in the ledger may stand behind it', () => {
    expect(isOrphan([])).toBe(true);
    fc.assert(
      fc.property(fc.array(state, { minLength: 1, maxLength: 4 }), (states) => {
        expect(isOrphan(states)).toBe(states.every((one) => WITHOUT_EFFECT.includes(one)));
      }),
    );
  });
});

describe('what a person decides', () => {
  test('never makes an operation verified', () => {
    fc.assert(
      fc.property(state, fc.constantFrom('done', 'dropped'), fc.boolean(), fc.boolean(), (before, as, open, gone) => {
        const after = resolvedState(before, as, { open, gone });
        if (after.type === 'state' && after.state === 'verified') expect(before).toBe('verified');
        if (after.type === 'state' && after.state !== before) expect(after.state).toBe('compensated');
      }),
    );
  });

  test('a verified record is given up only where the destination said that it is gone', () => {
    expect(resolvedState('verified', 'dropped', { open: true, gone: true })).toEqual({ type: 'state', state: 'compensated' });
    expect(resolvedState('verified', 'dropped', { open: true, gone: false })).toEqual({ type: 'state', state: 'verified' });
    expect(resolvedState('verified', 'done', { open: false, gone: false })).toMatchObject({ type: 'refused' });
  });

  test('only what is dead, rejected or needs a person is opened again, whatever stands beside it', () => {
    const step = fc.record({ state, role: fc.constantFrom('before', 'pivot', 'after', 'undo', 'confirmation') });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), fc.nat(), (steps, nth) => {
        const rows = steps.map((one, index) => ({
          ...one,
          op: asOpId(`op${index}`),
          errorCode: one.state === 'compensated' ? 'plan_ended' : null,
        }));
        const own = rows[nth % rows.length];
        if (own === undefined) return;
        const decision = reopening(own.op, rows);
        if (decision.type === 'refused') return;
        expect(['dead', 'needs_human', 'rejected']).toContain(own.state);
        expect(['before', 'pivot', 'after']).toContain(own.role);
        expect(decision.ops).toContain(own.op);
        const opened = rows.filter(({ op }) => decision.ops.includes(op));
        expect(opened.every((one) => ['dead', 'needs_human', 'rejected', 'compensated'].includes(one.state))).toBe(true);
      }),
    );
  });
});

describe('the schedule', () => {
  const ZONE = 'Europe/Berlin';
  const at = (text: string): number => Date.parse(text);
  test.each<{ when: string; now: string; recent: string | null; full: string | null; due: string | null }>([
    { when: 'nothing was ever compared', now: '2026-03-02T09:00:00Z', recent: null, full: null, due: 'full' },
    {
      when: 'a minute after the last look',
      now: '2026-03-02T09:01:00Z',
      recent: '2026-03-02T09:00:00Z',
      full: '2026-03-02T01:31:00Z',
      due: null,
    },
    {
      when: 'two minutes after the last look',
      now: '2026-03-02T09:02:00Z',
      recent: '2026-03-02T09:00:00Z',
      full: '2026-03-02T01:31:00Z',
      due: 'recent',
    },
    {
      when: 'at 02:30 of the practice',
      now: '2026-03-03T01:30:00Z',
      recent: '2026-03-03T01:29:00Z',
      full: '2026-03-02T01:31:00Z',
      due: 'full',
    },
    { when: 'shortly before', now: '2026-03-03T01:29:59Z', recent: '2026-03-03T01:29:00Z', full: '2026-03-02T01:31:00Z', due: null },
    {
      when: 'after a night in which nothing ran',
      now: '2026-03-03T08:00:00Z',
      recent: '2026-03-02T20:00:00Z',
      full: '2026-03-02T01:31:00Z',
      due: 'full',
    },
    {
      when: 'a full one looked at what is recent too',
      now: '2026-03-03T01:33:00Z',
      recent: '2026-03-03T01:29:00Z',
      full: '2026-03-03T01:32:00Z',
      due: null,
    },
    {
      when: 'in the night that has no 02:30',
      now: '2026-03-29T01:30:00Z',
      recent: '2026-03-29T01:29:00Z',
      full: '2026-03-28T01:31:00Z',
      due: 'full',
    },
  ])('$when', ({ now, recent, full, due }) => {
    const last = { recent: recent === null ? null : at(recent), full: full === null ? null : at(full) };
    expect(dueReconciliation(at(now), last, ZONE)).toBe(due);
  });
});
