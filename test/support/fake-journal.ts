import { asCallId, type CallId } from '../../src/base/ids.ts';
import type { Journal, JournalEntry } from '../../src/ports/journal.ts';

/** A journal in memory. */
export function createFakeJournal(): Journal {
  const calls = new Map<CallId, { readonly entries: JournalEntry[] }>();
  const ended = ({ entries }: { readonly entries: readonly JournalEntry[] }): JournalEntry | undefined =>
    entries.find(({ type }) => type === 'call.ended');
  const outcomeOf = (body: unknown): string | null =>
    typeof body === 'object' && body !== null && 'outcome' in body && typeof body.outcome === 'string' ? body.outcome : null;
  return {
    append: (entry) => {
      const call = calls.get(entry.call) ?? { entries: [] };
      calls.set(entry.call, call);
      call.entries.push({ ...entry, body: structuredClone(entry.body ?? null), seq: call.entries.length + 1 });
    },
    concerns: () => undefined,
    flush: () => Promise.resolve(),
    read: (call) => calls.get(call)?.entries ?? [],
    list: ({ limit }) =>
      [...calls]
        .map(([call, one]) => ({
          call: asCallId(call),
          startedAtEpochMs: one.entries[0]?.atEpochMs ?? 0,
          endedAtEpochMs: ended(one)?.atEpochMs ?? null,
          outcome: outcomeOf(ended(one)?.body),
          entries: one.entries.length,
        }))
        .sort((a, b) => b.startedAtEpochMs - a.startedAtEpochMs)
        .slice(0, limit),
    unfinished: () => [...calls].filter(([, one]) => ended(one) === undefined).map(([call]) => call),
    close: () => undefined,
  };
}
