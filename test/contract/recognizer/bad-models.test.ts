import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MODELS_DIR, readManifestText, refusalOf, writeSpeechConfig } from '../../support/speech-processes.ts';
import { makeScratchDir, removeDir } from '../process/started-server.ts';

interface Manifest {
  readonly packs: {
    readonly models: {
      readonly role: string;
      sampleRateHz: number | null;
      readonly files: Record<string, { path: string; sha256: string; bytes: number }>;
    }[];
  }[];
}

let folder = '';
let configFile = '';
let manifest: Manifest;
const modelOf = (role: string): Manifest['packs'][number]['models'][number] => {
  const found = manifest.packs[0]?.models.find((model) => model.role === role);
  if (found === undefined) throw new Error(`no ${role}`);
  return found;
};
const save = (): void => writeFileSync(join(folder, 'models', 'manifest.json'), JSON.stringify(manifest));
const fileOf = (role: string, part: string): { path: string; sha256: string } => {
  const file = modelOf(role).files[part];
  if (file === undefined) throw new Error(`no ${part}`);
  return file;
};

beforeEach(() => {
  folder = makeScratchDir();
  manifest = JSON.parse(readManifestText()) as Manifest;
  // A copy of every file, so that a test may break it.
  for (const model of manifest.packs.flatMap((pack) => pack.models)) {
    for (const file of Object.values(model.files)) {
      const copy = join(model.role, basename(file.path));
      mkdirSync(dirname(join(folder, 'models', copy)), { recursive: true });
      cpSync(resolve(MODELS_DIR, file.path), join(folder, 'models', copy));
      file.path = copy;
    }
  }
  configFile = writeSpeechConfig(folder, { models: { manifest: 'models/manifest.json' } });
});
afterEach(() => removeDir(folder));

describe.each([
  ['recogniser', 'recogniser'],
  ['voice', 'voice'],
  ['media', 'vad'],
] as const)('the %s process and a bad model', (name, role) => {
  test('a missing file is named, with exit code 3', async () => {
    const { path } = fileOf(role, 'model');
    rmSync(join(folder, 'models', path));
    save();
    const { code, said } = await refusalOf(name, configFile);
    expect(code).toBe(3);
    expect(said).toContain('model_missing');
    expect(said).toContain(path);
  });

  test('a file that was changed is refused before native code sees it', async () => {
    const path = join(folder, 'models', fileOf(role, 'model').path);
    const content = readFileSync(path);
    content.fill(0xff, content.length >> 1, (content.length >> 1) + 64);
    writeFileSync(path, content);
    save();
    const { code, said } = await refusalOf(name, configFile);
    expect(code).toBe(3);
    expect(said).toContain('model_corrupt');
    expect(said).toContain('What to do');
  });

  test('a manifest that is not there, or is none, is refused', async () => {
    writeFileSync(join(folder, 'models', 'manifest.json'), '{"packs": 1}');
    expect(await refusalOf(name, configFile)).toMatchObject({ code: 3, said: expect.stringContaining('model_corrupt') as string });
  });
});

describe('a wrong sample rate', () => {
  test.each([
    ['recogniser', 'recogniser'],
    ['media', 'vad'],
  ] as const)('the %s process refuses a model for 16 kHz', async (name, role) => {
    modelOf(role).sampleRateHz = 16_000;
    save();
    const { code, said } = await refusalOf(name, configFile);
    expect(code).toBe(3);
    expect(said).toContain('sample_rate_wrong');
    expect(said).toContain('16000');
  });
});

test('a file with the right checksum that is no voice activity model is refused as corrupt', async () => {
  const file = fileOf('vad', 'model');
  writeFileSync(join(folder, 'models', file.path), 'not a model');
  file.sha256 = createHash('sha256').update('not a model').digest('hex');
  save();
  expect(await refusalOf('media', configFile)).toMatchObject({ code: 3, said: expect.stringContaining('model_corrupt') as string });
});
