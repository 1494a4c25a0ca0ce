import { describe, expect, test } from 'vitest';
import { createClauseCache } from '../../../../src/adapters/speech/clause-cache.ts';
import { createRenderQueue } from '../../../../src/adapters/speech/render-queue.ts';
import { AppError } from '../../../../src/base/app-error.ts';

/** A synthesiser that waits at a gate and tells what it was asked, in order. */
function gated(): { readonly asked: string[]; readonly synthesize: (clause: string) => Promise<Int16Array>; release(): void } {
  const asked: string[] = [];
  let open: () => void = () => undefined;
  return {
    asked,
    synthesize: async (clause) => {
      asked.push(clause);
      await new Promise<void>((resolve) => (open = resolve));
      if (clause === 'bad') throw new AppError('speech_failed', 'bad');
      return new Int16Array(clause.length);
    },
    release: () => open(),
  };
}
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const never = new AbortController().signal;

describe('render queue', () => {
  test('what a caller waits for comes before what is prepared, and equals keep their order', async () => {
    const engine = gated();
    const queue = createRenderQueue(engine.synthesize);
    const all = [
      queue.render('p1', 'prepare', never),
      queue.render('p2', 'prepare', never),
      queue.render('n1', 'now', never),
      queue.render('n2', 'now', never),
    ];
    for (let i = 0; i < 4; i += 1) {
      engine.release();
      await settle();
    }
    await Promise.all(all);
    expect(engine.asked).toEqual(['p1', 'n1', 'n2', 'p2']);
  });

  test('the same clause is rendered once, at the higher of its priorities', async () => {
    const engine = gated();
    const queue = createRenderQueue(engine.synthesize);
    const all = [
      queue.render('running', 'now', never),
      queue.render('a', 'prepare', never),
      queue.render('b', 'prepare', never),
      queue.render('b', 'now', never),
    ];
    for (let i = 0; i < 3; i += 1) {
      engine.release();
      await settle();
    }
    expect((await Promise.all(all)).map((pcm) => pcm.length)).toEqual([7, 1, 1, 1]);
    expect(engine.asked).toEqual(['running', 'b', 'a']);
  });

  test('what nobody waits for any more is not rendered, and a failure does not stop the rest', async () => {
    const engine = gated();
    const queue = createRenderQueue(engine.synthesize);
    const gone = new AbortController();
    const bad = queue.render('bad', 'now', never);
    const dropped = queue.render('dropped', 'now', gone.signal);
    const kept = queue.render('kept', 'prepare', never);
    gone.abort();
    await expect(dropped).rejects.toMatchObject({ code: 'cancelled' });
    engine.release();
    await expect(bad).rejects.toMatchObject({ code: 'speech_failed' });
    await settle();
    engine.release();
    await kept;
    expect(engine.asked).toEqual(['bad', 'kept']);
  });
});

describe('clause cache', () => {
  test('the least recently used clause goes first when the limit is reached', () => {
    const cache = createClauseCache(300);
    for (const clause of ['a', 'b', 'c']) cache.set(clause, new Int16Array(100));
    cache.get('a');
    cache.set('d', new Int16Array(100));
    expect(['a', 'b', 'c', 'd'].map((clause) => cache.get(clause) !== null)).toEqual([true, false, true, true]);
  });

  test('a clause that was replaced counts once', () => {
    const cache = createClauseCache(300);
    for (let i = 0; i < 10; i += 1) cache.set('a', new Int16Array(200));
    cache.set('b', new Int16Array(100));
    expect(cache.get('a')).not.toBeNull();
  });
});
