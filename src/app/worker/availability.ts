import { AppError, isAppError } from '../../base/app-error.ts';
import type { Clock } from '../../base/clock.ts';
import type { FreeSlot, SlotQuery } from '../../domain/hours/free-slot.ts';
import type { Destination } from '../../ports/destination.ts';

/** Answers kept for the time in which there is no answer, and how old they may become, in milliseconds. */
const KEPT_MAX = 200;
const AGE_MS_MAX = 600_000;

export interface Availability {
  readonly slots: readonly FreeSlot[];
  readonly ageMs: number;
}

/** Free slots, read now; while whoever tells them does not answer, those read last, with their age. Throws what the destination throws. */
export function createAvailability(
  freeSlotsFrom: Destination,
  clock: Clock,
): (query: SlotQuery, signal: AbortSignal) => Promise<Availability> {
  const kept = new Map<string, { readonly slots: readonly FreeSlot[]; readonly atMs: number }>();
  return async (query, signal) => {
    const name = `${query.service} ${query.fromDay} ${query.toDay}`;
    try {
      const slots = await freeSlotsFrom.availability(query, { signal });
      if (kept.size >= KEPT_MAX) kept.clear();
      kept.set(name, { slots, atMs: clock.monotonicMs() });
      return { slots, ageMs: 0 };
    } catch (error) {
      const last = kept.get(name);
      const ageMs = last === undefined ? AGE_MS_MAX : Math.round(clock.monotonicMs() - last.atMs);
      if (last === undefined || ageMs >= AGE_MS_MAX)
        throw isAppError(error) ? error : new AppError('destination_misbehaved', 'free slots were not read', { cause: error });
      return { slots: last.slots, ageMs };
    }
  };
}
