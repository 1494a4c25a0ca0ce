import type { CallState } from '../../domain/call/state.ts';
import { callerE164 } from '../../domain/dialog/caller-number.ts';
import type { JournalEntry } from '../../ports/journal.ts';
import type { CallDeps } from './deps.ts';

/** The line that a call comes from, as E.164; null when it is withheld. */
export function callerLine(deps: Pick<CallDeps, 'practice'>, callerNumber: string | null): string | null {
  return callerNumber === null ? null : callerE164(callerNumber, deps.practice().phoneCountry);
}

/** Keeps a line of a call's history in the journal, given the state of the call. */
export type CallRecord = (entry: Pick<JournalEntry, 'kind' | 'type' | 'body'>, state: Pick<CallState, 'dialog'>) => void;

/** The history of one call. The journal hears first whom the call is about, each once: whoever is erased later takes the call along. */
export function createRecord(
  { journal, clock, brain, practice }: Pick<CallDeps, 'journal' | 'clock' | 'practice' | 'brain'>,
  { call, callerNumber }: Pick<CallState, 'call' | 'callerNumber'>,
): CallRecord {
  const told = new Set<string>();
  return (entry, { dialog }) => {
    for (const phone of [callerLine({ practice }, callerNumber), ...brain.numbers(dialog)]) {
      if (phone === null || told.has(phone)) continue;
      told.add(phone);
      journal.concerns(call, phone);
    }
    journal.append({ call, atEpochMs: clock.epochMs(), ...entry });
  };
}
