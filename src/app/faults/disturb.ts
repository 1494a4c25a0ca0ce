import { Redis } from 'ioredis';
import { asOpId } from '../../base/ids.ts';
import { isDeathOrdered, orderDeath } from '../worker/fault-switch.ts';
import type { FaultHouse } from './house.ts';
import type { DisturbanceKind, PlannedDeath, PlannedDisturbance } from './plan.ts';

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

/** Orders the death of a worker once nobody is left to die of an earlier order. */
async function order({ runDir, trace }: FaultHouse, { point }: PlannedDeath): Promise<void> {
  await until(async () => !isDeathOrdered(runDir));
  trace.note(null, `the next worker that comes to ${point} is to die`);
  orderDeath(runDir, point);
}

/** Makes things happen as their time comes: to one victim one after the other, to several at once. */
export interface Disturber {
  begin(disturbance: PlannedDisturbance): void;
  order(death: PlannedDeath): void;
  /** Resolves when everything has happened; orders may still find nobody. Rejects when a server did not come back. */
  done(): Promise<void>;
}

export function createDisturber(house: FaultHouse): Disturber {
  const last = new Map<string, Promise<void>>();
  const after = (victim: string, work: () => Promise<void>): void => {
    const next = (last.get(victim) ?? Promise.resolve()).then(work);
    // Whoever waits for the end hears of a failure.
    next.catch(() => undefined);
    last.set(victim, next);
  };
  return {
    begin: (disturbance) => {
      after(victimOf(disturbance.kind), () => {
        house.trace.note(null, `${disturbance.kind} for ${disturbance.downMs} ms`);
        return carryOut(house, disturbance);
      });
    },
    order: (death) => after('orders', () => order(house, death)),
    done: async () => {
      await Promise.all(last.values());
    },
  };
}
