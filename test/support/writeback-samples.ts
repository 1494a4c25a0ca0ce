import { asCallId } from '../../src/base/ids.ts';
import type { BookingPayload, Intent, IntentPayload, MessagePayload } from '../../src/domain/writeback/intent.ts';

/** A booking as a caller agrees to it; parts can be exchanged. */
export function sampleBooking(parts: Partial<BookingPayload> = {}): BookingPayload {
  return {
    kind: 'booking',
    service: 'check-up',
    serviceName: 'a check-up',
    start: '2026-03-05T10:30:00+01:00',
    minutes: 30,
    name: 'Laura Becker',
    phone: '+493055501234',
    reason: null,
    ...parts,
  };
}

export function sampleMessage(parts: Partial<MessagePayload> = {}): MessagePayload {
  return { kind: 'message', name: 'Laura Becker', phone: '+493055501234', text: 'Please renew the prescription.', urgent: false, ...parts };
}

export function sampleIntent(payload: IntentPayload = sampleBooking(), parts: Partial<Intent> = {}): Intent {
  return { call: asCallId('call-1'), tenant: 'demo', seq: 1, payload, ...parts };
}
