import type { Clock } from '../../../base/clock.ts';
import type { FreeSlot, SlotQuery } from '../../../domain/hours/free-slot.ts';
import { addDays, daysBetween, localTime, toZonedIso, zonedEpochMs } from '../../../domain/hours/local-date.ts';
import type { PracticeProfile, Service } from '../../../domain/hours/practice.ts';
import { isWithinHorizon, slotGrid } from '../../../domain/hours/slot-grid.ts';
import type { DestinationOptions } from '../../../ports/destination.ts';
import type { ScheduleView } from './schedule-view.ts';
import { isFreeOf, isLaidOut, slotChain, takenTimes, type ScheduleWindow, type TimeWindow } from './schedule-window.ts';

const MINUTE_MS = 60_000;
/** Days that one question about free slots may span. */
const DAYS_MAX = 62;

/** When the horizon of bookings ends, in epoch milliseconds. */
export function horizonEndEpochMs({ timeZone, horizonDays }: PracticeProfile, nowEpochMs: number): number {
  return zonedEpochMs(addDays(localTime(nowEpochMs, timeZone).day, horizonDays + 1), 0, timeZone);
}

const timeOf = ({ start, minutes }: FreeSlot): TimeWindow => {
  const startEpochMs = Date.parse(start);
  return { startEpochMs, endEpochMs: startEpochMs + minutes * MINUTE_MS };
};

interface Wanted {
  readonly profile: PracticeProfile;
  readonly service: Service;
  readonly nowEpochMs: number;
  readonly window: TimeWindow;
}

/** Starts of laid-out slots from which the service fits; the practice's system knows best when they are. */
function fromLaidOut(seen: ScheduleWindow, { profile, service, nowEpochMs, window }: Wanted): readonly FreeSlot[] {
  const laidOut = seen.slots.filter(isLaidOut);
  const starts = [...new Set(laidOut.map(({ start }) => Date.parse(start)))].sort((a, b) => a - b);
  return starts.flatMap((startEpochMs) => {
    const { day, minuteOfDay } = localTime(startEpochMs, profile.timeZone);
    if (startEpochMs <= nowEpochMs || startEpochMs < window.startEpochMs || !isWithinHorizon(profile, day, nowEpochMs)) return [];
    const time = { startEpochMs, endEpochMs: startEpochMs + service.minutes * MINUTE_MS };
    return slotChain(laidOut, time) === null ? [] : [{ start: toZonedIso(day, minuteOfDay, profile.timeZone), minutes: service.minutes }];
  });
}

/** Free slots of the schedule when its server lays any out, else the practice's opening hours; both less what is taken. */
export async function freeSlots(
  view: ScheduleView,
  { practice, clock }: { readonly practice: () => PracticeProfile; readonly clock: Clock },
  query: SlotQuery,
  options: DestinationOptions,
): Promise<readonly FreeSlot[]> {
  const profile = practice();
  const service = profile.services.find(({ id }) => id === query.service);
  const days = daysBetween(query.fromDay, query.toDay) + 1;
  if (service === undefined || days < 1) return [];
  const lastDay = days > DAYS_MAX ? addDays(query.fromDay, DAYS_MAX - 1) : query.toDay;
  const window = {
    startEpochMs: zonedEpochMs(query.fromDay, 0, profile.timeZone),
    endEpochMs: zonedEpochMs(addDays(lastDay, 1), 0, profile.timeZone),
  };
  const seen = await view.window(window, options);
  const nowEpochMs = clock.businessEpochMs();
  const offered: FreeSlot[] = [];
  if (await view.laysOutSlots(seen, horizonEndEpochMs(profile, nowEpochMs), options))
    offered.push(...fromLaidOut(seen, { profile, service, nowEpochMs, window }));
  else
    for (let day = query.fromDay; day <= lastDay; day = addDays(day, 1)) offered.push(...slotGrid({ profile, service, day, nowEpochMs }));
  const taken = takenTimes(seen, []);
  return offered.filter((slot) => isFreeOf(taken, timeOf(slot)));
}
