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
