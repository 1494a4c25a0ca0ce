import { enteredBooking } from '../../../adapters/destinations/caldav/caldav.ts';
import { phonePattern } from '../../../adapters/destinations/caldav/caller-entries.ts';
import { addDays } from '../../../domain/hours/local-date.ts';
import type { PracticeProfile } from '../../../domain/hours/practice.ts';
import { slotGrid } from '../../../domain/hours/slot-grid.ts';
import { epochOf } from '../../../domain/scenario/practice-time.ts';
import type { DestinationEntry } from '../../../domain/scenario/observation.ts';
import type { CalendarEntry, FaultKind } from '../../../domain/scenario/scenario.ts';
import type { BookingPayload } from '../../../domain/writeback/intent.ts';
import type { WriteResult } from '../../../domain/writeback/answer.ts';
import { remoteIdOf } from '../../../domain/writeback/op-key.ts';
import type { Clock } from '../../../base/clock.ts';
import type { Destination, DestinationCapabilities, FoundRecord } from '../../../ports/destination.ts';

/** A calendar in memory that follows the rules of the real one: one entry per time, and humans come first. */
export interface MemoryCalendar extends Destination {
  add(entry: CalendarEntry): void;
  entries(): readonly DestinationEntry[];
  /** The next writes go wrong like this; `null` behaves. */
  setFault(next: () => FaultKind | null): void;
  writes(): number;
}

const MINUTE_MS = 60_000;
const DAYS_MAX = 62;

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What a person entered, with what they wrote. */
type HumanEntry = Span & { readonly text: string };

const spanOf = (start: number, minutes: number): Span => ({ fromMs: start, toMs: start + minutes * MINUTE_MS });
const overlaps = (a: Span, b: Span): boolean => a.fromMs < b.toMs && b.fromMs < a.toMs;

/** What a fault makes of a write; `null` where it is carried out and answered as usual. */
function outcomeOf(kind: FaultKind | null, carryOut: () => WriteResult): WriteResult {
  switch (kind) {
    case null:
    case 'slow':
      return carryOut();
    case 'reset_after':
    case 'timeout_after_commit':
    case 'status_500_after_commit':
      carryOut();
      return { type: 'unknown', code: 'destination_unreachable' };
    case 'reset_before':
    case 'timeout_before_commit':
      return { type: 'unknown', code: 'destination_unreachable' };
    case 'html_200':
      return { type: 'unknown', code: 'destination_misbehaved' };
    case 'refused':
    case 'down':
    // A CalDAV server's 409 is about another entry's UID; when there is none, nothing was done.
    case 'status_409':
    case 'status_429':
    case 'status_503':
      return { type: 'retry', code: 'destination_unreachable', afterMs: null };
  }
}

const CAPABILITIES: DestinationCapabilities = {
  kinds: ['booking'],
  idempotence: 'conditional_create',
  exactlyOnce: 'guaranteed',
  visibilityDelayMs: 0,
  maxInflightMs: 0,
  limits: null,
  tellsFreeSlots: true,
  sandbox: true,
};

interface Sought {
  readonly phone: string;
  readonly held: ReadonlyMap<string, BookingPayload>;
  readonly human: readonly HumanEntry[];
  readonly nowMs: number;
  readonly practice: PracticeProfile;
}

/** What stands under a telephone number: ours, and what people entered. */
function found({ phone, held, human, nowMs, practice: { timeZone } }: Sought): readonly FoundRecord[] {
  const own = [...held].filter(([, booking]) => booking.phone === phone);
  const entered = human.filter(({ text, fromMs }) => fromMs >= nowMs && phonePattern(phone).test(text));
  return [
    ...own.map(([key, payload]) => ({ remoteId: remoteIdOf(key), isEntered: false, payload })),
    ...entered.map(({ fromMs, toMs }) => ({
      remoteId: String(fromMs),
      isEntered: true,
      payload: enteredBooking({ startEpochMs: fromMs, endEpochMs: toMs }, phone, timeZone),
    })),
  ];
}

export function createMemoryCalendar(options: { readonly practice: () => PracticeProfile; readonly clock: Clock }): MemoryCalendar {
  const held = new Map<string, BookingPayload>();
  const human: HumanEntry[] = [];
  let nextFault: () => FaultKind | null = () => null;
  let writes = 0;
  const nowMs = (): number => options.clock.businessEpochMs();
  const taken = (span: Span, except: readonly string[]): boolean =>
    human.some((other) => overlaps(span, other)) ||
    [...held].some(([key, { start, minutes }]) => !except.includes(key) && overlaps(span, spanOf(Date.parse(start), minutes)));
  const put = (key: string, payload: BookingPayload, except: readonly string[]): WriteResult => {
    if (held.has(key)) return { type: 'committed', remoteId: remoteIdOf(key), etag: '1' };
    if (taken(spanOf(Date.parse(payload.start), payload.minutes), [key, ...except])) return { type: 'conflict', reason: 'slot_taken' };
    held.set(key, { ...payload, reason: null });
    return { type: 'committed', remoteId: remoteIdOf(key), etag: '1' };
  };
  const write = (carryOut: () => WriteResult): Promise<WriteResult> => {
    writes += 1;
    return Promise.resolve(outcomeOf(nextFault(), carryOut));
  };
  return {
    id: 'calendar',
    capabilities: CAPABILITIES,
    find: (phone) => Promise.resolve(found({ phone, held, human, nowMs: nowMs(), practice: options.practice() })),
    create: (key, payload) =>
      payload.kind === 'booking' ? write(() => put(key, payload, [])) : Promise.resolve({ type: 'rejected', code: 'destination_rejected' }),
    update: (key, payload, replaced) =>
      write(() => {
        const claimed = put(key, payload, [replaced.key]);
        if (claimed.type === 'committed') held.delete(replaced.key);
        return claimed;
      }),
    cancel: (key) =>
      write(() => {
        held.delete(key);
        return { type: 'committed', remoteId: remoteIdOf(key), etag: null };
      }),
    readBack: (key) => {
      const payload = held.get(key);
      return Promise.resolve(
        payload === undefined ? { type: 'absent' } : { type: 'found', payload, remoteId: remoteIdOf(key), etag: '1', contested: false },
      );
    },
    availability: (query) => {
      const profile = options.practice();
      const service = profile.services.find(({ id }) => id === query.service);
      if (service === undefined) return Promise.resolve([]);
      const days = Array.from({ length: DAYS_MAX }, (_, index) => addDays(query.fromDay, index)).filter((day) => day <= query.toDay);
      const slots = days.flatMap((day) => slotGrid({ profile, service, day, nowEpochMs: nowMs() }));
      return Promise.resolve(slots.filter(({ start, minutes }) => !taken(spanOf(Date.parse(start), minutes), [])));
    },
    check: () => Promise.resolve(),
    add: ({ start, minutes, text }) => human.push({ ...spanOf(epochOf(start, options.practice().timeZone), minutes), text: text ?? '' }),
    entries: () =>
      [...held].map(([key, { start, service, name, phone }]) => ({
        uid: remoteIdOf(key),
        startEpochMs: Date.parse(start),
        service,
        name,
        phone,
      })),
    setFault: (next) => {
      nextFault = next;
    },
    writes: () => writes,
  };
}
