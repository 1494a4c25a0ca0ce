import type { CallId, OpId } from '../../base/ids.ts';

/** An appointment as agreed with the caller. Local times are practice time. */
export interface BookingPayload {
  readonly kind: 'booking';
  readonly service: string;
  readonly serviceName: string;
  /** ISO 8601 with offset. */
  readonly start: string;
  readonly minutes: number;
  readonly name: string;
  /** E.164. */
  readonly phone: string;
  readonly reason: string | null;
}

/** A message for the practice; its destination is the local inbox. */
export interface MessagePayload {
  readonly kind: 'message';
  readonly name: string | null;
  readonly phone: string | null;
  readonly text: string;
  readonly urgent: boolean;
}

/** Moves or cancels an appointment that this product wrote (`target` is its operation). */
export interface ReschedulePayload {
  readonly kind: 'reschedule';
  readonly target: OpId;
  readonly start: string;
}
export interface CancelPayload {
  readonly kind: 'cancel';
  readonly target: OpId;
}

export type IntentPayload = BookingPayload | MessagePayload | ReschedulePayload | CancelPayload;
export type IntentKind = IntentPayload['kind'];

/** The caller, as a CRM or practice system knows people. */
export interface ContactPayload {
  readonly kind: 'contact';
  readonly name: string;
  /** E.164. */
  readonly phone: string;
}

/** A line in the file of a contact about what was agreed on the telephone. */
export interface NotePayload {
  readonly kind: 'note';
  readonly title: string;
  readonly text: string;
  /** E.164; whom it is about. */
  readonly phone: string;
}

/** What is sent to a person: a text message or an e-mail. */
export interface NoticePayload {
  readonly kind: 'notice';
  readonly channel: 'sms' | 'email';
  /** E.164, or an e-mail address. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** What a destination can hold under a key. */
export type RecordPayload = BookingPayload | MessagePayload | ContactPayload | NotePayload | NoticePayload;
export type RecordKind = RecordPayload['kind'];

/** What one operation carries: an intent, or a further step of its plan. */
export type OpPayload = IntentPayload | RecordPayload;
export type OpKind = OpPayload['kind'];

const INTENT_KINDS: ReadonlySet<OpKind> = new Set<IntentKind>(['booking', 'message', 'reschedule', 'cancel']);

/** True for what a caller agreed to, false for the further steps of its plan. */
export function isIntentPayload(payload: OpPayload): payload is IntentPayload {
  return INTENT_KINDS.has(payload.kind);
}

/** True for what a destination can hold under a key. */
export function isRecordPayload(payload: OpPayload): payload is RecordPayload {
  return payload.kind !== 'reschedule' && payload.kind !== 'cancel';
}

/** What a caller agreed to. The key names the intent, not the attempt: `tenant.call.intent_seq.kind`. */
export interface Intent {
  readonly call: CallId;
  readonly tenant: string;
  /** Counts up in a call whenever the caller agrees to a new thing. */
  readonly seq: number;
  readonly payload: IntentPayload;
  /** E.164 of the line that it was asked from: it concerns that person too. */
  readonly callerNumber?: string | null;
  /** W3C trace context of the turn in which it was agreed. */
  readonly traceparent?: string;
}

export const OP_STATES = [
  'accepted',
  'sending',
  'unknown',
  'committed',
  'verified',
  'rejected',
  'conflict',
  'dead',
  'compensating',
  'compensated',
  'needs_human',
] as const;
export type OpState = (typeof OP_STATES)[number];

/** One row of the ledger as the rest of the house may see it. */
export interface OpView {
  readonly op: OpId;
  readonly call: CallId;
  readonly kind: OpKind;
  readonly destination: string;
  /** Its step in a plan of several; null when it is the whole plan. */
  readonly step: string | null;
  /** `undo` takes a step back; `confirmation` is what a promise sends. */
  readonly role: 'before' | 'pivot' | 'after' | 'undo' | 'confirmation';
  readonly key: string;
  readonly fingerprint: string;
  readonly state: OpState;
  readonly attempts: number;
  readonly acceptedAtEpochMs: number;
  readonly verifiedAtEpochMs: number | null;
  readonly payload: OpPayload;
  /** What the destination holds, as read back; null until `verified`. */
  readonly readBack: OpPayload | null;
  readonly errorCode: string | null;
}

/** A promise to the caller ("we will confirm"); ends in exactly one confirmation or one human task. */
export interface PromiseView {
  readonly op: OpId;
  readonly deadlineEpochMs: number;
  readonly channel: 'human_task' | NoticePayload['channel'];
  readonly state: 'open' | 'kept' | 'handed_to_human';
}

/** Work for a person. */
export interface TaskView {
  readonly id: string;
  readonly op: OpId | null;
  readonly call: CallId | null;
  readonly reason: 'confirm_booking' | 'needs_human' | 'callback' | 'conflict_after_promise' | 'transfer_missed';
  readonly summary: string;
  readonly createdAtEpochMs: number;
  readonly doneAtEpochMs: number | null;
}

/** A message in the local inbox. */
export interface InboxMessage {
  readonly id: string;
  readonly op: OpId;
  readonly call: CallId;
  readonly receivedAtEpochMs: number;
  readonly name: string | null;
  readonly phone: string | null;
  readonly text: string;
  readonly urgent: boolean;
}
