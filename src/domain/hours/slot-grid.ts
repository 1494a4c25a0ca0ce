import type { FreeSlot } from './free-slot.ts';
import { addDays, daysBetween, localTime, minutesOf, toZonedIso, weekdayOf, zonedEpochMs } from './local-date.ts';
import type { OpeningSpan, PracticeProfile, Service } from './practice.ts';

const HOUR_MINUTES = 60;

/** Opening spans of a day; empty when closed or a holiday. */
export function openingsOf(profile: PracticeProfile, day: string): readonly OpeningSpan[] {
  return profile.holidays.includes(day) ? [] : (profile.openingHours[weekdayOf(day)] ?? []);
}

export function isOpenDay(profile: PracticeProfile, day: string): boolean {
  return openingsOf(profile, day).length > 0;
}

/** The first open day on or after `day`, within the booking horizon; null when there is none. */
export function nextOpenDay(profile: PracticeProfile, day: string, nowEpochMs: number): string | null {
  const today = localTime(nowEpochMs, profile.timeZone).day;
  const last = addDays(today, profile.horizonDays);
  for (let candidate = day; daysBetween(candidate, last) >= 0; candidate = addDays(candidate, 1))
    if (isOpenDay(profile, candidate)) return candidate;
  return null;
}

export function isWithinHorizon(profile: PracticeProfile, day: string, nowEpochMs: number): boolean {
  const ahead = daysBetween(localTime(nowEpochMs, profile.timeZone).day, day);
  return ahead >= 0 && ahead <= profile.horizonDays;
}

/** Every slot of a service on a day that fits the opening hours and is not in the past, earliest first. */
export function slotGrid(options: {
  readonly profile: PracticeProfile;
  readonly service: Service;
  readonly day: string;
  readonly nowEpochMs: number;
}): readonly FreeSlot[] {
  const { profile, service, day, nowEpochMs } = options;
  if (!isWithinHorizon(profile, day, nowEpochMs)) return [];
  const slots: FreeSlot[] = [];
  for (const span of openingsOf(profile, day)) {
    const to = minutesOf(span.to);
    for (let minute = minutesOf(span.from); minute + service.minutes <= to; minute += 1) {
      if (!service.startsAtMinutes.includes(minute % HOUR_MINUTES)) continue;
      if (zonedEpochMs(day, minute, profile.timeZone) <= nowEpochMs) continue;
      slots.push({ start: toZonedIso(day, minute, profile.timeZone), minutes: service.minutes });
    }
  }
  return slots;
}
