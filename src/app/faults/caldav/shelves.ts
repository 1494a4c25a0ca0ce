import type { ProxiedRequest } from '../../../adapters/fault-proxy/fault-proxy.ts';
import { storyOfDay } from '../story.ts';

/** Stories that one collection holds; a bigger one would make the server the slow part of the run. */
const STORIES_PER_SHELF = 40;
const SHELVES_MAX = 400;

const STAMP = /(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})?Z/;
const RANGE = /<C:time-range start="([0-9TZ]+)" end="([0-9TZ]+)"/;
const UID = /\b[a-z2-7]{26}\b/;

function epochOfStamp(text: string): number | null {
  const match = STAMP.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute] = match;
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute));
}

function storyAt(epochMs: number | null): number | null {
  return epochMs === null ? null : storyOfDay(new Date(epochMs).toISOString().slice(0, 10));
}

/** Spreads stories over collections, and finds the story that a CalDAV request is about: by its day, or by the UID it asks for. */
export interface Shelves {
  readonly names: readonly string[];
  nameOf(story: number): string;
  expect(uid: string, story: number): void;
  storyOf(request: ProxiedRequest): number | null;
}

export function createShelves(stories: number): Shelves {
  const count = Math.min(SHELVES_MAX, Math.max(1, Math.ceil(stories / STORIES_PER_SHELF)));
  const byUid = new Map<string, number>();
  const asked = (body: string): number | null => {
    const range = RANGE.exec(body);
    if (range !== null) {
      const [start, end] = [epochOfStamp(range[1] ?? ''), epochOfStamp(range[2] ?? '')];
      return start === null || end === null ? null : storyAt((start + end) / 2);
    }
    return byUid.get(UID.exec(body)?.[0] ?? '') ?? null;
  };
  const nameOf = (story: number): string => `shelf-${story % count}`;
  return {
    names: Array.from({ length: count }, (_, index) => nameOf(index)),
    nameOf,
    expect: (uid, story) => void byUid.set(uid, story),
    storyOf: ({ method, path, body }) => {
      if (method === 'REPORT') return asked(body.toString('utf8'));
      if (method === 'PUT') return storyAt(epochOfStamp(/DTSTART:.*/.exec(body.toString('utf8'))?.[0] ?? ''));
      return storyAt(epochOfStamp(path));
    },
  };
}
