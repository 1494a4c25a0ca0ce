import { Redis } from 'ioredis';
import { asOpId } from '../../base/ids.ts';
import type { FaultHouse } from './house.ts';
import type { DisturbanceKind, PlannedDisturbance } from './plan.ts';

/** How often and how far apart something is tried that waits for a server to come back; milliseconds. */
const TRIES_MAX = 200;
const AGAIN_MS = 50;
/** Wakes for an operation that there is not: nobody is disturbed by them. */
const NOBODY = asOpId('01JZZZZZZZZZZZZZZZZZZZZZZZ');

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(work: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    if (await work()) return;
    await pause(AGAIN_MS);
  }
}

async function flush(socket: string): Promise<boolean> {
  const redis = new Redis({ path: socket, lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    return (await redis.flushall()) === 'OK';
  } catch {
    return false;
  } finally {
    redis.disconnect();
  }
}

/** Kills Redis, keeps it away, and starts it again; how long until a wake-up passes through it is noted in the house. */
async function killRedis({ redis, queue, clock, recoveries, trace }: FaultHouse, downMs: number): Promise<void> {
  const killedAtMs = clock.monotonicMs();
  await redis.kill();
  trace.fired('redis.killed');
  await pause(downMs);
  await redis.start();
  let delivery = 0;
  const wake = async (): Promise<boolean> => queue.wake(NOBODY, (delivery += 1), { signal: AbortSignal.timeout(1000) });
  recoveries.redis.push(until(wake).then(() => Math.round(clock.monotonicMs() - killedAtMs)));
}

async function carryOut(house: FaultHouse, { kind, downMs }: PlannedDisturbance): Promise<void> {
  const { redis, keeper, target, trace } = house;
  switch (kind) {
    case 'redis_killed':
      return killRedis(house, downMs);
    case 'redis_flushed':
      await until(() => flush(redis.socket));
      return trace.fired('redis.flushed');
    case 'redis_frozen':
      redis.freeze();
      trace.fired('redis.frozen');
      await pause(downMs);
      return redis.thaw();
    case 'worker_killed':
      await until(async () => keeper.kill());
      return trace.fired('worker.killed');
    case 'worker_frozen':
      trace.fired('worker.frozen');
      return keeper.freeze(downMs);
    case 'destination_killed':
      await target.server.kill();
      trace.fired('destination.killed');
      await pause(downMs);
      return target.server.start();
  }
}

const victimOf = (kind: DisturbanceKind): string => kind.split('_')[0] ?? kind;

/** Carries out disturbances as their time comes: those of one victim one after the other, those of several at once. */
export function createDisturber(house: FaultHouse): { begin(disturbance: PlannedDisturbance): void; readonly done: () => Promise<void> } {
  const last = new Map<string, Promise<void>>();
  return {
    begin: (disturbance) => {
      const victim = victimOf(disturbance.kind);
      const before = last.get(victim) ?? Promise.resolve();
      const next = before.then(() => {
        house.trace.note(null, `${disturbance.kind} for ${disturbance.downMs} ms`);
        return carryOut(house, disturbance);
      });
      // Whoever waits for the end hears of a failure.
      next.catch(() => undefined);
      last.set(victim, next);
    },
    done: async () => {
      await Promise.all(last.values());
    },
  };
}
