import type { ProxiedRequest } from '../../../adapters/fault-proxy/fault-proxy.ts';
import { storyOfDay, storyOfPhone } from '../story.ts';

const UID = /\b[a-z2-7]{26}\b/;
/** The end of the time that is looked at lies on the story's day; of the blocks of long before, it is the time that is looked at. */
const UNTIL = /[?&](?:start|date)=lt(\d{4}-\d{2}-\d{2})T/;
const BLOCKS = 'status=busy-unavailable';
const START = /"start":"(\d{4}-\d{2}-\d{2})T/;
const PHONE = /\+4930\d{8}\b/;
/** Stories that one practice holds; the engine looks through everything at every search. */
const STORIES_PER_PRACTICE = 40;
const ADDRESS = /\b(?:Slot|Appointment|Patient)\/[A-Za-z0-9\-.]{1,64}/g;
/** Of the records under one key, the pivot's own and what its plan adds to it. */
const STEPS = ['', '.contact', '.note'];
const TYPE = /^\/fhir(?:\/(\w+))?/;

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

/** Finds the story that a FHIR request is about: by key, telephone number or day in it, or by what earlier requests have named. */
export interface FhirStories {
  expect(key: string, story: number): void;
  storyOf(request: ProxiedRequest): number | null;
  /**
   * True for what the faults of writes hit: in every second story the claim of the time, in the others by turns the contact, or what comes
   * after the appointment. Entering a free slot takes nothing yet, so that it is hit as a question is.
   */
  isWrite(request: ProxiedRequest): boolean;
}

export function createFhirStories(uidOf: (key: string) => string): FhirStories {
  const byUid = new Map<string, number>();
  const byAddress = new Map<string, number>();
  const asked = (path: string): number | null => {
    const uid = UID.exec(path)?.[0];
    if (uid !== undefined) return byUid.get(uid) ?? null;
    const [phone] = PHONE.exec(path) ?? [];
    if (phone !== undefined) return storyOfPhone(phone);
    const [, day] = UNTIL.exec(path) ?? [];
    if (day !== undefined) return storyOfDay(day) + (path.includes(BLOCKS) ? 1 : 0);
    return byAddress.get(path.match(ADDRESS)?.[0] ?? '') ?? null;
  };
  const written = (text: string): number | null => {
    const [, day] = START.exec(text) ?? [];
    if (day !== undefined) return storyOfDay(day);
    const [phone] = PHONE.exec(text) ?? [];
    return phone === undefined ? null : storyOfPhone(phone);
  };
  const storyOf = ({ method, path, body }: ProxiedRequest): number | null => {
    if (method === 'GET') return asked(decodeURIComponent(path));
    const text = body.toString('utf8');
    const story = written(text);
    if (story === null) return null;
    for (const address of `${path} ${text}`.match(ADDRESS) ?? []) byAddress.set(address, story);
    // A contact has a key that only the ledger can make; the request that writes it names number and key.
    const [uid] = UID.exec(text) ?? [];
    if (uid !== undefined) byUid.set(uid, story);
    return story;
  };
  return {
    expect: (key, story) => {
      for (const step of STEPS) byUid.set(uidOf(`${key}${step}`), story);
    },
    storyOf,
    isWrite: (asked) => {
      if (asked.method === 'GET') return false;
      const turn = (storyOf(asked) ?? 0) % 4;
      switch (TYPE.exec(asked.path)?.[1]) {
        case 'Slot':
          return false;
        case 'Patient':
          return turn === 1;
        case 'Communication':
          return turn === 3;
        case 'Task':
          return turn !== 1;
        case undefined:
          return turn % 2 === 0;
        default:
          return true;
      }
    },
  };
}
