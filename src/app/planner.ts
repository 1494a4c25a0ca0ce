import { AppError } from '../base/app-error.ts';
import type { Config } from '../config/config.ts';
import { createPlanner, DEFAULT_PLANS, planProblem, type ConfirmationChannel, type Planner, type Plans } from '../domain/writeback/plan.ts';
import type { RecordKind } from '../domain/writeback/intent.ts';
import type { Destination } from '../ports/destination.ts';

const INTENTS = ['booking', 'reschedule', 'cancel', 'message'] as const;

/** The plans in force: those of the configuration, and the product's own for what it leaves out. */
export function plansOf({ plans }: Pick<Config, 'plans'>): Plans {
  const { booking, reschedule, cancel, message } = plans;
  return {
    booking: booking ?? DEFAULT_PLANS.booking,
    reschedule: reschedule ?? DEFAULT_PLANS.reschedule,
    cancel: cancel ?? DEFAULT_PLANS.cancel,
    message: message ?? DEFAULT_PLANS.message,
  };
}

/** Systems in which the plans in force keep contacts and appointments: they are asked who calls. */
export function askedWhoCalls(config: Pick<Config, 'plans'>): readonly string[] {
  const steps = Object.values(plansOf(config)).flat();
  return [...new Set(steps.filter(({ kind }) => kind === 'contact' || kind === 'booking').map(({ destination }) => destination))];
}

/** Where appointments are written to. */
export function bookingDestination(config: Pick<Config, 'plans'>): string {
  return plansOf(config).booking.find(({ kind }) => kind === 'booking')?.destination ?? 'calendar';
}

/** Who is asked which times are free. `problem`: why what it says is worth nothing, and what to do; null when it is worth something. */
export interface FreeSlotsFrom {
  readonly destination: string;
  readonly problem: string | null;
}

/**
 * The system that appointments are written to knows what is free there, if it can tell; else the calendar beside it is asked. The product's
 * own calendar, which nobody writes to then, knows nothing.
 */
export function freeSlotsFrom(config: Pick<Config, 'plans' | 'calendar'>, destinations: readonly Destination[]): FreeSlotsFrom {
  const pivot = bookingDestination(config);
  const tells = destinations.find(({ id }) => id === pivot)?.capabilities.tellsFreeSlots === true;
  if (tells) return { destination: pivot, problem: null };
  const { url, managed } = config.calendar;
  const isBlind = pivot !== 'calendar' && url === undefined && managed;
  return { destination: 'calendar', problem: isBlind ? blind(pivot) : null };
}

const blind = (pivot: string): string =>
  `appointments go to ${pivot}, which cannot tell free times, and no calendar is configured that could: every opening hour is offered. ` +
  'Map freeSlots of that system (docs/REST.md), or set calendar.url';

function channelsOf({ confirmations, profile }: Config): readonly ConfirmationChannel[] {
  const form = new Intl.DateTimeFormat('en-GB', {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: profile.timeZone,
  });
  const when = (start: string): string => form.format(new Date(start));
  return confirmations.map(({ reaches, ...channel }) => ({ ...channel, reaches: new RegExp(reaches), when }));
}

/** Makes plans of intents as the configuration says. */
export function createConfiguredPlanner(config: Config): Planner {
  return createPlanner(plansOf(config), channelsOf(config));
}

/** Throws `config_invalid` naming every plan and confirmation that the destinations cannot carry out. */
export function checkPlans(config: Config, destinations: readonly Destination[]): void {
  const kindsOf = (id: string): readonly RecordKind[] | null => {
    if (id === 'inbox') return ['message'];
    return destinations.find((destination) => destination.id === id)?.capabilities.kinds ?? null;
  };
  const plans = plansOf(config);
  const problems = INTENTS.flatMap((intent) => {
    const problem = planProblem(intent, plans[intent], kindsOf);
    return problem === null ? [] : [`  plans.${intent}: ${problem}`];
  });
  const ids = config.destinations.map(({ id }) => id);
  const twice = ids.find((id, index) => id === 'calendar' || id === 'inbox' || ids.indexOf(id) !== index);
  if (twice !== undefined) problems.push(`  destinations: the id ${twice} is taken`);
  for (const { destination } of config.confirmations)
    if (kindsOf(destination)?.includes('notice') !== true) problems.push(`  confirmations: ${destination} sends no notices`);
  if (problems.length > 0)
    throw new AppError('config_invalid', `${config.file ?? 'the configuration'} has problems:\n${problems.join('\n')}`);
}
