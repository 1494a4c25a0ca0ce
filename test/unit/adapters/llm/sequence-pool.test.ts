import { describe, expect, it } from 'vitest';
import { createPool } from '../../../../src/adapters/llm/sequence-pool.ts';
import { AppError } from '../../../../src/base/app-error.ts';
import { createScope } from '../../../../src/base/scope.ts';

const anyItem = (): number => 0;
const { signal } = createScope('test');

describe('a pool of sequences', () => {
  it('lends the free item that is rated highest', async () => {
    const pool = createPool(['a', 'bb', 'ccc'], 4);
    expect(await pool.borrow((item) => item.length, { signal })).toBe('ccc');
    expect(await pool.borrow((item) => item.length, { signal })).toBe('bb');
  });

  it('serves those who wait in order', async () => {
    const pool = createPool(['only'], 4);
    const item = await pool.borrow(anyItem, { signal });
    const served: number[] = [];
    const waiters = [1, 2].map(async (number) => {
      const lent = await pool.borrow(anyItem, { signal });
      served.push(number);
      pool.giveBack(lent);
    });
    pool.giveBack(item);
    await Promise.all(waiters);
    expect(served).toEqual([1, 2]);
    await expect(pool.borrow(anyItem, { signal })).resolves.toBe('only');
  });

  it('drops a waiter whose turn is not wanted any more, and lends to the next', async () => {
    const pool = createPool(['only'], 4);
    const item = await pool.borrow(anyItem, { signal });
    const controller = new AbortController();
    const dropped = pool.borrow(anyItem, { signal: controller.signal });
    const kept = pool.borrow(anyItem, { signal });
    controller.abort(new AppError('cancelled', 'stale'));
    await expect(dropped).rejects.toMatchObject({ code: 'cancelled' });
    pool.giveBack(item);
    await expect(kept).resolves.toBe('only');
    await expect(pool.borrow(anyItem, { signal: controller.signal })).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('refuses one waiter too many', async () => {
    const pool = createPool(['only'], 1);
    const item = await pool.borrow(anyItem, { signal });
    const first = pool.borrow(anyItem, { signal });
    await expect(pool.borrow(anyItem, { signal })).rejects.toMatchObject({ code: 'speech_failed' });
    pool.giveBack(item);
    await first;
  });
});
