import type { OpId } from '../../../../base/ids.ts';
import { localTime } from '../../../hours/local-date.ts';
import type { FreeSlot } from '../../../hours/free-slot.ts';
import type { PracticeProfile, Question } from '../../../hours/practice.ts';
import type { CommitmentProof, Fact, Slot, UtteranceDraft, UtteranceKind } from '../../../utterance/utterance.ts';
import type { BookingPayload } from '../../../writeback/intent.ts';
import { sayDay, sayPhone, sayStart, sayTime } from './say.ts';

interface Extras {
  readonly asks?: Slot;
  readonly facts?: readonly Fact[];
  readonly proof?: CommitmentProof;
  readonly tells?: OpId;
  readonly protectedClauses?: number;
}

function utterance(kind: UtteranceKind, template: string, clauses: readonly string[], extras: Extras = {}): UtteranceDraft {
  return {
    kind,
    template,
    clauses,
    asks: extras.asks ?? null,
    facts: extras.facts ?? [],
    proof: extras.proof ?? null,
    tells: extras.tells ?? extras.proof?.op ?? null,
    protectedClauses: extras.protectedClauses ?? 0,
  };
}

const prompt = (template: string, asks: Slot, ...clauses: readonly string[]): UtteranceDraft =>
  utterance('prompt', template, clauses, { asks });
const inform = (template: string, ...clauses: readonly string[]): UtteranceDraft => utterance('inform', template, clauses);
const apology = (template: string, ...clauses: readonly string[]): UtteranceDraft => utterance('apology', template, clauses);

export const ownCode = (practice: PracticeProfile): string =>
  ({ DE: '49', AT: '43', CH: '41', GB: '44', US: '1', FR: '33', NL: '31' })[practice.phoneCountry] ?? '';
const spokenDigits = (digits: string): string =>
  digits
    .split('')
    .map((digit) => sayTime(Number(digit) * 60).replace(" o'clock", ''))
    .join(' ');

/** "a, b or c". */
function orList(items: readonly string[]): string {
  return items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} or ${items.at(-1) ?? ''}`;
}

const timeOf = (slot: FreeSlot, zone: string): string => sayTime(localTime(Date.parse(slot.start), zone).minuteOfDay);
const dayOf = (slot: FreeSlot, zone: string): string => localTime(Date.parse(slot.start), zone).day;

/** Places in a list that is read out. */
const PLACES = ['The first', 'The second', 'The third'];

/** Everything the receptionist says in English. A clause is spoken in one breath. */
export const say = {
  disclosure: (practice: PracticeProfile) =>
    utterance('legal', 'disclosure', [`Hello, this is the AI assistant of ${practice.spokenName}.`], { protectedClauses: 1 }),
  askIntent: () => prompt('ask_intent', 'intent', 'How can I help you?'),
  askIntentAgain: () => prompt('ask_intent_again', 'intent', 'You can book an appointment, ask a question, or leave a message.'),
  askService: () => prompt('ask_service', 'service', 'What is the appointment for?'),
  askServiceAgain: (practice: PracticeProfile) =>
    prompt(
      'ask_service_again',
      'service',
      'We offer',
      `${orList(practice.services.map(({ spokenName }) => spokenName))}.`,
      'What would you like?',
    ),
  askDay: () => prompt('ask_day', 'day', 'Which day would suit you?'),
  closedDay: (day: string, open: string) =>
    inform('closed_day', `We are closed on ${sayDay(day)}.`, `The next open day is ${sayDay(open)}.`),
  outOfRange: () => prompt('day_out_of_range', 'day', 'I cannot see the calendar for that day.', 'Which other day would suit you?'),
  offerTimes: (slots: readonly FreeSlot[], zone: string) =>
    prompt(
      'offer_times',
      'time',
      `On ${sayDay(dayOf(slots[0] ?? { start: '', minutes: 0 }, zone))},`,
      `I have ${orList(slots.map((slot) => timeOf(slot, zone)))}.`,
      'Which time would you like?',
    ),
  timeTaken: (minute: number, slots: readonly FreeSlot[], zone: string) =>
    prompt(
      'time_taken',
      'time',
      `${capital(sayTime(minute))} is not free.`,
      `On ${sayDay(dayOf(slots[0] ?? { start: '', minutes: 0 }, zone))},`,
      `I have ${orList(slots.map((slot) => timeOf(slot, zone)))}.`,
      'Which time would you like?',
    ),
  noneThen: (slots: readonly FreeSlot[], zone: string) =>
    prompt(
      'none_then',
      'time',
      'Nothing is free at that time.',
      `On ${sayDay(dayOf(slots[0] ?? { start: '', minutes: 0 }, zone))},`,
      `I have ${orList(slots.map((slot) => timeOf(slot, zone)))}.`,
      'Which time would you like?',
    ),
  dayFull: (day: string) => inform('day_full', `Nothing is free on ${sayDay(day)}.`),
  nothingFree: () => prompt('nothing_free', 'day', 'Nothing is free on that day.', 'Which other day would suit you?'),
  calendarAway: () => apology('calendar_away', 'I am sorry, I cannot see the calendar right now.'),
  calendarOld: () =>
    apology('calendar_old', 'I am sorry, I cannot see the calendar right now.', 'I only know what was free a short while ago.'),
  askTimeUnseen: () => prompt('ask_time_unseen', 'time', 'Which time would suit you?'),
  askTimeAgain: () => prompt('ask_time_again', 'time', 'Which time would you like?'),
  askName: () => prompt('ask_name', 'name', 'What is your name, please?'),
  askSpelling: () => prompt('ask_spelling', 'name', 'Please spell your last name.'),
  offerCallerNumber: () => prompt('offer_caller_number', 'phone', 'May I use the number you are calling from?'),
  askPhone: () => prompt('ask_phone', 'phone', 'What is your phone number?'),
  askPhoneAgain: (digits: string) =>
    prompt('ask_phone_again', 'phone', `I heard ${spokenDigits(digits.replace('+', ''))}.`, 'Please say the whole number once more.'),
  askPhoneRest: (digits: string) =>
    prompt('ask_phone_rest', 'phone', `I heard ${spokenDigits(digits.replace('+', ''))}.`, 'How does it go on?'),
  readBack: (booking: BookingPayload, practice: PracticeProfile) => {
    const { day, time } = sayStart(booking.start, practice.timeZone);
    return utterance(
      'prompt',
      'read_back',
      [
        `So, ${booking.serviceName}`,
        `on ${day},`,
        `at ${time},`,
        `for ${booking.name},`,
        `phone number ${sayPhone(booking.phone, ownCode(practice))}.`,
        'Is that right?',
      ],
      { asks: 'confirm', facts: bookingFacts(booking, 'caller') },
    );
  },
  askChange: () => prompt('ask_change', 'datetime', 'What should I change?'),
  sameAgain: (booking: { readonly serviceName: string; readonly start: string }, practice: PracticeProfile) => {
    const { day, time } = sayStart(booking.start, practice.timeZone);
    return prompt(
      'same_again',
      'confirm',
      `There is already ${booking.serviceName}`,
      `on ${day}, at ${time},`,
      'under your number.',
      'Do you want another one?',
    );
  },
  booked: (booking: BookingPayload, proof: CommitmentProof, practice: PracticeProfile) =>
    commitment(['booked', 'You are booked for'], booking, proof, practice),
  moved: (booking: BookingPayload, proof: CommitmentProof, practice: PracticeProfile) =>
    commitment(['moved', 'Your appointment is moved. You now have'], booking, proof, practice),
  movedTo: (start: string, proof: CommitmentProof, practice: PracticeProfile) => {
    const { day, time } = sayStart(start, practice.timeZone);
    return utterance('commitment', 'moved', ['Your appointment is moved.', `It is now on ${day},`, `at ${time}.`], {
      proof,
      facts: [{ type: 'time', value: start, source: 'destination' }],
      protectedClauses: 1,
    });
  },
  cancelled: (proof: CommitmentProof) =>
    utterance('commitment', 'cancelled', ['Your appointment is cancelled.'], { proof, protectedClauses: 1 }),
  delivered: (proof: CommitmentProof) =>
    utterance('commitment', 'message_delivered', ['Your message is delivered to the practice.'], { proof, protectedClauses: 1 }),
  pending: (tells: OpId) =>
    utterance('pending', 'pending', ['I have noted your request.', 'The practice will call you to confirm.'], {
      tells,
      protectedClauses: 1,
    }),
  takenMeanwhile: (tells: OpId) => utterance('apology', 'taken_meanwhile', ['I am sorry, someone else just took that time.'], { tells }),
  couldNot: (tells: OpId | null) =>
    utterance('apology', 'could_not', ['I am sorry, I could not do that.'], tells === null ? {} : { tells }),
  unproven: () => apology('unproven', 'I am sorry, I cannot tell whether that worked.', 'Someone from the practice will call you.'),
  askMore: () => prompt('ask_more', 'more', 'Is there anything else?'),
  answer: (question: Question) =>
    utterance('inform', `answer_${question.id}`, sentences(question.answer), {
      facts: [{ type: 'text', value: question.id, source: 'config' }],
    }),
  noAnswer: () => prompt('no_answer', 'confirm', 'I do not know that.', 'May I take a message for the practice?'),
  askMessage: () => prompt('ask_message', 'message', 'What would you like to tell the practice?'),
  askMessageName: () => prompt('ask_message_name', 'name', 'What is your name, please?'),
  readMessage: (note: { readonly text: string; readonly name: string | null; readonly phone: string | null }, practice: PracticeProfile) =>
    prompt(
      'read_message',
      'confirm',
      `Your message is: ${note.text}.`,
      ...(note.name === null ? [] : [`From ${note.name}.`]),
      ...(note.phone === null ? [] : [`Phone number ${sayPhone(note.phone, ownCode(practice))}.`]),
      'Shall I pass that on?',
    ),
  nobodyThere: () => prompt('nobody_there', 'confirm', 'I am sorry, nobody can come to the phone right now.', 'May I take a message?'),
  transferring: () => inform('transferring', 'One moment please, I will put you through.'),
  complaint: () => apology('complaint', 'I am sorry to hear that.', 'I will put you through to a person.'),
  emergency: (practice: PracticeProfile) =>
    utterance(
      'inform',
      'emergency',
      [
        `If this is an emergency, hang up and call ${spokenDigits(practice.emergencyNumber)} now.`,
        'Shall I put you through to someone here?',
      ],
      {
        asks: 'confirm',
        protectedClauses: 1,
        facts: [{ type: 'number', value: practice.emergencyNumber, source: 'config' }],
      },
    ),
  emergencyAgain: (practice: PracticeProfile) =>
    utterance('inform', 'emergency_again', [`Please call ${spokenDigits(practice.emergencyNumber)} now.`], {
      facts: [{ type: 'number', value: practice.emergencyNumber, source: 'config' }],
    }),
  robot: (practice: PracticeProfile) => inform('robot', 'I am a computer, not a person.', `I answer the phone for ${practice.spokenName}.`),
  recording: () => inform('recording', 'The sound of this call is not kept. I only keep written notes.'),
  noBooking: () => inform('no_own_booking', 'I cannot see an appointment under your number.', 'I will take a message for the practice.'),
  enteredByPractice: (service: string, start: string, practice: PracticeProfile) => {
    const { day, time } = sayStart(start, practice.timeZone);
    return inform(
      'entered_by_practice',
      `I see ${service}`,
      `on ${day}, at ${time}.`,
      'Only the practice can change that one, so I will take a message for them.',
    );
  },
  askWhenBetter: () => prompt('ask_when_better', 'message', 'When would suit you better?'),
  /** The message itself, in the caller's words. */
  changeWish: (what: 'cancel' | 'move', start: string, practice: PracticeProfile) => {
    const { day, time } = sayStart(start, practice.timeZone);
    return `please ${what} my appointment on ${day}, at ${time}`;
  },
  askWhich: (own: readonly { readonly service: string; readonly start: string }[], asks: 'day' | 'time', practice: PracticeProfile) =>
    prompt(
      'ask_which',
      asks,
      'I see more than one appointment.',
      ...own.flatMap(({ service, start }, index) => {
        const { day, time } = sayStart(start, practice.timeZone);
        return [`${PLACES[index] ?? 'Another one'} is ${service}`, `on ${day}, at ${time}.`];
      }),
      'Which one do you mean?',
    ),
  askCancel: (service: string, start: string, practice: PracticeProfile) => {
    const { day, time } = sayStart(start, practice.timeZone);
    return prompt('ask_cancel', 'confirm', `I see ${service}`, `on ${day}, at ${time}.`, 'Shall I cancel it?');
  },
  askNewDay: (service: string, start: string, practice: PracticeProfile) => {
    const { day, time } = sayStart(start, practice.timeZone);
    return prompt('ask_new_day', 'day', `I see ${service}`, `on ${day}, at ${time}.`, 'Which day would suit you better?');
  },
  leftAsItIs: () => inform('left_as_it_is', 'Then I leave it as it is.'),
  notUnderstood: () => apology('not_understood', 'Sorry, I did not understand.'),
  stayOnTask: () => inform('stay_on_task', 'I can only help you with the practice.'),
  stillThere: () => apology('still_there', 'Are you still there?'),
  cannotHear: () => inform('cannot_hear', 'I cannot hear you. Please call again. Goodbye.'),
  goodbye: () => inform('goodbye', 'Thank you for calling. Goodbye.'),
  timeUp: () => inform('time_up', 'I have to end this call now. Please call again. Goodbye.'),
  backAgain: () => apology('back_again', 'Sorry, we were cut off for a moment.'),
  fillerLooking: () => utterance('filler', 'filler_looking', ['Let me look.']),
  fillerWorking: () => utterance('filler', 'filler_working', ['One moment, please.']),
} as const;

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function sentences(text: string): readonly string[] {
  return text.split(/(?<=[.!?]) /);
}

export function bookingFacts(booking: BookingPayload, source: Fact['source']): readonly Fact[] {
  return [
    { type: 'service', value: booking.service, source },
    { type: 'time', value: booking.start, source },
    { type: 'name', value: booking.name, source },
    { type: 'phone', value: booking.phone, source },
  ];
}

/** Every detail comes from what the destination gave back. */
function commitment(
  [template, lead]: readonly [string, string],
  booking: BookingPayload,
  proof: CommitmentProof,
  practice: PracticeProfile,
): UtteranceDraft {
  const { day, time } = sayStart(booking.start, practice.timeZone);
  return utterance('commitment', template, [`${lead} ${booking.serviceName}`, `on ${day},`, `at ${time}.`], {
    proof,
    facts: bookingFacts(booking, 'destination'),
    protectedClauses: 1,
  });
}
