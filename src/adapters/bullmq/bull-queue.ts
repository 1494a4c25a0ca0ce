import { Queue as BullQueue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { asOpId } from '../../base/ids.ts';
import { throwIfAborted, withTimeout } from '../../base/scope.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Queue } from '../../ports/queue.ts';

/** Name of the queue; its jobs hold `{ op }` and nothing else. */
const QUEUE = 'write-back';
/** A producer does not wait for Redis longer than this, in milliseconds. */
const WAKE_MS_MAX = 250;
const CONNECT_MS_MAX = 1000;
/** Pause between attempts to reach Redis again, in milliseconds. */
const RECONNECT_MS = 300;
/** Lock of a job and how often stalled ones are looked for, in milliseconds: a killed worker's jobs come back within seconds. */
const LOCK_MS = 6000;
const STALLED_CHECK_MS = 2000;
/** Attempts are counted in the ledger; BullMQ must never give up a job by itself. */
const STALLED_MAX = 1_000_000;
const CONCURRENCY = 16;
/** How long a stop waits for jobs under way, in milliseconds. */
const CLOSE_MS_MAX = 1500;

export interface BullQueueOptions {
  /** Unix socket of Redis. */
  readonly socket: string;
  readonly log: Logger;
}

interface WakeJob {
  readonly op: string;
}

interface Producer {
  readonly queue: BullQueue<WakeJob>;
  readonly redis: Redis;
  /** Resolves when Redis can be used; rejects when it is away. */
  readonly ready: () => Promise<void>;
}

function connectionOf({ socket }: BullQueueOptions, role: 'producer' | 'consumer'): Redis {
  const redis = new Redis({
    path: socket,
    retryStrategy: () => RECONNECT_MS,
    connectTimeout: CONNECT_MS_MAX,
    // A producer fails at once while Redis is away; a consumer waits for it.
    enableOfflineQueue: role === 'consumer',
    maxRetriesPerRequest: role === 'consumer' ? null : 1,
  });
  redis.on('error', () => undefined);
  return redis;
}

/** Logs the loss of Redis once, and its return. */
function watch(redis: Redis, log: Logger): void {
  let isUp = true;
  redis.on('ready', () => {
    if (!isUp) log.info('redis is back');
    isUp = true;
  });
  redis.on('close', () => {
    if (isUp) log.warn('redis is away; the sweeper delivers', { code: 'redis_unavailable' });
    isUp = false;
  });
}

/** Closes a part of BullMQ, which may wait for a Redis that is away. */
async function closeWithin(close: () => Promise<unknown>, redis: Redis, what: string): Promise<void> {
  await withTimeout(close(), CLOSE_MS_MAX, what).catch(() => undefined);
  redis.disconnect();
}

/** Wake-ups through BullMQ. Losing Redis loses nothing: `wake` says false, and the worker's sweeper finds what is due. */
export function createBullQueue(options: BullQueueOptions): Queue {
  let producer: Producer | null = null;
  const consumers = new Set<Promise<void>>();
  const stop = new AbortController();

  const producing = (): Producer => {
    if (producer !== null) return producer;
    const redis = connectionOf(options, 'producer');
    watch(redis, options.log);
    const queue = new BullQueue<WakeJob>(QUEUE, {
      connection: redis,
      skipVersionCheck: true,
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
    });
    queue.on('error', () => undefined);
    producer = { queue, redis, ready: createReadiness(redis) };
    return producer;
  };
  return {
    wake: async (op, epoch, { signal }) => {
      throwIfAborted(signal);
      const { queue, redis, ready } = producing();
      try {
        if (redis.status !== 'ready') await withTimeout(ready(), WAKE_MS_MAX, 'redis', signal);
        await withTimeout(queue.add('wake', { op }, { jobId: `${op}-e${epoch}` }), WAKE_MS_MAX, 'queue.add', signal);
        return true;
      } catch {
        return false;
      }
    },
    consume: (handle, { signal }) => {
      const consumer = consume(options, handle, AbortSignal.any([signal, stop.signal]));
      consumers.add(consumer);
      return consumer.finally(() => consumers.delete(consumer));
    },
    close: async () => {
      stop.abort();
      await Promise.allSettled(consumers);
      if (producer !== null) await closeWithin(() => producer?.queue.close() ?? Promise.resolve(), producer.redis, 'closing the queue');
      producer = null;
    },
  };
}

/** What becomes of the attempt to reach Redis that is under way; everyone who waits for it shares one pair of listeners. */
function createReadiness(redis: Redis): () => Promise<void> {
  let underWay: Promise<void> | null = null;
  const begin = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const settle = (act: () => void) => (): void => {
        redis.off('ready', ready);
        redis.off('close', closed);
        underWay = null;
        act();
      };
      const ready = settle(resolve);
      const closed = settle(() => reject(new Error('redis is away')));
      redis.on('ready', ready);
      redis.on('close', closed);
    });
  return () => (underWay ??= begin());
}

async function consume(options: BullQueueOptions, handle: Parameters<Queue['consume']>[0], signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const redis = connectionOf(options, 'consumer');
  watch(redis, options.log);
  const worker = new Worker<WakeJob>(QUEUE, (job, _token, jobSignal) => handle(asOpId(job.data.op), { signal: jobSignal ?? signal }), {
    connection: redis,
    skipVersionCheck: true,
    concurrency: CONCURRENCY,
    lockDuration: LOCK_MS,
    stalledInterval: STALLED_CHECK_MS,
    maxStalledCount: STALLED_MAX,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
  });
  worker.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await closeWithin(() => worker.close(), redis, 'closing the consumer');
}
