import type { FreeSlot, SlotQuery } from './free-slot.ts';
import { addDays, daysBetween, localTime, zonedEpochMs, zonedIso } from './local-date.ts';
import type { PracticeProfile, Service } from './practice.ts';
import { isWithinHorizon, slotGrid } from './slot-grid.ts';

/** Days that one question about free slots may span; of a longer one the first are answered. */
const DAYS_MAX = 62;

/** What a question about free slots means in a practice: the service, the days, both inclusive, and their time, end exclusive. */
export interface AskedDays {
  readonly profile: PracticeProfile;
  readonly service: Service;
  readonly fromDay: string;
  readonly toDay: string;
  readonly startEpochMs: number;
  readonly endEpochMs: number;
}

/** Null when the practice does not have the service, or the days end before they begin. */
export function askedDays(query: SlotQuery, profile: PracticeProfile): AskedDays | null {
  const { fromDay } = query;
  const service = profile.services.find(({ id }) => id === query.service);
  const days = daysBetween(fromDay, query.toDay) + 1;
  if (service === undefined || days < 1) return null;
  const toDay = days > DAYS_MAX ? addDays(fromDay, DAYS_MAX - 1) : query.toDay;
  const startEpochMs = zonedEpochMs(fromDay, 0, profile.timeZone);
  const endEpochMs = zonedEpochMs(addDays(toDay, 1), 0, profile.timeZone);
  return { profile, service, fromDay, toDay, startEpochMs, endEpochMs };
}

/** The slots that the opening hours have on those days, earliest first: for systems that only know what is taken. */
export function openSlots({ profile, service, fromDay, toDay }: AskedDays, nowEpochMs: number): readonly FreeSlot[] {
  const slots: FreeSlot[] = [];
  for (let day = fromDay; day <= toDay; day = addDays(day, 1)) slots.push(...slotGrid({ profile, service, day, nowEpochMs }));
  return slots;
}

/** A slot that a system has laid out. */
export interface LaidOutSlot {
  readonly startEpochMs: number;
  readonly minutes: number;
}

/**
 * Of the slots that a system has laid out those that may be offered: on the asked days, to come, within the horizon, not too short for the
 * service; each start once, earliest first, with the shortest slot that begins there. When the practice is open, its system knows best.
 */
export function laidOutSlots(slots: readonly LaidOutSlot[], asked: AskedDays, nowEpochMs: number): readonly FreeSlot[] {
  const { profile, service, startEpochMs: fromEpochMs, endEpochMs } = asked;
  const fitting = slots
    .filter(({ startEpochMs, minutes }) => startEpochMs >= fromEpochMs && startEpochMs < endEpochMs && minutes >= service.minutes)
    .filter(({ startEpochMs }) => startEpochMs > nowEpochMs)
    .filter(({ startEpochMs }) => isWithinHorizon(profile, localTime(startEpochMs, profile.timeZone).day, nowEpochMs))
    .toSorted((a, b) => a.startEpochMs - b.startEpochMs || a.minutes - b.minutes);
  return fitting
    .filter(({ startEpochMs }, index) => fitting[index - 1]?.startEpochMs !== startEpochMs)
    .map(({ startEpochMs, minutes }) => ({ start: zonedIso(startEpochMs, profile.timeZone), minutes }));
}
