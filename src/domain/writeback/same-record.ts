import type { OpPayload } from './intent.ts';
import { canonicalJson } from './op-key.ts';

/**
 * Content of a record as far as a destination holds it, in one form: a point in time is the same in every offset, and a caller's reason
 * stays in the ledger (health data does not belong into a calendar that others may read).
 */
function recordOf(payload: OpPayload): unknown {
  if (payload.kind !== 'booking') return payload;
  const { reason: _reason, start, ...rest } = payload;
  return { ...rest, startEpochMs: Date.parse(start) };
}

/** True when the record that was read back is the one that was agreed. */
export function isSameRecord(agreed: OpPayload, readBack: OpPayload): boolean {
  return canonicalJson(recordOf(agreed)) === canonicalJson(recordOf(readBack));
}
