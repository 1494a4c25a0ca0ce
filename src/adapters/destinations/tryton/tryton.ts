import { AppError, isAppError } from '../../../base/app-error.ts';
import type { Clock } from '../../../base/clock.ts';
import type { ReadBack, WriteResult } from '../../../domain/writeback/answer.ts';
import type { RecordKind } from '../../../domain/writeback/intent.ts';
import type { Destination, DestinationCapabilities } from '../../../ports/destination.ts';
import { createHttpClient } from '../http/http-client.ts';
import type { MappingDocument } from '../http/mapping.ts';
import { createTokenBucket, UNLIMITED, type TokenBucket } from '../http/token-bucket.ts';
import { createContacts, PARTY, partiesWith } from './contacts.ts';
import { createNotes, deskParty } from './notes.ts';
import { assertKeyIsWritten, searchRows, type TrytonRecords } from './records.ts';
import { createTrytonRpc, type TrytonAccess } from './rpc-client.ts';

export interface TrytonOptions {
  readonly id: string;
  readonly access: TrytonAccess;
  /** Its kinds are those that this destination holds: `contact`, `note`, `message`. */
  readonly mapping: MappingDocument;
  /**
   * Code of the party whose notes the practice reads: messages go there, and notes about callers who are no contact. Null where the
   * mapping has contacts only.
   */
  readonly desk: string | null;
  /** True for a database that simulations may write to. */
  readonly sandbox: boolean;
  readonly clock: Clock;
  /** Shared by all clients of the credential; unlimited when absent. */
  readonly bucket?: TokenBucket;
}

/** A repeat of a contact is harmless, however late. */
const CONTACT_INFLIGHT_MS = 2000;
/** A note in the server's hands can wait this long for its database: six tries of at most five seconds on SQLite. */
const NOTE_INFLIGHT_MS = 30_000;

export interface TrytonDestination extends Destination {
  close(): Promise<void>;
}

/**
 * A Tryton server (6.0 or later, over JSON-RPC). Contacts are exact by a unique field of its database; notes and messages by a search before the
 * write, on the understanding that no request takes effect later than `maxInflightMs`. Throws `config_invalid`.
 */
export function createTrytonDestination(options: TrytonOptions): TrytonDestination {
  const { access, clock, mapping, desk } = options;
  const bucket = options.bucket ?? createTokenBucket(UNLIMITED, clock);
  const rpc = createTrytonRpc(access, createHttpClient({ bucket, clock, ca: access.ca }));
  const records = new Map<RecordKind, TrytonRecords>();
  for (const kind of Object.keys(mapping.records) as RecordKind[]) {
    const record = mapping.records[kind];
    if (record === undefined) continue;
    assertKeyIsWritten(record);
    if (kind === 'contact') records.set(kind, createContacts(rpc, record));
    else if (kind !== 'note' && kind !== 'message') throw new AppError('config_invalid', `Tryton holds no records of kind ${kind}`);
    else if (desk === null) throw new AppError('config_invalid', `for records of kind ${kind} Tryton needs the code of the desk's party`);
    else records.set(kind, createNotes(rpc, record, desk));
  }
  const refused: Promise<WriteResult> = Promise.resolve({ type: 'rejected', code: 'destination_rejected' });
  return {
    id: options.id,
    capabilities: capabilitiesOf([...records.keys()], options.sandbox),
    find: (phone, asked) => (records.has('contact') ? partiesWith(rpc, phone, asked) : Promise.resolve([])),
    create: (key, payload, asked) => records.get(payload.kind)?.create(key, payload, asked) ?? refused,
    update: () => refused,
    cancel: (key, expected, { signal }) => records.get(expected.kind)?.cancel(key, expected, signal) ?? refused,
    readBack: async (key, expected, { signal }): Promise<ReadBack> => {
      try {
        return (await records.get(expected.kind)?.readBack(key, expected, signal)) ?? { type: 'absent' };
      } catch (error) {
        if (!isAppError(error)) throw error;
        return { type: 'unavailable', code: error.code };
      }
    },
    availability: () => Promise.resolve([]),
    check: async ({ signal }) => {
      if (desk === null) await searchRows(rpc, { model: PARTY, domain: [['id', '=', 0]], fields: [] }, { signal });
      else await deskParty(rpc, desk, { signal });
    },
    allowance: () => bucket.free(),
    close: () => rpc.close(),
  };
}

function capabilitiesOf(kinds: readonly RecordKind[], sandbox: boolean): DestinationCapabilities {
  const areUnique = kinds.every((kind) => kind === 'contact');
  return {
    kinds,
    idempotence: areUnique ? 'native_key' : 'search_then_create',
    exactlyOnce: 'guaranteed',
    visibilityDelayMs: 0,
    maxInflightMs: areUnique ? CONTACT_INFLIGHT_MS : NOTE_INFLIGHT_MS,
    limits: null,
    sandbox,
  };
}
