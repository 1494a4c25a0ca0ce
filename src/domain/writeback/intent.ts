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

/** What a caller agreed to. The key names the intent, not the attempt: `tenant.call.intent_seq.kind`. */
export interface Intent {
  readonly call: CallId;
  readonly tenant: string;
  /** Counts up in a call whenever the caller agrees to a new thing. */
  readonly seq: number;
  readonly payload: IntentPayload;
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
  readonly kind: IntentKind;
  readonly destination: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly state: OpState;
  readonly attempts: number;
  readonly acceptedAtEpochMs: number;
  readonly verifiedAtEpochMs: number | null;
  readonly payload: IntentPayload;
  /** What the destination holds, as read back; null until `verified`. */
  readonly readBack: IntentPayload | null;
  readonly errorCode: string | null;
}

/** A promise to the caller ("we will confirm"); ends in exactly one confirmation or one human task. */
export interface PromiseView {
  readonly op: OpId;
  readonly deadlineEpochMs: number;
  readonly channel: 'human_task';
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
