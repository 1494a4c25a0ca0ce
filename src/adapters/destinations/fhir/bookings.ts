import { isAppError } from '../../../base/app-error.ts';
import type { ReadBack, WriteResult } from '../../../domain/writeback/answer.ts';
import type { BookingPayload, RecordPayload } from '../../../domain/writeback/intent.ts';
import { remoteIdOf } from '../../../domain/writeback/op-key.ts';
import { isSameRecord } from '../../../domain/writeback/same-record.ts';
import type { DestinationOptions, Replaced, WriteOptions } from '../../../ports/destination.ts';
import { failedWrite, notWritten, refusedWrite } from '../http/classify.ts';
import type { HttpResult } from '../http/http-client.ts';
import { addressOf, updateEntry, versionTag, type FhirClient } from './fhir-client.ts';
import { holdsAnyKey, holdsKey, targetOf, wasEdited } from './identity.ts';
import { lookUp, type Lookup } from './lookup.ts';
import { readAppointment, stands, takenAway } from './record-forms.ts';
import type { Appointment, Slot, Stored } from './resources.ts';
import { isFreeOf, takenTimes } from './schedule-window.ts';
import { claim, windowOf, type ClaimParts } from './slot-claim.ts';
import { freedSlot } from './slot-entry.ts';
import { committed, isDone, LOST_RACE } from './written-resource.ts';

const CHANGED: WriteResult = { type: 'conflict', reason: 'changed' };
const SEVERAL: WriteResult = { type: 'conflict', reason: 'exists_differently' };
/** Slots of one appointment that are looked at. */
const SLOTS_MAX = 16;

/** Appointments with their slots. */
export interface Bookings {
  create(key: string, booking: BookingPayload, options: WriteOptions): Promise<WriteResult>;
  update(key: string, booking: BookingPayload, replaced: Replaced, options: WriteOptions): Promise<WriteResult>;
  cancel(key: string, expected: BookingPayload, options: DestinationOptions): Promise<WriteResult>;
  readBack(key: string, expected: RecordPayload, options: DestinationOptions): Promise<ReadBack>;
}

export type BookingsParts = ClaimParts & {
  readonly timeZone: () => string;
  /** One after the other for a day: of two callers for overlapping times the second sees what the first has written. */
  readonly serially: <T>(name: string, work: () => Promise<T>) => Promise<T>;
};

const dayOf = ({ start }: BookingPayload): string => new Date(Date.parse(start)).toISOString().slice(0, 10);

export function createBookings(parts: BookingsParts): Bookings {
  const { client, view, timeZone, serially } = parts;
  /** By the digest that it carries, or where that is gone by what was agreed. */
  const isEdited = (own: Appointment, expected: BookingPayload): boolean => {
    const held = readAppointment(own, timeZone());
    return wasEdited(own) ?? (held === null || !isSameRecord(expected, held));
  };
  const move = async (key: string, booking: BookingPayload, replaced: Replaced, options: WriteOptions): Promise<WriteResult> => {
    let old: Lookup<Stored<Appointment>>;
    let slots: readonly Stored<Slot>[];
    try {
      const moved = await lookUp(client, 'Appointment', key, options);
      old = await lookUp(client, 'Appointment', replaced.key, options);
      if (old.type === 'several' || moved.type === 'several') return SEVERAL;
      const done = moved.type === 'one' && stands(moved.resource) ? committed(moved.resource) : null;
      if (old.type === 'none' || !stands(old.resource)) return done ?? CHANGED;
      if (isEdited(old.resource, replaced.payload)) return CHANGED;
      slots = await heldSlots(client, { key: replaced.key, appointment: old.resource }, options);
      if (done !== null) {
        const released = await release(client, old.resource, { slots, options });
        return released.type === 'committed' ? done : released;
      }
    } catch (error) {
      return notWritten(error);
    }
    return claim(parts, { key, booking, replaces: { key: replaced.key, appointment: old.resource, slots }, options });
  };
  return {
    create: (key, booking, options) => serially(dayOf(booking), () => claim(parts, { key, booking, replaces: null, options })),
    update: (key, booking, replaced, options) => serially(dayOf(booking), () => move(key, booking, replaced, options)),
    cancel: async (key, expected, options) => {
      try {
        const own = await lookUp(client, 'Appointment', key, options);
        if (own.type === 'several') return SEVERAL;
        if (own.type === 'none' || !stands(own.resource)) return { type: 'committed', remoteId: remoteIdOf(key), etag: null };
        if (isEdited(own.resource, expected)) return CHANGED;
        const slots = await heldSlots(client, { key, appointment: own.resource }, options);
        return await release(client, own.resource, { slots, options });
      } catch (error) {
        return notWritten(error);
      }
    },
    readBack: async (key, expected, options) => {
      try {
        const own = await lookUp(client, 'Appointment', key, options);
        if (own.type === 'several') return { type: 'differs', remoteId: addressOf(own.first) };
        if (own.type === 'none' || !stands(own.resource)) return { type: 'absent' };
        const { resource } = own;
        const payload = readAppointment(resource, timeZone());
        if (payload === null) return { type: 'differs', remoteId: addressOf(resource) };
        const isWhereExpected = expected.kind === 'booking' && Date.parse(expected.start) === Date.parse(payload.start);
        const time = windowOf(payload);
        const contested = isWhereExpected && !isFreeOf(takenTimes(await view.window(time, options), [key]), time);
        return { type: 'found', payload, remoteId: addressOf(resource), etag: versionTag(resource), contested };
      } catch (error) {
        if (!isAppError(error)) throw error;
        return { type: 'unavailable', code: error.code };
      }
    },
  };
}

/** The slots that an appointment holds. One that was freed, or given to another key, is left alone. */
async function heldSlots(
  client: FhirClient,
  { key, appointment }: { readonly key: string; readonly appointment: Appointment },
  options: DestinationOptions,
): Promise<readonly Stored<Slot>[]> {
  const ids = (appointment.slot ?? []).flatMap((slot) => targetOf(slot)?.split('/')[1] ?? []).slice(0, SLOTS_MAX);
  const slots = await Promise.all(ids.map((id) => client.read('Slot', id, options)));
  return slots.filter((slot) => slot !== null).filter((slot) => slot.status === 'busy' && (holdsKey(slot, key) || !holdsAnyKey(slot)));
}

/**
 * Cancels an appointment in the version that was read, and frees its slots, in one transaction. Throws only before a byte of it was sent;
 * a repeat finds it cancelled.
 */
async function release(
  client: FhirClient,
  appointment: Stored<Appointment>,
  { slots, options }: { readonly slots: readonly Stored<Slot>[]; readonly options: DestinationOptions },
): Promise<WriteResult> {
  const entries = [updateEntry(takenAway(appointment)), ...slots.map((slot) => updateEntry(freedSlot(slot)))];
  const result: HttpResult = await client.transaction(entries, options);
  if (result.type === 'failed') return failedWrite(result);
  const { answer } = result;
  if (isDone(answer)) return { type: 'committed', remoteId: addressOf(appointment), etag: null };
  if (!LOST_RACE.has(answer.status)) return refusedWrite(answer);
  try {
    const now = await client.read('Appointment', appointment.id, options);
    if (now === null || !stands(now)) return { type: 'committed', remoteId: addressOf(appointment), etag: null };
    if (versionTag(now) !== versionTag(appointment)) return CHANGED;
  } catch {
    // Nothing was written, and a later attempt looks again.
  }
  return { type: 'retry', code: 'destination_conflict', afterMs: answer.retryAfterMs };
}
