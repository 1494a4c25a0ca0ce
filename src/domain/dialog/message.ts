import type { Hearing } from './hearing.ts';
import { phoneFrom, submit } from './booking.ts';
import { findClaim } from './language/en/claims.ts';
import { withSpelledName } from './language/en/parse-name.ts';
import { say } from './language/en/templates.ts';
import type { Note } from './state.ts';
import { ask, change, understood, type DialogStep, type StepContext } from './step.ts';

/** Words of a message at most; longer ones are cut off, and the practice hears the rest on the phone. */
const MESSAGE_CHARS_MAX = 500;
/** Words before the message itself: "please tell the doctor that …". */
const LEAD_IN =
  /^.*?\b(?:leave a message|take a message|tell the doctor|let the doctor know|pass on|a message for (?:the )?\w+)\b(?: (?:that|saying|please))*/;

/** Begins a message with what is known of the caller; a message said along with the wish is kept. */
export function startMessage(from: DialogStep, text: string | null, context: StepContext): DialogStep {
  const { wish } = from.state;
  const inside = text === null ? '' : text.replace(LEAD_IN, '').trim();
  const isContent = text !== null && LEAD_IN.test(text) && inside.split(' ').length >= 3;
  const note: Note = { about: null, text: isContent ? inside.slice(0, MESSAGE_CHARS_MAX) : null, name: wish.name, phone: wish.phone };
  return advanceMessage(change(understood(from), { note }), context);
}

/** Begins a message whose subject is known. `isWhole`: the subject says everything; otherwise the caller adds to it. */
export function startMessageAbout(
  from: DialogStep,
  about: string,
  { isWhole }: { readonly isWhole: boolean },
  context: StepContext,
): DialogStep {
  const { name, phone } = from.state.wish;
  const note: Note = isWhole ? { about: null, text: about, name, phone } : { about, text: null, name, phone };
  return advanceMessage(change(from, { note }), context);
}

export function advanceMessage(from: DialogStep, context: StepContext): DialogStep {
  const { note } = from.state;
  if (note.text === null)
    return ask(from, { name: 'message', asking: 'message' }, note.about === null ? say.askMessage() : say.askWhenBetter());
  if (note.name === null) return ask(from, { name: 'message', asking: 'name' }, say.askMessageName());
  if (note.phone === null)
    return ask(from, { name: 'message', asking: 'phone' }, context.callerNumber === null ? say.askPhone() : say.offerCallerNumber());
  // A message that itself sounds like a promise of ours is not read aloud.
  const spoken =
    findClaim(note.text) === null
      ? { text: note.text, name: note.name, phone: note.phone }
      : { text: 'as you said it', name: note.name, phone: note.phone };
  return ask(from, { name: 'message', asking: 'confirm' }, say.readMessage(spoken, context.practice));
}

/** An answer while a message is taken; null when the words do not answer what was asked. */
export function takeMessageAnswer(from: DialogStep, heard: Hearing, context: StepContext): DialogStep | null {
  const { phase, note, wish } = from.state;
  if (phase.name !== 'message') return null;
  const noted = (update: Partial<Note>): DialogStep => {
    const next = { ...note, ...update };
    return advanceMessage(
      understood(change(from, { note: next, wish: { ...wish, name: next.name ?? wish.name, phone: next.phone ?? wish.phone } })),
      context,
    );
  };
  switch (phase.asking) {
    case 'message':
      return noted({
        text: [note.about, heard.text]
          .filter((part) => part !== null)
          .join(': ')
          .slice(0, MESSAGE_CHARS_MAX),
      });
    case 'name':
      return heard.name === null
        ? null
        : noted({ name: heard.name.spelled ? withSpelledName(note.name, heard.name.name) : heard.name.name });
    case 'phone': {
      const phone = phoneFrom(heard, context);
      if (phone === null) return heard.yesNo?.answer === 'no' ? ask(understood(from), phase, say.askPhone()) : null;
      return 'again' in phone ? ask(from, phase, say.askPhoneAgain(phone.again)) : noted({ phone: phone.e164 });
    }
    case 'confirm': {
      if (heard.yesNo?.answer === 'yes' && note.text !== null)
        return submit(
          understood(from),
          { kind: 'message', name: note.name, phone: note.phone, text: note.text, urgent: false },
          'message',
          context,
        );
      if (heard.phone !== null && heard.phone.e164 !== null) return noted({ phone: heard.phone.e164 });
      return heard.yesNo?.answer === 'no' ? noted({ text: null }) : null;
    }
    default:
      return null;
  }
}
