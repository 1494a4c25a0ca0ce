import { AppError, toAppError } from '../../../base/app-error.ts';
import type { OpId } from '../../../base/ids.ts';
import type { Config } from '../../../config/config.ts';
import type { AfterwardsObservation } from '../../../domain/scenario/observation.ts';
import type { Deed, Fault, FaultKind } from '../../../domain/scenario/scenario.ts';
import { isSettled, judgedReport, leftInLedger } from '../aftermath.ts';
import { heardBefore, previousRequests } from '../previous-bookings.ts';
import { failedReport, type ScenarioReport } from '../report.ts';
import type { Scenario, ScenarioCall } from '../scenario.ts';
import { buildHouse, type House } from './house.ts';
import { startCaller, type Caller } from './text-caller.ts';

const TICK_MS = 20;
/** Virtual length of a call at most: ten minutes of ticks. */
const TICKS_MAX = 30_000;
/** Virtual time for reports and writes after a call, in milliseconds. */
const AFTER_CALL_MS = 500;
/** Virtual time for `given.previous` to arrive in the calendar, in milliseconds. */
const PREVIOUS_MS = 1000;

async function play(house: House, callers: readonly Caller[]): Promise<void> {
  for (let ticks = 0; ticks < TICKS_MAX && callers.some((caller) => !caller.isDone()); ticks += 1) {
    await house.clock.pass(TICK_MS);
    for (const caller of callers) if (!caller.isDone()) caller.tick();
  }
  for (const caller of callers) caller.leave();
  await house.clock.pass(AFTER_CALL_MS);
}

/** Counts a write's faults down as the proxy does for the real calendar. */
function armFaults(
  house: House,
  faults: readonly Fault[],
): { readonly relent: () => void; readonly hits: () => readonly { readonly fault: Fault; readonly hits: number }[] } {
  const armed = faults.map((fault) => ({ fault, hits: 0, firstAtMs: 0, isOver: false }));
  house.calendar.setFault((): FaultKind | null => {
    const nowMs = house.clock.monotonicMs();
    const hit = armed.find(({ fault, hits, firstAtMs, isOver }) => {
      if (fault.type === 'process' || isOver) return false;
      if (fault.forSeconds !== null) return hits === 0 || nowMs - firstAtMs < fault.forSeconds * 1000;
      return fault.times === null || hits < fault.times;
    });
    if (hit === undefined || hit.fault.type === 'process') return null;
    if (hit.hits === 0) hit.firstAtMs = nowMs;
    hit.hits += 1;
    return hit.fault.kind;
  });
  return {
    relent: () => {
      for (const candidate of armed)
        if (candidate.fault.type === 'destination' && candidate.fault.times === null && candidate.fault.forSeconds === null)
          candidate.isOver = true;
    },
    hits: () => armed.map(({ fault, hits }) => ({ fault, hits: fault.type === 'process' ? 1 : hits })),
  };
}

async function seed(house: House, scenario: Scenario, config: Config): Promise<readonly OpId[]> {
  const requests = previousRequests(scenario, config);
  const ops = requests.map((request) => {
    const { op } = house.acceptEarlier(request.intent, request.agoMs);
    if (request.isAwaited) house.ledger.recordSaid(heardBefore(op, request));
    return op;
  });
  if (ops.length > 0) await house.clock.pass(PREVIOUS_MS);
  if (ops.some((op, index) => requests[index]?.isAwaited === true && house.ledger.get(op)?.state !== 'verified'))
    throw new AppError('timed_out', 'given.previous did not arrive in the calendar');
  return ops;
}

async function lookAfterwards(
  house: House,
  scenario: Scenario,
  previous: readonly OpId[],
  hits: AfterwardsObservation['faults'],
): Promise<AfterwardsObservation> {
  const { ledger, clock, calendar } = house;
  for (let waitedMs = 0; !isSettled(ledger) && waitedMs < scenario.expect.withinSeconds * 1000; waitedMs += AFTER_CALL_MS)
    await clock.pass(AFTER_CALL_MS);
  return { ...leftInLedger(ledger), entries: calendar.entries(), previous, faults: hits, writes: calendar.writes() };
}

/** There is one process here: of those that a step can stop, only the worker can be held still by itself. */
const isPlayed = (deed: Deed): boolean => deed.type === 'calendar_add' || (deed.type === 'freeze' && deed.process === 'worker');

/** What a file asks for that text and a virtual clock cannot show. */
function notEvaluated(scenario: Scenario): readonly string[] {
  const steps = scenario.calls.flatMap(({ script }) => script.steps);
  const { first, every } = scenario.expect.heardWithin;
  return [
    'voice',
    'line',
    ...(first === null && every === null ? [] : ['expect.heardWithin']),
    ...(steps.some((step) => step.type === 'do' && !isPlayed(step.deed)) ? ['do: kill, freeze'] : []),
    ...(scenario.faults.some(({ type }) => type === 'process') ? ['given.faults: process'] : []),
  ];
}

async function playIn(house: House, scenario: Scenario, config: Config): Promise<ScenarioReport> {
  const { timeZone, services } = config.profile;
  const serviceName = services.find(({ id }) => id === scenario.expect.booking.service)?.spokenName ?? null;
  for (const entry of scenario.busy) house.calendar.add(entry);
  const previous = await seed(house, scenario, config);
  const faults = armFaults(house, scenario.faults);
  const start = (call: ScenarioCall, index: number): Caller => startCaller(house, call, index, { timeZone, serviceName });
  const callers: Caller[] = [];
  if (scenario.order === 'at_once') {
    callers.push(...scenario.calls.map(start));
    await play(house, callers);
  } else {
    for (const [index, call] of scenario.calls.entries()) {
      const caller = start(call, index);
      callers.push(caller);
      await play(house, [caller]);
    }
  }
  faults.relent();
  house.worker.thaw();
  const calls = callers.map((caller) => caller.observe());
  const after = await lookAfterwards(house, scenario, previous, faults.hits());
  const expect = { ...scenario.expect, heardWithin: { first: null, every: null } };
  return { ...judgedReport({ ...scenario, expect }, calls, after, timeZone), notEvaluated: notEvaluated(scenario) };
}

/** Plays a scenario with text instead of sound, on a clock that does not wait. Never throws for what the scenario does. */
export async function playInProcess(scenario: Scenario, config: Config): Promise<ScenarioReport> {
  const house = await buildHouse(config, scenario);
  try {
    return await playIn(house, scenario, config);
  } catch (error) {
    const failure = toAppError(error, 'invariant_broken');
    return failedReport(scenario, `${failure.code}: ${failure.message}`);
  } finally {
    house.close();
  }
}
