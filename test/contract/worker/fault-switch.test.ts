import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { installFaultSwitch, isDeathOrdered, ON_ORDER, orderDeath, timesFired } from '../../../src/app/worker/fault-switch.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** Visits a point a number of times in a process of its own; how it ended, and how far it came. */
function visit(faultPoint: string, visits: number): { readonly signal: string | null; readonly came: number } {
  const source = (path: string): string => JSON.stringify(join(import.meta.dirname, '..', '..', '..', 'src', path));
  const script = `
    import { installFaultSwitch } from ${source('app/worker/fault-switch.ts')};
    import { faultPoint } from ${source('base/fault-point.ts')};
    import { writeSync } from 'node:fs';
    installFaultSwitch(${JSON.stringify(faultPoint)}, ${JSON.stringify(folder.path)});
    for (let n = 0; n < ${visits}; n += 1) { writeSync(1, '.'); faultPoint('before_send'); faultPoint('after_claim'); }
  `;
  const { signal, stdout } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], { env: { PATH: '' } });
  return { signal, came: stdout.length };
}

describe('the fault switch', () => {
  test('with a bare name lets the first process die at its first visit, and no other one', () => {
    expect(visit('after_claim', 3)).toEqual({ signal: 'SIGKILL', came: 1 });
    expect(visit('after_claim', 3)).toEqual({ signal: null, came: 3 });
    expect(timesFired(folder.path, 'after_claim')).toBe(1);
  });

  test('on order lets whoever comes by at the point of the order die, once for each order', () => {
    expect(visit(ON_ORDER, 3)).toEqual({ signal: null, came: 3 });
    for (const times of [1, 2]) {
      orderDeath(folder.path, 'after_claim');
      expect(isDeathOrdered(folder.path)).toBe(true);
      expect(visit(ON_ORDER, 3)).toEqual({ signal: 'SIGKILL', came: 1 });
      expect(isDeathOrdered(folder.path)).toBe(false);
      expect(visit(ON_ORDER, 3)).toEqual({ signal: null, came: 3 });
      expect(timesFired(folder.path, 'after_claim')).toBe(times);
    }
    orderDeath(folder.path, 'after_accept');
    expect(visit(ON_ORDER, 3)).toEqual({ signal: null, came: 3 });
    expect(timesFired(folder.path, 'after_accept')).toBe(0);
  });

  test.each(['nowhere', 'AFTER_CLAIM', ''])('refuses %j', (name) => {
    expect(() => installFaultSwitch(name, folder.path)).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  });
});
