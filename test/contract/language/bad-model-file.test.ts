// A model file may be missing, cut short or overwritten. llama.cpp ends its process on some of these, so the checksum is compared
// first; and even a bad file whose checksum fits must not end the process that started the language process.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const STARTER = join(import.meta.dirname, '../../../models/starter/act');
const folder = temporaryFolder();
afterAll(() => folder.remove());

interface Ending {
  readonly exitCode: number | string;
  readonly said: string;
}

function load(model: string, description = join(STARTER, 'act.json')): Promise<Ending> {
  const args = ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'load-model.ts'), model, description];
  return new Promise((resolve) => {
    execFile(process.execPath, args, (error, stdout) => {
      resolve({ exitCode: error === null ? 0 : (error.code ?? error.signal ?? 'unknown'), said: stdout.trim() });
    });
  });
}

/** A model of these bytes, and a description whose checksum fits. */
function forged(name: string, bytes: Uint8Array): readonly [string, string] {
  const model = join(folder.path, `${name}.gguf`);
  const description = join(folder.path, `${name}.json`);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  writeFileSync(model, bytes);
  writeFileSync(description, JSON.stringify({ ...(JSON.parse(readFileSync(join(STARTER, 'act.json'), 'utf8')) as object), sha256 }));
  return [model, description];
}

describe('a language process with a bad model file', () => {
  it('loads the shipped file, for comparison', async () => {
    expect(await load(join(STARTER, 'act.gguf'))).toEqual({ exitCode: 0, said: '{"act":"book"}' });
  });

  it('says model_missing without the file', async () => {
    expect(await load(join(folder.path, 'absent.gguf'))).toEqual({ exitCode: 1, said: '{"code":"model_missing"}' });
  });

  it('says model_corrupt when one byte differs', async () => {
    const changed = join(folder.path, 'changed.gguf');
    cpSync(join(STARTER, 'act.gguf'), changed);
    const bytes = readFileSync(changed);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    writeFileSync(changed, bytes);
    expect(await load(changed)).toEqual({ exitCode: 1, said: '{"code":"model_corrupt"}' });
  });

  it.each([
    ['nothing', (): Uint8Array => Buffer.alloc(0)],
    ['text', (): Uint8Array => Buffer.from('<html>not found</html>')],
    ['half a model', (): Uint8Array => readFileSync(join(STARTER, 'act.gguf')).subarray(0, 1_500_000)],
    ['the head of a model', (): Uint8Array => readFileSync(join(STARTER, 'act.gguf')).subarray(0, 2000)],
  ])('that has the checksum of %s says model_corrupt, and its parent lives', async (name, bytes) => {
    expect(await load(...forged(name.replaceAll(' ', '-'), bytes()))).toEqual({
      exitCode: 1,
      said: '{"code":"model_corrupt"}',
    });
  });
});
