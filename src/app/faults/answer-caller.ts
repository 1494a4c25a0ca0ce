import { isAppError } from '../../base/app-error.ts';
import type { Clock } from '../../base/clock.ts';
import { asUtteranceId, type OpId } from '../../base/ids.ts';
import type { IntentResult } from '../../domain/dialog/dialog.ts';
import { findClaim } from '../../domain/dialog/language/en/claims.ts';
import { say } from '../../domain/dialog/language/en/templates.ts';
import type { PracticeProfile } from '../../domain/hours/practice.ts';
import { admitUtterance } from '../../domain/utterance/admit.ts';
import type { UtteranceDraft } from '../../domain/utterance/utterance.ts';
import type { Intent, IntentPayload, OpView } from '../../domain/writeback/intent.ts';
import type { Bookings } from '../../ports/bookings.ts';
import type { CallsOver, Ledger, SaidRow } from '../../ports/ledger.ts';
import { resultOf } from '../../runtime/call/submit.ts';

/** How long a caller waits, in milliseconds, and how soon a promise has to end: both as the product has them by default. */
const ANSWER_BUDGET_MS = 1800;
const PROMISE_DEADLINE_MS = 900_000;

/** How often, and how far apart in milliseconds, a ledger is asked at the end of a call. */
const HANG_UP_TRIES_MAX = 30;
const HANG_UP_AGAIN_MS = 500;

/** The part of a daemon that answers a caller's yes. */
export interface DaemonParts {
  readonly ledger: Ledger;
  readonly bookings: Bookings;
  readonly clock: Clock;
  readonly practice: PracticeProfile;
}

/** Moments of a call, for whoever wants to be there. */
export interface CallMoments {
  readonly onAccepted?: (op: OpId) => void;
  readonly onBeforeSaying?: () => void;
  readonly onAfterSaying?: () => void;
}

/** What a caller was told, and when. */
export interface Told {
  /** Null when nothing was accepted. */
  readonly op: OpId | null;
  readonly claim: SaidRow['claim'] | 'nothing';
  /** With `committed`: what was said to stand, or to be gone. */
  readonly details: IntentPayload | null;
  /** A promise was opened. */
  readonly isPromised: boolean;
  readonly answerMs: number;
  /** The parts of it that are no waiting for the worker: accepting, promising, and saying. */
  readonly ownMs: number;
}

function accept({ ledger }: DaemonParts, intent: Intent): OpView | null {
  try {
    return ledger.accept(intent);
  } catch (error) {
    if (!isAppError(error)) throw error;
    return null;
  }
}

/** The row within the answer budget, as `submitIntent` waits for it. */
async function settle({ bookings }: DaemonParts, accepted: OpView): Promise<OpView> {
  try {
    return await bookings.settle(accepted.op, { signal: AbortSignal.timeout(ANSWER_BUDGET_MS * 3), budgetMs: ANSWER_BUDGET_MS });
  } catch (error) {
    if (!isAppError(error)) throw error;
    return accepted;
  }
}

function promised({ ledger, clock }: DaemonParts, result: IntentResult): IntentResult {
  if (result.state !== 'pending') return result;
  try {
    ledger.openPromise(result.op, clock.epochMs() + PROMISE_DEADLINE_MS);
    return result;
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { state: 'rejected', op: result.op };
  }
}

type Verified = IntentResult & { readonly state: 'verified' };

/** A commitment in the product's own words; every detail comes from what the destination gave back. */
function commitmentFor({ op, fingerprint, readBack }: Verified, practice: PracticeProfile): UtteranceDraft {
  const proof = { op, fingerprint };
  switch (readBack.kind) {
    case 'booking':
      return say.booked(readBack, proof, practice);
    case 'reschedule':
      return say.movedTo(readBack.start, proof, practice);
    case 'cancel':
      return say.cancelled(proof);
    case 'message':
      return say.delivered(proof);
  }
}

function wordsFor(result: IntentResult, practice: PracticeProfile): UtteranceDraft {
  switch (result.state) {
    case 'verified':
      return commitmentFor(result, practice);
    case 'pending':
      return say.pending(result.op);
    case 'conflict':
      return say.takenMeanwhile(result.op);
    case 'rejected':
      return say.couldNot(result.op);
    case 'not_accepted':
      return say.couldNot(null);
  }
}

function claimOf({ kind }: UtteranceDraft): SaidRow['claim'] {
  if (kind === 'commitment') return 'committed';
  return kind === 'pending' ? 'will_confirm' : 'failed';
}

/** Both gates of the product, and the record of what passed them. False when nothing was said. */
function speak({ ledger, clock }: DaemonParts, intent: Intent, draft: UtteranceDraft): boolean {
  const admission = admitUtterance(draft, asUtteranceId(`${intent.call}-${intent.seq}-${clock.epochMs()}`), findClaim);
  if (admission.type === 'refused') return false;
  const { utterance } = admission;
  if (utterance.kind === 'commitment' && (utterance.proof === null || !ledger.bearsOut(utterance.proof))) return false;
  const row = utterance.tells === null ? null : ledger.get(utterance.tells);
  if (row === null) return true;
  const said = { op: row.op, call: intent.call, utterance: utterance.id, claim: claimOf(utterance), opState: row.state };
  try {
    ledger.recordSaid({ ...said, audioStartedAtEpochMs: clock.epochMs() });
  } catch (error) {
    // Said all the same; whoever was not recorded as told is called back.
    if (!isAppError(error)) throw error;
  }
  return true;
}

/**
 * What a daemon does at a caller's yes: accept, wait within the answer budget, promise what is still open, and say what the ledger bears
 * out, in the product's own words and through its own gates. Throws when the ledger cannot be read.
 */
export async function answerCaller(parts: DaemonParts, intent: Intent, moments: CallMoments = {}): Promise<Told> {
  const { clock } = parts;
  const startedAtMs = clock.monotonicMs();
  const accepted = accept(parts, intent);
  if (accepted !== null) moments.onAccepted?.(accepted.op);
  const acceptedAtMs = clock.monotonicMs();
  const settled: IntentResult = accepted === null ? { state: 'not_accepted' } : resultOf(await settle(parts, accepted));
  const settledAtMs = clock.monotonicMs();
  const result = promised(parts, settled);
  moments.onBeforeSaying?.();
  const draft = wordsFor(result, parts.practice);
  const isSaid = speak(parts, intent, draft);
  const answerMs = clock.monotonicMs() - startedAtMs;
  moments.onAfterSaying?.();
  const details = result.state === 'verified' ? result.readBack : null;
  const isPromised = result.state === 'pending';
  return {
    op: accepted?.op ?? null,
    claim: isSaid ? claimOf(draft) : 'nothing',
    details,
    isPromised,
    answerMs,
    ownMs: answerMs - (settledAtMs - acceptedAtMs),
  };
}

/** The call is over: whoever has not heard what came of a request is called back. A ledger that is held is asked again. */
export async function hangUp({ ledger, clock }: DaemonParts, calls: CallsOver): Promise<readonly OpId[]> {
  for (let tries = 1; ; tries += 1) {
    try {
      return ledger.promiseUntold(calls, clock.epochMs() + PROMISE_DEADLINE_MS);
    } catch (error) {
      if (!isAppError(error) || tries >= HANG_UP_TRIES_MAX) throw error;
    }
    await clock.sleep(HANG_UP_AGAIN_MS, { signal: AbortSignal.timeout(HANG_UP_AGAIN_MS * 2) });
  }
}
