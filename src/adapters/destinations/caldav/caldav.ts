import { isAppError, toAppError } from '../../../base/app-error.ts';
import type { Clock } from '../../../base/clock.ts';
import { askedDays, openSlots } from '../../../domain/hours/asked-days.ts';
import type { FreeSlot, SlotQuery } from '../../../domain/hours/free-slot.ts';
import { localTime, toZonedIso } from '../../../domain/hours/local-date.ts';
import type { PracticeProfile } from '../../../domain/hours/practice.ts';
import type { ReadBack, WriteResult } from '../../../domain/writeback/answer.ts';
import type { BookingPayload } from '../../../domain/writeback/intent.ts';
import { remoteIdOf } from '../../../domain/writeback/op-key.ts';
import type { Destination, FoundRecord, OwnRecord, TimeSpan } from '../../../ports/destination.ts';
import { answerOf, notWritten } from '../http/classify.ts';
import { createHttpClient } from '../http/http-client.ts';
import { createTokenBucket, UNLIMITED, type TokenBucket } from '../http/token-bucket.ts';
import type { TimeWindow } from './busy-times.ts';
import { isOurs } from './calendar-record.ts';
import { createCalendarView, type CalendarView } from './calendar-view.ts';
import { createDavClient, type CalendarAccess, type DavClient } from './dav-client.ts';
import { createSerial } from '../http/serial.ts';
import { createSlotClaim, releaseRecord, type SlotClaim } from './slot-claim.ts';

export interface CaldavOptions {
  readonly access: CalendarAccess;
  /** True for a calendar that simulations may write to. */
  readonly sandbox: boolean;
  /** Read at every use: a simulation may exchange it. */
  readonly practice: () => PracticeProfile;
  readonly clock: Clock;
  /** Shared by all clients of the credential; unlimited when absent. */
  readonly bucket?: TokenBucket;
}

/** What a request of ours may still do after its connection is gone; a later repeat of it is harmless, for its address is taken. */
const MAX_INFLIGHT_MS = 2000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export interface CaldavDestination extends Destination {
  close(): Promise<void>;
}

interface Parts {
  readonly dav: DavClient;
  readonly view: CalendarView;
  readonly claim: SlotClaim;
  readonly options: CaldavOptions;
}

/**
 * A CalDAV calendar (RFC 4791). A slot is claimed by a conditional create at an address made of resource and start time; the operation's
 * key is the UID. Entries of humans take precedence: they are looked for before the write and again with the read-back.
 */
export function createCaldavDestination(options: CaldavOptions): CaldavDestination {
  const { access, clock } = options;
  const bucket = options.bucket ?? createTokenBucket(UNLIMITED, clock);
  const dav = createDavClient(access, createHttpClient({ bucket, clock, ca: access.ca }));
  const view = createCalendarView(dav, () => options.practice().timeZone, clock);
  const parts: Parts = { dav, view, claim: createSlotClaim({ dav, view, access, clock, resource: () => options.practice().id }), options };
  // One claim at a time for a day: of two callers for overlapping times the second sees what the first has written.
  const serially = createSerial();
  return {
    id: 'calendar',
    capabilities: {
      kinds: ['booking'],
      idempotence: 'conditional_create',
      exactlyOnce: 'guaranteed',
      visibilityDelayMs: 0,
      maxInflightMs: MAX_INFLIGHT_MS,
      limits: bucket.rate,
      tellsFreeSlots: true,
      sandbox: options.sandbox,
    },
    find: (phone, { signal }) => find(parts, phone, signal),
    create: async (key, payload, { signal }) => {
      if (payload.kind !== 'booking') return { type: 'rejected', code: 'destination_rejected' };
      return serially(dayOf(payload), () => parts.claim(key, payload, { signal, replaces: null }));
    },
    update: (key, payload, replaced, { signal }) =>
      serially(dayOf(payload), () => move(parts, { key, payload, replacesKey: replaced.key, signal })),
    cancel: (key, _expected, { signal }) => cancel(parts, key, signal),
    readBack: (key, expected, { signal }) => readBack(parts, key, { expected: expected.kind === 'booking' ? expected : null, signal }),
    ours: (span, { signal }) => ours(parts, span, signal),
    availability: (query, { signal }) => availability(parts, query, signal),
    check: ({ signal }) => check(parts, signal),
    allowance: () => bucket.free(),
    close: () => dav.close(),
  };
}

const dayOf = ({ start }: BookingPayload): string => new Date(Date.parse(start)).toISOString().slice(0, 10);

const windowOf = ({ start, minutes }: BookingPayload): TimeWindow => {
  const startEpochMs = Date.parse(start);
  return { startEpochMs, endEpochMs: startEpochMs + minutes * MINUTE_MS };
};

interface Move {
  readonly key: string;
  readonly payload: BookingPayload;
  readonly replacesKey: string;
  readonly signal: AbortSignal;
}

/** Claims the new time first, then releases the old one. Until then ours gives way to humans: the new claim is given back. */
async function move({ dav, view, claim }: Parts, { key, payload, replacesKey, signal }: Move): Promise<WriteResult> {
  const [uid, oldUid] = [remoteIdOf(key), remoteIdOf(replacesKey)];
  let old;
  let moved;
  try {
    old = await view.byUid(oldUid, signal);
    moved = await view.byUid(uid, signal);
  } catch (error) {
    return notWritten(error);
  }
  if (old === null)
    return moved === null ? { type: 'conflict', reason: 'changed' } : { type: 'committed', remoteId: moved.href, etag: moved.etag };
  // An earlier attempt may have claimed the new time before a human edited the old entry.
  if (old.record.edited) return giveBack(dav, moved?.record.edited === true ? null : moved, 'changed', signal);
  const claimed = await claim(key, payload, { signal, replaces: oldUid });
  if (claimed.type !== 'committed') return claimed;
  const ours = { href: claimed.remoteId, etag: claimed.etag };
  try {
    const { busy } = await view.window(windowOf(payload), uid, signal);
    if (busy.some((entry) => entry.uid !== uid && entry.uid !== oldUid)) return await giveBack(dav, ours, 'slot_taken', signal);
  } catch (error) {
    return { type: 'unknown', code: toAppError(error, 'destination_misbehaved').code };
  }
  const released = await releaseRecord(dav, old, signal);
  if (released === 'gone') return claimed;
  return released === 'undecided' ? { type: 'unknown', code: 'destination_unreachable' } : giveBack(dav, ours, 'changed', signal);
}

/** Takes a claim of ours away again, if there is one, so that the caller keeps what stood before. */
async function giveBack(
  dav: DavClient,
  claimed: { readonly href: string; readonly etag: string | null } | null,
  reason: 'slot_taken' | 'changed',
  signal: AbortSignal,
): Promise<WriteResult> {
  if (claimed !== null && (await releaseRecord(dav, claimed, signal)) !== 'gone') return { type: 'unknown', code: 'destination_conflict' };
  return { type: 'conflict', reason };
}

async function cancel({ dav, view }: Parts, key: string, signal: AbortSignal): Promise<WriteResult> {
  try {
    const found = await view.byUid(remoteIdOf(key), signal);
    if (found === null) return { type: 'committed', remoteId: remoteIdOf(key), etag: null };
    if (found.record.edited) return { type: 'conflict', reason: 'changed' };
    const released = await releaseRecord(dav, found, signal);
    if (released === 'gone') return { type: 'committed', remoteId: found.href, etag: null };
    return released === 'changed' ? { type: 'conflict', reason: 'changed' } : { type: 'unknown', code: 'destination_unreachable' };
  } catch (error) {
    return notWritten(error);
  }
}

async function readBack(
  { view }: Parts,
  key: string,
  { expected, signal }: { readonly expected: BookingPayload | null; readonly signal: AbortSignal },
): Promise<ReadBack> {
  const uid = remoteIdOf(key);
  try {
    const seen = expected === null ? null : await view.window(windowOf(expected), uid, signal);
    const found = seen?.own ?? (await view.byUid(uid, signal));
    if (found === null) return { type: 'absent' };
    const contested = seen?.own !== null && seen !== null && seen.busy.some((busy) => busy.uid !== uid);
    return { type: 'found', payload: found.record.payload, remoteId: found.href, etag: found.etag, contested };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { type: 'unavailable', code: error.code };
  }
}

/** Appointments to come of a telephone number, within the practice's horizon. */
async function find({ view, options }: Parts, phone: string, signal: AbortSignal): Promise<readonly FoundRecord[]> {
  const nowEpochMs = options.clock.businessEpochMs();
  const { horizonDays, timeZone } = options.practice();
  const window = { startEpochMs: nowEpochMs, endEpochMs: nowEpochMs + horizonDays * DAY_MS };
  const { own, entered } = await view.about(phone, window, signal);
  return [
    ...own.map(({ href, record }) => ({ remoteId: href, isEntered: false, payload: record.payload })),
    ...entered.map(({ href, ...time }) => ({ remoteId: href, isEntered: true, payload: enteredBooking(time, phone, timeZone) })),
  ].filter(({ payload }) => Date.parse(payload.start) >= nowEpochMs);
}

/** An entry of a person says when; what it says otherwise is for people. */
export function enteredBooking({ startEpochMs, endEpochMs }: TimeWindow, phone: string, timeZone: string): BookingPayload {
  const local = localTime(startEpochMs, timeZone);
  const start = toZonedIso(local.day, local.minuteOfDay, timeZone);
  const minutes = Math.round((endEpochMs - startEpochMs) / MINUTE_MS);
  return { kind: 'booking', service: '', serviceName: '', start, minutes, name: '', phone, reason: null };
}

async function ours({ view }: Parts, span: TimeSpan, signal: AbortSignal): Promise<readonly OwnRecord[]> {
  const own = await view.ownIn(span, signal);
  return own.filter(({ record }) => isOurs(record)).map(({ href, record: { key, payload } }) => ({ key, remoteId: href, payload }));
}

async function availability({ view, options }: Parts, query: SlotQuery, signal: AbortSignal): Promise<readonly FreeSlot[]> {
  const asked = askedDays(query, options.practice());
  if (asked === null) return [];
  const { busy } = await view.window(asked, null, signal);
  return openSlots(asked, options.clock.businessEpochMs()).filter(({ start, minutes }) => {
    const from = Date.parse(start);
    return !busy.some(({ startEpochMs, endEpochMs }) => startEpochMs < from + minutes * MINUTE_MS && from < endEpochMs);
  });
}

async function check({ dav, options }: Parts, signal: AbortSignal): Promise<void> {
  const result = await dav.send({ method: 'PROPFIND', href: options.access.url, headers: { depth: '0' }, signal });
  answerOf(result, [207]);
}
