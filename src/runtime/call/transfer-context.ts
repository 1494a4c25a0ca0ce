import type { CallState } from '../../domain/call/state.ts';
import { sentimentOf } from '../../domain/escalation/sentiment.ts';

/** What a human taking over gets to know, so that the caller repeats nothing. */
export interface TransferContext {
  readonly transcript: readonly { readonly who: string; readonly text: string }[];
  readonly intent: string;
  readonly sentiment: string;
  /** Short form for a SIP header: no words of the caller, at most 200 characters. */
  readonly header: string;
}

const HEADER_CHARS_MAX = 200;

/** The header names the call; `vestibule calls show` has the conversation. */
export function transferContext(state: CallState, intent: string): TransferContext {
  const transcript = state.history.map(({ who, text }) => ({ who, text }));
  const sentiment = sentimentOf(state.history.filter(({ who }) => who === 'caller').map(({ text }) => text));
  return { transcript, intent, sentiment, header: `call=${state.call};intent=${intent};sentiment=${sentiment}`.slice(0, HEADER_CHARS_MAX) };
}
