import { expect, test } from 'vitest';
import { createTokenBucket, UNLIMITED, type TokenBucket } from '../../../../../src/adapters/destinations/http/token-bucket.ts';
import { createManualClock } from '../../../../support/manual-clock.ts';

const never = new AbortController().signal;

/** Takes `count` tokens and tells how many have been given so far. */
function takers(bucket: TokenBucket, count: number): () => number {
  let given = 0;
  for (let index = 0; index < count; index += 1)
    void bucket.take({ signal: never }).then(() => {
      given += 1;
    });
  return () => given;
}

/** Lets every promise that can settle do so. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test('a burst goes out at once, the rest at the rate', async () => {
  const clock = createManualClock();
  const given = takers(createTokenBucket({ requestsPerSecond: 2, burst: 3 }, clock), 5);
  await settled();
  expect(given()).toBe(3);
  clock.advance(499);
  await settled();
  expect(given()).toBe(3);
  clock.advance(1);
  await settled();
  expect(given()).toBe(4);
  clock.advance(500);
  await settled();
  expect(given()).toBe(5);
});

test('nothing goes out while the server wants to be left alone, not even where there is no limit', async () => {
  const clock = createManualClock();
  const bucket = createTokenBucket(UNLIMITED, clock);
  bucket.pause(7000);
  expect(bucket.level()).toBe(0);
  const given = takers(bucket, 2);
  clock.advance(6999);
  await settled();
  expect(given()).toBe(0);
  clock.advance(1);
  await settled();
  expect(given()).toBe(2);
});

test('tells which part of a burst is left: none while the server wants to be left alone, all of it where nothing is counted', async () => {
  const clock = createManualClock();
  const bucket = createTokenBucket({ requestsPerSecond: 1, burst: 4 }, clock);
  expect(bucket.free()).toBe(1);
  await bucket.take({ signal: never });
  expect(bucket.free()).toBe(0.75);
  clock.advance(500);
  expect(bucket.free()).toBe(0.875);
  bucket.pause(2000);
  expect(bucket.free()).toBe(0);
  clock.advance(2000);
  expect(bucket.free()).toBe(1);
  expect(createTokenBucket(UNLIMITED, clock).free()).toBe(1);
});

test('whoever waits behind another gives up when it wants to, and nobody gets ahead by that', async () => {
  const clock = createManualClock();
  const bucket = createTokenBucket({ requestsPerSecond: 1, burst: 1 }, clock);
  await bucket.take({ signal: never });
  const given: string[] = [];
  const take = (name: string, signal: AbortSignal): Promise<void> => bucket.take({ signal }).then(() => void given.push(name));
  const impatient = new AbortController();
  const first = take('first', never);
  const gaveUp = expect(take('impatient', impatient.signal)).rejects.toThrow('hung up');
  const last = take('last', never);
  impatient.abort(new Error('hung up'));
  await gaveUp;
  expect(given).toEqual([]);
  clock.advance(1000);
  await first;
  await settled();
  expect(given).toEqual(['first']);
  clock.advance(1000);
  await last;
  expect(given).toEqual(['first', 'last']);
});

test('whoever gives up waiting takes no token and lets the next one pass', async () => {
  const clock = createManualClock();
  const bucket = createTokenBucket({ requestsPerSecond: 1, burst: 1 }, clock);
  await bucket.take({ signal: never });
  const impatient = new AbortController();
  const gaveUp = expect(bucket.take({ signal: impatient.signal })).rejects.toThrow();
  const given = takers(bucket, 1);
  await settled();
  impatient.abort(new Error('hung up'));
  await gaveUp;
  clock.advance(1000);
  await settled();
  expect(given()).toBe(1);
});
