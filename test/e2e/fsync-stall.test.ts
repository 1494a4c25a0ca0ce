/**
 * A disk on which every fsync of the worker and of the daemon takes a second. The real worker, media and voice processes, Redis, calendar
 * server and Asterisk; the daemon is the part of it that a caller waits for, in a process of its own. What is looked at is what the caller
 * hears: the voice, frame by frame, and what is said of the request. It listens to the time of frames, and so has the machine for itself.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRpcClient } from '../../src/adapters/ipc/rpc.ts';
import type { Series } from '../../src/adapters/metrics/counters.ts';
import { freeTcpPort } from '../../src/adapters/process/free-port.ts';
import { openWebSocketMediaLeg } from '../../src/adapters/asterisk/websocket-media-leg.ts';
import { rms } from '../../src/audio/level.ts';
import { FRAME_MS, FRAME_SAMPLES } from '../../src/base/units.ts';
import { PROJECT_DIR } from '../../src/config/config.ts';
import { startAsteriskLegs, type AsteriskLegs } from '../contract/media-leg/asterisk-legs.ts';
import { eventually } from '../support/eventually.ts';
import { createKeptLogger } from '../support/kept-logger.ts';
import { spawnOnSlowDisk, stallsOf, type SlowDisk, type SlowProgram } from '../support/slow-disk.ts';
import { startSpeechProcess, type SpeechProcess } from '../support/speech-processes.ts';
import { createWriteBackRig, freshBooking, type WriteBackRig } from '../support/write-back-rig.ts';

const STALL_MS = 1000;
/** What a caller hears while the request is written; long enough for all of it. */
const CLAUSES = [
  'One moment please, I am writing this down for you.',
  'The practice is open from eight to twelve and from two to six on weekdays.',
  'Please bring your insurance card, and a list of the medicines that you take.',
];
/** A frame that is louder is voice. */
const VOICE_RMS = 0.01;
/** Frames by which two renderings of the same words may differ on their way; a stall is fifty. */
const SHIFT_FRAMES_MAX = 10;

/** What the daemon told, and how many frames the caller had heard by then. */
interface Told {
  readonly line: Readonly<Record<string, unknown>>;
  readonly frames: number;
  readonly lateFrames: number;
}

let rig: WriteBackRig;
let asterisk: AsteriskLegs;
let speech: SpeechProcess[];
let configFile: string;
let worker: SlowProgram;
let disks: { readonly worker: SlowDisk; readonly daemon: SlowDisk };
const workerLines: string[] = [];
const bookings = [freshBooking(), freshBooking()];
/** Loudness of every frame that the caller heard. */
const frames: number[] = [];
const told: Told[] = [];

const at = (wanted: Readonly<Record<string, unknown>>): Told => {
  const found = told.find(({ line }) => Object.entries(wanted).every(([name, value]) => line[name] === value));
  if (found === undefined)
    throw new Error(`the daemon did not tell ${JSON.stringify(wanted)}: ${JSON.stringify(told.map(({ line }) => line))}`);
  return found;
};

/** The voice in a part of what was heard: from its first to its last loud frame. */
function voiceIn(part: readonly number[]): { readonly loud: number; readonly span: number } {
  const loud = part.flatMap((level, index) => (level > VOICE_RMS ? [index] : []));
  return { loud: loud.length, span: (loud.at(-1) ?? 0) - (loud[0] ?? 0) };
}

/** Plays the call until the daemon has ended. */
async function callOn(): Promise<void> {
  const [near, far] = [await asterisk.create(), await asterisk.create()];
  const measures = createRpcClient({ path: join(rig.folder, 'var', 'run', 'metrics-media.sock'), signal: AbortSignal.timeout(100_000) });
  const lateFrames = async (): Promise<number> => {
    const series = (await measures.call('metrics', null, { signal: AbortSignal.timeout(5000), limitMs: 5000 })) as readonly Series[];
    return series.filter(({ name }) => name === 'audio_late_frames_total').reduce((sum, { value }) => sum + value, 0);
  };
  const ear = await openWebSocketMediaLeg({
    url: far.url,
    handlers: { onFrame: (frame) => void frames.push(rms(frame)), onMark: () => undefined, onClosed: () => undefined },
    logger: createKeptLogger(),
    signal: AbortSignal.timeout(10_000),
  });
  const script = join(PROJECT_DIR, 'test', 'support', 'stalled-daemon.ts');
  const telling: Promise<void>[] = [];
  const daemon = spawnOnSlowDisk(disks.daemon, [script, near.url, JSON.stringify(bookings), ...CLAUSES], {
    configFile,
    onLine: (line) => {
      const heard = frames.length;
      const parsed = line.startsWith('{') ? (JSON.parse(line) as Told['line']) : { said: line };
      telling.push(lateFrames().then((late) => void told.push({ line: parsed, frames: heard, lateFrames: late })));
    },
  });
  await asterisk.join([near.channel, far.channel]);
  const silence = new Int16Array(FRAME_SAMPLES);
  const breath = setInterval(() => ear.send(silence), FRAME_MS);
  await daemon.ended;
  await Promise.all(telling);
  clearInterval(breath);
  measures.close();
  ear.close();
}

beforeAll(async () => {
  rig = await createWriteBackRig();
  configFile = join(rig.folder, 'slow.yaml');
  mkdirSync(join(rig.folder, 'var', 'run'), { recursive: true });
  const { url, user, passwordFile } = rig.calendar;
  const config = {
    dataDir: join(rig.folder, 'var'),
    calendar: { managed: false, url, user, passwordFile },
    redis: { managed: false, socket: rig.redis.socket },
    monitoring: { port: await freeTcpPort() },
  };
  writeFileSync(configFile, JSON.stringify(config));
  [asterisk, ...speech] = await Promise.all([
    startAsteriskLegs(rig.folder),
    startSpeechProcess('voice', configFile),
    startSpeechProcess('media', configFile),
  ]);
  const disk = (name: string): SlowDisk => ({ stallMs: STALL_MS, log: join(rig.folder, `${name}.strace`) });
  disks = { worker: disk('worker'), daemon: disk('daemon') };
  worker = spawnOnSlowDisk(disks.worker, [join(PROJECT_DIR, 'src', 'app', 'worker.ts')], {
    configFile,
    onLine: (line) => workerLines.push(line),
  });
  await eventually('the worker is ready', () => workerLines.some((line) => line.includes('"ready"')), 30_000);
  await callOn();
}, 120_000);
afterAll(async () => {
  await worker.kill();
  await Promise.all([...speech.map((one) => one.stop()), asterisk.stop()]);
  await rig.close();
});

describe('a disk that stalls for a second at every fsync', () => {
  test('has held up the daemon and the worker, again and again', () => {
    expect(stallsOf(disks.daemon)).toBeGreaterThanOrEqual(bookings.length);
    expect(stallsOf(disks.worker)).toBeGreaterThanOrEqual(bookings.length);
  });

  test('holds up no audio: the caller hears the same words in the same time as before, while the daemon hangs too', () => {
    const control = voiceIn(frames.slice(0, at({ spoken: 'control' }).frames));
    const during = voiceIn(frames.slice(at({ spoken: 'control' }).frames, at({ spoken: 'during' }).frames));
    expect(control.loud).toBeGreaterThan(100);
    expect(Math.abs(during.span - control.span)).toBeLessThanOrEqual(SHIFT_FRAMES_MAX);
    expect(Math.abs(during.loud - control.loud)).toBeLessThanOrEqual(SHIFT_FRAMES_MAX);
    // Its clock went on: the first request alone took more than a stall, and the frames of that time were heard meanwhile.
    expect(at({ settled: 1 }).frames - at({ submitting: 1 }).frames).toBeGreaterThan(STALL_MS / FRAME_MS);
  });

  test('makes fewer late frames than there were stalls, as the media process itself counts them', () => {
    const late = at({ spoken: 'during' }).lateFrames - at({ spoken: 'control' }).lateFrames;
    expect(late).toBeLessThan(stallsOf(disks.daemon));
  });

  test('is no reason to lie: every request is noted and told as pending, none as done or as failed', () => {
    for (const seq of bookings.keys()) expect(at({ settled: seq + 1 }).line['as']).toBe('pending');
    expect(rig.ledger.promises({ open: false }).length).toBe(bookings.length);
  });

  test('loses and doubles nothing: each is written in one attempt, under one lease, and confirmed by one person', async () => {
    const rows = (): ReturnType<typeof rig.ledger.list> => rig.ledger.list({ limit: 10 });
    await eventually('all are verified', () => rows().every(({ state }) => state === 'verified'), 60_000);
    expect(rows().map(({ attempts }) => attempts)).toEqual(bookings.map(() => 1));
    for (const booking of bookings) expect(await rig.entries(booking)).toHaveLength(1);
    const tasks = (): ReturnType<typeof rig.ledger.tasks> => rig.ledger.tasks({ open: true });
    await eventually('the promises have ended', () => tasks().length === bookings.length, 60_000);
    expect(tasks().map(({ reason }) => reason)).toEqual(bookings.map(() => 'confirm_booking'));
    expect(workerLines.filter((line) => line.includes('lease lost') || line.includes('operation taken over'))).toEqual([]);
  });
});
