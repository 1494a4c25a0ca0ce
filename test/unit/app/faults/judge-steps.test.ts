import { describe, expect, test } from 'vitest';
import { judgeSteps, strangers, type StepFacts } from '../../../../src/app/faults/judge-steps.ts';
import type { Failure } from '../../../../src/app/faults/judge.ts';
import type { PlayedStory } from '../../../../src/app/faults/played.ts';
import { bookingOf, dayOfStory, intentOf, phoneOf, storyOfPhone, type PlannedStory } from '../../../../src/app/faults/story.ts';
import type { HeldRecord } from '../../../../src/app/faults/target.ts';
import { asOpId } from '../../../../src/base/ids.ts';
import type { OpState, OpView, TaskView } from '../../../../src/domain/writeback/intent.ts';
import { remoteIdOf } from '../../../../src/domain/writeback/op-key.ts';

const laura = { name: 'Laura Becker', phone: phoneOf(3, 0), start: `${dayOfStory(3)}T10:00:00+00:00` };
const plan: PlannedStory = {
  index: 3,
  kind: 'book',
  day: dayOfStory(3),
  callers: [laura],
  movedTo: laura.start,
  then: 'cancel',
  delayMs: 0,
  daemon: null,
  faults: { write: [], read: [] },
};
const PIVOT = asOpId('pivot');
const NOTE_KEY = 'v1.faults.faults-3-1.1.booking.note';

const row = (parts: Partial<OpView>): OpView => ({ role: 'after', destination: 'crm', state: 'verified', key: '-', ...parts }) as OpView;
const contactRow = (state: OpState): OpView =>
  row({ op: asOpId('c'), kind: 'contact', role: 'before', step: 'contact', state, payload: { ...laura, kind: 'contact' } });
const noteRow = (state: OpState): OpView => {
  const payload = { kind: 'note', title: 'Appointment made', text: 'a check up for Laura', phone: laura.phone } as const;
  return row({ op: asOpId('n'), kind: 'note', step: 'note', key: NOTE_KEY, state, payload });
};
const contact = (parts: Partial<HeldRecord> = {}): HeldRecord => ({
  kind: 'contact',
  where: 'party.party,1',
  uid: 'c',
  phone: laura.phone,
  text: laura.name,
  ...parts,
});
const note = (parts: Partial<HeldRecord> = {}): HeldRecord => {
  const text = `Appointment made\n\na check up for Laura\n\nPhone: ${laura.phone}`;
  return { kind: 'note', where: 'ir.note,1', uid: remoteIdOf(NOTE_KEY), phone: laura.phone, text, ...parts };
};

function facts(states: readonly [contact: OpState, note: OpState], records: readonly HeldRecord[], isToldOf = false): StepFacts {
  const tasks = new Map<OpView['op'], readonly TaskView['reason'][]>(isToldOf ? [[asOpId('n'), ['needs_human']]] : []);
  return { plans: new Map([[3, [contactRow(states[0]), noteRow(states[1])]]]), records, tasks };
}

function verdictOn(given: StepFacts): readonly Failure[] {
  const story: PlayedStory = {
    plan,
    ops: [{ intent: intentOf(plan, 1, 1, bookingOf(laura)), caller: laura, op: PIVOT, told: null, wasTrue: null, isPromised: false }],
    human: 'none',
  };
  const found: Failure[] = [];
  judgeSteps(story, given, (failure) => found.push(failure));
  return found;
}

describe('the verdict on the further steps of a plan', () => {
  test.each<[string, StepFacts]>([
    ['all of them stand once', facts(['verified', 'verified'], [contact(), note()])],
    ['the plan was given up, and nothing of it stands', facts(['compensated', 'compensated'], [])],
    ['a note is a task of a person', facts(['verified', 'needs_human'], [contact()], true)],
    ['the destination takes nothing but appointments', { ...facts(['verified', 'verified'], []), records: null }],
  ])('finds nothing when %s', (_what, given) => {
    expect(verdictOn(given)).toEqual([]);
  });

  test.each<[string, StepFacts, readonly Failure[]]>([
    ['a second note', facts(['verified', 'verified'], [contact(), note(), note({ where: 'ir.note,2' })]), ['duplicated']],
    ['a second contact', facts(['verified', 'verified'], [contact(), contact({ uid: null }), note()]), ['duplicated']],
    ['a verified note that is not there', facts(['verified', 'verified'], [contact()]), ['lost']],
    ['a note that says something else', facts(['verified', 'verified'], [contact(), note({ text: 'Busy' })]), ['lost']],
    ['a verified contact that is not there', facts(['verified', 'verified'], [note()]), ['lost']],
    ['a note of a plan that was given up', facts(['compensated', 'compensated'], [note()]), ['orphans']],
    ['a contact of a plan that was given up', facts(['compensated', 'compensated'], [contact()]), ['orphans']],
    ['a step that is never decided', facts(['verified', 'unknown'], [contact()]), ['lost']],
    ['a refused note that nobody was told of', facts(['verified', 'rejected'], [contact()]), ['lost']],
  ])('finds %s', (_what, given, failures) => {
    expect(verdictOn(given)).toEqual(failures);
  });

  test('finds what belongs to nobody', () => {
    const strange = [note({ uid: remoteIdOf('another key') }), note({ uid: null }), contact({ phone: '+4912345' })];
    const given = facts(['verified', 'verified'], [contact(), note(), ...strange]);
    expect(strangers(given, new Set([laura.phone]))).toEqual(strange);
  });
});

test('a telephone number tells whose story it is', () => {
  for (const story of [0, 1, 9, 3012]) for (const caller of [0, 1]) expect(storyOfPhone(phoneOf(story, caller))).toBe(story);
});
