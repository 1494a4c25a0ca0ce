import type { ReadBack, WriteResult } from '../../domain/writeback/answer.ts';
import type { RecordPayload } from '../../domain/writeback/intent.ts';
import { fingerprintOf } from '../../domain/writeback/op-key.ts';
import type { DeliveryLog } from './delivery-log.ts';
import { notWritten } from './http/classify.ts';

/** What is handed to a receiver that cannot be asked afterwards. */
export interface HandOver {
  readonly key: string;
  readonly payload: RecordPayload;
  /** The receiver recognises the key, so that a repeat is harmless. Without that, what may have been sent is never sent again. */
  readonly repeatable: boolean;
  readonly send: () => Promise<WriteResult>;
}

const IN_DOUBT = { type: 'unknown', code: 'destination_unreachable' } as const;

/** Keeps a fact in the log; where the disk fails, the process still knows it. */
function note(work: () => void): void {
  try {
    work();
  } catch {
    // What is missing on disk makes a person look after a restart, never a second delivery.
  }
}

/**
 * Hands something over and keeps the receiver's word: at most once, unless a repeat is harmless. That it may be on its way is on disk
 * before it is sent, so that also a process which died is never followed by a second delivery.
 */
export async function handOver(log: DeliveryLog, { key, payload, repeatable, send }: HandOver): Promise<WriteResult> {
  const fingerprint = fingerprintOf(payload);
  const before = log.find(key);
  if (before !== null) {
    if (before.fingerprint !== fingerprint) return { type: 'conflict', reason: 'exists_differently' };
    if (before.state === 'acknowledged') return { type: 'committed', remoteId: before.remoteId, etag: null };
    if (before.state === 'withdrawn') return { type: 'conflict', reason: 'changed' };
    if (!repeatable) return IN_DOUBT;
  }
  try {
    if (before === null) log.put({ key, fingerprint, state: 'begun', remoteId: '' });
  } catch (error) {
    note(() => log.remove(key));
    return notWritten(error);
  }
  const result = await send();
  switch (result.type) {
    case 'committed':
      note(() => log.put({ key, fingerprint, state: 'acknowledged', remoteId: result.remoteId }));
      break;
    case 'conflict':
    case 'rejected':
    case 'retry':
      // Says nothing about an earlier attempt that is still in doubt.
      if (before === null) note(() => log.remove(key));
      break;
    case 'unknown':
      break;
  }
  return result;
}

/**
 * The receiver's word in place of a read-back. `absent` says that there is none: what is in doubt is then sent again where a repeat is
 * harmless, and is a case for a person where the destination declares `human_check`.
 */
export function readDelivery(log: DeliveryLog, key: string, expected: RecordPayload): ReadBack {
  const delivery = log.find(key);
  if (delivery?.state !== 'acknowledged') return { type: 'absent' };
  if (delivery.fingerprint !== fingerprintOf(expected)) return { type: 'differs', remoteId: delivery.remoteId };
  // A caller's reason is not handed over.
  const payload = expected.kind === 'booking' ? { ...expected, reason: null } : expected;
  return { type: 'found', payload, remoteId: delivery.remoteId, etag: null, contested: false };
}

/** Takes back what was handed over, once; what never was, or is taken back already, is as good as taken back. */
export async function takeBack(log: DeliveryLog, key: string, send: (remoteId: string) => Promise<WriteResult>): Promise<WriteResult> {
  const delivery = log.find(key);
  const gone = (remoteId: string): WriteResult => ({ type: 'committed', remoteId, etag: null });
  if (delivery === null || delivery.state === 'withdrawn') return gone(delivery?.remoteId ?? key);
  const result = await send(delivery.remoteId);
  if (result.type === 'committed') note(() => log.put({ ...delivery, state: 'withdrawn' }));
  return result;
}
