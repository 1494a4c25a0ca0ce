import { hangUp } from './answer-caller.ts';
import { createDisturber } from './disturb.ts';
import { kindOf, openDestination, openHouse, type FaultHouse } from './house.ts';
import { judge } from './judge.ts';
import { createLanes } from './lanes.ts';
import { planFaults } from './plan.ts';
import { playStory } from './play-story.ts';
import type { PlayedStory } from './played.ts';
import { reportOf, type FaultReport } from './report.ts';
import { createPerson, settleAll } from './settle.ts';

export interface FaultRun {
  readonly seed: number;
  readonly ops: number;
  readonly destination: string;
  /** Words for a person. */
  readonly write: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Stories as they begin, in their order; disturbances come with them. */
async function playAll(house: FaultHouse, { signal }: FaultRun): Promise<readonly PlayedStory[]> {
  const { plan, keeper } = house;
  const lanes = createLanes(house.target.callsAtOnce);
  const disturber = createDisturber(house);
  const playing: Promise<PlayedStory>[] = [];
  for (const story of plan.stories) {
    await Promise.race([lanes.free(), keeper.failed]);
    signal.throwIfAborted();
    if (story.index === plan.calmStories) await Promise.race([Promise.all(playing), keeper.failed]);
    for (const death of plan.deaths) if (death.atStory === story.index) disturber.order(death);
    for (const disturbance of plan.disturbances) if (disturbance.atStory === story.index) disturber.begin(disturbance);
    const played = playStory(house, story, lanes);
    // Whoever waits for the end hears of a failure.
    played.catch(() => undefined);
    playing.push(played);
  }
  return Promise.race([Promise.all(playing).then(async (played) => disturber.done().then(() => played)), keeper.failed]);
}

async function runIn(house: FaultHouse, run: FaultRun): Promise<FaultReport> {
  const startedAtMs = house.clock.monotonicMs();
  const person = createPerson(house);
  try {
    const played = await playAll(house, run);
    const playedS = Math.round((house.clock.monotonicMs() - startedAtMs) / 1000);
    run.write(`${played.length} stories are over after ${playedS} s; waiting until everything is decided`);
    // What the next start of a daemon does.
    const late = new Set(await hangUp(house.daemon, { live: [] }));
    const stories = played.map((story) => ({
      ...story,
      ops: story.ops.map((one) => ({ ...one, isPromised: one.isPromised || (one.op !== null && late.has(one.op)) })),
    }));
    const settled = await Promise.race([settleAll(house, stories, person), house.keeper.failed]);
    const messages = house.daemon.ledger.messages().map(({ op }) => op);
    const { target } = house;
    const records = (await target.records?.()) ?? null;
    const facts = { ...settled, tasks: person.done, entries: await target.list(), records, messages };
    const findings = judge(stories, facts);
    const daemon = (await Promise.all(house.recoveries.daemon)).filter((ms) => ms !== null);
    const recoveries = { daemon, redis: await Promise.all(house.recoveries.redis) };
    return reportOf({ house, stories, facts, findings, recoveries, durationMs: house.clock.monotonicMs() - startedAtMs });
  } finally {
    person.stop();
  }
}

/**
 * Puts the write-back under fault: the real ledger, Redis, worker and destination, callers played by the harness. Throws what starting the
 * servers throws, `usage` for a destination that there is not, and `process_failed` when a process ended in a way that nobody planned.
 */
export async function runFaults(run: FaultRun): Promise<FaultReport> {
  const plan = planFaults(run.seed, run.ops, kindOf(run.destination));
  const destination = await openDestination(plan, run.destination);
  let house: FaultHouse;
  try {
    house = await openHouse(destination);
  } catch (error) {
    await destination.close({ keep: false });
    throw error;
  }
  let isGood = false;
  try {
    const report = await runIn(house, run);
    isGood = report.findings.length === 0;
    return report;
  } finally {
    if (!isGood) run.write(`ledger and calendar of this run are kept in ${house.folder}`);
    await house.close({ keep: !isGood });
  }
}
