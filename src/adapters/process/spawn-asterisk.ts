import { join } from 'node:path';
import { request } from 'undici';
import { AppError } from '../../base/app-error.ts';
import { type AsteriskValues, renderAsteriskFiles } from './asterisk-files.ts';
import { assertAsteriskVersion } from './asterisk-version.ts';
import { assertSocketPath, ensureSecret, makePrivateDirs } from './files.ts';
import { assertPortsFree } from './free-port.ts';
import { pollUntil } from './poll.ts';
import { SERVER_ENV, type ServerProcess, dyingWithParent } from './server-process.ts';

export interface AsteriskInstance {
  /** The project's folder, where `asterisk-conf` and `scripts` are. */
  readonly projectDir: string;
  /** Everything the instance writes: etc, lib, spool, run, log. Absolute and short: sockets lie below it. */
  readonly instanceDir: string;
  /** Folder of generated passwords. */
  readonly keysDir: string;
  readonly ariPasswordFile: string;
  readonly ariUser: string;
  readonly httpPort: number;
  readonly sipBindAddress: string;
  readonly sipPort: number;
  readonly rtpPortMin: number;
  readonly rtpPortMax: number;
  readonly stasisApp: string;
  readonly humanRingS?: number;
  readonly toneCountry?: AsteriskValues['toneCountry'];
}

/** The dead-man's switch: the daemon refreshes it every two seconds. */
const DEAD_MAN_SWITCH_S = 7;
const HUMAN_RING_S = 25;
const HUMAN_CALL_LIMIT_S = 4 * 3600;
const LOOPBACK = '127.0.0.1';
/** Time for one look at the HTTP server, in milliseconds. */
const ASK_MS_MAX = 1000;
/** What a call needs; ARI answers before these are there. */
const MODULES_NEEDED = ['chan_pjsip.so', 'chan_websocket.so', 'app_stasis.so', 'pbx_config.so'];

/** Where the passwords of an instance lie; the practice's phone registers with the one of `frontdesk`. */
export function asteriskSecretFiles(keysDir: string): { readonly frontdesk: string; readonly voicemail: string } {
  return { frontdesk: join(keysDir, 'frontdesk.password'), voicemail: join(keysDir, 'voicemail.pin') };
}

/**
 * Prepares an Asterisk of its own: folders, secrets, configuration. Several instances run at once on different ports.
 * Throws `port_taken`, `config_invalid`, `secret_unreadable`; `isReady` throws `ari_unauthorized` and `asterisk_too_old`.
 */
export async function spawnAsterisk(instance: AsteriskInstance): Promise<ServerProcess> {
  const { projectDir, instanceDir } = instance;
  assertSocketPath(join(instanceDir, 'run', 'asterisk.ctl'));
  await assertPortsFree([
    { protocol: 'tcp', host: LOOPBACK, port: instance.httpPort, purpose: "Asterisk's HTTP server", key: 'ari.port' },
    { protocol: 'udp', host: instance.sipBindAddress, port: instance.sipPort, purpose: 'SIP', key: 'sip.port' },
  ]);
  makePrivateDirs(
    ...['agi', 'cache', 'generated', 'lib/keys/stir_shaken/cache', 'log', 'run', 'spool/recording', 'spool/tmp'].map((name) =>
      join(instanceDir, name),
    ),
  );
  const ariPassword = ensureSecret(instance.ariPasswordFile);
  const secretFiles = asteriskSecretFiles(instance.keysDir);
  renderAsteriskFiles({
    templateDir: join(projectDir, 'asterisk-conf'),
    outDir: join(instanceDir, 'etc'),
    values: {
      instanceDir,
      httpPort: instance.httpPort,
      ariUser: instance.ariUser,
      ariPassword,
      sipBindAddress: instance.sipBindAddress,
      sipPort: instance.sipPort,
      rtpPortMin: instance.rtpPortMin,
      rtpPortMax: instance.rtpPortMax,
      frontdeskPassword: ensureSecret(secretFiles.frontdesk),
      voicemailPin: ensureSecret(secretFiles.voicemail),
      stasisApp: instance.stasisApp,
      deadManSwitchS: DEAD_MAN_SWITCH_S,
      humanRingS: instance.humanRingS ?? HUMAN_RING_S,
      humanCallLimitS: HUMAN_CALL_LIMIT_S,
      toneCountry: instance.toneCountry ?? 'us',
    },
  });
  return {
    ...dyingWithParent(join(projectDir, 'scripts', 'asterisk.sh'), [instanceDir, '-f']),
    env: SERVER_ENV,
    cwd: instanceDir,
    isReady: ({ signal }) => asteriskReady({ port: instance.httpPort, user: instance.ariUser, password: ariPassword }, signal),
    readyMsMax: 20_000,
    stopMsMax: 5000,
  };
}

interface AriAccess {
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

async function asteriskReady(access: AriAccess, signal: AbortSignal): Promise<void> {
  const info = await pollUntil(() => askAri(access, '/asterisk/info', signal), signal);
  assertAsteriskVersion(versionOf(info));
  for (const name of MODULES_NEEDED) {
    await pollUntil(async () => {
      const module = await askAri(access, `/asterisk/modules/${name}`, signal);
      return isRunning(module) ? module : null;
    }, signal);
  }
}

/** The body of an answer 200; null while Asterisk is not there yet. Throws `ari_unauthorized`. */
async function askAri(access: AriAccess, path: string, signal: AbortSignal): Promise<unknown> {
  const authorization = `Basic ${Buffer.from(`${access.user}:${access.password}`).toString('base64')}`;
  try {
    const answer = await request(`http://${LOOPBACK}:${access.port}/ari${path}`, {
      headers: { authorization },
      headersTimeout: ASK_MS_MAX,
      bodyTimeout: ASK_MS_MAX,
      signal,
    });
    const text = await answer.body.text();
    if (answer.statusCode === 401) throw new AppError('ari_unauthorized', `Asterisk refused the ARI user ${access.user}`);
    return answer.statusCode === 200 ? (JSON.parse(text) as unknown) : null;
  } catch (error) {
    if (error instanceof AppError) throw error;
    return null;
  }
}

function versionOf(info: unknown): string {
  const system = typeof info === 'object' && info !== null && 'system' in info ? info.system : null;
  const version = typeof system === 'object' && system !== null && 'version' in system ? system.version : null;
  return typeof version === 'string' ? version : 'unknown';
}

function isRunning(module: unknown): boolean {
  return typeof module === 'object' && module !== null && 'status' in module && module.status === 'Running';
}
