import type { OwnBooking } from '../../domain/dialog/dialog.ts';
import { SLOTS_AGE_MS_MAX } from '../../domain/hours/free-slot.ts';
import { addDays, localTime } from '../../domain/hours/local-date.ts';
import type { CallDeps } from './deps.ts';
import type { SlotReads } from './slot-reads.ts';

/** Services whose slots are read ahead, and how many days from today: a bound on what one call asks of the calendar unasked. */
const SERVICES_MAX = 4;
const DAYS = 14;

/**
 * Reads the free slots of the next days while it still rings, one service after the other: those of the caller's own appointments
 * first. When a read brings nothing new, the calendar is left alone. Never rejects.
 */
export async function prefetchSlots(
  reads: SlotReads,
  deps: Pick<CallDeps, 'clock' | 'practice'>,
  own: readonly OwnBooking[],
): Promise<void> {
  const { services, timeZone } = deps.practice();
  const fromDay = localTime(deps.clock.businessEpochMs(), timeZone).day;
  const wanted = new Set([...own.map(({ service }) => service), ...services.map(({ id }) => id)]);
  for (const service of [...wanted].filter((id) => services.some((one) => one.id === id)).slice(0, SERVICES_MAX)) {
    const found = await reads.find({ service, fromDay, toDay: addDays(fromDay, DAYS - 1) });
    if (found === 'unknown' || found.ageMs >= SLOTS_AGE_MS_MAX) return;
  }
}
