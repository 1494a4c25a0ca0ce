import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/base/app-error.ts';
import { createScope, withTimeout } from '../../../src/base/scope.ts';

describe('a scope', () => {
  it('cancels its children and runs cleanups last to first, once', () => {
    const order: string[] = [];
    const scope = createScope('parent');
    const child = scope.child('child');
    child.onEnd(() => order.push('child'));
    scope.onEnd(() => order.push('first'));
    scope.onEnd(() => order.push('second'));
    scope.cancel();
    scope.cancel();
    expect(order).toEqual(['child', 'second', 'first']);
    expect(child.signal.aborted).toBe(true);
    expect(child.signal.reason).toMatchObject({ code: 'cancelled' });
  });

  it('outlives its children, and a child made of an ended scope is ended', () => {
    const scope = createScope('parent');
    scope.child('done').dispose();
    expect(scope.signal.aborted).toBe(false);
    scope.dispose();
    expect(scope.child('late').signal.aborted).toBe(true);
  });
});

describe('a bounded wait', () => {
  it('lets a settled value beat an abort', async () => {
    await expect(withTimeout(Promise.resolve(1), 1000, 'work', AbortSignal.abort())).resolves.toBe(1);
  });

  it('names what took too long', async () => {
    await expect(withTimeout(new Promise(() => undefined), 5, 'the answer')).rejects.toMatchObject({
      code: 'timed_out',
      message: expect.stringContaining('the answer'),
    });
  });

  it('rejects with the reason of the abort', async () => {
    const reason = new AppError('cancelled', 'stop');
    await expect(withTimeout(new Promise(() => undefined), 1000, 'work', AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
