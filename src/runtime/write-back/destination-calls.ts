import { isAppError } from '../../base/app-error.ts';
import { unreachable } from '../../base/invariant.ts';
import type { ReadBack, WriteResult } from '../../domain/writeback/answer.ts';
import type { ContactPayload, RecordPayload } from '../../domain/writeback/intent.ts';
import type { ReadBackOutcome } from '../../domain/writeback/reduce-op.ts';
import { isSameRecord } from '../../domain/writeback/same-record.ts';
import type { Destination, DestinationOptions, FoundRecord } from '../../ports/destination.ts';
import type { ClaimedOp } from '../../ports/op-store.ts';
import type { Work } from './work.ts';

/** How long a request may run, in milliseconds; the answer to the caller never waits for it, and it is never cut short by it. */
export const REQUEST_MS_MAX = 15_000;

export type DoableWork = Exclude<Work, { readonly type: 'wait' | 'impossible' }>;

/**
 * A claimed operation as far as its destination hears of it. `lost` fires when the lease is another's, or will be because this process
 * ends: nothing more may leave then.
 */
export type Address = Pick<ClaimedOp, 'key' | 'links' | 'traceparent'> & { readonly lost?: AbortSignal };

const options = ({ traceparent, lost }: Address): DestinationOptions => ({
  signal: AbortSignal.any([AbortSignal.timeout(REQUEST_MS_MAX), ...(lost === undefined ? [] : [lost])]),
  ...(traceparent === null ? {} : { traceparent }),
});
const codeOf = (error: unknown): string => (isAppError(error) ? error.code : 'destination_misbehaved');

/** Writes once. What is thrown counts as `unknown`: bytes may have been sent. */
export async function write(destination: Destination, at: Address, work: DoableWork): Promise<WriteResult> {
  const { key, links } = at;
  try {
    if (work.type === 'create' && work.payload.kind === 'contact') return await writeContact(destination, at, work.payload);
    if (work.type === 'create') return await destination.create(key, work.payload, { ...options(at), links });
    if (work.type === 'update') {
      const replaced = { key: work.replacesKey, payload: work.before };
      return await destination.update(key, work.moved, replaced, { ...options(at), links });
    }
    return await destination.cancel(work.targetKey, work.before, options(at));
  } catch (error) {
    return { type: 'unknown', code: codeOf(error) };
  }
}

/**
 * Somebody whom the system knows already, whoever entered them: the same number under the same name. A second contact would be the
 * duplicate that people complain about most. Throws as `find` does: who cannot look does not write.
 */
async function knownContact(destination: Destination, at: Address, contact: ContactPayload): Promise<FoundRecord | null> {
  const name = contact.name.toLowerCase();
  const found = await destination.find(contact.phone, options(at));
  return found.find(({ payload }) => payload.kind === 'contact' && payload.name.toLowerCase() === name) ?? null;
}

/** A contact that is known is not entered again, and one that a person has corrected since is still the same contact. */
async function writeContact(destination: Destination, at: Address, contact: ContactPayload): Promise<WriteResult> {
  try {
    const known = await knownContact(destination, at, contact);
    if (known !== null) return { type: 'committed', remoteId: known.remoteId, etag: null };
  } catch (error) {
    return { type: 'retry', code: codeOf(error), afterMs: null };
  }
  const result = await destination.create(at.key, contact, { ...options(at), links: at.links });
  const isCorrected = result.type === 'conflict' && result.reason === 'exists_differently';
  return isCorrected ? { type: 'committed', remoteId: at.key, etag: null } : result;
}

/** A contact that stands under no key of ours was there before; one that says something else was corrected by a person. */
async function readContact(destination: Destination, at: Address, contact: ContactPayload): Promise<ReadBack> {
  const answer = await lookFor(destination, at, contact);
  if (answer.type === 'differs') return { type: 'found', payload: contact, remoteId: answer.remoteId, etag: null, contested: false };
  if (answer.type === 'found') return { ...answer, payload: contact };
  if (answer.type === 'unavailable') return answer;
  try {
    const known = await knownContact(destination, at, contact);
    return known === null ? answer : { type: 'found', payload: contact, remoteId: known.remoteId, etag: null, contested: false };
  } catch (error) {
    return { type: 'unavailable', code: codeOf(error) };
  }
}

/** The read-back compared with what was agreed, and what to keep of it. */
export interface Seen {
  readonly outcome: ReadBackOutcome;
  readonly code: string | null;
  readonly record: RecordPayload | null;
  readonly remoteId: string | null;
  readonly etag: string | null;
}

const seen = (outcome: ReadBackOutcome, code: string | null = null): Seen => ({ outcome, code, record: null, remoteId: null, etag: null });

function compared(answer: ReadBack, agreed: RecordPayload): Seen {
  switch (answer.type) {
    case 'absent':
      return seen('absent');
    case 'differs':
      return { ...seen('differs'), remoteId: answer.remoteId };
    case 'unavailable':
      return seen('unavailable', answer.code);
    case 'found': {
      const { payload, remoteId, etag } = answer;
      const outcome = !isSameRecord(agreed, payload) ? 'differs' : answer.contested ? 'contested' : 'matches';
      return { outcome, code: null, record: payload, remoteId, etag };
    }
    default:
      return unreachable(answer);
  }
}

async function lookFor(destination: Destination, at: Address, expected: RecordPayload): Promise<ReadBack> {
  try {
    return await destination.readBack(at.key, expected, options(at));
  } catch (error) {
    return { type: 'unavailable', code: codeOf(error) };
  }
}

/** A cancelled appointment matches when nothing stands under its key any more. */
async function readCancelled(destination: Destination, at: Address, before: RecordPayload): Promise<Seen> {
  const answer = await lookFor(destination, at, before);
  if (answer.type === 'unavailable') return seen('unavailable', answer.code);
  return seen(answer.type === 'absent' ? 'matches' : 'absent');
}

/** The record that a piece of work leaves, or takes away. */
function recordOf(work: DoableWork): RecordPayload {
  switch (work.type) {
    case 'create':
      return work.payload;
    case 'update':
      return work.moved;
    case 'cancel':
      return work.before;
    default:
      return unreachable(work);
  }
}

/** Reads back what an operation should have left. A move is complete only when the old place is free. */
export async function readBack(destination: Destination, at: Address, work: DoableWork): Promise<Seen> {
  if (work.type === 'cancel') return readCancelled(destination, { ...at, key: work.targetKey }, work.before);
  const agreed = recordOf(work);
  const isNewContact = work.type === 'create' && agreed.kind === 'contact';
  const found = compared(await (isNewContact ? readContact(destination, at, agreed) : lookFor(destination, at, agreed)), agreed);
  if (work.type === 'create' || (found.outcome !== 'matches' && found.outcome !== 'contested')) return found;
  const old = await readCancelled(destination, { ...at, key: work.replacesKey }, work.before);
  if (found.outcome === 'matches') return old.outcome === 'matches' ? found : old;
  // The old appointment is given up already: taking the new one away too would leave the caller none. A person decides.
  return old.outcome === 'matches' ? { ...found, outcome: 'differs' } : old.outcome === 'absent' ? found : old;
}

/**
 * A person worked on the new record of a move before the old one was released, as they can when a worker died between the two. The caller
 * would have both: ours at the old place goes, if nobody changed it, and what stands at the new one is the person's. One that is not about
 * the caller any more is not the move, and both stay. Gives what was seen, or why the move cannot be finished now.
 */
export async function finishMove(destination: Destination, at: Address, work: DoableWork, found: Seen): Promise<Seen> {
  if (work.type !== 'update' || found.outcome !== 'differs') return found;
  if (found.record?.kind !== 'booking' || found.record.phone !== work.moved.phone) return found;
  const released = await cancelled(destination, { ...at, key: work.replacesKey }, work.before);
  return released.type === 'retry' || released.type === 'unknown' ? seen('unavailable', released.code) : found;
}

async function cancelled(destination: Destination, at: Address, expected: RecordPayload): Promise<WriteResult> {
  try {
    return await destination.cancel(at.key, expected, options(at));
  } catch (error) {
    return { type: 'unknown', code: codeOf(error) };
  }
}

export interface Withdrawal {
  readonly outcome: 'gone' | 'changed' | 'undecided';
  readonly code: string | null;
}

/** Takes our record away because it is contested. */
export async function withdraw(destination: Destination, at: Address, work: DoableWork): Promise<Withdrawal> {
  const result = await cancelled(destination, at, recordOf(work));
  switch (result.type) {
    case 'committed':
      return { outcome: 'gone', code: null };
    case 'conflict':
      return { outcome: 'changed', code: null };
    case 'rejected':
    case 'retry':
    case 'unknown':
      return { outcome: 'undecided', code: result.code };
    default:
      return unreachable(result);
  }
}
