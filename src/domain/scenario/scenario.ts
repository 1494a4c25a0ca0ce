import type { Outcome } from '../dialog/dialog.ts';
import type { Slot, UtteranceKind } from '../utterance/utterance.ts';

/** Words to be found in what was heard, or a regular expression. */
export type TextPattern = { readonly type: 'words'; readonly words: string } | { readonly type: 'regex'; readonly source: string };

/** What a caller waits for. Lists mean any of them; all given keys must hold. */
export interface HearMatcher {
  readonly kinds: readonly UtteranceKind[];
  readonly asks: readonly Slot[];
  readonly templates: readonly string[];
  readonly texts: readonly TextPattern[];
}

/** A moment that a `say` or `hangup` is timed from. */
export interface After {
  readonly event: 'agent.speech_started' | 'agent.speech_ended' | 'caller.speech_ended';
  readonly delayMs: number;
}

export const KILLABLE = ['daemon', 'media', 'recogniser', 'voice', 'language', 'worker', 'redis', 'asterisk'] as const;
export type Killable = (typeof KILLABLE)[number];

export interface CalendarEntry {
  /** Practice time without offset, or ISO 8601 with offset. */
  readonly start: string;
  readonly minutes: number;
  /** What the person wrote, such as a name and a telephone number. */
  readonly text?: string | undefined;
}

export type Deed =
  | { readonly type: 'kill'; readonly process: Killable }
  | { readonly type: 'freeze'; readonly process: Killable }
  | { readonly type: 'calendar_add'; readonly entry: CalendarEntry };

export type ScriptStep =
  | { readonly type: 'hear'; readonly matcher: HearMatcher }
  | { readonly type: 'hear_end' }
  | { readonly type: 'say'; readonly text: string; readonly after: After | null }
  | { readonly type: 'dtmf'; readonly digits: string }
  | { readonly type: 'silence'; readonly ms: number }
  | { readonly type: 'do'; readonly deed: Deed }
  | { readonly type: 'hangup'; readonly after: After | null };

/** Parts of a booking that a read-back can get wrong. */
export const CORRECTABLE = ['service', 'day', 'time', 'name', 'phone'] as const;
export type Correctable = (typeof CORRECTABLE)[number];

export interface Replies {
  /** First time, second time …; the last repeats. */
  readonly bySlot: Readonly<Partial<Record<Slot, readonly string[]>>>;
  readonly wrong: Readonly<Partial<Record<Correctable, string>>>;
}

export interface BookingExpectation {
  readonly service?: string | undefined;
  readonly start?: string | undefined;
  readonly name?: string | undefined;
  readonly phone?: string | undefined;
}

/** What one caller does in one call. */
export interface CallScript {
  readonly steps: readonly ScriptStep[];
  readonly replies: Replies;
  readonly booking: BookingExpectation;
}

export const FAULT_KINDS = [
  'refused',
  'reset_before',
  'reset_after',
  'timeout_before_commit',
  'timeout_after_commit',
  'status_429',
  'status_503',
  'status_409',
  'status_500_after_commit',
  'html_200',
  'slow',
  'down',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export type Fault =
  | {
      readonly type: 'destination';
      readonly destination: string;
      readonly kind: FaultKind;
      readonly times: number | null;
      readonly forSeconds: number | null;
      readonly delayMs: number;
    }
  | { readonly type: 'process'; readonly process: Killable };

export interface MessageExpectation {
  readonly count?: number | undefined;
  readonly phone?: string | undefined;
  readonly mentions: readonly string[];
}

/** Something heard or never heard: words, or a description of an utterance. */
export type HeardPattern =
  | { readonly type: 'text'; readonly pattern: TextPattern }
  | { readonly type: 'utterance'; readonly matcher: HearMatcher };

export interface Expectations {
  readonly outcomes: readonly Outcome[];
  readonly booking: BookingExpectation;
  readonly entries: number | null;
  readonly withinSeconds: number;
  readonly message: MessageExpectation | null;
  readonly openTasks: number | null;
  readonly said: readonly HeardPattern[];
  readonly neverSaid: readonly HeardPattern[];
  readonly heardWithin: { readonly first: number | null; readonly every: number | null };
  readonly transferContext: Readonly<Record<'transcript' | 'intent' | 'sentiment', boolean>> | null;
}

/** A booking that existed before the first call. */
export interface PreviousOperation {
  readonly minutesAgo: number;
  readonly number: string;
  readonly state: string;
  readonly booking: { readonly service: string; readonly start: string; readonly name: string };
}
