import { describe, expect, it } from 'vitest';
import { asOpId } from '../../../../src/base/ids.ts';
import type { OwnBooking } from '../../../../src/domain/dialog/dialog.ts';
import { talk } from './conversation.ts';

const own = (op: string, start: string, service = 'check-up'): OwnBooking => ({
  op: asOpId(op),
  service,
  start,
  name: 'Laura Becker',
  ageMinutes: 4000,
});
/** A check up on Thursday, a blood test on the Monday after, a vaccination on the Thursday of the week after that. */
const CHECK_UP = own('check-up', '2026-03-05T10:30:00+01:00');
const BLOOD_TEST = own('blood-test', '2026-03-09T09:00:00+01:00', 'blood-test');
const VACCINATION = own('vaccination', '2026-03-19T15:00:00+01:00', 'vaccination');
const THREE = [VACCINATION, CHECK_UP, BLOOD_TEST];
const CANCEL = 'i want to cancel my appointment';
const MOVE = 'i need to move my appointment';

const withOwn = (...ownBookings: readonly OwnBooking[]) => talk({ context: { ownBookings } });
const targets = (call: ReturnType<typeof talk>): readonly string[] =>
  call.submitted().flatMap((payload) => ('target' in payload ? [payload.target] : []));

describe('a caller with several appointments', () => {
  it('is asked which one, and hears them in order of time, with day and time', () => {
    const call = withOwn(...THREE);
    const said = call.hears(CANCEL);
    expect(said).toBe(
      'I see more than one appointment. ' +
        'The first is a check up on Thursday, the fifth of March, at ten thirty. ' +
        "The second is a blood test on Monday, the ninth of March, at nine o'clock. " +
        "The third is a vaccination on Thursday, the nineteenth of March, at three o'clock. " +
        'Which one do you mean?',
    );
    expect(call.asked()).toBe('day');
    expect(call.submitted()).toEqual([]);
  });

  it.each([
    ['the first one', 'check-up'],
    ['the second one please', 'blood-test'],
    ['the last one', 'vaccination'],
    ['the next one', 'check-up'],
    ['the one on monday', 'blood-test'],
    ['on the ninth', 'blood-test'],
    ['on thursday the nineteenth', 'vaccination'],
    ['the one at nine', 'blood-test'],
    ['the one in the afternoon', 'vaccination'],
    ['the blood test', 'blood-test'],
    ['next week', 'blood-test'],
    ['no sorry the second one', 'blood-test'],
  ])('means by "%s" the one that fits, and is asked before it is cancelled', (answer, op) => {
    const call = withOwn(...THREE);
    call.hears(CANCEL);
    expect(call.hears(answer)).toContain('Shall I cancel it?');
    expect(call.submitted()).toEqual([]);
    expect(call.hears('yes')).toContain('Your appointment is cancelled.');
    expect(targets(call)).toEqual([op]);
  });

  it('finds one on a later Thursday by its weekday', () => {
    const call = withOwn(BLOOD_TEST, VACCINATION);
    call.hears(CANCEL);
    expect(call.hears('the one on thursday')).toContain('a vaccination on Thursday, the nineteenth of March');
  });

  it('is asked by the time for several on one day', () => {
    const later = own('later', '2026-03-05T15:00:00+01:00');
    const call = withOwn(CHECK_UP, later, BLOOD_TEST);
    call.hears(CANCEL);
    expect(call.hears('on thursday')).toContain('Which one do you mean?');
    expect(call.asked()).toBe('time');
    expect(call.hears('three')).toContain("at three o'clock. Shall I cancel it?");
    call.hears('yes');
    expect(targets(call)).toEqual(['later']);
  });

  it.each([
    ['i have to cancel my appointment on monday', 'blood-test'],
    ['please cancel the vaccination', 'vaccination'],
  ])('need not be asked after "%s"', (wish, op) => {
    const call = withOwn(...THREE);
    expect(call.hears(wish)).toContain('Shall I cancel it?');
    call.hears('yes');
    expect(targets(call)).toEqual([op]);
  });

  it('moves the one that was meant; the day to move it to does not name it', () => {
    const call = withOwn(...THREE);
    expect(call.hears('can we move my appointment to monday')).toContain('Which one do you mean?');
    expect(call.hears('the vaccination')).toContain('I see a vaccination on Thursday, the nineteenth of March');
    call.hears('on friday at nine');
    expect(call.submitted()).toMatchObject([{ kind: 'reschedule', target: 'vaccination', start: '2026-03-06T09:00:00+01:00' }]);
    const named = withOwn(...THREE);
    expect(named.hears('i want to move the appointment on monday to friday')).toContain('I see a blood test on Monday');
  });

  it('may change their mind before the yes', () => {
    const call = withOwn(CHECK_UP, BLOOD_TEST);
    call.hears(CANCEL);
    call.hears('the first one');
    expect(call.hears('no the other one')).toContain('I see a blood test');
    expect(call.hears('no the one on thursday')).toContain('I see a check up');
    call.hears('yes the check up');
    expect(targets(call)).toEqual(['check-up']);
  });

  it.each(['no', 'none of them', 'never mind'])('leaves all as they are with "%s"', (answer) => {
    const call = withOwn(...THREE);
    call.hears(MOVE);
    expect(call.hears(answer)).toContain('Then I leave it as it is.');
    expect(call.submitted()).toEqual([]);
  });

  it('is asked again for a day on which there is none, and at last put through', () => {
    const call = withOwn(...THREE);
    call.hears(CANCEL);
    expect(call.hears('on tuesday')).toMatch(/did not understand.*Which one do you mean/);
    expect(call.hears('on tuesday')).toContain('Which one do you mean?');
    call.hears('on tuesday');
    expect(call.moves.at(-1)).toMatchObject({ type: 'transfer', reason: 'failed_twice' });
  });

  it('hears the next three of many, and may name any', () => {
    const many = [...THREE, own('fourth', '2026-03-24T08:00:00+01:00'), own('past', '2026-02-26T10:30:00+01:00')];
    const call = withOwn(...many);
    const said = call.hears(CANCEL);
    expect(said).toContain('The third is a vaccination');
    expect(said).not.toContain('twenty fourth');
    expect(call.hears('the one at eight')).toContain('Tuesday, the twenty fourth of March');
  });
});

describe('appointments that a call has changed', () => {
  it('are not offered again: of two, the other one is left', () => {
    const call = withOwn(CHECK_UP, BLOOD_TEST);
    for (const line of [CANCEL, 'the first one', 'yes']) call.hears(line);
    expect(call.hears('i also want to cancel the other appointment')).toContain('I see a blood test');
    call.hears('yes');
    expect(targets(call)).toEqual(['check-up', 'blood-test']);
    expect(call.hears(CANCEL)).toContain('I cannot see an appointment under your number.');
  });

  it('stay where they are when the change was refused', () => {
    const call = talk({ context: { ownBookings: [CHECK_UP] }, settle: () => ({ state: 'conflict', op: asOpId('op1') }) });
    for (const line of [CANCEL, 'yes']) call.hears(line);
    call.nobodyAnswers();
    call.hears('no');
    expect(call.hears(CANCEL)).toContain('I see a check up');
  });

  it('are known at once: one that was just booked can be cancelled', () => {
    const call = talk();
    for (const line of ['a check up on thursday at ten thirty', 'laura becker', 'yes', 'yes']) call.hears(line);
    expect(call.hears('actually please cancel my appointment')).toContain('I see a check up on Thursday, the fifth of March');
    call.hears('yes');
    expect(targets(call)).toEqual(['op1']);
  });

  it('are known at their new time: one that was moved can be moved again', () => {
    const call = talk({
      context: { ownBookings: [CHECK_UP] },
      settle: (payload, seq) => ({ state: 'verified', op: asOpId(`op${seq}`), fingerprint: 'f', readBack: payload }),
    });
    for (const line of [MOVE, 'friday at nine', MOVE]) call.hears(line);
    expect(call.last()?.clauses.join(' ')).toContain("I see a check up on Friday, the sixth of March, at nine o'clock.");
    call.hears('monday at ten');
    expect(targets(call)).toEqual(['check-up', 'op1']);
  });
});
