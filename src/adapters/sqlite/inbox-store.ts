import { ulid } from 'ulid';
import { asCallId } from '../../base/ids.ts';
import { AppError } from '../../base/app-error.ts';
import type { MessagePayload } from '../../domain/writeback/intent.ts';
import { fingerprintOf } from '../../domain/writeback/op-key.ts';
import type { InboxStore } from '../../ports/op-store.ts';
import { inTransaction, reading } from './database.ts';
import type { LedgerDb } from './ledger-db.ts';
import { inboxPlace } from './ledger-rows.ts';

interface Found {
  readonly id: string;
  readonly call: string;
  readonly body: Buffer;
}

/** The local inbox in the ledger's file: a message is there once the transaction is on disk. */
export function createInboxStore({ db, vault }: LedgerDb): InboxStore {
  const byKey = db.prepare<[string], Found>('SELECT inbox.id, op.call, inbox.body FROM inbox JOIN op ON op.id = inbox.op WHERE op.key = ?');
  const opOf = db.prepare<[string], { id: string; call: string }>('SELECT id, call FROM op WHERE key = ?');
  const insert = db.prepare('INSERT INTO inbox (id, op, received_at, body) VALUES (?, ?, ?, ?)');
  const remove = db.prepare('DELETE FROM inbox WHERE op = (SELECT id FROM op WHERE key = ?)');
  const find = (key: string): { readonly id: string; readonly payload: MessagePayload } | null => {
    const row = byKey.get(key);
    if (row === undefined) return null;
    const payload = vault.open(asCallId(row.call), inboxPlace(row.id), row.body) as MessagePayload | null;
    return payload === null ? null : { id: row.id, payload };
  };
  return {
    put: (key, payload, nowEpochMs) =>
      inTransaction(db, 'storing a message', () => {
        const existing = find(key);
        if (existing !== null) return fingerprintOf(existing.payload) === fingerprintOf(payload) ? { id: existing.id } : null;
        const op = opOf.get(key);
        if (op === undefined) throw new AppError('not_found', 'a message belongs to an operation');
        const id = ulid(nowEpochMs);
        insert.run(id, op.id, nowEpochMs, vault.seal(asCallId(op.call), inboxPlace(id), payload));
        return { id };
      }),
    find: (key) => reading('looking for a message', () => find(key)),
    remove: (key) => {
      inTransaction(db, 'removing a message', () => remove.run(key));
    },
  };
}
