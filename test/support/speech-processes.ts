import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execFileSync } from 'node:child_process';
import { decodeWav } from '../../src/audio/wav.ts';
import { resample } from '../../src/audio/resample.ts';
import { toFloat32, toInt16 } from '../../src/audio/sample.ts';
import { readFileSync } from 'node:fs';

const PROJECT_DIR = resolve(import.meta.dirname, '..', '..');

export interface SpeechProcess {
  readonly pid: number;
  readonly output: () => string;
  /** SIGKILL, and the end. */
  kill(): Promise<void>;
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null>;
}

/** Writes a configuration whose data lie in `folder`; decoding graphs are shared with other runs, since they take seconds to build. */
export function writeSpeechConfig(folder: string, more: Readonly<Record<string, unknown>> = {}): string {
  const graphs = join(PROJECT_DIR, 'var', 'cache', 'graphs');
  mkdirSync(graphs, { recursive: true });
  mkdirSync(join(folder, 'var', 'cache'), { recursive: true });
  symlinkSync(graphs, join(folder, 'var', 'cache', 'graphs'));
  const path = join(folder, 'config.yaml');
  writeFileSync(path, JSON.stringify({ dataDir: 'var', ...more }));
  return path;
}

function launch(name: string, configFile: string): { readonly child: ChildProcess; readonly output: () => string } {
  const child = spawn(join(PROJECT_DIR, 'bin', 'node'), [join(PROJECT_DIR, 'src', 'app', `${name}.ts`)], {
    env: { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', VESTIBULE_CONFIG: configFile },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return { child, output: () => output };
}

/** Starts a process of the product and waits for its line `ready`. */
export async function startSpeechProcess(name: 'recogniser' | 'voice' | 'media', configFile: string): Promise<SpeechProcess> {
  const { child, output } = launch(name, configFile);
  const over = once(child, 'close');
  await new Promise<void>((done, fail) => {
    child.stdout?.on('data', () => {
      if (output().includes('"msg":"ready"')) done();
    });
    child.on('close', (code) => fail(new Error(`${name} ended with ${code}: ${output()}`)));
  });
  return {
    pid: child.pid ?? -1,
    output,
    kill: async () => {
      child.kill('SIGKILL');
      await over;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await over;
      return child.exitCode;
    },
  };
}

/** Starts a process that is expected to refuse: its exit code and what it said. */
export async function refusalOf(
  name: 'recogniser' | 'voice' | 'media',
  configFile: string,
): Promise<{ readonly code: number | null; readonly said: string }> {
  const { child, output } = launch(name, configFile);
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await once(child, 'close');
  clearTimeout(timer);
  return { code: child.exitCode, said: output() };
}

/** A sentence spoken by espeak-ng (seed voice of the machine), 8 kHz. */
export function espeak(text: string, voice = 'en-us'): Int16Array {
  const wav = decodeWav(wholeWav(execFileSync('espeak-ng', ['-v', voice, '-s', '150', '--stdout', text], { maxBuffer: 64 * 1024 * 1024 })));
  return toInt16(resample(toFloat32(wav.pcm), wav.sampleRateHz, 8000));
}

/** espeak-ng writes a length it does not know yet: the real one is put in. */
function wholeWav(bytes: Buffer): Buffer {
  const data = bytes.indexOf('data');
  bytes.writeUInt32LE(bytes.length - data - 8, data + 4);
  return bytes;
}

/** The model files of the starter pack. */
export const MODELS_DIR = join(PROJECT_DIR, 'models');

export function readManifestText(): string {
  return readFileSync(join(MODELS_DIR, 'manifest.json'), 'utf8');
}
