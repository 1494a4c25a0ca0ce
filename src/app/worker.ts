import { dirname } from 'node:path';
import { createSimulationReader, createSystemClock } from '../adapters/clock/system-clock.ts';
import { checkRedisPolicy } from '../adapters/process/spawn-redis.ts';
import { isAppError } from '../base/app-error.ts';
import { readSecret, type Config } from '../config/config.ts';
import type { PracticeProfile } from '../domain/hours/practice.ts';
import type { Logger } from '../ports/logger.ts';
import { createAlerts } from './alerts.ts';
import { buildDestinations } from './destinations.ts';
import { askedWhoCalls, checkPlans, freeSlotsFrom } from './planner.ts';
import { runProcess } from './process-main.ts';
import { simulationFile } from './simulation-file.ts';
import { installFaultSwitch } from './worker/fault-switch.ts';
import { createJitter } from './worker/jitter.ts';
import { startWorker, type WorkerSettings } from './worker/start-worker.ts';

const REDIS_MS_MAX = 2000;

/** A Redis that may forget jobs is refused; one that is away is not needed. Throws `redis_policy_wrong`. */
async function checkRedis(config: Config, log: Logger): Promise<void> {
  try {
    await checkRedisPolicy(config.paths.sockets.redis, { signal: AbortSignal.timeout(REDIS_MS_MAX) });
  } catch (error) {
    if (isAppError(error) && error.code === 'redis_policy_wrong') throw error;
    log.warn('starting without redis', { code: 'redis_unavailable' });
  }
}

/** The worker: the only process that calls destinations. */
await runProcess('worker', async ({ config, logger, scope, metrics, tracer }) => {
  installFaultSwitch(config.simulation.faultPoint, config.paths.run);
  await checkRedis(config, logger);
  readSecret(config.secrets.calendarPasswordFile);
  const simulation = createSimulationReader(config.simulation.control ? simulationFile(config) : null);
  const practice = (): PracticeProfile => ({ ...config.profile, holidays: [...config.profile.holidays, ...simulation().holidays] });
  const clock = createSystemClock(simulation);
  const destinations = buildDestinations({ config, practice, clock, log: logger, deliveriesDir: dirname(config.paths.ledger) });
  checkPlans(config, destinations.all);
  const times = freeSlotsFrom(config, destinations.all);
  if (times.problem !== null) logger.warn('nobody tells which times are free', { code: 'config_invalid', reason: times.problem });
  const settings: WorkerSettings = {
    ledgerPath: config.paths.ledger,
    keyFile: config.secrets.keyFile,
    redisSocket: config.paths.sockets.redis,
    workerSocket: config.paths.sockets.worker,
    destinations,
    freeSlotsFrom: times.destination,
    askedWhoCalls: askedWhoCalls(config),
    alerts: createAlerts(config, { clock, log: logger }),
    tenant: config.tenant,
    timeZone: config.profile.timeZone,
    random: createJitter(config.simulation.seed),
  };
  return startWorker({ settings, clock, log: logger, metrics, tracer, scope });
});
