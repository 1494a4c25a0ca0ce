import { describe, expect, test } from 'vitest';
import { judge, type FinalFacts } from '../../../../src/app/faults/judge.ts';
import type { PlayedOp, PlayedStory } from '../../../../src/app/faults/played.ts';
import { bookingOf, dayOfStory, intentOf, messageOf, type PlannedStory, type StoryKind } from '../../../../src/app/faults/story.ts';
import type { Entry } from '../../../../src/app/faults/target.ts';
import { asOpId, type OpId } from '../../../../src/base/ids.ts';
import type { IntentPayload, OpState, OpView } from '../../../../src/domain/writeback/intent.ts';

const day = dayOfStory(0);
const START = `${day}T10:00:00+00:00`;
const MOVED = `${day}T15:00:00+00:00`;
const laura = { name: 'Laura Becker', phone: '+493010000000', start: START };
const ali = { name: 'Ali Kaya', phone: '+493010000001', start: START };

/** A story of one kind, told by what its requests came to. */
interface Telling {
  readonly kind?: StoryKind;
  readonly ops: readonly {
    readonly payload?: IntentPayload;
    readonly by?: typeof laura;
    readonly state: OpState;
    readonly claim?: 'committed' | 'will_confirm' | 'failed' | 'nothing';
    readonly wasTrue?: boolean;
    readonly tasks?: readonly ('confirm_booking' | 'needs_human' | 'conflict_after_promise')[];
    readonly isOpen?: boolean;
  }[];
  readonly human?: PlayedStory['human'];
  readonly entries?: readonly Partial<Entry>[];
  /** How often the message of the first request is in the inbox. */
  readonly messages?: number;
}

const entry = (parts: Partial<Entry> = {}): Entry => ({
  where: '/a.ics',
  startEpochMs: Date.parse(START),
  minutes: 30,
  service: 'check-up',
  name: laura.name,
  phone: laura.phone,
  isEdited: false,
  ...parts,
});

function verdictOn({ kind = 'book', ops, human = 'none', entries = [], messages = 0 }: Telling): readonly string[] {
  const plan: PlannedStory = {
    index: 0,
    kind,
    day,
    callers: kind === 'two_callers' ? [laura, ali] : [laura],
    movedTo: MOVED,
    then: 'cancel',
    delayMs: 0,
    daemon: null,
    faults: { write: [], read: [] },
  };
  const rows = new Map<OpId, OpView>();
  const tasks = new Map<OpId, ('confirm_booking' | 'needs_human' | 'conflict_after_promise')[]>();
  const openPromises = new Set<OpId>();
  const played = ops.map((told, index): PlayedOp => {
    const op = asOpId(`op-${index}`);
    const caller = told.by ?? laura;
    const intent = intentOf(plan, index + 1, 1, told.payload ?? bookingOf(caller));
    rows.set(op, { op, state: told.state, errorCode: null, payload: intent.payload } as unknown as OpView);
    tasks.set(op, [...(told.tasks ?? [])]);
    if (told.isOpen === true) openPromises.add(op);
    const claim = told.claim ?? (told.state === 'verified' ? 'committed' : 'failed');
    const isPromised = claim === 'will_confirm';
    return {
      intent,
      caller,
      op,
      told: {
        op,
        claim,
        details: claim === 'committed' && intent.payload.kind === 'booking' ? intent.payload : null,
        isPromised,
        answerMs: 1,
        ownMs: 1,
      },
      wasTrue: claim === 'committed' ? (told.wasTrue ?? true) : null,
      isPromised,
    };
  });
  const facts: FinalFacts = {
    rows,
    openPromises,
    tasks,
    plans: new Map(),
    records: null,
    entries: entries.map(entry),
    messages: Array.from({ length: messages }, () => asOpId('op-0')),
  };
  return judge([{ plan, ops: played, human }], facts).map(({ failure }) => failure);
}

const cancel = { kind: 'cancel', target: asOpId('op-0') } as const;
const message = messageOf(laura);
const reschedule = { kind: 'reschedule', target: asOpId('op-0'), start: MOVED } as const;

describe('nothing is wrong with', () => {
  test.each<[string, Telling]>([
    ['a booking that stands', { ops: [{ state: 'verified' }], entries: [{}] }],
    [
      'a promise that ended in one task',
      { ops: [{ state: 'verified', claim: 'will_confirm', tasks: ['confirm_booking'] }], entries: [{}] },
    ],
    ['a request that a person was asked about', { ops: [{ state: 'needs_human', claim: 'will_confirm', tasks: ['needs_human'] }] }],
    [
      'a slot that a human had taken',
      { kind: 'human_first', ops: [{ state: 'conflict' }], human: 'entered_first', entries: [{ phone: null }] },
    ],
    [
      'two callers of whom one has the time',
      {
        kind: 'two_callers',
        ops: [{ state: 'conflict' }, { state: 'verified', by: ali }],
        entries: [{ phone: ali.phone, name: ali.name }],
      },
    ],
    ['a cancelled appointment', { kind: 'cancel', ops: [{ state: 'verified' }, { payload: cancel, state: 'verified' }] }],
    [
      'a moved one',
      {
        kind: 'move',
        ops: [{ state: 'verified' }, { payload: reschedule, state: 'verified' }],
        entries: [{ startEpochMs: Date.parse(MOVED) }],
      },
    ],
    [
      'one that a human edited, so that it was not cancelled',
      {
        kind: 'human_edits',
        ops: [{ state: 'verified' }, { payload: cancel, state: 'conflict' }],
        human: 'edited',
        entries: [{ isEdited: true }],
      },
    ],
    [
      'one that a human deleted',
      { kind: 'human_deletes', ops: [{ state: 'verified' }, { payload: cancel, state: 'verified' }], human: 'deleted' },
    ],
  ])('%s', (_what, told) => {
    expect(verdictOn(told)).toEqual([]);
  });
});

describe('the verdict finds', () => {
  test.each<[string, Telling, readonly string[]]>([
    ['a second entry', { ops: [{ state: 'verified' }], entries: [{}, { where: '/b.ics' }] }, ['duplicated']],
    ['a verified booking that does not stand', { ops: [{ state: 'verified' }] }, ['lost']],
    ['one that says something else', { ops: [{ state: 'verified' }], entries: [{ name: 'Laura Bäcker' }] }, ['lost']],
    [
      'an operation that is never decided',
      { ops: [{ state: 'unknown', claim: 'will_confirm', isOpen: true }] },
      ['lost', 'promisesBroken'],
    ],
    ['a refusal without a reason', { ops: [{ state: 'conflict' }] }, ['lost']],
    ['a dead request that nobody was asked about', { ops: [{ state: 'dead' }] }, ['lost']],
    ['a commitment that was not true when it was said', { ops: [{ state: 'verified', wasTrue: false }], entries: [{}] }, ['falseClaims']],
    [
      'a commitment to what was refused',
      { kind: 'human_first', human: 'entered_first', ops: [{ state: 'conflict', claim: 'committed' }] },
      ['falseClaims'],
    ],
    ['a promise without an ending', { ops: [{ state: 'verified', claim: 'will_confirm' }], entries: [{}] }, ['promisesBroken']],
    [
      'a promise with two endings',
      { ops: [{ state: 'verified', claim: 'will_confirm', tasks: ['confirm_booking', 'needs_human'] }], entries: [{}] },
      ['promisesBroken'],
    ],
    [
      'a caller who was told nothing and is not called',
      { ops: [{ state: 'verified', claim: 'nothing' }], entries: [{}] },
      ['promisesBroken'],
    ],
    [
      'a cancelled appointment that stands again',
      { kind: 'cancel', ops: [{ state: 'verified' }, { payload: cancel, state: 'verified' }], entries: [{}] },
      ['lost'],
    ],
    [
      'the old place of a moved one',
      {
        kind: 'move',
        ops: [{ state: 'verified' }, { payload: reschedule, state: 'verified' }],
        entries: [{}, { startEpochMs: Date.parse(MOVED) }],
      },
      ['duplicated'],
    ],
    [
      'what a human wrote and we deleted',
      { kind: 'human_edits', ops: [{ state: 'verified' }, { payload: cancel, state: 'verified' }], human: 'edited' },
      ['lost'],
    ],
    ['an entry of a caller who was refused', { kind: 'human_meanwhile', ops: [{ state: 'conflict' }], entries: [{}] }, ['orphans']],
    ['a delivered message that is not there', { kind: 'message', ops: [{ payload: message, state: 'verified' }] }, ['lost']],
    ['a message that is there twice', { kind: 'message', ops: [{ payload: message, state: 'verified' }], messages: 2 }, ['duplicated']],
    ['an entry that nobody asked for', { ops: [{ state: 'verified' }], entries: [{}, { phone: '+4912345' }] }, ['orphans']],
    [
      'two callers in one time',
      {
        kind: 'two_callers',
        ops: [{ state: 'verified' }, { state: 'verified', by: ali }],
        entries: [{}, { phone: ali.phone, name: ali.name }],
      },
      ['doubleBooked'],
    ],
    [
      'two callers of whom nobody has the time',
      { kind: 'two_callers', ops: [{ state: 'conflict' }, { state: 'conflict', by: ali }] },
      ['lost'],
    ],
    [
      'ours where a human stood before',
      { kind: 'human_first', human: 'entered_first', ops: [{ state: 'verified' }], entries: [{}, { phone: null }] },
      ['doubleBooked'],
    ],
  ])('%s', (_what, told, failures) => {
    expect(verdictOn(told)).toEqual(failures);
  });
});
