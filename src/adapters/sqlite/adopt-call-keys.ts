import { invariant } from '../../base/invariant.ts';
import { decrypt, encrypt } from './cipher.ts';
import { inTransaction, reading, type Db } from './database.ts';
import type { SubjectKeys } from './subject-keys.ts';
import { callSubject, layerPlace, personSubject } from './vault.ts';

/** Data keys that one transaction takes over. */
const BATCH_MAX = 500;

/** What a store knows of the people that a call is about, by their keyed hashes. `open` unseals contents of that call. */
export type PeopleOf = (call: string, open: (place: string, sealed: Buffer) => unknown) => readonly string[];

/**
 * Earlier versions wrapped the data key of a call with the installation's key alone, which no erasure can take away. Such keys are wrapped
 * anew, with the keys of the people the call is about. Copies of the file from before keep the old ones.
 */
export function adoptCallKeys(db: Db, keys: SubjectKeys, peopleOf: PeopleOf): void {
  const left = db.prepare<[], { call: string; wrapped: Buffer }>(
    `SELECT call, wrapped FROM call_key WHERE holders IS NULL LIMIT ${BATCH_MAX}`,
  );
  const update = db.prepare('UPDATE call_key SET wrapped = ?, holders = ? WHERE call = ?');
  const adopt = (): void => {
    const rows = left.all().map(({ call, wrapped }) => {
      const key = decrypt(keys.kek, `call_key:${call}`, wrapped);
      const people = peopleOf(call, (place, sealed) => JSON.parse(decrypt(key, place, sealed).toString('utf8')) as unknown);
      const subjects = people.length === 0 ? [callSubject(call)] : [...new Set(people)].map(personSubject);
      return { call, key, subjects };
    });
    // All of them at once: a commit for each would make the first start after an upgrade a long one.
    keys.idsFor([...new Set(rows.flatMap(({ subjects }) => subjects))]);
    for (const { call, key, subjects } of rows) {
      const holders = keys.idsFor(subjects);
      const wrapped = holders.reduce((inner, holder) => {
        const outer = keys.key(holder);
        invariant(outer !== null, 'a key that was just asked for is there');
        return encrypt(outer, layerPlace(call, holder), inner);
      }, key);
      update.run(wrapped, holders.join(' '), call);
    }
  };
  const isDone = (): boolean => reading('looking for keys of an earlier version', () => left.all().length === 0);
  if (isDone()) return;
  while (!isDone()) inTransaction(db, 'taking over keys of an earlier version', adopt);
  db.pragma('wal_checkpoint(TRUNCATE)');
}
