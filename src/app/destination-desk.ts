import { createInboxDestination } from '../adapters/destinations/inbox/inbox.ts';
import { WORKER_METHODS } from '../adapters/bookings/worker-protocol.ts';
import { createSystemClock } from '../adapters/clock/system-clock.ts';
import { createLog } from '../adapters/log/pino-log.ts';
import { AppError, toAppError } from '../base/app-error.ts';
import type { ErrorCode } from '../base/error-codes.ts';
import type { Config } from '../config/config.ts';
import type { IntentKind } from '../domain/writeback/intent.ts';
import type { PlanStep, StepRole } from '../domain/writeback/plan.ts';
import type { Destination, DestinationCapabilities } from '../ports/destination.ts';
import type { InboxStore } from '../ports/op-store.ts';
import { buildDestinations } from './destinations.ts';
import { bookingDestination, checkPlans, createConfiguredPlanner, freeSlotsFrom, plansOf, type FreeSlotsFrom } from './planner.ts';
import { createLedgerStore, ifThere } from './storage.ts';
import { askWorker, isListening } from './worker-line.ts';

const CHECK_MS_MAX = 20_000;

/** A destination as the configuration and its adapter describe it. */
export interface DestinationLine extends DestinationCapabilities {
  readonly id: string;
  readonly type: string;
}

/** What came of asking a destination. `detail` says what is wrong and what to do. */
export interface CheckedDestination {
  readonly id: string;
  readonly state: 'good' | 'bad';
  readonly code: ErrorCode | null;
  readonly detail: string;
}

/** Stands for the inbox where only its capabilities matter. */
const NO_INBOX: InboxStore = { put: () => null, find: () => null, remove: () => undefined };

async function withDestinations<T>(config: Config, work: (all: readonly Destination[]) => Promise<T> | T): Promise<T> {
  const clock = createSystemClock();
  const log = createLog({ process: 'destinations', level: 'error', personalData: false });
  const built = buildDestinations({ config, practice: () => config.profile, clock, log, deliveriesDir: null });
  try {
    return await work([...built.all, createInboxDestination(NO_INBOX, clock)]);
  } finally {
    await built.close();
  }
}

function typeOf({ destinations }: Config, id: string): string {
  if (id === 'calendar') return 'caldav';
  if (id === 'inbox') return 'local';
  return destinations.find((one) => one.id === id)?.type ?? 'unknown';
}

/** Every destination with what it can hold and what it promises; asks none of them. Throws `config_invalid`. */
export function listDestinations(config: Config): Promise<readonly DestinationLine[]> {
  return withDestinations(config, (all) => all.map(({ id, capabilities }) => ({ id, type: typeOf(config, id), ...capabilities })));
}

/** Asks one destination: through the worker while it runs, so that no limit is exceeded by two who ask. */
async function ask(config: Config, destination: Destination, signal: AbortSignal): Promise<void> {
  if (destination.id === 'inbox') return ifThere(() => createLedgerStore(config, { mustExist: true }))?.close();
  if (!(await isListening(config.paths.sockets.worker))) {
    const isOurs = destination.id === 'calendar' && config.calendar.managed && config.calendar.url === undefined;
    if (isOurs) throw new AppError('worker_not_running', 'this calendar runs with the product, which is not running');
    return destination.check({ signal: AbortSignal.any([signal, AbortSignal.timeout(CHECK_MS_MAX)]) });
  }
  await askWorker(config, WORKER_METHODS.check, { destination: destination.id }, { signal, limitMs: CHECK_MS_MAX });
  return undefined;
}

/** Asks all destinations, or the one named. Throws `not_found` and `config_invalid`; what a destination answers is in the result. */
export function checkDestinations(config: Config, only: string | null, signal: AbortSignal): Promise<readonly CheckedDestination[]> {
  return withDestinations(config, async (all) => {
    const chosen = all.filter(({ id }) => only === null || id === only);
    if (chosen.length === 0) throw new AppError('not_found', `there is no destination ${only}`);
    const { problem } = freeSlotsFrom(config, all);
    const pivot = bookingDestination(config);
    const check = async (destination: Destination): Promise<CheckedDestination> => {
      const { id } = destination;
      try {
        await ask(config, destination, signal);
        if (id === pivot && problem !== null) return { id, state: 'bad', code: 'config_invalid', detail: `answers; ${problem}` };
        return { id, state: 'good', code: null, detail: 'answers' };
      } catch (error) {
        const failure = toAppError(error, 'destination_unreachable');
        return { id, state: 'bad', code: failure.code, detail: `${failure.message}. ${failure.entry.remedy}` };
      }
    };
    return Promise.all(chosen.map(check));
  });
}

/** What an intent does, step by step. */
export interface DescribedPlan {
  readonly intent: IntentKind;
  readonly steps: readonly (PlanStep & { readonly role: StepRole })[];
  /** Who is asked which times are free for a booking; null for other intents. */
  readonly freeSlots: FreeSlotsFrom | null;
  /** How a promise about it would be kept: by itself, or by a person. */
  readonly confirmation: { readonly channel: string; readonly destination: string | null } | null;
}

const INTENTS: readonly IntentKind[] = ['booking', 'reschedule', 'cancel', 'message'];

/** The plans in force. `phone`: whose promise it would be. Throws `config_invalid` as the start of the worker does, and `usage`. */
export function describePlans(config: Config, only: string | null, phone: string | null): Promise<readonly DescribedPlan[]> {
  const intents = INTENTS.filter((intent) => only === null || intent === only);
  if (intents.length === 0) throw new AppError('usage', `${only} is none of ${INTENTS.join(', ')}`);
  if (phone !== null && !/^\+[1-9]\d{6,14}$/.test(phone)) throw new AppError('usage', 'the number has to be in the form +493055501234');
  return withDestinations(config, (all) => {
    checkPlans(config, all);
    const plans = plansOf(config);
    return intents.map((intent): DescribedPlan => {
      const pivotAt = plans[intent].findIndex(({ kind }) => kind === intent);
      const roleOf = (index: number): StepRole => (index < pivotAt ? 'before' : index > pivotAt ? 'after' : 'pivot');
      const steps = plans[intent].map((step, index) => ({ ...step, role: roleOf(index) }));
      const freeSlots = intent === 'booking' ? freeSlotsFrom(config, all) : null;
      return { intent, steps, freeSlots, confirmation: phone === null ? null : confirmationOf(config, intent, phone) };
    });
  });
}

/** Messages reach a person anyway; of the others only an appointment has a wording that can be sent. */
function confirmationOf(config: Config, intent: IntentKind, phone: string): DescribedPlan['confirmation'] {
  const byPerson = { channel: 'human_task', destination: null };
  if (intent !== 'booking') return byPerson;
  const sample = {
    service: 'sample',
    serviceName: 'an appointment',
    start: '2026-01-01T09:00:00Z',
    minutes: 30,
    name: 'A caller',
    reason: null,
  };
  const sent = createConfiguredPlanner(config).confirmation({ kind: 'booking', phone, ...sample });
  return sent === null ? byPerson : { channel: sent.payload.channel, destination: sent.destination };
}
