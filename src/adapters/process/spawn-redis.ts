import { join } from 'node:path';
import { Redis } from 'ioredis';
import { AppError } from '../../base/app-error.ts';
import { assertSocketPath, findProgram, makePrivateDirs, writeAtomically } from './files.ts';
import { pollUntil } from './poll.ts';
import { SERVER_ENV, type ServerProcess, dyingWithParent } from './server-process.ts';

export interface RedisInstance {
  /** Append-only file and configuration. */
  readonly dataDir: string;
  readonly socket: string;
}

/** Memory for wake-ups; one takes well under a kilobyte. When it is full, writes fail and the sweeper of the worker delivers. */
const MEMORY_MB_MAX = 128;
const ASK_MS_MAX = 1000;

/**
 * Prepares a private Redis on a Unix socket only: append-only, never evicting. Throws `port_taken` when another Redis already
 * answers on the socket; `isReady` throws `redis_policy_wrong`.
 */
export async function spawnRedis(instance: RedisInstance): Promise<ServerProcess> {
  const { dataDir, socket } = instance;
  assertSocketPath(socket);
  const command = findProgram('redis-server');
  if ((await askRedis(socket, (redis) => redis.ping())) !== null) {
    throw new AppError('port_taken', `another Redis answers on ${socket}; is the product running already?`, {
      details: { socket },
    });
  }
  makePrivateDirs(dataDir, join(socket, '..'));
  const conf = join(dataDir, 'redis.conf');
  writeAtomically(conf, redisConf(instance));
  return {
    ...dyingWithParent(command, [conf]),
    env: SERVER_ENV,
    cwd: dataDir,
    isReady: async ({ signal }) => {
      await pollUntil(() => askRedis(socket, (redis) => redis.ping()), signal);
      await checkRedisPolicy(socket, { signal });
    },
    readyMsMax: 15_000,
    stopMsMax: 5000,
  };
}

/** Checks a Redis, the private one or another's. Throws `redis_unavailable` or `redis_policy_wrong`, naming what is set. */
export async function checkRedisPolicy(socket: string, options: { readonly signal: AbortSignal }): Promise<void> {
  options.signal.throwIfAborted();
  const found = await askRedis(socket, async (redis) => ({
    policy: await configOf(redis, 'maxmemory-policy'),
    appendonly: await configOf(redis, 'appendonly'),
  }));
  options.signal.throwIfAborted();
  if (found === null) throw new AppError('redis_unavailable', `Redis does not answer on ${socket}`, { details: { socket } });
  if (found.policy === 'noeviction' && found.appendonly === 'yes') return;
  throw new AppError(
    'redis_policy_wrong',
    `Redis on ${socket} has maxmemory-policy ${found.policy} and appendonly ${found.appendonly}; needed are noeviction and yes`,
    { details: { socket, ...found } },
  );
}

async function configOf(redis: Redis, key: string): Promise<string> {
  const answer: unknown = await redis.config('GET', key);
  return Array.isArray(answer) && typeof answer[1] === 'string' ? answer[1] : 'unknown';
}

/** One short conversation; null when there is no Redis that answers. */
async function askRedis<T>(socket: string, ask: (redis: Redis) => Promise<T>): Promise<T | null> {
  const redis = new Redis({
    path: socket,
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: ASK_MS_MAX,
    commandTimeout: ASK_MS_MAX,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
  });
  // The rejected call says the same; without a listener the client would print it.
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    return await ask(redis);
  } catch {
    return null;
  } finally {
    redis.disconnect();
  }
}

function redisConf({ dataDir, socket }: RedisInstance): string {
  return [
    '# Written by Vestibule; changes here are overwritten at the next start.',
    'port 0',
    `unixsocket "${socket}"`,
    'unixsocketperm 700',
    `dir "${dataDir}"`,
    'daemonize no',
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    'maxmemory-policy noeviction',
    `maxmemory ${MEMORY_MB_MAX}mb`,
    'logfile ""',
    'loglevel notice',
    '',
  ].join('\n');
}
