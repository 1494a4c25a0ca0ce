import type { FreeSlot } from '../hours/free-slot.ts';
import type { Slot, UtteranceDraft } from '../utterance/utterance.ts';
import type { OpId } from '../../base/ids.ts';
import type { Expectation, Outcome, OwnBooking } from './dialog.ts';
import type { TimeReading } from './language/en/parse-time.ts';

/** What a caller wants booked, as far as it is known. */
export interface Wish {
  readonly service: string | null;
  /** ISO date; with `wholeWeek` any day of the week from there. */
  readonly day: string | null;
  readonly wholeWeek: boolean;
  readonly time: TimeReading | null;
  /** The chosen free slot. */
  readonly slot: FreeSlot | null;
  readonly name: string | null;
  readonly phone: string | null;
  /** The caller has the same already and wants another one. */
  readonly again: boolean;
  /** The own booking that is to be moved; null for a new one. */
  readonly moves: OpId | null;
}

export interface Note {
  /** What the message is about, when that is known before it is said; stands before its text. */
  readonly about: string | null;
  readonly text: string | null;
  readonly name: string | null;
  readonly phone: string | null;
}

/** Where the conversation is. The only field that says so. */
export type DialogPhase =
  | { readonly name: 'greeting' }
  | { readonly name: 'intent' }
  | {
      readonly name: 'booking';
      readonly asking: 'service' | 'day' | 'time' | 'name' | 'spelling' | 'phone' | 'confirm' | 'change';
      /** Digits of a number that is dictated in parts. */ readonly begun?: string;
    }
  /** Free slots are being read; nothing is asked. */
  | { readonly name: 'finding' }
  | { readonly name: 'redial' }
  | { readonly name: 'message'; readonly asking: 'message' | 'name' | 'phone' | 'confirm' }
  | { readonly name: 'offer_message' }
  /** Which of the caller's own appointments is meant; `among`: their references in order of time, of which the first few were named. */
  | { readonly name: 'choosing'; readonly what: 'cancel' | 'move'; readonly among: readonly string[]; readonly asking: 'day' | 'time' }
  | { readonly name: 'cancelling'; readonly target: OpId }
  /** `target`: the own appointment that is moved or cancelled. */
  | { readonly name: 'submitting'; readonly what: 'booking' | 'message' | 'cancel' | 'move'; readonly target: OpId | null }
  | { readonly name: 'emergency' }
  | { readonly name: 'transferring'; readonly urgent: boolean }
  | { readonly name: 'more' }
  | { readonly name: 'closed' };

export interface DialogState {
  readonly phase: DialogPhase;
  readonly wish: Wish;
  readonly note: Note;
  /** Slots named to the caller last, in the order they were named. */
  readonly offered: readonly FreeSlot[];
  /** Everything free on the days asked about. */
  readonly free: readonly FreeSlot[];
  /** Appointments that this call has made, and those that it has moved or cancelled: `ownBookings` is as it was when the call came in. */
  readonly made: readonly OwnBooking[];
  readonly gone: readonly OpId[];
  readonly seq: number;
  /** Turns in a row that were not understood, and silences in a row. */
  readonly misses: number;
  readonly silences: number;
  /** The best that has come of the call so far. */
  readonly outcome: Outcome;
  /** What was said last and asks for something: said again on request. */
  readonly last: UtteranceDraft | null;
}

const NO_WISH: Wish = {
  service: null,
  day: null,
  wholeWeek: false,
  time: null,
  slot: null,
  name: null,
  phone: null,
  again: false,
  moves: null,
};

export const initialDialog: DialogState = {
  phase: { name: 'greeting' },
  wish: NO_WISH,
  note: { about: null, text: null, name: null, phone: null },
  offered: [],
  free: [],
  made: [],
  gone: [],
  seq: 0,
  misses: 0,
  silences: 0,
  outcome: 'abandoned',
  last: null,
};

/** A new wish by the same person: name and number stay. */
export function freshWish(wish: Wish): Wish {
  return { ...NO_WISH, name: wish.name, phone: wish.phone };
}

/** What the caller is asked for right now. */
export function askedSlot(state: DialogState): Slot | null {
  const { phase } = state;
  switch (phase.name) {
    case 'booking':
      if (phase.asking === 'spelling') return 'name';
      return phase.asking === 'change' ? 'datetime' : phase.asking;
    case 'message':
    case 'choosing':
      return phase.asking;
    case 'intent':
      return 'intent';
    case 'more':
      return 'more';
    case 'offer_message':
    case 'redial':
    case 'cancelling':
    case 'emergency':
      return 'confirm';
    default:
      return null;
  }
}

/** What the recogniser should listen for. */
export function expectationOf(state: DialogState): Expectation {
  switch (askedSlot(state)) {
    case 'confirm':
    case 'more':
      return 'confirm';
    case 'day':
    case 'time':
    case 'datetime':
      return 'datetime';
    case 'name':
      return 'name';
    case 'phone':
      return 'phone';
    default:
      return 'general';
  }
}
