import { asCallId, asOpId } from '../../base/ids.ts';
import type { OpKind, OpPayload, OpState, OpView, PromiseView, TaskView } from '../../domain/writeback/intent.ts';
import type { OpProgress } from '../../domain/writeback/reduce-op.ts';
import type { Vault } from './vault.ts';

/** A row of `op`, as SQLite returns it. */
export interface OpRow {
  readonly id: string;
  readonly tenant: string;
  readonly call: string;
  readonly seq: number;
  readonly kind: OpKind;
  readonly destination: string;
  readonly key: string;
  readonly record_key: string;
  readonly fingerprint: string;
  readonly payload: Buffer;
  readonly read_back: Buffer | null;
  readonly subject: string | null;
  readonly target: string | null;
  readonly saga: string | null;
  readonly step: string | null;
  readonly role: OpView['role'];
  readonly position: number;
  readonly turn: 'held' | 'released';
  readonly state: OpState;
  readonly attempts: number;
  readonly failures: number;
  readonly crashes: number;
  readonly absences: number;
  readonly overlap: 'none' | 'found';
  readonly accepted_at: number;
  readonly due_at: number;
  readonly sent_at: number | null;
  readonly committed_at: number | null;
  readonly verified_at: number | null;
  readonly error_code: string | null;
  readonly remote_id: string | null;
  readonly traceparent: string | null;
  readonly lease_owner: string | null;
  readonly lease_until: number;
  readonly lease_epoch: number;
  readonly erased_at: number | null;
}

export interface PromiseRow {
  readonly op: string;
  readonly deadline_at: number;
  readonly channel: PromiseView['channel'];
  readonly confirmation: string | null;
  readonly state: PromiseView['state'];
}

export interface TaskRow {
  readonly id: string;
  readonly op: string | null;
  readonly call: string | null;
  readonly reason: TaskView['reason'];
  readonly summary: Buffer;
  readonly created_at: number;
  readonly done_at: number | null;
}

export const payloadPlace = (op: string): string => `op.payload:${op}`;
export const readBackPlace = (op: string): string => `op.read_back:${op}`;
export const taskPlace = (id: string): string => `task.summary:${id}`;
export const notePlace = (op: string): string => `resolution.note:${op}`;
export const inboxPlace = (id: string): string => `inbox.body:${id}`;

const ERASED_SUMMARY = '(erased)';

/** The content of an operation; null when its call was erased. */
export function payloadOf(row: OpRow, vault: Vault): OpPayload | null {
  return vault.open(asCallId(row.call), payloadPlace(row.id), row.payload) as OpPayload | null;
}

export function readBackOf(row: OpRow, vault: Vault): OpPayload | null {
  if (row.read_back === null) return null;
  return vault.open(asCallId(row.call), readBackPlace(row.id), row.read_back) as OpPayload | null;
}

/** The row as the rest of the house sees it; null when its call was erased. */
export function opView(row: OpRow, vault: Vault): OpView | null {
  const payload = payloadOf(row, vault);
  if (payload === null) return null;
  return {
    op: asOpId(row.id),
    call: asCallId(row.call),
    kind: row.kind,
    destination: row.destination,
    step: row.step,
    role: row.role,
    key: row.key,
    fingerprint: row.fingerprint,
    state: row.state,
    attempts: row.attempts,
    acceptedAtEpochMs: row.accepted_at,
    verifiedAtEpochMs: row.verified_at,
    payload,
    readBack: readBackOf(row, vault),
    errorCode: row.error_code,
  };
}

export function progressOf(row: OpRow): OpProgress {
  return {
    state: row.state,
    attempts: row.attempts,
    failures: row.failures,
    crashes: row.crashes,
    absences: row.absences,
    overlap: row.overlap,
    acceptedAtEpochMs: row.accepted_at,
    dueAtEpochMs: row.due_at,
    sentAtEpochMs: row.sent_at,
    committedAtEpochMs: row.committed_at,
    verifiedAtEpochMs: row.verified_at,
    errorCode: row.error_code,
  };
}

export function promiseView(row: PromiseRow): PromiseView {
  return { op: asOpId(row.op), deadlineEpochMs: row.deadline_at, channel: row.channel, state: row.state };
}

export function taskView(row: TaskRow, vault: Vault): TaskView {
  const call = row.call === null ? null : asCallId(row.call);
  const summary = vault.open(call, taskPlace(row.id), row.summary);
  return {
    id: row.id,
    op: row.op === null ? null : asOpId(row.op),
    call,
    reason: row.reason,
    summary: typeof summary === 'string' ? summary : ERASED_SUMMARY,
    createdAtEpochMs: row.created_at,
    doneAtEpochMs: row.done_at,
  };
}
