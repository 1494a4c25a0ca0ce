import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../base/app-error.ts';
import { finishClause } from '../../audio/loudness.ts';
import { resample } from '../../audio/resample.ts';
import { toFloat32, toInt16 } from '../../audio/sample.ts';
import { decodeWav, encodeWav } from '../../audio/wav.ts';
import { SAMPLE_RATE_HZ } from '../../base/units.ts';
import type { SpokenVoiceSpec } from './voice-name.ts';

/** Speech rate of espeak-ng and of flite when nothing is asked for, in words a minute. */
const ESPEAK_WPM = 175;
const FLITE_WPM = 170;
const RENDER_MS_MAX = 20_000;
/** Part of every cache key: another way of rendering must not find the old audio. */
const RENDER_VERSION = '1';
/** Rendered sentences kept; beyond it the cache starts anew. */
const CACHE_FILES_MAX = 5000;

/** Runs a speech program with the text on its standard input. Throws `speech_failed`, or `program_missing`. */
export function runProgram(program: string, args: readonly string[], input: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, [...args], { timeout: RENDER_MS_MAX, signal, maxBuffer: 4_194_304 }, (error, stdout) => {
      if (error === null) return resolve(stdout);
      if (signal.aborted)
        return reject(signal.reason instanceof Error ? signal.reason : new AppError('cancelled', 'rendering was cancelled'));
      return reject(
        new AppError(error.code === 'ENOENT' ? 'program_missing' : 'speech_failed', `${program}: ${error.message.trim()}`, {
          cause: error,
        }),
      );
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/** 8 kHz from a file of any rate. */
export async function readWavAt8k(path: string): Promise<Int16Array> {
  const audio = decodeWav(await readFile(path));
  return toInt16(resample(toFloat32(audio.pcm), audio.sampleRateHz, SAMPLE_RATE_HZ));
}

function programFor(spec: SpokenVoiceSpec, text: string, out: string): { readonly program: string; readonly args: readonly string[] } {
  if (spec.engine === 'espeak-ng')
    return { program: 'espeak-ng', args: ['-v', spec.name, '-s', String(spec.wordsPerMinute ?? ESPEAK_WPM), '--stdin', '-w', out] };
  const stretch = FLITE_WPM / (spec.wordsPerMinute ?? FLITE_WPM);
  return { program: 'flite', args: ['-voice', spec.name, '--setf', `duration_stretch=${stretch.toFixed(3)}`, '-t', text, '-o', out] };
}

/** Speaks a text into 8 kHz audio of even loudness without leading or trailing silence. Throws `speech_failed` when nothing is audible. */
export async function synthesise(
  spec: SpokenVoiceSpec,
  text: string,
  options: { readonly folder: string; readonly signal: AbortSignal },
): Promise<Int16Array> {
  const out = join(options.folder, `${randomUUID()}.tmp.wav`);
  try {
    const { program, args } = programFor(spec, text, out);
    await runProgram(program, args, `${text}\n`, options.signal);
    const pcm = finishClause(await readWavAt8k(out));
    if (pcm.length === 0) throw new AppError('speech_failed', `${program} made no sound of a sentence of ${text.length} characters`);
    return pcm;
  } finally {
    rmSync(out, { force: true });
  }
}

/** Keeps rendered sentences on disk under the hash of voice and text. */
export interface SpeechCache {
  readonly folder: string;
  get(spec: SpokenVoiceSpec, text: string, options: { readonly signal: AbortSignal }): Promise<Int16Array>;
}

export function openSpeechCache(folder: string): SpeechCache {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (readdirSync(folder).length > CACHE_FILES_MAX) {
    rmSync(folder, { recursive: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
  return {
    folder,
    get: async (spec, text, options) => {
      const key = createHash('sha256')
        .update(JSON.stringify([RENDER_VERSION, spec.engine, spec.name, spec.wordsPerMinute ?? null, text]))
        .digest('hex');
      const path = join(folder, `${key}.wav`);
      const kept = await readFile(path).catch(() => null);
      if (kept !== null) return decodeWav(kept).pcm;
      const pcm = await synthesise(spec, text, { folder, signal: options.signal });
      const part = join(folder, `${randomUUID()}.tmp`);
      await writeFile(part, encodeWav({ sampleRateHz: SAMPLE_RATE_HZ, pcm }), { mode: 0o600 });
      renameSync(part, path);
      return pcm;
    },
  };
}
