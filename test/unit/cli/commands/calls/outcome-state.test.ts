import { describe, expect, it } from 'vitest';
import { outcomeState, sayOutcome } from '../../../../../src/cli/commands/calls/outcome-state.ts';
import { asOpId } from '../../../../../src/base/ids.ts';
import type { OpState, OpView } from '../../../../../src/domain/writeback/intent.ts';
import { sampleBooking, sampleIntent } from '../../../../support/writeback-samples.ts';

const op = (state: OpState, kind: OpView['kind'] = 'booking'): OpView => ({
  op: asOpId('op'),
  call: sampleIntent().call,
  kind,
  destination: 'calendar',
  step: null,
  role: 'pivot',
  key: 'key',
  fingerprint: 'f',
  state,
  attempts: 1,
  acceptedAtEpochMs: 0,
  verifiedAtEpochMs: null,
  payload: sampleBooking(),
  readBack: null,
  errorCode: null,
});

describe('the outcome of a call in the list', () => {
  it.each([
    ['booked', [op('verified')], 'booked'],
    ['booked', [op('accepted')], 'booked (pending)'],
    ['booked', [op('committed')], 'booked (pending)'],
    ['booked', [op('needs_human')], 'booked (needs a person)'],
    ['booked', [op('conflict')], 'booked (needs a person)'],
    ['booked', [], 'booked (not in the ledger)'],
    ['rescheduled', [op('unknown', 'reschedule'), op('verified')], 'rescheduled (pending)'],
    ['cancelled', [op('verified', 'cancel')], 'cancelled'],
    ['message', [op('verified'), op('dead', 'message')], 'message (needs a person)'],
    ['informed', [], 'informed'],
    ['abandoned', [op('conflict')], 'abandoned'],
    [null, [op('accepted')], '-'],
  ] as const)('that ended as %s reads by the state of its operation: case %#', (outcome, operations, expected) => {
    expect(sayOutcome(outcome, outcomeState(outcome, operations))).toBe(expected);
  });

  it('is as certain as the least certain of its operations', () => {
    expect(outcomeState('booked', [op('accepted'), op('verified')])).toBe('pending');
    expect(outcomeState('booked', [op('verified'), op('dead'), op('accepted')])).toBe('needs_person');
  });

  it('does not count a time that was refused before another one was taken', () => {
    expect(outcomeState('booked', [op('verified'), op('conflict')])).toBe('verified');
    expect(outcomeState('booked', [op('conflict'), op('verified')])).toBe('needs_person');
  });
});
