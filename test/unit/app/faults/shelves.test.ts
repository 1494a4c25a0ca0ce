import { describe, expect, test } from 'vitest';
import { timeRangeQuery, uidQuery } from '../../../../src/adapters/destinations/caldav/queries.ts';
import { slotAddress } from '../../../../src/adapters/destinations/caldav/slot-claim.ts';
import { writeRecord } from '../../../../src/adapters/destinations/caldav/calendar-record.ts';
import { remoteIdOf } from '../../../../src/domain/writeback/op-key.ts';
import { createShelves } from '../../../../src/app/faults/caldav/shelves.ts';
import { planFaults } from '../../../../src/app/faults/plan.ts';
import { bookingOf } from '../../../../src/app/faults/story.ts';

const { stories } = planFaults(1, 300);
const story = stories[123];
const caller = story?.callers[0];
if (story === undefined || caller === undefined) throw new Error('the plan has that many stories');
const start = Date.parse(caller.start);
const shelves = createShelves(stories.length);
const ask = (method: string, path: string, body = ''): number | null => shelves.storyOf({ method, path, body: Buffer.from(body) });

describe('a request of the calendar adapter', () => {
  test('that writes belongs to the story of the time that it claims', () => {
    const path = new URL(slotAddress('http://calendar/practice/appointments/', 'demo', start, 0)).pathname;
    expect(ask('PUT', path, writeRecord('a key', bookingOf(caller), start))).toBe(story.index);
    expect(ask('DELETE', path)).toBe(story.index);
    expect(ask('GET', path)).toBe(story.index);
  });

  test('that asks about a time belongs to the story of that day, however much the question was widened', () => {
    for (const slack of [0, 14 * 3_600_000])
      expect(
        ask('REPORT', '/practice/appointments/', timeRangeQuery({ startEpochMs: start - slack, endEpochMs: start + 1_800_000 + slack })),
      ).toBe(story.index);
  });

  test('that asks for a UID belongs to the story that expects it', () => {
    const uid = remoteIdOf('v1.faults.a-call.1.booking');
    expect(ask('REPORT', '/practice/appointments/', uidQuery(uid))).toBeNull();
    shelves.expect(uid, 77);
    expect(ask('REPORT', '/practice/appointments/', uidQuery(uid))).toBe(77);
  });

  test('about anything else belongs to none', () => {
    expect(ask('PROPFIND', '/practice/appointments/')).toBeNull();
  });
});
