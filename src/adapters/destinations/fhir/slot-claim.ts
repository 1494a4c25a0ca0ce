import { toAppError } from '../../../base/app-error.ts';
import type { Clock } from '../../../base/clock.ts';
import type { WriteResult } from '../../../domain/writeback/answer.ts';
import type { BookingPayload } from '../../../domain/writeback/intent.ts';
import type { WriteOptions } from '../../../ports/destination.ts';
import { failedWrite, notWritten, refusedWrite } from '../http/classify.ts';
import type { HttpAnswer, HttpResult } from '../http/http-client.ts';
import { updateEntry, versionTag, type FhirClient, type TransactionEntry } from './fhir-client.ts';
import { holdsIdentifier, holdsKey, keyQuery, signed, SLOT_SYSTEM, targetOf } from './identity.ts';
import { lookUp } from './lookup.ts';
import { callerOf, stands, takenAway, writeAppointment } from './record-forms.ts';
import { BUNDLE, CONTRACTS, type Appointment, type Slot, type Stored } from './resources.ts';
import type { ScheduleView } from './schedule-view.ts';
import { isFreeOf, isLaidOut, slotChain, takenTimes, type ScheduleWindow, type TimeWindow } from './schedule-window.ts';
import { claimEntry, freedSlot, freeSlotFor, isToBeHad, slotToken } from './slot-entry.ts';
import { carried, committed, idAt, isDone, LOST_RACE } from './written-resource.ts';

const SLOT_TAKEN: WriteResult = { type: 'conflict', reason: 'slot_taken' };
/** By this key, a moment ago: its appointment could not be found yet when it was looked for. */
const CLAIMED_ALREADY: WriteResult = { type: 'unknown', code: 'destination_conflict' };
const MINUTE_MS = 60_000;
/** Servers answer a transaction of which one entry fails with its status, or with this one (hl7.org/fhir/R4/http.html#trules). */
const ENTRY_FAILED = 400;

/** A booking of ours that a new one takes the place of, with the slots that it holds. */
export interface Replaced {
  readonly key: string;
  readonly appointment: Stored<Appointment>;
  readonly slots: readonly Stored<Slot>[];
}

export interface ClaimRequest {
  readonly key: string;
  readonly booking: BookingPayload;
  readonly replaces: Replaced | null;
  readonly options: WriteOptions;
}

export interface ClaimParts {
  readonly client: FhirClient;
  readonly view: ScheduleView;
  readonly clock: Clock;
  /** `Schedule/123`. */
  readonly schedule: string;
  readonly horizonEndEpochMs: () => number;
}

export const windowOf = ({ start, minutes }: BookingPayload): TimeWindow => {
  const startEpochMs = Date.parse(start);
  return { startEpochMs, endEpochMs: startEpochMs + minutes * MINUTE_MS };
};

/**
 * Claims the time of a booking: slots busy in the version in which they were free, the appointment, and the end of a booking that it
 * replaces, all in one transaction. Of two callers for a slot the server lets one through.
 */
export async function claim(parts: ClaimParts, request: ClaimRequest): Promise<WriteResult> {
  const { key, booking, replaces, options } = request;
  let slots: readonly Stored<Slot>[];
  let result: HttpResult;
  try {
    const own = await lookUp(parts.client, 'Appointment', key, options);
    if (own.type === 'several') return { type: 'conflict', reason: 'exists_differently' };
    if (own.type === 'one') return stands(own.resource) ? committed(own.resource) : { type: 'conflict', reason: 'changed' };
    const seen = await parts.view.window(windowOf(booking), options);
    if (seen.slots.some((slot) => holdsKey(slot, key))) return CLAIMED_ALREADY;
    const taken = takenTimes(seen, replaces === null ? [key] : [key, replaces.key]);
    if (!isFreeOf(taken, windowOf(booking))) return SLOT_TAKEN;
    const found = await slotsFor(parts, request, seen);
    if ('type' in found) return found;
    slots = found.slots;
    const patient = options.links?.contact ?? (replaces === null ? null : targetOf(callerOf(replaces.appointment) ?? undefined));
    const appointment = writeAppointment(booking, { patient, actors: await parts.view.actors(options), slots });
    result = await parts.client.transaction(entriesOf(request, slots, appointment), options);
  } catch (error) {
    return notWritten(error);
  }
  if (result.type === 'failed') return failedWrite(result);
  const { answer } = result;
  try {
    if (isDone(answer)) return await claimed(parts, request, { slots, answer });
    if (LOST_RACE.has(answer.status) || answer.status === ENTRY_FAILED) return await refused(parts, request, { slots, answer });
    return refusedWrite(answer);
  } catch (error) {
    return { type: 'unknown', code: toAppError(error, 'destination_misbehaved').code };
  }
}

function entriesOf({ key, replaces }: ClaimRequest, slots: readonly Stored<Slot>[], appointment: Appointment): readonly TransactionEntry[] {
  const claimedIds = new Set(slots.map(({ id }) => id));
  const freed = (replaces?.slots ?? []).filter(({ id }) => !claimedIds.has(id));
  return [
    { resource: signed(appointment, key), request: { method: 'POST', url: 'Appointment', ifNoneExist: keyQuery(key) } },
    ...slots.map((slot) => claimEntry(slot, key)),
    ...(replaces === null ? [] : [updateEntry(takenAway(replaces.appointment))]),
    ...freed.map((slot) => updateEntry(freedSlot(slot))),
  ];
}

/** Laid-out slots where the practice's system has some, else one that everyone who wants that time shares. */
async function slotsFor(
  parts: ClaimParts,
  request: ClaimRequest,
  seen: ScheduleWindow,
): Promise<{ readonly slots: readonly Stored<Slot>[] } | WriteResult> {
  const { booking, replaces, options } = request;
  const window = windowOf(booking);
  const held = new Set((replaces?.slots ?? []).map(({ id }) => id));
  const token = slotToken(parts.schedule, window.startEpochMs);
  const shared = seen.slots.find((slot) => holdsIdentifier(slot, SLOT_SYSTEM, token));
  if (await parts.view.laysOutSlots(seen, parts.horizonEndEpochMs(), options)) {
    const chain = slotChain(
      seen.slots.filter((slot) => isLaidOut(slot) || held.has(slot.id)),
      window,
    );
    return chain === null ? SLOT_TAKEN : { slots: chain };
  }
  const end = freeSlotFor(parts.schedule, booking).end;
  if (shared !== undefined) {
    const isHad = held.has(shared.id) || isToBeHad(shared, parts.clock.epochMs());
    return isHad ? { slots: [{ ...shared, end }] } : SLOT_TAKEN;
  }
  const entered = await enterSlot(parts, request);
  return 'resourceType' in entered ? { slots: [{ ...entered, end }] } : entered;
}

/** Enters the shared slot, which takes nothing yet, so that an open outcome is no more than a reason to try again. */
async function enterSlot({ client, schedule }: ClaimParts, { key, booking, options }: ClaimRequest): Promise<Stored<Slot> | WriteResult> {
  const slot = freeSlotFor(schedule, booking);
  const token = slotToken(schedule, Date.parse(booking.start));
  const result = await client.create(slot, `identifier=${SLOT_SYSTEM}|${token}`, options);
  if (result.type === 'failed') return { type: 'retry', code: 'destination_unreachable', afterMs: null };
  const { answer } = result;
  if (isDone(answer)) {
    const id = idAt('Slot', answer.header('location'));
    const held = carried('Slot', answer.body) ?? (id === null ? null : await client.read('Slot', id, options));
    if (held === null) return { type: 'retry', code: 'destination_misbehaved', afterMs: null };
    if (!holdsIdentifier(held, SLOT_SYSTEM, token)) return { type: 'rejected', code: 'destination_misbehaved' };
    if (held.status === 'free') return held;
    return holdsKey(held, key) ? CLAIMED_ALREADY : SLOT_TAKEN;
  }
  const refusal = refusedWrite(answer);
  if (LOST_RACE.has(answer.status)) return { type: 'retry', code: 'destination_conflict', afterMs: answer.retryAfterMs };
  return refusal.type === 'unknown' ? { type: 'retry', code: refusal.code, afterMs: null } : refusal;
}

interface Answered {
  readonly slots: readonly Stored<Slot>[];
  readonly answer: HttpAnswer;
}

/** A transaction that went through counts when the appointment in it is ours; else the slots are given back. */
async function claimed({ client }: ClaimParts, { key, options }: ClaimRequest, { slots, answer }: Answered): Promise<WriteResult> {
  const [first] = BUNDLE.read(answer.body).entry ?? [];
  const id = idAt('Appointment', first?.response?.location);
  const held =
    first?.resource?.resourceType === 'Appointment'
      ? CONTRACTS.Appointment.check(first.resource)
      : id === null
        ? null
        : await client.read('Appointment', id, options);
  if (held === null) return { type: 'unknown', code: 'destination_misbehaved' };
  if (holdsKey(held, key)) return committed(held);
  for (const { id: slotId } of slots) {
    const slot = await client.read('Slot', slotId, options);
    if (slot !== null && holdsKey(slot, key)) await client.update(freedSlot(slot), options);
  }
  return { type: 'rejected', code: 'destination_misbehaved' };
}

/** Why nothing was written: looked up, since servers say it in different ways. */
async function refused(parts: ClaimParts, request: ClaimRequest, { slots, answer }: Answered): Promise<WriteResult> {
  const { key, booking, replaces, options } = request;
  const own = await lookUp(parts.client, 'Appointment', key, options);
  if (own.type === 'several') return { type: 'conflict', reason: 'exists_differently' };
  if (own.type === 'one') return stands(own.resource) ? committed(own.resource) : { type: 'conflict', reason: 'changed' };
  let moved = false;
  for (const slot of slots) {
    const now = await parts.client.read('Slot', slot.id, options);
    if (now !== null && holdsKey(now, key)) return CLAIMED_ALREADY;
    const isMoved = now === null || versionTag(now) !== versionTag(slot);
    if (now === null || (isMoved && now.status !== 'free')) return SLOT_TAKEN;
    moved ||= isMoved;
  }
  const seen = await parts.view.window(windowOf(booking), options);
  if (!isFreeOf(takenTimes(seen, replaces === null ? [key] : [key, replaces.key]), windowOf(booking))) return SLOT_TAKEN;
  if (replaces !== null) {
    const old = await parts.client.read('Appointment', replaces.appointment.id, options);
    if (old === null || versionTag(old) !== versionTag(replaces.appointment)) return { type: 'conflict', reason: 'changed' };
  }
  if (moved || answer.status === 409) return { type: 'retry', code: 'destination_conflict', afterMs: answer.retryAfterMs };
  return { type: 'rejected', code: answer.status === 412 ? 'destination_misbehaved' : 'destination_rejected' };
}
