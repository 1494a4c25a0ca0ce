import type { CallId, OpId, UtteranceId } from '../base/ids.ts';
import type { OpState } from '../domain/writeback/intent.ts';

/** What the caller was told about an operation. */
export interface SaidRow {
  readonly op: OpId;
  readonly call: CallId;
  readonly utterance: UtteranceId;
  readonly claim: 'will_confirm' | 'committed' | 'failed';
  readonly opState: OpState;
  readonly audioStartedAtEpochMs: number;
}
