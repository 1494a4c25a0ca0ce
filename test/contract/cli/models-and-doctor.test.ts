import { rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { install, type Installation } from './vestibule.ts';

let home: Installation;
let paths: { readonly act: string; readonly vad: string };

beforeEach(() => {
  home = install();
  paths = home.models();
});
afterEach(() => home.remove());

describe('models', () => {
  test('list names packs and what is in them', async () => {
    expect((await home.json('models', 'list')).value).toMatchObject([{ id: 'small', models: [{ role: 'act' }, { role: 'vad' }] }]);
    expect((await home.vestibule('models', 'list')).stdout).toMatch(/^small\s+yes\s+en\s+vad\s+test\s+8000 Hz/m);
  });

  test('verify is content with files that match', async () => {
    expect(await home.json('models', 'verify')).toMatchObject({
      exitCode: 0,
      value: [
        { role: 'act', problem: null },
        { role: 'vad', problem: null },
      ],
    });
  });

  test('verify names a file that was changed, and ends with exit code 3', async () => {
    writeFileSync(paths.act, 'something else');
    const ran = await home.vestibule('models', 'verify');
    expect(ran.exitCode).toBe(3);
    expect(ran.stdout).toContain(`model_corrupt: ${paths.act} has sha256`);
    expect(ran.stdout).toMatch(/^small\s+vad\s+good$/m);
    const { value, exitCode } = await home.json('models', 'verify');
    expect(exitCode).toBe(3);
    expect(value).toMatchObject([
      { role: 'act', problem: { code: 'model_corrupt', message: expect.stringContaining(paths.act) } },
      { role: 'vad', problem: null },
    ]);
  });

  test('verify names a file that is missing, and ends with exit code 3', async () => {
    rmSync(paths.vad);
    const ran = await home.vestibule('models', 'verify');
    expect(ran.exitCode).toBe(3);
    expect(ran.stdout).toContain(`model_missing: ${paths.vad} is not there`);
  });

  test('a manifest that is no manifest is an error of its own', async () => {
    writeFileSync(`${home.folder}/models/manifest.json`, '{"packs": 1}');
    const ran = await home.vestibule('models', 'list', '--json');
    expect(ran).toMatchObject({ exitCode: 3, stdout: '' });
    expect(ran.stderr).toMatch(/^model_corrupt: /);
  });
});

interface Finding {
  readonly what: string;
  readonly state: string;
  readonly code: string | null;
  readonly detail: string;
}

describe('doctor', () => {
  test('finds nothing bad where the product has never run', async () => {
    const { value, exitCode } = await home.json('doctor');
    const findings = value as readonly Finding[];
    const state = (what: string): string | undefined => findings.find((one) => one.what === what)?.state;
    expect(findings.filter((one) => one.state === 'bad')).toEqual([]);
    expect(exitCode).toBe(0);
    for (const what of ['configuration', 'program redis-server', 'model small/act']) expect(state(what), what).toBe('good');
    for (const what of ['ledger', 'journal', 'records', 'asterisk', 'redis', 'calendar', 'process daemon', 'process worker'])
      expect(state(what), what).toBe('off');
  });

  test('names what is wrong with its code and the remedy, and ends with exit code 1', async () => {
    writeFileSync(paths.act, 'something else');
    const { value, exitCode } = await home.json('doctor');
    expect(exitCode).toBe(1);
    const bad = (value as readonly Finding[]).filter(({ state }) => state === 'bad');
    expect(bad).toMatchObject([{ what: 'model small/act', code: 'model_corrupt', detail: expect.stringContaining('Restore the file') }]);
    const { stdout } = await home.vestibule('doctor');
    expect(stdout).toMatch(/^bad\s+model small\/act\s+model_corrupt: /m);
  });
});
