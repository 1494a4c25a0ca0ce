import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const PROJECT = join(import.meta.dirname, '..', '..', '..');

export interface Ran {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An installation of its own as a user has it: a folder with config.yaml, data, and the command. */
export interface Installation {
  readonly folder: string;
  readonly data: string;
  /** Exchanges config.yaml: an object, or the text itself. */
  configure(config: object | string): void;
  vestibule(...args: readonly string[]): Promise<Ran>;
  /** Runs with `--json` and gives what was printed; throws when that is not one line of JSON on stdout. */
  json(...args: readonly string[]): Promise<{ readonly value: unknown; readonly exitCode: number | null; readonly stderr: string }>;
  /** A pack of small files with a manifest that describes them; gives the paths of the models. */
  models(): { readonly act: string; readonly vad: string };
  remove(): void;
}

function run(command: string, args: readonly string[], environment: Readonly<Record<string, string>>): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], {
      env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}

/** A shell line with the command in it, as somebody types it. */
export function shell(line: string, installation: Pick<Installation, 'folder'>): Promise<Ran> {
  return run('/bin/bash', ['-o', 'pipefail', '-c', line], {
    VESTIBULE: join(PROJECT, 'bin', 'vestibule'),
    VESTIBULE_CONFIG: join(installation.folder, 'config.yaml'),
  });
}

export function install(config: object = {}): Installation {
  const folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const file = join(folder.path, 'config.yaml');
  const configure = (next: object | string): void =>
    writeFileSync(file, typeof next === 'string' ? next : stringify({ dataDir: data, ...next }));
  configure(config);
  const vestibule = (...args: readonly string[]): Promise<Ran> => run(join(PROJECT, 'bin', 'vestibule'), args, { VESTIBULE_CONFIG: file });
  return {
    folder: folder.path,
    data,
    configure,
    vestibule,
    json: async (...args) => {
      const { stdout, stderr, exitCode } = await vestibule(...args, '--json');
      if (stdout.split('\n').length !== 2 || !stdout.endsWith('\n')) throw new Error(`not one line: ${stdout}\n${stderr}`);
      return { value: JSON.parse(stdout) as unknown, exitCode, stderr };
    },
    models: () => {
      const paths = { act: join(folder.path, 'models', 'pack', 'act.gguf'), vad: join(folder.path, 'models', 'pack', 'vad.onnx') };
      const described = Object.entries(paths).map(([role, path]) => {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, `the ${role} model`);
        const sha256 = createHash('sha256').update(`the ${role} model`).digest('hex');
        const described = { path: `pack/${role === 'act' ? 'act.gguf' : 'vad.onnx'}`, sha256, bytes: 12 };
        return {
          role,
          runtime: 'test',
          licence: 'Apache-2.0',
          url: null,
          sampleRateHz: role === 'vad' ? 8000 : null,
          files: { model: described },
        };
      });
      const manifest = join(folder.path, 'models', 'manifest.json');
      writeFileSync(manifest, JSON.stringify({ packs: [{ id: 'small', language: 'en', models: described }] }));
      configure({ models: { manifest, pack: 'small' } });
      return paths;
    },
    remove: () => folder.remove(),
  };
}
