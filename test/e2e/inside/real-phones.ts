/**
 * Runs in a network with nothing but loopback: starts the whole product, lets SIPp and baresip call it, and prints what they met as one
 * JSON line. Started by real-phones.test.ts.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSystemClock } from '../../../src/adapters/clock/system-clock.ts';
import { followEventFeed, type TimedFeedEvent } from '../../../src/adapters/feed/event-feed.ts';
import { startStack } from '../../../src/app/stack.ts';
import { encodeWav } from '../../../src/audio/wav.ts';
import { createScope } from '../../../src/base/scope.ts';
import { makeConfig } from '../../../src/config/config.ts';
import type { Logger } from '../../../src/ports/logger.ts';

/** An address of the range kept for documentation (RFC 5737), on this network's loopback device. */
const VISITOR = '192.0.2.10';
const folder = process.argv[2] ?? '';
const quiet: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (message) => process.stderr.write(`${message}\n`),
  child: () => quiet,
};
const config = makeConfig({ dataDir: join(folder, 'var') }, { file: null, base: folder });
const scope = createScope('real phones');

function run(
  command: string,
  args: readonly string[],
  limitMs: number,
): Promise<{ readonly exitCode: number | null; readonly output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, [...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output = (output + chunk.toString('utf8')).slice(-40_000)));
    child.on('close', (exitCode) => {
      clearTimeout(timer);
      resolve({ exitCode, output });
    });
  });
}

/** Calls, answers with ACK, stays for some seconds and hangs up: SIPp's own scenario of a caller. */
const sipp = (): ReturnType<typeof run> =>
  run(
    'sipp',
    [
      '-sn',
      'uac',
      '-m',
      '1',
      '-s',
      '100',
      '-i',
      '127.0.0.1',
      '-p',
      '25080',
      '-d',
      '4000',
      '-timeout',
      '30s',
      '-nostdin',
      `127.0.0.1:${config.sip.port}`,
    ],
    40_000,
  );

function baresipConfig(): string {
  const dir = join(folder, 'baresip');
  mkdirSync(dir, { recursive: true });
  const modules = '/usr/lib/baresip/modules';
  writeFileSync(
    join(dir, 'config'),
    [
      `module_path ${modules}`,
      `sip_listen ${VISITOR}:25090`,
      `audio_player aufile,${join(folder, 'heard.wav')}`,
      `audio_source aufile,${join(folder, 'quiet.wav')}`,
      'audio_alert aufile,/dev/null',
      'call_local_timeout 30',
      'module g711.so',
      'module aufile.so',
      'module_app account.so',
      'module_app menu.so',
      'rtp_ports 26000-26100',
      '',
    ].join('\n'),
  );
  writeFileSync(join(dir, 'accounts'), `<sip:visitor@${VISITOR}:25090>;regint=0;audio_codecs=PCMA\n`);
  writeFileSync(join(dir, 'contacts'), '');
  // A caller who says nothing: the line's faint noise.
  const quietPcm = Int16Array.from({ length: 8000 * 20 }, (_value, index) => (index * 7919) % 5);
  writeFileSync(join(folder, 'quiet.wav'), encodeWav({ sampleRateHz: 8000, pcm: quietPcm }));
  return dir;
}

const baresip = (): ReturnType<typeof run> =>
  run('baresip', ['-f', baresipConfig(), '-e', `/dial sip:100@127.0.0.1:${config.sip.port}`, '-t', '12'], 30_000);

/** baresip does not start where there are loopback addresses only: the network gets another one, which the trunk is told of. */
await run('ip', ['address', 'add', `${VISITOR}/32`, 'dev', 'lo'], 5000);
const generated = join(config.paths.asterisk, 'main', 'generated');
mkdirSync(generated, { recursive: true });
writeFileSync(join(generated, 'pjsip-visitor.conf'), `[visitor]\ntype = identify\nendpoint = trunk-demo\nmatch = ${VISITOR}/32\n`);

const events: TimedFeedEvent[] = [];
const stack = await startStack({ config, clock: createSystemClock(), log: quiet, scope });
try {
  followEventFeed({ path: config.paths.sockets.events, signal: scope.signal, onEvent: (event) => events.push(event) });
  const fromSipp = await sipp();
  const fromBaresip = await baresip();
  const rssKb = stack.supervisor.processes().map(({ name, pid }) => {
    const status = pid === null ? '' : readFileSync(`/proc/${pid}/status`, 'utf8');
    return { name, rssKb: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) };
  });
  process.stdout.write(`${JSON.stringify({ sipp: fromSipp, baresip: fromBaresip, events, rssKb })}\n`);
} finally {
  await stack.stop();
  scope.dispose();
}
process.exit(0);
