import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createSystemClock } from '../../../../src/adapters/clock/system-clock.ts';
import { createEventFeed, followEventFeed, type FeedServer, type TimedFeedEvent } from '../../../../src/adapters/feed/event-feed.ts';
import { asCallId } from '../../../../src/base/ids.ts';
import { createScope, type Scope } from '../../../../src/base/scope.ts';

let feed: FeedServer | null = null;
let scope: Scope = createScope('feed');
const folder = mkdtempSync(join(tmpdir(), 'vst-feed-'));
afterEach(async () => {
  scope.dispose();
  await feed?.close();
  scope = createScope('feed');
});

const ended = { type: 'call.ended', call: asCallId('c'), outcome: 'booked' } as const;

/** Follows the feed; `next` resolves with each event in turn. */
function follow(path: string) {
  const connected: PromiseWithResolvers<void>[] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let times = 0;
  let heard = Promise.withResolvers<TimedFeedEvent>();
  followEventFeed({
    path,
    signal: scope.signal,
    onConnected: () => connected[times++]?.resolve(),
    onEvent: (event) => heard.resolve(event),
  });
  return {
    connected: (index: number) => connected[index]?.promise,
    next: async () => {
      const event = await heard.promise;
      heard = Promise.withResolvers();
      return event;
    },
  };
}

describe('the event feed', () => {
  it('tells watchers what happens, on a socket that is the owner’s alone', async () => {
    const path = join(folder, 'a.sock');
    feed = createEventFeed({ clock: createSystemClock() });
    feed.publish(ended);
    await feed.listen(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const watcher = follow(path);
    await watcher.connected(0);
    feed.publish(ended);
    expect(await watcher.next()).toMatchObject({ ...ended, atEpochMs: expect.any(Number) });
  });

  it('is found again by its watchers after a restart', async () => {
    const path = join(folder, 'b.sock');
    feed = createEventFeed({ clock: createSystemClock() });
    await feed.listen(path);
    const watcher = follow(path);
    await watcher.connected(0);
    await feed.close();
    rmSync(path, { force: true });
    feed = createEventFeed({ clock: createSystemClock() });
    await feed.listen(path);
    await watcher.connected(1);
    feed.publish(ended);
    expect((await watcher.next()).type).toBe('call.ended');
  });
});
