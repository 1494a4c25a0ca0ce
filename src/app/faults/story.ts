import { asCallId } from '../../base/ids.ts';
import type { BookingPayload, Intent, IntentPayload, MessagePayload } from '../../domain/writeback/intent.ts';
import type { RequestFault } from '../../adapters/fault-proxy/misbehave.ts';

/** What happens around one appointment, with the number of operations that callers agree to in it. Names are those of the figures. */
export const STORY_OPS = {
  book: 1,
  /** Two callers at the same moment, for the same time, or for times that overlap. */
  two_callers: 2,
  overlapping_callers: 2,
  /** The same caller asks for the same once more, in another call. */
  calls_again: 2,
  /** A human enters something into the time after it was offered: before the write, or while it is under way. */
  human_first: 1,
  human_meanwhile: 1,
  /** A human changes or deletes what was booked, before the caller cancels or moves it, or in the same moment. */
  human_edits: 2,
  human_edits_meanwhile: 2,
  human_deletes: 2,
  /** A human enters something into the time that a caller is just being moved to. */
  human_takes_new_time: 2,
  cancel: 2,
  move: 2,
  /** Books, and in the same call takes it back, whether it stands yet or not. */
  second_thoughts: 2,
  /** Books, moves and cancels, in three calls. */
  three_calls: 3,
  /** Leaves a message, which goes into the inbox of the ledger's own file. */
  message: 1,
  /** The daemon is killed during the call. */
  daemon_dies: 1,
} as const;
export type StoryKind = keyof typeof STORY_OPS;
export const STORY_KINDS = Object.keys(STORY_OPS) as StoryKind[];

/** Moments of a call at which a daemon can be killed. */
export const DAEMON_DEATHS = ['after_accept', 'while_waiting', 'before_saying', 'after_saying'] as const;
export type DaemonDeath = (typeof DAEMON_DEATHS)[number];

/** Name of the evidence that a daemon was killed at a moment; the first is a fault point of the product itself. */
export function daemonMarker(moment: DaemonDeath): string {
  return moment === 'after_accept' ? moment : `daemon_${moment}`;
}

/** Numbers of one story, and the first of all. */
const PHONES_PER_STORY = 10;
const FIRST_PHONE = 10_000_000;
const AREA = '+4930';

/** The telephone number of a caller of a story. */
export function phoneOf(story: number, caller: number): string {
  return `${AREA}${FIRST_PHONE + story * PHONES_PER_STORY + caller}`;
}

/** The story that a telephone number belongs to. */
export function storyOfPhone(phone: string): number {
  return Math.floor((Number(phone.slice(AREA.length)) - FIRST_PHONE) / PHONES_PER_STORY);
}

export interface PlannedCaller {
  readonly name: string;
  /** E.164; nobody else in the run has it. */
  readonly phone: string;
  readonly start: string;
}

/** One story, settled before the run begins. It has a day of its own, so that stories do not meet. */
export interface PlannedStory {
  readonly index: number;
  readonly kind: StoryKind;
  /** ISO date, UTC. */
  readonly day: string;
  readonly callers: readonly PlannedCaller[];
  readonly movedTo: string;
  /** What the caller asks for after a human has laid hands on the appointment. */
  readonly then: 'cancel' | 'reschedule';
  /** How long after the caller's yes a human, or a daemon's end, comes, in milliseconds. */
  readonly delayMs: number;
  readonly daemon: { readonly dies: DaemonDeath; readonly then: 'readopted' | 'hung_up' } | null;
  /** Faults of its first requests in their order; null lets one pass, and so does the end of the list. */
  readonly faults: { readonly write: readonly (RequestFault | null)[]; readonly read: readonly (RequestFault | null)[] };
}

export const MINUTES = 30;
const DAY_MS = 86_400_000;
/** Days of the stories begin here. */
const FIRST_DAY_EPOCH_MS = Date.UTC(2030, 0, 1);

/** The day of a story. */
export function dayOfStory(index: number): string {
  return new Date(FIRST_DAY_EPOCH_MS + index * DAY_MS).toISOString().slice(0, 10);
}

/** The story whose day this is; may lie outside of the run. */
export function storyOfDay(day: string): number {
  return Math.round((Date.parse(`${day}T00:00:00Z`) - FIRST_DAY_EPOCH_MS) / DAY_MS);
}

/** What a caller of a story books. */
export function bookingOf({ name, phone, start }: PlannedCaller): BookingPayload {
  return { kind: 'booking', service: 'check-up', serviceName: 'a check up', start, minutes: MINUTES, name, phone, reason: null };
}

/** What a caller of a story leaves as a message. */
export function messageOf({ name, phone }: PlannedCaller): MessagePayload {
  return { kind: 'message', name, phone, text: `Please call me back on ${phone}.`, urgent: false };
}

/** An intent of a story. `call` counts its calls, `seq` what is agreed in one of them. */
export function intentOf(story: PlannedStory, call: number, seq: number, payload: IntentPayload): Intent {
  return { call: asCallId(`faults-${story.index}-${call}`), tenant: 'faults', seq, payload };
}
