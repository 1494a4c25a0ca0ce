import { AppError } from '../../../base/app-error.ts';
import type { Clock } from '../../../base/clock.ts';
import type { DestinationOptions } from '../../../ports/destination.ts';
import type { FhirClient, SearchOptions, SearchParameters } from './fhir-client.ts';
import { targetOf } from './identity.ts';
import { stands, utcOf } from './record-forms.ts';
import type { Appointment, Reference, Slot, Stored } from './resources.ts';
import { isLaidOut, overlaps, type ScheduleWindow, type TimeWindow } from './schedule-window.ts';

/** Questions about one Schedule. All throw `destination_unreachable`, `destination_unauthorized` or `destination_misbehaved`. */
export interface ScheduleView {
  /** Whose schedule it is. Remembered for a minute. */
  actors(options: DestinationOptions): Promise<readonly Reference[]>;
  window(window: TimeWindow, options: DestinationOptions): Promise<ScheduleWindow>;
  /**
   * Whether the practice's system lays out slots, so that a time without one is not to be had: it does when a free one stands in what was
   * seen, or anywhere between now and `untilEpochMs`.
   */
  laysOutSlots(seen: ScheduleWindow, untilEpochMs: number, options: DestinationOptions): Promise<boolean>;
}

export interface ScheduleViewParts {
  readonly client: FhirClient;
  readonly clock: Clock;
  /** `Schedule/123`. */
  readonly schedule: string;
  /** Whether there are laid-out slots, for those who know; looked up when absent. */
  readonly slots: 'laid_out' | 'grid' | undefined;
}

/** How long the actors of the schedule are taken for known, in milliseconds. */
const ACTORS_AGE_MS_MAX = 60_000;
const DAY_MS = 86_400_000;
/** Servers find slots and appointments by their start only: what is longer than a day is looked for among blocked times only. */
const LONG_BLOCK_DAYS_MAX = 62;
/** Actors that cannot be in two places. A room or a service can have more than one schedule, so that it counts only when nobody else is named. */
const ONE_PLACE_ONLY = /^(?:Practitioner|PractitionerRole|Device)\//;

/** Actors whose other appointments take the time of this schedule. */
function blockersOf(actors: readonly Reference[]): readonly string[] {
  const targets = actors.flatMap((actor) => targetOf(actor) ?? []);
  const persons = targets.filter((target) => ONE_PLACE_ONLY.test(target));
  return persons.length > 0 ? persons : targets;
}

const between = (name: string, { startEpochMs, endEpochMs }: TimeWindow): SearchParameters => [
  [name, `ge${utcOf(startEpochMs)}`],
  [name, `lt${utcOf(endEpochMs)}`],
];

export function createScheduleView({ client, clock, schedule, slots: slotKind }: ScheduleViewParts): ScheduleView {
  let known: { readonly actors: readonly Reference[]; readonly atMs: number } | null = null;
  const actors: ScheduleView['actors'] = async (options) => {
    if (known !== null && clock.monotonicMs() - known.atMs <= ACTORS_AGE_MS_MAX) return known.actors;
    const id = schedule.replace(/^Schedule\//, '');
    const found = await client.read('Schedule', id, options);
    if (found === null) throw new AppError('destination_misbehaved', `the FHIR server holds no ${schedule}`);
    known = { actors: found.actor, atMs: clock.monotonicMs() };
    return found.actor;
  };
  // Servers that do not know a parameter leave it out, so that everything is compared again here.
  const slotsBy = async (parameters: SearchParameters, options: SearchOptions): Promise<readonly Stored<Slot>[]> => {
    const found = await client.search('Slot', [['schedule', schedule], ...parameters], options);
    return found.filter((slot) => targetOf(slot.schedule) === schedule && slot.status !== 'entered-in-error');
  };
  const appointmentsIn = async (window: TimeWindow, options: DestinationOptions): Promise<readonly Stored<Appointment>[]> => {
    const blockers = blockersOf(await actors(options));
    if (blockers.length === 0) return [];
    const found = await client.search('Appointment', [['actor', blockers.join(',')], ...between('date', window)], options);
    return found.filter((one) => stands(one) && one.participant.some(({ actor }) => blockers.includes(targetOf(actor) ?? '')));
  };
  return {
    actors,
    window: async (window, options) => {
      const near = { startEpochMs: window.startEpochMs - DAY_MS, endEpochMs: window.endEpochMs };
      const far = { startEpochMs: window.startEpochMs - LONG_BLOCK_DAYS_MAX * DAY_MS, endEpochMs: near.startEpochMs };
      const [slots, blocks, appointments] = await Promise.all([
        slotsBy(between('start', near), options),
        slotsBy([['status', 'busy-unavailable'], ...between('start', far)], options),
        appointmentsIn(near, options),
      ]);
      const nearby = new Set(slots.map(({ id }) => id));
      const all = [...slots, ...blocks.filter(({ id, status }) => status === 'busy-unavailable' && !nearby.has(id))];
      return {
        slots: all.filter((slot) => overlaps(slot, window)),
        appointments: appointments.filter((appointment) => overlaps(appointment, window)),
      };
    },
    laysOutSlots: async (seen, untilEpochMs, options) => {
      if (slotKind !== undefined) return slotKind === 'laid_out';
      if (seen.slots.some(isLaidOut)) return true;
      const window = { startEpochMs: clock.businessEpochMs(), endEpochMs: untilEpochMs };
      // The first page tells: only slots that this product entered and freed again can stand before the practice's own.
      const found = await slotsBy([['status', 'free'], ...between('start', window)], { ...options, firstPageOnly: true });
      return found.some(isLaidOut);
    },
  };
}
