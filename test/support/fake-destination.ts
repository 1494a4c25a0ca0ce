import { AppError } from '../../src/base/app-error.ts';
import type { ErrorCode } from '../../src/base/error-codes.ts';
import type { FreeSlot } from '../../src/domain/hours/free-slot.ts';
import type { WriteResult } from '../../src/domain/writeback/answer.ts';
import type { BookingPayload, RecordPayload } from '../../src/domain/writeback/intent.ts';
import type { Destination, OwnRecord } from '../../src/ports/destination.ts';

/** What goes wrong with the next write: before it counts, after it counted, or a refusal. */
export type WriteFault = 'lost_before' | 'lost_after' | ErrorCode;

export interface FakeDestination extends Destination {
  /** Faults of the next writes, first come first served. */
  readonly faults: WriteFault[];
  /** While set, every question fails with this code. */
  down: ErrorCode | null;
  /** Writes that arrived, also those whose answer was lost. */
  readonly writes: string[];
  records(): readonly RecordPayload[];
  /** An entry a human makes. */
  addForeign(start: string, minutes: number, phone?: string): void;
  /** A human changes our record. */
  edit(key: string, change: (payload: RecordPayload) => RecordPayload): void;
  /** A human takes our record away. */
  remove(key: string): void;
  /** A record of ours that nobody here wrote, or a second one of its key. */
  addOwn(key: string, payload: BookingPayload): void;
}

interface Held {
  readonly payload: RecordPayload;
  readonly edited: boolean;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

const spanOf = ({ start, minutes }: { readonly start: string; readonly minutes: number }): Span => {
  const from = Date.parse(start);
  return { from, to: from + minutes * 60_000 };
};
const overlaps = (a: Span, b: Span): boolean => a.from < b.to && b.from < a.to;

const enteredBooking = (from: number, to: number, phone: string | null): BookingPayload => ({
  kind: 'booking',
  service: '',
  serviceName: '',
  start: new Date(from).toISOString(),
  minutes: (to - from) / 60_000,
  name: '',
  phone: phone ?? '',
  reason: null,
});

/** A calendar in memory with the rules of the real one: one entry per time, humans first, nothing a human edited is taken away. */
export function createFakeDestination(id = 'calendar', slots: readonly FreeSlot[] = []): FakeDestination {
  const held = new Map<string, Held>();
  const copies: OwnRecord[] = [];
  const foreign: (Span & { readonly phone: string | null })[] = [];
  const faults: WriteFault[] = [];
  const writes: string[] = [];
  const state: { down: ErrorCode | null } = { down: null };
  const taken = (span: Span, except: readonly string[]): boolean =>
    foreign.some((other) => overlaps(span, other)) ||
    [...held].some(([key, { payload }]) => !except.includes(key) && payload.kind === 'booking' && overlaps(span, spanOf(payload)));
  const contested = (span: Span): boolean => foreign.some((other) => overlaps(span, other));

  const writing = (key: string, write: () => WriteResult): Promise<WriteResult> => {
    if (state.down !== null) return Promise.resolve({ type: 'retry', code: state.down, afterMs: null });
    const fault = faults.shift();
    if (fault === 'lost_before') return Promise.resolve({ type: 'unknown', code: 'destination_unreachable' });
    if (fault !== undefined && fault !== 'lost_after') return Promise.resolve({ type: 'retry', code: fault, afterMs: null });
    writes.push(key);
    const result = write();
    return Promise.resolve(fault === 'lost_after' ? { type: 'unknown', code: 'destination_unreachable' } : result);
  };
  const put = (key: string, payload: RecordPayload, except: readonly string[]): WriteResult => {
    const existing = held.get(key);
    if (existing !== undefined) return { type: 'committed', remoteId: key, etag: '1' };
    if (payload.kind === 'booking' && taken(spanOf(payload), [key, ...except])) return { type: 'conflict', reason: 'slot_taken' };
    held.set(key, { payload: payload.kind === 'booking' ? { ...payload, reason: null } : payload, edited: false });
    return { type: 'committed', remoteId: key, etag: '1' };
  };
  const take = (key: string): WriteResult => {
    if (held.get(key)?.edited === true) return { type: 'conflict', reason: 'changed' };
    held.delete(key);
    return { type: 'committed', remoteId: key, etag: null };
  };
  const fail = (): void => {
    if (state.down !== null) throw new AppError(state.down, 'the fake destination is down');
  };
  return {
    id,
    capabilities: {
      kinds: ['booking', 'message', 'contact', 'note', 'notice'],
      idempotence: 'conditional_create',
      exactlyOnce: 'guaranteed',
      visibilityDelayMs: 0,
      maxInflightMs: 2000,
      limits: null,
      tellsFreeSlots: true,
      sandbox: true,
    },
    find: async (phone) => {
      fail();
      const ours = [...held].map(([remoteId, { payload }]) => ({ remoteId, isEntered: false, payload }));
      const entered = foreign.map(({ from, to, phone: number }) => ({
        remoteId: `entry-${from}`,
        isEntered: true,
        payload: enteredBooking(from, to, number),
      }));
      return [...ours, ...entered].filter(({ payload }) => 'phone' in payload && payload.phone === phone);
    },
    faults,
    writes,
    get down() {
      return state.down;
    },
    set down(code: ErrorCode | null) {
      state.down = code;
    },
    records: () => [...held.values()].map(({ payload }) => payload),
    addForeign: (start, minutes, phone) => foreign.push({ ...spanOf({ start, minutes }), phone: phone ?? null }),
    edit: (key, change) => {
      const existing = held.get(key);
      if (existing !== undefined) held.set(key, { payload: change(existing.payload), edited: true });
    },
    remove: (key) => void held.delete(key),
    addOwn: (key, payload) => {
      if (held.has(key)) copies.push({ key, remoteId: `${key}-copy`, payload });
      else held.set(key, { payload, edited: false });
    },
    ours: async ({ startEpochMs, endEpochMs }) => {
      fail();
      const own = [...held].map(([key, { payload }]): OwnRecord => ({ key, remoteId: key, payload }));
      return [...own, ...copies].filter(
        ({ payload }) => payload.kind === 'booking' && overlaps(spanOf(payload), { from: startEpochMs, to: endEpochMs }),
      );
    },
    create: (key, payload) => writing(key, () => put(key, payload, [])),
    update: (key, payload: BookingPayload, { key: replacesKey }) =>
      writing(key, () => {
        const old = held.get(replacesKey);
        if (old === undefined)
          return held.has(key) ? { type: 'committed', remoteId: key, etag: '1' } : { type: 'conflict', reason: 'changed' };
        if (old.edited) return { type: 'conflict', reason: 'changed' };
        const claimed = put(key, payload, [replacesKey]);
        if (claimed.type === 'committed') held.delete(replacesKey);
        return claimed;
      }),
    cancel: (key) => writing(key, () => take(key)),
    readBack: (key) => {
      if (state.down !== null) return Promise.resolve({ type: 'unavailable', code: state.down });
      const found = held.get(key);
      if (found === undefined) return Promise.resolve({ type: 'absent' });
      const isContested = found.payload.kind === 'booking' && contested(spanOf(found.payload));
      return Promise.resolve({ type: 'found', payload: found.payload, remoteId: key, etag: '1', contested: isContested });
    },
    availability: async () => {
      fail();
      return slots.filter((slot) => !taken(spanOf(slot), []));
    },
    check: async () => fail(),
  };
}
