import { AppError } from '../../../base/app-error.ts';
import type { Clock } from '../../../base/clock.ts';
import { askedDays, laidOutSlots, type AskedDays, type LaidOutSlot } from '../../../domain/hours/asked-days.ts';
import type { FreeSlot, SlotQuery } from '../../../domain/hours/free-slot.ts';
import { addDays, localTime, zonedIso } from '../../../domain/hours/local-date.ts';
import type { PracticeProfile } from '../../../domain/hours/practice.ts';
import type { DestinationOptions } from '../../../ports/destination.ts';
import type { HttpAnswer } from '../http/http-client.ts';
import { hasZone, instantOf } from '../http/instant.ts';
import { valueAt } from '../http/json-pointer.ts';
import { answered, listIn, type CallValues, type RestCaller } from './rest-call.ts';
import type { DayForm, FreeSlotsUse } from './rest-mapping.ts';
import type { Bound } from './rest-system.ts';

const MINUTE_MS = 60_000;
const CHECKED_DAYS = 7;
/** Slots that one answer may hold. */
const SLOTS_MAX = 5000;
/** The longest appointment that can be written down. */
const SLOT_MINUTES_MAX = 480;

export interface RestSlotsParts {
  readonly bound: Bound<FreeSlotsUse>;
  readonly caller: RestCaller;
  /** Read at every use: a simulation may exchange it. */
  readonly practice: () => PracticeProfile;
  readonly clock: Clock;
}

/** A day or moment as an operation wants it. `epochMs`: where the asked time begins or ends; `day`: the first or the last day of it. */
export function formed(form: DayForm, at: { readonly day: string; readonly epochMs: number }, timeZone: string): string {
  switch (form) {
    case 'day':
      return at.day;
    case 'day_after':
      return addDays(at.day, 1);
    case 'utc':
      return new Date(at.epochMs).toISOString();
    case 'offset':
      return zonedIso(at.epochMs, timeZone);
  }
}

function valuesOf({ service, from, to }: FreeSlotsUse, asked: AskedDays, nowEpochMs: number): CallValues {
  const { timeZone } = asked.profile;
  // Some systems refuse a question about what has been.
  const begin = { day: asked.fromDay, epochMs: Math.max(asked.startEpochMs, nowEpochMs) };
  return {
    service: service?.choices?.[asked.service.id] ?? asked.service.id,
    from: formed(from.form, begin, timeZone),
    to: formed(to.form, { day: asked.toDay, epochMs: asked.endEpochMs }, timeZone),
  };
}

/** By the place that the mapping names, or by a link to the next page (RFC 8288). */
function goesOn({ moreAt }: FreeSlotsUse, answer: HttpAnswer, content: unknown): boolean {
  if (/\brel\s*=\s*"?[^";,]*\bnext\b/i.test(answer.header('link') ?? '')) return true;
  return moreAt !== undefined && Boolean(valueAt(content, moreAt));
}

/** A moment on the minute; null for anything else, and for a time without a zone unless the mapping says that it is UTC. */
function momentAt(slot: unknown, pointer: string, { timesWithoutZone }: FreeSlotsUse): number | null {
  const text = valueAt(slot, pointer);
  if (typeof text !== 'string' || (timesWithoutZone === undefined && !hasZone(text))) return null;
  const epochMs = instantOf(text);
  return epochMs !== null && epochMs % MINUTE_MS === 0 ? epochMs : null;
}

function minutesOf(slot: unknown, startEpochMs: number, use: FreeSlotsUse): number | null {
  if (use.minutesField !== undefined) {
    const minutes = valueAt(slot, use.minutesField);
    return typeof minutes === 'number' || (typeof minutes === 'string' && /^\d+$/.test(minutes)) ? Number(minutes) : null;
  }
  const endEpochMs = use.endField === undefined ? null : momentAt(slot, use.endField, use);
  return endEpochMs === null ? null : (endEpochMs - startEpochMs) / MINUTE_MS;
}

/** One slot of an answer; as long as the service when the mapping names no length. Null when it cannot be read. */
function readSlot(slot: unknown, use: FreeSlotsUse, serviceMinutes: number): LaidOutSlot | null {
  const startEpochMs = momentAt(slot, use.startField, use);
  if (startEpochMs === null) return null;
  const hasLength = use.minutesField !== undefined || use.endField !== undefined;
  const minutes = hasLength ? minutesOf(slot, startEpochMs, use) : serviceMinutes;
  if (minutes === null || !Number.isInteger(minutes) || minutes < 1 || minutes > SLOT_MINUTES_MAX) return null;
  return { startEpochMs, minutes };
}

/** Asks for the week ahead of every service, so that a question or an answer that does not fit shows. Throws as `restSlots` does. */
export async function checkSlots(parts: RestSlotsParts, options: DestinationOptions): Promise<void> {
  const { services, timeZone } = parts.practice();
  const fromDay = localTime(parts.clock.businessEpochMs(), timeZone).day;
  const toDay = addDays(fromDay, CHECKED_DAYS - 1);
  await Promise.all(services.map(({ id }) => restSlots(parts, { service: id, fromDay, toDay }, options)));
}

/**
 * Free slots as the system lays them out. An answer is believed as a whole or not at all: with a slot that cannot be read, or more slots on
 * another page, it throws `destination_misbehaved`; else as a destination's `check` does.
 */
export async function restSlots(
  { bound, caller, practice, clock }: RestSlotsParts,
  query: SlotQuery,
  options: DestinationOptions,
): Promise<readonly FreeSlot[]> {
  const asked = askedDays(query, practice());
  const nowEpochMs = clock.businessEpochMs();
  if (asked === null || asked.endEpochMs <= nowEpochMs) return [];
  const { use, operation } = bound;
  const misbehaved = (what: string): AppError => new AppError('destination_misbehaved', `the answer to ${operation.id} ${what}`);
  const { answer, content } = answered(await caller.call(bound, valuesOf(use, asked, nowEpochMs), options), bound);
  const list = listIn(content, use.recordsAt ?? '', bound);
  if (goesOn(use, answer, content)) throw misbehaved('goes on another page');
  if (list.length > SLOTS_MAX) throw misbehaved(`holds more than ${SLOTS_MAX} slots`);
  const slots = list.map((slot) => {
    const read = readSlot(slot, use, asked.service.minutes);
    if (read === null) throw misbehaved('holds a slot that cannot be read');
    return read;
  });
  return laidOutSlots(slots, asked, nowEpochMs);
}
