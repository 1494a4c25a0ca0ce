import { holdsKey, isOwnSlot, targetOf } from './identity.ts';
import type { Appointment, Slot, Stored } from './resources.ts';

/** Epoch milliseconds, end exclusive. */
export interface TimeWindow {
  readonly startEpochMs: number;
  readonly endEpochMs: number;
}

/** What a schedule holds in a time. */
export interface ScheduleWindow {
  readonly slots: readonly Stored<Slot>[];
  readonly appointments: readonly Stored<Appointment>[];
}

/** Slots that one booking may take in a row. */
const CHAIN_SLOTS_MAX = 16;
const TAKEN_STATUS: ReadonlySet<string> = new Set(['busy', 'busy-unavailable', 'busy-tentative']);

const spanOf = ({ start, end }: { readonly start?: string; readonly end?: string }): TimeWindow => ({
  startEpochMs: Date.parse(start ?? ''),
  endEpochMs: Date.parse(end ?? start ?? ''),
});

/** False for what has no time. What has no length takes its minute. */
export function overlaps(entry: { readonly start?: string; readonly end?: string }, window: TimeWindow): boolean {
  const { startEpochMs, endEpochMs } = spanOf(entry);
  return startEpochMs < window.endEpochMs && window.startEpochMs < Math.max(endEpochMs, startEpochMs + 1);
}

/** A free slot of the practice's system, not one that this product entered and freed again. */
export const isLaidOut = (slot: Slot): boolean => slot.status === 'free' && !isOwnSlot(slot);

const slotIdsOf = ({ slot }: Appointment): readonly string[] => (slot ?? []).flatMap((reference) => targetOf(reference) ?? []);

/**
 * Times that are taken by others than the bookings of `keys`. A slot of theirs counts as theirs as long as their appointment names it,
 * whatever the practice's system has made of it. A slot that this product entered takes nothing by itself: a person who cancels the
 * appointment need not know of it.
 */
export function takenTimes({ slots, appointments }: ScheduleWindow, keys: readonly string[]): readonly TimeWindow[] {
  const isOurs = (entry: Stored<Slot> | Stored<Appointment>): boolean => keys.some((key) => holdsKey(entry, key));
  const ourSlots = new Set(appointments.filter(isOurs).flatMap(slotIdsOf));
  const foreignSlots = slots.filter(
    (slot) => TAKEN_STATUS.has(slot.status) && !isOwnSlot(slot) && !isOurs(slot) && !ourSlots.has(`Slot/${slot.id}`),
  );
  return [...foreignSlots, ...appointments.filter((appointment) => !isOurs(appointment))].map(spanOf);
}

/** Of the slots that begin at a time, the longest that does not go beyond the end, or the shortest that does. */
function bestNext(slots: readonly Stored<Slot>[], atEpochMs: number, untilEpochMs: number): Stored<Slot> | undefined {
  const candidates = slots
    .filter((slot) => spanOf(slot).startEpochMs === atEpochMs && spanOf(slot).endEpochMs > atEpochMs)
    .sort((a, b) => spanOf(a).endEpochMs - spanOf(b).endEpochMs);
  return candidates.findLast((slot) => spanOf(slot).endEpochMs <= untilEpochMs) ?? candidates[0];
}

/** The laid-out slots that together cover a time from its beginning without a gap; null when they do not. */
export function slotChain(slots: readonly Stored<Slot>[], { startEpochMs, endEpochMs }: TimeWindow): readonly Stored<Slot>[] | null {
  const chain: Stored<Slot>[] = [];
  let atEpochMs = startEpochMs;
  while (atEpochMs < endEpochMs) {
    const next = bestNext(slots, atEpochMs, endEpochMs);
    if (next === undefined || chain.length === CHAIN_SLOTS_MAX) return null;
    chain.push(next);
    atEpochMs = spanOf(next).endEpochMs;
  }
  return chain;
}

export function isFreeOf(taken: readonly TimeWindow[], { startEpochMs, endEpochMs }: TimeWindow): boolean {
  return !taken.some((busy) => busy.startEpochMs < endEpochMs && startEpochMs < Math.max(busy.endEpochMs, busy.startEpochMs + 1));
}
