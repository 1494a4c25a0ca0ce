import type { Clock } from '../../../base/clock.ts';
import type { PracticeProfile } from '../../../domain/hours/practice.ts';
import type { WriteResult } from '../../../domain/writeback/answer.ts';
import type { RecordPayload } from '../../../domain/writeback/intent.ts';
import type { Destination } from '../../../ports/destination.ts';
import { createSerial } from '../http/serial.ts';
import { createHttpClient } from '../http/http-client.ts';
import { createTokenBucket, UNLIMITED, type TokenBucket } from '../http/token-bucket.ts';
import { createBookings } from './bookings.ts';
import { checkServer } from './capabilities.ts';
import { createFhirClient, type FhirAccess } from './fhir-client.ts';
import { findCaller } from './find-caller.ts';
import { freeSlots, horizonEndEpochMs } from './free-slots.ts';
import { createPlainRecords } from './plain-records.ts';
import { TYPES, type FhirKind } from './record-forms.ts';
import { createScheduleView } from './schedule-view.ts';

export interface FhirOptions {
  readonly id: string;
  readonly access: FhirAccess;
  /** Whose time is booked: `Schedule/123`. */
  readonly schedule: string;
  /** Whether the practice's system lays out free slots on that schedule; looked up when absent. */
  readonly slots?: 'laid_out' | 'grid';
  /** What it is used for; everything when absent. `check` asks the server for no more than that. */
  readonly kinds?: readonly FhirKind[];
  /** True for a server that simulations may write to. */
  readonly sandbox: boolean;
  /** Read at every use: a simulation may exchange it. */
  readonly practice: () => PracticeProfile;
  readonly clock: Clock;
  /** Shared by all clients of the credential; unlimited when absent. */
  readonly bucket?: TokenBucket;
}

/** FHIR promises no time for this: a server may index what it holds after it has answered. */
const VISIBILITY_DELAY_MS = 2000;
/** What a request of ours may still do after its connection is gone; a repeat of it is harmless, for its key is taken. */
const MAX_INFLIGHT_MS = 2000;
const ALL_KINDS: readonly FhirKind[] = ['contact', 'booking', 'message', 'note'];
const REFUSED: WriteResult = { type: 'rejected', code: 'destination_rejected' };

export interface FhirDestination extends Destination {
  close(): Promise<void>;
}

/**
 * A practice system that speaks FHIR R4 (hl7.org/fhir/R4). Everything is created under the condition that nothing holds its key; a booking
 * claims its slots by their version in the same transaction. Nothing is deleted: what is taken away gets the status that says so.
 */
export function createFhirDestination(options: FhirOptions): FhirDestination {
  const { access, clock, practice, schedule } = options;
  const kinds = options.kinds ?? ALL_KINDS;
  const bucket = options.bucket ?? createTokenBucket(UNLIMITED, clock);
  const client = createFhirClient(access, createHttpClient({ bucket, clock, ca: access.ca }));
  const view = createScheduleView({ client, clock, schedule, slots: options.slots });
  const serially = createSerial();
  const plain = createPlainRecords(client, clock);
  const bookings = createBookings({
    client,
    view,
    clock,
    schedule,
    serially,
    timeZone: () => practice().timeZone,
    horizonEndEpochMs: () => horizonEndEpochMs(practice(), clock.businessEpochMs()),
  });
  const holds = ({ kind }: RecordPayload): boolean => kind in TYPES && kinds.includes(kind as FhirKind);
  return {
    id: options.id,
    capabilities: {
      kinds,
      idempotence: 'conditional_create',
      exactlyOnce: 'guaranteed',
      visibilityDelayMs: VISIBILITY_DELAY_MS,
      maxInflightMs: MAX_INFLIGHT_MS,
      limits: null,
      tellsFreeSlots: kinds.includes('booking'),
      sandbox: options.sandbox,
    },
    find: (phone, asked) => findCaller({ client, view, clock, practice, kinds }, phone, asked),
    create: async (key, payload, asked) => {
      if (!holds(payload) || payload.kind === 'notice') return REFUSED;
      if (payload.kind === 'booking') return bookings.create(key, payload, asked);
      // One at a time for a key: not every server keeps its own promise when two come at once.
      return serially(key, () => plain.create(key, payload, asked));
    },
    update: (key, payload, replaced, asked) => bookings.update(key, payload, replaced, asked),
    cancel: async (key, expected, asked) => {
      if (!holds(expected) || expected.kind === 'notice') return REFUSED;
      return expected.kind === 'booking' ? bookings.cancel(key, expected, asked) : plain.cancel(key, expected, asked);
    },
    readBack: async (key, expected, asked) => {
      if (expected.kind === 'notice') return { type: 'absent' };
      return expected.kind === 'booking' ? bookings.readBack(key, expected, asked) : plain.readBack(key, expected, asked);
    },
    availability: (query, asked) => freeSlots(view, { practice, clock }, query, asked),
    check: async (asked) => {
      await checkServer(client, kinds, asked);
      if (kinds.includes('booking')) await view.actors(asked);
    },
    allowance: () => bucket.free(),
    close: () => client.close(),
  };
}
