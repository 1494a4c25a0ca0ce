import type { ProxiedRequest } from '../../../adapters/fault-proxy/fault-proxy.ts';
import { storyOfPhone } from '../story.ts';

const UIDS = /\b[a-z2-7]{26}\b/g;
const PHONE = /\+4930\d{8}\b/;
const WRITE = /"method":"model\.([a-z._]+)\.(create|write|delete)"/;
const CONTACT = 'party.party';
/** Of the three kinds of record under one key, the pivot's own and what its plan adds to it. */
const STEPS = ['', '.contact', '.note'];

/** Finds the story that a call of Tryton is about: by the telephone number or the key in it. */
export interface TrytonStories {
  expect(key: string, story: number): void;
  storyOf(request: ProxiedRequest): number | null;
  /** True for calls that the faults of writes hit: in every second story that is what makes the contact, else the notes. */
  isWrite(request: ProxiedRequest): boolean;
}

/** `keyOf` is asked whose record a deletion is about. */
export function createTrytonStories(uidOf: (key: string) => string, keyOf: (model: string, id: number) => string | null): TrytonStories {
  const byUid = new Map<string, number>();
  const deleted = (text: string): string | null => {
    const [, model = '', id = ''] = /"method":"model\.([a-z._]+)\.delete","params":\[\[(\d+)/.exec(text) ?? [];
    return model === '' ? null : keyOf(model, Number(id));
  };
  const storyOf = ({ body }: ProxiedRequest): number | null => {
    const text = body.toString('utf8');
    const uids = text.match(UIDS) ?? [];
    const [phone] = PHONE.exec(text) ?? [];
    if (phone !== undefined) {
      const story = storyOfPhone(phone);
      // A contact has a key that only the ledger can make; the request that writes it names number and key.
      for (const uid of uids) byUid.set(uid, story);
      return story;
    }
    const uid = uids[0] ?? deleted(text);
    return uid === null ? null : (byUid.get(uid) ?? null);
  };
  return {
    expect: (key, story) => {
      for (const step of STEPS) byUid.set(uidOf(`${key}${step}`), story);
    },
    storyOf,
    isWrite: (asked) => {
      const [, model] = WRITE.exec(asked.body.toString('utf8')) ?? [];
      if (model === undefined) return false;
      const isContacts = (storyOf(asked) ?? 0) % 2 === 1;
      return isContacts === (model === CONTACT);
    },
  };
}
