import { monotonicFactory } from 'ulid';
import type { CallId, OpId } from '../../base/ids.ts';
import { asOpId } from '../../base/ids.ts';
import type { OpPayload, OpView } from '../../domain/writeback/intent.ts';
import { fingerprintOf } from '../../domain/writeback/op-key.ts';
import { acceptedOp } from '../../domain/writeback/reduce-op.ts';
import type { LedgerDb } from './ledger-db.ts';
import { payloadPlace } from './ledger-rows.ts';
import { checkPayload } from './payload-check.ts';

/** Everything a new row of `op` says; the rest begins as every operation does. */
export interface NewOp {
  readonly tenant: string;
  readonly call: CallId;
  readonly seq: number;
  readonly destination: string;
  readonly key: string;
  readonly payload: OpPayload;
  readonly saga: string | null;
  readonly step: string | null;
  readonly role: OpView['role'];
  readonly position: number;
  readonly turn: 'held' | 'released';
  readonly traceparent: string | null;
}

/** Letters of a contact's keyed hash in its key. */
const CONTACT_HASH_LENGTH = 26;

/** The same person is one contact, whichever call it comes from; everything else is a record of its own. */
function recordKeyOf(ledger: LedgerDb, { tenant, key, payload }: NewOp): string {
  if (payload.kind !== 'contact') return key;
  const who = ledger.vault.indexOf(`${payload.phone}|${payload.name.toLowerCase()}`);
  return `v1.${tenant}.contact.${who.slice(0, CONTACT_HASH_LENGTH)}`;
}

function subjectOf(ledger: LedgerDb, payload: OpPayload): string | null {
  switch (payload.kind) {
    case 'booking':
    case 'contact':
    case 'note':
      return ledger.vault.indexOf(payload.phone);
    case 'message':
      return payload.phone === null ? null : ledger.vault.indexOf(payload.phone);
    case 'notice':
      return ledger.vault.indexOf(payload.to);
    case 'reschedule':
    case 'cancel': {
      const row = ledger.db.prepare<[string], { subject: string | null }>('SELECT subject FROM op WHERE id = ?').get(payload.target);
      return row?.subject ?? null;
    }
  }
}

const nextUlid = monotonicFactory();

/** A fresh id of an operation; ids sort by time, and those of one process in the order in which they were made. */
export const newOpId = (nowEpochMs: number): OpId => asOpId(nextUlid(nowEpochMs));

/** Inserts an operation inside the transaction of the caller. Throws `payload_invalid`. */
export function insertOp(ledger: LedgerDb, id: OpId, op: NewOp, nowEpochMs: number): void {
  const { payload, call } = op;
  checkPayload(payload);
  const subject = subjectOf(ledger, payload);
  if (subject !== null) ledger.vault.bind(call, [subject]);
  ledger.db
    .prepare(
      `INSERT INTO op (id, tenant, call, seq, kind, destination, key, record_key, fingerprint, payload, subject, target, saga, step, role,
        position, turn, traceparent, state, attempts, failures, crashes, absences, overlap, accepted_at, due_at)
       VALUES (@id, @tenant, @call, @seq, @kind, @destination, @key, @recordKey, @fingerprint, @payload, @subject, @target, @saga, @step,
        @role, @position, @turn, @traceparent, @state, @attempts, @failures, @crashes, @absences, @overlap, @acceptedAtEpochMs,
        @dueAtEpochMs)`,
    )
    .run({
      ...acceptedOp(nowEpochMs),
      ...op,
      id,
      kind: payload.kind,
      recordKey: recordKeyOf(ledger, op),
      fingerprint: fingerprintOf(payload),
      payload: ledger.vault.seal(call, payloadPlace(id), payload),
      subject,
      target: 'target' in payload ? payload.target : null,
    });
}
