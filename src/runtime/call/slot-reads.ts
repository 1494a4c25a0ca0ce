import { SLOTS_AGE_MS_MAX, type FreeSlot, type SlotQuery } from '../../domain/hours/free-slot.ts';
import { localTime } from '../../domain/hours/local-date.ts';
import type { CallDeps } from './deps.ts';

/** Reads kept per call; the oldest goes first. */
const READS_MAX = 16;
/** How long one read may take, in milliseconds. */
const READ_MS_MAX = 2500;
/** Age at which slots are not worth offering any more, in milliseconds; the worker keeps its own as long. */
const KEPT_MS_MAX = 600_000;

/** Free slots and how long ago the calendar was read, in milliseconds; `unknown` when there are none that are worth anything. */
export type SlotsFound = { readonly slots: readonly FreeSlot[]; readonly ageMs: number } | 'unknown';

/** The free slots that a call has read so far, each with its age. */
export interface SlotReads {
  /**
   * Slots read within the last {@link SLOTS_AGE_MS_MAX}; while the calendar cannot be read, the youngest there are, with their age.
   * Those are not kept as new: whoever asks next has the calendar read again. Never rejects.
   */
  find(query: SlotQuery): Promise<SlotsFound>;
}

interface Read {
  readonly query: SlotQuery;
  readonly slots: readonly FreeSlot[];
  /** When the calendar was read at the earliest, on the monotonic clock. */
  readonly readAtMs: number;
}

interface ReadUnderWay {
  readonly query: SlotQuery;
  readonly askedAtMs: number;
  readonly done: Promise<void>;
}

/** ISO dates are in order as they are written. */
const covers = (wide: SlotQuery, narrow: SlotQuery): boolean =>
  wide.service === narrow.service && wide.fromDay <= narrow.fromDay && wide.toDay >= narrow.toDay;

export function createSlotReads(deps: Pick<CallDeps, 'bookings' | 'clock' | 'log' | 'practice'>, signal: AbortSignal): SlotReads {
  let reads: readonly Read[] = [];
  const underWay = new Set<ReadUnderWay>();
  const ageOf = (atMs: number): number => deps.clock.monotonicMs() - atMs;
  const youngest = (query: SlotQuery): Read | undefined =>
    reads.filter((read) => covers(read.query, query)).toSorted((a, b) => b.readAtMs - a.readAtMs)[0];
  const within = (slots: readonly FreeSlot[], query: SlotQuery): readonly FreeSlot[] => {
    const { timeZone } = deps.practice();
    return slots.filter(({ start }) => {
      const { day } = localTime(Date.parse(start), timeZone);
      return day >= query.fromDay && day <= query.toDay;
    });
  };
  const read = async (query: SlotQuery, askedAtMs: number): Promise<void> => {
    try {
      const { slots, ageMs } = await deps.bookings.freeSlots(query, { signal, limitMs: READ_MS_MAX });
      const readAtMs = askedAtMs - ageMs;
      const stillOfUse = reads.filter((other) => other.readAtMs > readAtMs || !covers(query, other.query));
      reads = [...stillOfUse, { query, slots, readAtMs }].slice(-READS_MAX);
    } catch (error) {
      deps.log.warn('free slots not read', { reason: error instanceof Error ? error.message : String(error) });
    }
  };
  /** One read serves everybody who asks for the same, or for a part of it, meanwhile. */
  const readOnce = (query: SlotQuery): Promise<void> => {
    for (const other of underWay) if (covers(other.query, query) && ageOf(other.askedAtMs) < SLOTS_AGE_MS_MAX) return other.done;
    const askedAtMs = deps.clock.monotonicMs();
    const started: ReadUnderWay = { query, askedAtMs, done: read(query, askedAtMs).finally(() => underWay.delete(started)) };
    underWay.add(started);
    return started.done;
  };
  return {
    find: async (query) => {
      const known = youngest(query);
      if (known === undefined || ageOf(known.readAtMs) >= SLOTS_AGE_MS_MAX) await readOnce(query);
      const best = youngest(query);
      const ageMs = best === undefined ? KEPT_MS_MAX : ageOf(best.readAtMs);
      return best === undefined || ageMs >= KEPT_MS_MAX ? 'unknown' : { slots: within(best.slots, query), ageMs };
    },
  };
}
