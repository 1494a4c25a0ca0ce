import { describe, expect, it } from 'vitest';
import { asOpId } from '../../../../src/base/ids.ts';
import type { EnteredAppointment, OwnBooking } from '../../../../src/domain/dialog/dialog.ts';
import { talk } from './conversation.ts';

const entered = (start: string, service: string | null = null): EnteredAppointment => ({ service, start });
const THURSDAY = entered('2026-03-05T10:30:00+01:00');
const MONDAY = entered('2026-03-09T09:00:00+01:00', 'blood-test');
const PAST = entered('2026-03-02T08:00:00+01:00');
const OWN: OwnBooking = {
  op: asOpId('own'),
  service: 'check-up',
  start: '2026-03-12T15:00:00+01:00',
  name: 'Laura Becker',
  ageMinutes: 4000,
};
const CANCEL = 'i want to cancel my appointment';
const MOVE = 'i need to move my appointment';

const withEntered = (...appointments: readonly EnteredAppointment[]) => talk({ context: { entered: appointments } });
const messages = (call: ReturnType<typeof talk>): readonly string[] =>
  call.submitted().flatMap((payload) => (payload.kind === 'message' ? [payload.text] : [payload.kind]));

describe('an appointment that people entered', () => {
  it('is named, and the wish to cancel it is passed on; nothing is cancelled', () => {
    const call = withEntered(PAST, THURSDAY);
    const said = call.hears(CANCEL);
    expect(said).toContain('I see an appointment on Thursday, the fifth of March, at ten thirty. Only the practice can change that one');
    for (const answer of ['laura becker', 'yes']) call.hears(answer);
    expect(call.last()?.clauses.join(' ')).toContain(
      'Your message is: please cancel my appointment on Thursday, the fifth of March, at ten thirty.',
    );
    expect(call.submitted()).toEqual([]);
    expect(call.hears('yes')).toContain('Your message is delivered to the practice.');
    expect(messages(call)).toEqual(['please cancel my appointment on Thursday, the fifth of March, at ten thirty']);
  });

  it('is moved by people, who hear what would suit better', () => {
    const call = withEntered(MONDAY);
    expect(call.hears(MOVE)).toMatch(/^I see a blood test on Monday.* When would suit you better\?$/);
    for (const answer of ['any afternoon next week', 'laura becker', 'yes', 'yes']) call.hears(answer);
    expect(messages(call)).toEqual(["please move my appointment on Monday, the ninth of March, at nine o'clock: any afternoon next week"]);
  });

  it('keeps its subject when the caller corrects the rest of the message', () => {
    const call = withEntered(MONDAY);
    for (const line of [MOVE, 'any afternoon', 'laura becker', 'yes']) call.hears(line);
    expect(call.hears('no')).toContain('When would suit you better?');
    for (const line of ['mornings only', 'yes']) call.hears(line);
    expect(messages(call)).toEqual(["please move my appointment on Monday, the ninth of March, at nine o'clock: mornings only"]);
  });

  it('is one of several beside the own ones, each treated as what it is', () => {
    const call = talk({ context: { entered: [THURSDAY], ownBookings: [OWN] } });
    expect(call.hears(CANCEL)).toMatch(
      /The first is an appointment on Thursday, the fifth.* The second is a check up on Thursday, the twelfth/,
    );
    expect(call.hears('the first one')).toContain('Only the practice can change that one');
    expect(call.submitted()).toEqual([]);

    const other = talk({ context: { entered: [THURSDAY], ownBookings: [OWN] } });
    other.hears(CANCEL);
    expect(other.hears('the second one')).toContain('Shall I cancel it?');
    other.hears('yes');
    expect(other.submitted()).toMatchObject([{ kind: 'cancel', target: 'own' }]);
  });

  it('is meant by what the caller says of it, also after another one was asked about', () => {
    const call = talk({ context: { entered: [THURSDAY], ownBookings: [OWN] } });
    expect(call.hears('please cancel my check up')).toContain('Shall I cancel it?');
    expect(call.hears('no the other one')).toContain('I see an appointment on Thursday, the fifth of March');
    expect(call.submitted()).toEqual([]);
  });

  it('is not a second one when a system still shows an own one, also after it was cancelled', () => {
    const call = talk({ context: { entered: [entered('2026-03-12T14:00:00Z')], ownBookings: [OWN] } });
    expect(call.hears(CANCEL)).toContain('Shall I cancel it?');
    call.hears('yes');
    expect(call.hears(CANCEL)).toContain('I cannot see an appointment under your number.');
  });

  it('that is over is not named', () => {
    expect(withEntered(PAST).hears(CANCEL)).toContain('I cannot see an appointment under your number.');
  });
});
