import { createConnection } from 'node:net';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { APP_CALLERS } from '../adapters/asterisk/asterisk-switch.ts';
import { makePrivateDirs, writeAtomically } from '../adapters/process/files.ts';
import { pollUntil } from '../adapters/process/poll.ts';
import type { ServerProcess } from '../adapters/process/server-process.ts';
import { asteriskSecretFiles, spawnAsterisk } from '../adapters/process/spawn-asterisk.ts';
import { radicaleReady, spawnRadicale, type RadicaleInstance } from '../adapters/process/spawn-radicale.ts';
import { spawnRedis } from '../adapters/process/spawn-redis.ts';
import type { Clock } from '../base/clock.ts';
import type { Scope } from '../base/scope.ts';
import { PROJECT_DIR, readSecret, type Config } from '../config/config.ts';
import type { Logger } from '../ports/logger.ts';
import { createSupervisor, type ProcessSpec, type Supervisor } from '../runtime/supervisor/supervisor.ts';
import { NODE_PROCESSES, nodeArguments, processEnvironment, type NodeProcess } from './process-table.ts';

/** The running product: its processes and where things are. */
export interface Stack {
  readonly config: Config;
  readonly supervisor: Supervisor;
  readonly frontdeskPasswordFile: string;
  stop(): Promise<void>;
}

export interface StackOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly scope: Scope;
}

/** Resolves to true when something accepts connections on a Unix socket. */
function accepts(path: string): Promise<true | null> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(null));
  });
}

function nodeSpec(process: NodeProcess, config: Config, configFile: string, present: ReadonlySet<string>): ProcessSpec {
  return {
    name: process.name,
    command: globalThis.process.execPath,
    args: nodeArguments(process),
    env: processEnvironment(configFile, config),
    cwd: PROJECT_DIR,
    after: process.after.filter((name) => present.has(name)),
    readyMsMax: process.readyMsMax,
    stopMsMax: process.stopMsMax,
    isReady: async ({ signal }) => {
      await pollUntil(() => accepts(process.socket(config.paths)), signal);
    },
  };
}

/** The servers that the product runs beside its own processes, as the configuration has it; the systemd units read this too. */
export type ServerName = 'asterisk' | 'redis' | 'calendar';

export function serversOf(config: Config): readonly ServerName[] {
  return ['asterisk', ...(config.redis.managed ? (['redis'] as const) : []), ...(config.calendar.managed ? (['calendar'] as const) : [])];
}

function radicaleOf({ paths, calendar, secrets }: Config): RadicaleInstance {
  return {
    dataDir: join(paths.data, 'calendar'),
    port: calendar.port,
    user: calendar.user,
    passwordFile: secrets.calendarPasswordFile,
    calendar: 'appointments',
  };
}

/** Waits until the private calendar can be used. Throws what `radicaleReady` throws, and `secret_unreadable`. */
export function calendarReady(config: Config, options: { readonly signal: AbortSignal }): Promise<void> {
  return radicaleReady({ ...radicaleOf(config), password: readSecret(config.secrets.calendarPasswordFile) }, options.signal);
}

/** Writes the files of a server and tells how it is started. Throws `port_taken`, `program_missing` and what the servers throw. */
export function prepareServer(name: ServerName, config: Config): Promise<ServerProcess> {
  const { paths, ari, sip, secrets, people } = config;
  if (name === 'redis') return spawnRedis({ dataDir: join(paths.data, 'redis'), socket: paths.sockets.redis });
  if (name === 'calendar') return spawnRadicale(radicaleOf(config));
  return spawnAsterisk({
    projectDir: PROJECT_DIR,
    instanceDir: join(paths.asterisk, 'main'),
    keysDir: paths.keys,
    ariPasswordFile: secrets.ariPasswordFile,
    ariUser: ari.user,
    httpPort: ari.port,
    sipBindAddress: sip.host,
    sipPort: sip.port,
    rtpPortMin: sip.rtpPortMin,
    rtpPortMax: sip.rtpPortMax,
    stasisApp: APP_CALLERS,
    humanRingS: Math.ceil(people.ringTimeoutMs / 1000),
  });
}

async function serverSpecs(config: Config): Promise<readonly ProcessSpec[]> {
  const specs: ProcessSpec[] = [];
  for (const name of serversOf(config)) specs.push({ ...(await prepareServer(name, config)), name, after: [] });
  return specs;
}

/** The configuration in force, written where the processes of this stack read it. */
function writeConfigInForce(config: Config): string {
  const { file: _file, practiceFile, paths, profile: _profile, calendarUrl: _url, secrets, ...keys } = config;
  const target = join(config.paths.run, 'config.yaml');
  const absolute = {
    ...keys,
    dataDir: paths.data,
    practice: practiceFile,
    models: { ...keys.models, manifest: paths.modelsManifest },
    ari: { ...keys.ari, passwordFile: secrets.ariPasswordFile },
    calendar: { ...keys.calendar, passwordFile: secrets.calendarPasswordFile },
    redis: { ...keys.redis, socket: paths.sockets.redis },
  };
  writeAtomically(target, stringify(absolute));
  return target;
}

/**
 * Starts the whole product and resolves when a call would be answered. Throws `port_taken`, `program_missing`, `process_failed`
 * and what the servers themselves throw; what was started by then is stopped.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { config, clock, log, scope } = options;
  makePrivateDirs(config.paths.data, config.paths.run, config.paths.log, config.paths.keys, config.paths.cache);
  const servers = await serverSpecs(config);
  const configFile = writeConfigInForce(config);
  const present = new Set(servers.map(({ name }) => name).concat(NODE_PROCESSES.map(({ name }) => name)));
  const specs = [...servers, ...NODE_PROCESSES.map((process) => nodeSpec(process, config, configFile, present))];
  const supervisor = createSupervisor({ specs, logDir: config.paths.log, clock, log, scope: scope.child('supervisor') });
  try {
    await supervisor.start();
  } catch (error) {
    await supervisor.stop();
    throw error;
  }
  return { config, supervisor, frontdeskPasswordFile: asteriskSecretFiles(config.paths.keys).frontdesk, stop: () => supervisor.stop() };
}
