import type { ProxiedRequest } from '../../../adapters/fault-proxy/fault-proxy.ts';
import { storyOfDay } from '../story.ts';

const UID = /\b[a-z2-7]{26}\b/;
/** The end of the time that is looked at lies on the story's day; of the blocks of long before, it is the time that is looked at. */
const UNTIL = /[?&](?:start|date)=lt(\d{4}-\d{2}-\d{2})T/;
const BLOCKS = 'status=busy-unavailable';
const START = /"start":"(\d{4}-\d{2}-\d{2})T/;
/** Stories that one practice holds; the engine looks through everything at every search. */
const STORIES_PER_PRACTICE = 40;
const ADDRESS = /\b(?:Slot|Appointment)\/[A-Za-z0-9\-.]{1,64}/g;

/** Addresses of practices, each of which holds some of the stories. */
export interface FhirPractices {
  readonly bases: readonly string[];
  baseOf(story: number): string;
}

export function createFhirPractices(stories: number): FhirPractices {
  const count = Math.max(1, Math.ceil(stories / STORIES_PER_PRACTICE));
  const baseOf = (story: number): string => `/practice-${story % count}/fhir`;
  return { bases: Array.from({ length: count }, (_, index) => baseOf(index)), baseOf };
}

/** Finds the story that a FHIR request is about: by the key it asks for, by its day, or by what earlier requests have named. */
export interface FhirStories {
  expect(uid: string, story: number): void;
  storyOf(request: ProxiedRequest): number | null;
}

export function createFhirStories(): FhirStories {
  const byUid = new Map<string, number>();
  const byAddress = new Map<string, number>();
  const asked = (path: string): number | null => {
    const uid = UID.exec(path)?.[0];
    if (uid !== undefined) return byUid.get(uid) ?? null;
    const [, day] = UNTIL.exec(path) ?? [];
    if (day !== undefined) return storyOfDay(day) + (path.includes(BLOCKS) ? 1 : 0);
    return byAddress.get(path.match(ADDRESS)?.[0] ?? '') ?? null;
  };
  return {
    expect: (uid, story) => void byUid.set(uid, story),
    storyOf: ({ method, path, body }) => {
      if (method === 'GET') return asked(decodeURIComponent(path));
      const text = body.toString('utf8');
      const [, day] = START.exec(text) ?? [];
      if (day === undefined) return null;
      const story = storyOfDay(day);
      for (const address of `${path} ${text}`.match(ADDRESS) ?? []) byAddress.set(address, story);
      return story;
    },
  };
}
