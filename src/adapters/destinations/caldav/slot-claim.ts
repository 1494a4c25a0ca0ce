import { toAppError } from '../../../base/app-error.ts';
import type { Clock } from '../../../base/clock.ts';
import type { ErrorCode } from '../../../base/error-codes.ts';
import type { WriteResult } from '../../../domain/writeback/answer.ts';
import type { BookingPayload } from '../../../domain/writeback/intent.ts';
import { remoteIdOf } from '../../../domain/writeback/op-key.ts';
import { failedWrite, notWritten, refusedWrite, statusError } from '../http/classify.ts';
import { busyTimesOf, type TimeWindow } from './busy-times.ts';
import { eventOf, stampOf, uidOf, writeRecord } from './calendar-record.ts';
import type { CalendarView } from './calendar-view.ts';
import type { CalendarAccess, DavClient } from './dav-client.ts';
import { verdictOf } from './verdict.ts';

const MINUTE_MS = 60_000;
/** Preconditions of RFC 4791, section 5.3.2.1, that a repeat of the same entry breaks again. */
const FINAL: ReadonlySet<string> = new Set([
  'supported-calendar-data',
  'valid-calendar-data',
  'valid-calendar-object-resource',
  'supported-calendar-component',
  'max-resource-size',
  'min-date-time',
  'max-date-time',
  'max-instances',
  'max-attendees-per-instance',
]);
/** Addresses tried for one slot: an entry whose time a human changed keeps the address of its old time. */
const ADDRESSES_MAX = 5;

export interface SlotClaimParts {
  readonly dav: DavClient;
  readonly view: CalendarView;
  readonly access: CalendarAccess;
  readonly clock: Clock;
  readonly resource: () => string;
}

/** Claims the time of a booking; `replaces` is the UID of an entry of ours that does not count as taken. */
export type SlotClaim = (
  key: string,
  booking: BookingPayload,
  options: { readonly signal: AbortSignal; readonly replaces: string | null },
) => Promise<WriteResult>;

/** `slot-RESOURCE-20260305T0930Z.ics`: the same for everyone who wants that time, so that the server lets only one create it. */
export function slotAddress(url: string, resource: string, startEpochMs: number, attempt: number): string {
  const suffix = attempt === 0 ? '' : `-${attempt + 1}`;
  return new URL(`slot-${encodeURIComponent(resource)}-${stampOf(startEpochMs)}${suffix}.ics`, url).href;
}

export function createSlotClaim(parts: SlotClaimParts): SlotClaim {
  const { dav, view, access, clock, resource } = parts;
  return async (key, booking, { signal, replaces }) => {
    const uid = remoteIdOf(key);
    const startEpochMs = Date.parse(booking.start);
    const window = { startEpochMs, endEpochMs: startEpochMs + booking.minutes * MINUTE_MS };
    try {
      const { busy, own } = await view.window(window, uid, signal);
      if (own !== null) return { type: 'committed', remoteId: own.href, etag: own.etag };
      if (busy.some((entry) => entry.uid !== replaces)) return { type: 'conflict', reason: 'slot_taken' };
    } catch (error) {
      return notWritten(error);
    }
    const body = writeRecord(key, booking, clock.epochMs());
    for (let attempt = 0; attempt < ADDRESSES_MAX; attempt += 1) {
      const href = slotAddress(access.url, resource(), startEpochMs, attempt);
      const result = await dav.send({
        method: 'PUT',
        href,
        headers: { 'if-none-match': '*', 'content-type': 'text/calendar; charset=utf-8' },
        body,
        signal,
      });
      if (result.type === 'failed') return failedWrite(result);
      const { answer } = result;
      const { status, precondition } = verdictOf(answer);
      if (status === 201 || status === 204) return { type: 'committed', remoteId: href, etag: answer.header('etag') };
      if (precondition !== null && FINAL.has(precondition)) return { type: 'rejected', code: 'destination_rejected' };
      if (status === 409 || precondition === 'no-uid-conflict')
        return elsewhere(view, uid, { signal, otherwise: 'destination_misbehaved' });
      if (status !== 412) return refusedWrite({ ...answer, status });
      const occupant = await occupantOf(dav, href, { uid, window, signal });
      if (occupant === 'nobody') return elsewhere(view, uid, { signal, otherwise: 'destination_conflict' });
      if (occupant !== 'moved_away') return occupant;
    }
    return { type: 'conflict', reason: 'slot_taken' };
  };
}

/**
 * The UID stands at another address (RFC 4791, section 5.3.2.1, no-uid-conflict). If it does not, the collection is not there, or what held
 * the address has gone meanwhile: `otherwise` says which.
 */
async function elsewhere(
  view: CalendarView,
  uid: string,
  { signal, otherwise }: { readonly signal: AbortSignal; readonly otherwise: ErrorCode },
): Promise<WriteResult> {
  try {
    const found = await view.byUid(uid, signal);
    if (found !== null) return { type: 'committed', remoteId: found.href, etag: found.etag };
    return { type: 'retry', code: otherwise, afterMs: null };
  } catch (error) {
    return { type: 'unknown', code: toAppError(error, 'destination_misbehaved').code };
  }
}

/** Who holds the address of a slot: ourselves from an earlier attempt, someone else, or an entry whose time lies elsewhere by now. */
async function occupantOf(
  dav: DavClient,
  href: string,
  { uid, window, signal }: { readonly uid: string; readonly window: TimeWindow; readonly signal: AbortSignal },
): Promise<WriteResult | 'moved_away' | 'nobody'> {
  const result = await dav.send({ method: 'GET', href, signal });
  if (result.type === 'failed') return { type: 'unknown', code: 'destination_unreachable' };
  if (result.answer.status === 404) return 'nobody';
  if (result.answer.status !== 200 || result.answer.isHtml) return { type: 'unknown', code: statusError(result.answer).code };
  try {
    if (uidOf(eventOf(result.answer.body)) === uid) return { type: 'committed', remoteId: href, etag: result.answer.header('etag') };
    const inTheWay = busyTimesOf(result.answer.body, window, 'UTC').length > 0;
    return inTheWay ? { type: 'conflict', reason: 'slot_taken' } : 'moved_away';
  } catch {
    // Whatever stands there, it holds the address.
    return { type: 'conflict', reason: 'slot_taken' };
  }
}

/** Deletes our entry in the version that was read; never one that was changed since. */
export async function releaseRecord(
  dav: DavClient,
  record: { readonly href: string; readonly etag: string | null },
  signal: AbortSignal,
): Promise<'gone' | 'changed' | 'undecided'> {
  if (record.etag === null) return 'undecided';
  const result = await dav.send({ method: 'DELETE', href: record.href, headers: { 'if-match': record.etag }, signal });
  if (result.type === 'failed') return 'undecided';
  const { isHtml } = result.answer;
  const { status } = verdictOf(result.answer);
  if (status === 404 || status === 410) return 'gone';
  if (status === 412) return 'changed';
  // A multistatus of a deletion tells of what could not be deleted (RFC 4918, section 9.6.1).
  return status >= 200 && status < 300 && status !== 207 && !isHtml ? 'gone' : 'undecided';
}
