import { describe, expect, it } from 'vitest';
import { asCallId, asOpId } from '../../../../src/base/ids.ts';
import { judge, type Judged } from '../../../../src/domain/scenario/judge.ts';
import { percentile, summarise, turnLatencies } from '../../../../src/domain/scenario/latency.ts';
import { parsePattern } from '../../../../src/domain/scenario/matching.ts';
import type { AfterwardsObservation, CallObservation, HeardLine } from '../../../../src/domain/scenario/observation.ts';
import type { Expectations } from '../../../../src/domain/scenario/scenario.ts';
import type { OpView } from '../../../../src/domain/writeback/intent.ts';
import { remoteIdOf } from '../../../../src/domain/writeback/op-key.ts';

const CALL = asCallId('c1');
const KEY = 'v1.demo.c1.1.booking';
const START = '2026-03-05T10:30:00+01:00';
const NOTHING: Expectations = {
  outcomes: [],
  booking: {},
  entries: null,
  withinSeconds: 10,
  message: null,
  openTasks: null,
  said: [],
  neverSaid: [],
  heardWithin: { first: null, every: null },
  transferContext: null,
};

const booking: OpView = {
  op: asOpId('o1'),
  call: CALL,
  kind: 'booking',
  destination: 'calendar',
  step: null,
  role: 'pivot',
  key: KEY,
  fingerprint: 'f',
  state: 'verified',
  attempts: 1,
  acceptedAtEpochMs: 0,
  verifiedAtEpochMs: 1,
  payload: {
    kind: 'booking',
    service: 'check-up',
    serviceName: 'a check up',
    start: START,
    minutes: 30,
    name: 'Laura Becker',
    phone: '+493055501234',
    reason: null,
  },
  readBack: null,
  errorCode: null,
};
const entry = { uid: remoteIdOf(KEY), startEpochMs: Date.parse(START), service: 'check-up', name: 'Laura Becker', phone: '+493055501234' };
const line = (over: Partial<HeardLine>): HeardLine => ({
  id: 'u1',
  kind: 'prompt',
  template: 't',
  asks: null,
  text: 'Hello',
  heardText: 'Hello',
  startedAtMs: 1000,
  endedAtMs: 2000,
  ...over,
});
const commitment = line({
  kind: 'commitment',
  text: 'You are booked for a check up on Thursday, the fifth of March, at ten thirty.',
  heardText: 'You are booked for a check up on Thursday, the fifth of March, at ten thirty.',
});

function observed(over: Partial<CallObservation> = {}): CallObservation {
  return {
    call: CALL,
    outcome: 'booked',
    answeredAtMs: 0,
    endedAtMs: 9000,
    heard: [commitment],
    spoken: [],
    understood: [],
    scriptFailures: [],
    callerLeft: false,
    transfer: null,
    bargeInStopMs: [],
    lateFrames: 0,
    ...over,
  };
}
function after(over: Partial<AfterwardsObservation> = {}): AfterwardsObservation {
  return { entries: [entry], operations: [booking], previous: [], messages: [], openTasks: [], faults: [], writes: 1, ...over };
}
const judged = (expect_: Partial<Expectations>, over: Partial<Judged> = {}): readonly string[] =>
  judge({
    expect: { ...NOTHING, ...expect_ },
    calls: [observed()],
    order: 'in_turn',
    after: after(),
    practice: { timeZone: 'Europe/Berlin' },
    ...over,
  });

describe('a call that went well', () => {
  it('passes with everything it was expected to be', () => {
    expect(
      judged({
        outcomes: ['booked'],
        booking: { service: 'check-up', start: '2026-03-05T10:30', name: 'LAURA becker', phone: '+493055501234' },
        entries: 1,
        openTasks: 0,
        message: { count: 0, mentions: [] },
        said: [{ type: 'text', pattern: parsePattern('ten thirty') }],
      }),
    ).toEqual([]);
  });
});

describe('an expectation that does not hold', () => {
  it.each<[Partial<Expectations>, RegExp]>([
    [{ outcomes: ['message', 'informed'] }, /expected message or informed, got booked/],
    [{ booking: { start: '2026-03-05T11:00' } }, /start is/],
    [{ booking: { name: 'Laura Baker' } }, /name is Laura Becker, not Laura Baker/],
    [{ booking: { phone: '+493055501235' } }, /phone is/],
    [{ booking: { service: 'vaccination' } }, /service is check-up/],
    [{ entries: 2 }, /expected 2 entries, found 1/],
    [{ openTasks: 1 }, /expected 1 open/],
    [{ message: { count: 1, mentions: [] } }, /expected 1, found 0/],
    [{ message: { mentions: ['prescription'] } }, /none mentioning prescription/],
    [{ said: [{ type: 'text', pattern: parsePattern('eleven') }] }, /"eleven" was not heard/],
    [{ neverSaid: [{ type: 'text', pattern: parsePattern('/booked/') }] }, /was heard/],
    [{ heardWithin: { first: 450, every: null } }, /no answer was heard/],
    [{ transferContext: { transcript: true, intent: true, sentiment: true } }, /nobody was given the call/],
  ])('%j fails the scenario', (expected, message) => {
    expect(judged(expected)).toEqual([expect.stringMatching(message)]);
  });

  it('counts only what the caller heard', () => {
    const cut = observed({ heard: [line({ text: 'I have ten thirty or eleven', heardText: 'I have' })] });
    expect(judged({ said: [{ type: 'text', pattern: parsePattern('eleven') }] }, { calls: [cut] })).toHaveLength(1);
    expect(judged({ neverSaid: [{ type: 'text', pattern: parsePattern('eleven') }] }, { calls: [cut] })).toEqual([]);
  });

  it('is judged for the last of several calls, and for each of several callers', () => {
    const calls = [observed({ outcome: 'abandoned' }), observed()];
    expect(judged({ outcomes: ['booked'] }, { calls })).toEqual([]);
    expect(judged({ outcomes: ['booked'] }, { calls, order: 'at_once' })).toHaveLength(1);
  });
});

describe('what holds in every scenario', () => {
  it.each<[string, Partial<AfterwardsObservation>]>([
    ['there is no entry', { entries: [] }],
    ['the entry stands at another time', { entries: [{ ...entry, startEpochMs: entry.startEpochMs + 1_800_000 }] }],
    ['the operation is not verified', { operations: [{ ...booking, state: 'committed' }] }],
  ])('a commitment fails when %s', (_what, change) => {
    expect(judged({}, { after: after(change) })).toContainEqual(expect.stringMatching(/^always: .*does not bear it out/));
  });

  it('a commitment fails when it names another time than the entry', () => {
    const wrong = { ...commitment, heardText: 'You are booked for a check up on Thursday, the fifth of March, at eleven o’clock.' };
    expect(judged({}, { calls: [observed({ heard: [wrong] })] })).toEqual([expect.stringMatching(/^always/)]);
  });

  it('a commitment of which only the beginning was heard counts as heard', () => {
    const cut = { ...commitment, heardText: '' };
    expect(judged({}, { calls: [observed({ heard: [cut] })], after: after({ entries: [] }) })).toEqual([expect.stringMatching(/^always/)]);
  });

  it('an entry and a message without a row of the ledger fail', () => {
    const message = {
      id: 'm1',
      op: asOpId('nowhere'),
      call: CALL,
      receivedAtEpochMs: 0,
      name: null,
      phone: null,
      text: 'x',
      urgent: false,
    };
    const failures = judged({}, { after: after({ entries: [entry, { ...entry, uid: 'stray' }], messages: [message] }) });
    expect(failures).toEqual([expect.stringMatching(/entry stray/), expect.stringMatching(/message m1/)]);
  });
});

describe('a fault', () => {
  const fault = { type: 'destination', destination: 'calendar', kind: 'down', times: null, forSeconds: null, delayMs: 0 } as const;

  it('that never fired fails the scenario, except where the caller left before the write', () => {
    expect(judged({}, { after: after({ faults: [{ fault, hits: 0 }] }) })).toEqual(['faults: calendar down never fired']);
    expect(judged({}, { after: after({ faults: [{ fault, hits: 1 }] }) })).toEqual([]);
    const left = observed({ heard: [], callerLeft: true });
    expect(judged({}, { calls: [left], after: after({ faults: [{ fault, hits: 0 }], writes: 0, entries: [], operations: [] }) })).toEqual(
      [],
    );
  });
});

describe('latency', () => {
  const spoken = (startedAtMs: number, lastVoicedAtMs: number, asked: string | null) => ({
    text: 'x',
    startedAtMs,
    lastVoicedAtMs,
    endedAtMs: lastVoicedAtMs + 100,
    asked,
  });

  it('counts from the last syllable to the answer, without fillers, and keeps dictation and commits apart', () => {
    const call = observed({
      spoken: [spoken(0, 1000, 'day'), spoken(5000, 6000, 'phone'), spoken(8000, 8500, 'confirm'), spoken(11_000, 11_500, 'more')],
      heard: [
        line({ startedAtMs: 1300, kind: 'filler' }),
        line({ startedAtMs: 1900 }),
        line({ startedAtMs: 7000 }),
        line({ startedAtMs: 8600, kind: 'filler' }),
        line({ startedAtMs: 9700, kind: 'commitment' }),
      ],
    });
    const turns = turnLatencies(call);
    expect(turns.map(({ kind, gapMs, contentMs, isFilled }) => [kind, gapMs, contentMs, isFilled])).toEqual([
      ['turn', 300, 900, true],
      ['dictation', 1000, 1000, false],
      ['commit', 100, 1200, true],
    ]);
    expect(summarise(turns)).toEqual({ p50Ms: 900, p95Ms: 900, n: 1 });
  });

  it('percentiles are by nearest rank', () => {
    const values = Array.from({ length: 20 }, (_, i) => i + 1);
    expect([percentile(values, 0.5), percentile(values, 0.95), percentile([], 0.5)]).toEqual([10, 19, null]);
  });
});
