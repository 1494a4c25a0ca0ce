import type { Clock } from '../../../base/clock.ts';
import { askedDays, laidOutSlots, openSlots, type AskedDays } from '../../../domain/hours/asked-days.ts';
import type { FreeSlot, SlotQuery } from '../../../domain/hours/free-slot.ts';
import { addDays, localTime, zonedEpochMs } from '../../../domain/hours/local-date.ts';
import type { PracticeProfile } from '../../../domain/hours/practice.ts';
import type { DestinationOptions } from '../../../ports/destination.ts';
import type { ScheduleView } from './schedule-view.ts';
import { isFreeOf, isLaidOut, slotChain, takenTimes, type ScheduleWindow, type TimeWindow } from './schedule-window.ts';

const MINUTE_MS = 60_000;

/** When the horizon of bookings ends, in epoch milliseconds. */
export function horizonEndEpochMs({ timeZone, horizonDays }: PracticeProfile, nowEpochMs: number): number {
  return zonedEpochMs(addDays(localTime(nowEpochMs, timeZone).day, horizonDays + 1), 0, timeZone);
}

const timeOf = ({ start, minutes }: FreeSlot): TimeWindow => {
  const startEpochMs = Date.parse(start);
  return { startEpochMs, endEpochMs: startEpochMs + minutes * MINUTE_MS };
};

/** Laid-out slots from which the service fits; one that is longer, or several in a row, hold it too. */
function fromLaidOut(seen: ScheduleWindow, asked: AskedDays, nowEpochMs: number): readonly FreeSlot[] {
  const laidOut = seen.slots.filter(isLaidOut);
  const { minutes } = asked.service;
  const starts = laidOut.map(({ start }) => ({ startEpochMs: Date.parse(start), minutes }));
  return laidOutSlots(starts, asked, nowEpochMs).filter((slot) => slotChain(laidOut, timeOf(slot)) !== null);
}

/** Free slots of the schedule when its server lays any out, else the practice's opening hours; both less what is taken. */
export async function freeSlots(
  view: ScheduleView,
  { practice, clock }: { readonly practice: () => PracticeProfile; readonly clock: Clock },
  query: SlotQuery,
  options: DestinationOptions,
): Promise<readonly FreeSlot[]> {
  const asked = askedDays(query, practice());
  if (asked === null) return [];
  const seen = await view.window(asked, options);
  const nowEpochMs = clock.businessEpochMs();
  const isLaid = await view.laysOutSlots(seen, horizonEndEpochMs(asked.profile, nowEpochMs), options);
  const offered = isLaid ? fromLaidOut(seen, asked, nowEpochMs) : openSlots(asked, nowEpochMs);
  const taken = takenTimes(seen, []);
  return offered.filter((slot) => isFreeOf(taken, timeOf(slot)));
}
