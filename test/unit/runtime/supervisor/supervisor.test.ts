import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createSystemClock } from '../../../../src/adapters/clock/system-clock.ts';
import { pollUntil } from '../../../../src/adapters/process/poll.ts';
import { createScope, type Scope } from '../../../../src/base/scope.ts';
import type { Logger } from '../../../../src/ports/logger.ts';
import { createSupervisor, type ProcessSpec, type Supervisor } from '../../../../src/runtime/supervisor/supervisor.ts';

const quiet: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined, child: () => quiet };
const limit = (): AbortSignal => AbortSignal.timeout(4000);
let running: { readonly supervisor: Supervisor; readonly scope: Scope } | null = null;
afterEach(async () => {
  await running?.supervisor.stop();
  running = null;
});

const folder = (): string => mkdtempSync(join(tmpdir(), 'vestibule-sup-'));

/** A process that writes its pid to a file, and is ready when the file is there. */
function pidWriter(dir: string, name: string, change: Partial<ProcessSpec> = {}): ProcessSpec & { readonly file: string } {
  const file = join(dir, `${name}.pid`);
  const program = `require('fs').writeFileSync(${JSON.stringify(file)}, String(process.pid)); setInterval(() => {}, 1000)`;
  return {
    name,
    file,
    command: process.execPath,
    args: ['-e', program],
    env: {},
    cwd: dir,
    after: [],
    readyMsMax: 4000,
    stopMsMax: 1000,
    isReady: async ({ signal }) => {
      await pollUntil(() => Promise.resolve(existsSync(file) ? true : null), signal);
    },
    ...change,
  };
}

function supervise(dir: string, specs: readonly ProcessSpec[]): Supervisor {
  const scope = createScope('test');
  const supervisor = createSupervisor({ specs, logDir: join(dir, 'log'), clock: createSystemClock(), log: quiet, scope });
  running = { supervisor, scope };
  return supervisor;
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('the supervisor', () => {
  it('starts in order and ends everything it started', async () => {
    const dir = folder();
    const first = pidWriter(dir, 'first');
    const order: string[] = [];
    const second = pidWriter(dir, 'second', { after: ['first'] });
    const supervisor = supervise(dir, [
      { ...first, isReady: (options) => first.isReady(options).then(() => void order.push('first ready')) },
      { ...second, isReady: (options) => (order.push('second started'), second.isReady(options)) },
    ]);
    await supervisor.start();
    expect(order).toEqual(['first ready', 'second started']);
    const pids = supervisor.processes().map(({ pid }) => pid ?? 0);
    await supervisor.stop();
    expect(pids.map(isAlive)).toEqual([false, false]);
  });

  it('starts a killed process again', async () => {
    const dir = folder();
    const spec = pidWriter(dir, 'one');
    const supervisor = supervise(dir, [spec]);
    await supervisor.start();
    const old = supervisor.processes()[0]?.pid ?? 0;
    rmSync(spec.file);
    process.kill(old, 'SIGKILL');
    const fresh = await pollUntil(
      () => Promise.resolve(existsSync(spec.file) ? Number(readFileSync(spec.file, 'utf8')) || null : null),
      limit(),
    );
    expect(fresh).not.toBe(old);
    expect(supervisor.processes()[0]).toMatchObject({ restarts: 1, pid: fresh });
  });

  it('keeps a held process away until it is resumed', async () => {
    const dir = folder();
    const spec = pidWriter(dir, 'one');
    const supervisor = supervise(dir, [spec]);
    await supervisor.start();
    await supervisor.hold('one');
    expect(supervisor.processes()[0]?.pid).toBeNull();
    await supervisor.resume('one');
    expect(isAlive(supervisor.processes()[0]?.pid ?? 0)).toBe(true);
  });

  it('says which process failed to start, with its last words', async () => {
    const dir = folder();
    const spec = pidWriter(dir, 'bad', { args: ['-e', 'console.error("no such model"); process.exit(3)'] });
    await expect(supervise(dir, [spec]).start()).rejects.toMatchObject({
      code: 'process_failed',
      message: expect.stringMatching(/bad ended while starting[^]*no such model/),
    });
  });
});
