import type { Clock } from '../../base/clock.ts';
import type { DialogBrain } from '../../domain/call/brain.ts';
import type { CallLimits } from '../../domain/call/state.ts';
import type { PracticeProfile } from '../../domain/hours/practice.ts';
import type { Bookings } from '../../ports/bookings.ts';
import type { CallAudio } from '../../ports/call-audio.ts';
import type { EventFeed } from '../../ports/event-feed.ts';
import type { Journal } from '../../ports/journal.ts';
import type { Language } from '../../ports/language.ts';
import type { Ledger } from '../../ports/ledger.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { Switch } from '../../ports/switch.ts';
import type { Tracer } from '../../ports/tracer.ts';

/** Everything a call needs from outside, given by the composition root. */
export interface CallDeps {
  readonly phone: Switch;
  readonly audio: CallAudio;
  readonly language: Language;
  readonly bookings: Bookings;
  readonly ledger: Ledger;
  readonly journal: Journal;
  readonly feed: EventFeed;
  readonly metrics: Metrics;
  /** Without it nothing is traced. */
  readonly tracer?: Tracer;
  readonly clock: Clock;
  readonly log: Logger;
  readonly brain: DialogBrain;
  readonly settings: CallSettings;
  /** Read for every call: a simulation may exchange it between calls. */
  readonly practice: () => PracticeProfile;
}

export interface CallSettings {
  readonly tenant: string;
  readonly limits: CallLimits;
  readonly answerBudgetMs: number;
  readonly promiseDeadlineMs: number;
  readonly concurrentMax: number;
  readonly humanEndpoint: string;
  readonly ringTimeoutMs: number;
}
