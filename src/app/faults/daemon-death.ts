import { AppError } from '../../base/app-error.ts';
import type { Intent } from '../../domain/writeback/intent.ts';
import type { FaultHouse } from './house.ts';
import { spawnProgram } from './program.ts';
import type { PlannedStory } from './story.ts';

/** A frozen worker may hold the ledger, so that a daemon cannot start; it is started again as the supervisor would do. */
const STARTS_MAX = 20;
/** A daemon that dies while it waits does so in the first part of the story's delay: an answer can be there soon. */
const WAITING_SHARE = 0.025;
/** Longest that a row may lie untouched after its daemon died, and how often it is looked at, in milliseconds. */
const UNTOUCHED_MS_MAX = 60_000;
const LOOK_MS = 20;
/** Operations that one request comes to, with some room. */
const PLAN_OPS_MAX = 20;

/**
 * Lets a daemon of its own process take a caller's yes and die at the planned moment. Resolves when it is gone; how long its request then
 * lay untouched, while there was a worker, is noted in the house. Throws `process_failed` when it ended in another way.
 */
export async function letDaemonDie(house: FaultHouse, story: PlannedStory, intent: Intent): Promise<void> {
  const { configFile, clock, trace, keeper } = house;
  const dies = story.daemon?.dies ?? 'after_accept';
  const args = [JSON.stringify(intent), dies, String(Math.round(story.delayMs * WAITING_SHARE))];
  for (let starts = 1; ; starts += 1) {
    const said: string[] = [];
    const child = spawnProgram('faults/daemon-process.ts', { configFile, args, onLine: (line) => said.push(line) });
    await child.ended;
    if (child.fate()?.signal === 'SIGKILL') break;
    trace.note(story.index, `the daemon that was to die did not start: ${said.join(' ')}`);
    if (starts >= STARTS_MAX)
      throw new AppError('process_failed', `the daemon that was to die does not start: ${said.slice(-3).join(' ')}`);
  }
  const diedAtMs = clock.monotonicMs();
  trace.note(story.index, `the daemon died ${dies}`);
  const recovered = untilTouched(house, intent).then((isCounted) => {
    const ms = Math.round(clock.monotonicMs() - Math.max(diedAtMs, keeper.readyAtMs()));
    return isCounted ? Math.max(0, ms) : null;
  });
  house.recoveries.daemon.push(recovered);
}

/** Resolves when somebody has begun on the request: false when it had to wait for a destination that was left alone. */
async function untilTouched({ daemon, clock, isLeftAlone }: FaultHouse, { call }: Intent): Promise<boolean> {
  const untilMs = clock.monotonicMs() + UNTOUCHED_MS_MAX;
  let wasLeftAlone = false;
  for (;;) {
    wasLeftAlone ||= isLeftAlone();
    const rows = daemon.ledger.list({ call, limit: PLAN_OPS_MAX });
    const isUntouched = rows.length > 0 && rows.every(({ state, errorCode }) => state === 'accepted' && errorCode === null);
    if (!isUntouched || clock.monotonicMs() > untilMs) return !wasLeftAlone;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
