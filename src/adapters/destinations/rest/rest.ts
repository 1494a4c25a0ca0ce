import type { Clock } from '../../../base/clock.ts';
import type { PracticeProfile } from '../../../domain/hours/practice.ts';
import type { WriteResult } from '../../../domain/writeback/answer.ts';
import type { RecordPayload } from '../../../domain/writeback/intent.ts';
import { remoteIdOf } from '../../../domain/writeback/op-key.ts';
import type { Destination, DestinationOptions, WriteOptions } from '../../../ports/destination.ts';
import { openDeliveryLog, type DeliveryLog } from '../delivery-log.ts';
import { handOver, readDelivery, takeBack } from '../hand-over.ts';
import { requireSecrets, type HttpAccess } from '../http/access.ts';
import { notWritten } from '../http/classify.ts';
import { createHttpClient, type HttpClient } from '../http/http-client.ts';
import { valueAt } from '../http/json-pointer.ts';
import { createKeyedRecords } from '../http/keyed-records.ts';
import { knock } from '../http/knock.ts';
import { renderFields } from '../http/mapping.ts';
import { createSerial } from '../http/serial.ts';
import { createTokenBucket, UNLIMITED, type TokenBucket } from '../http/token-bucket.ts';
import { answered, createRestCaller, type RestCaller } from './rest-call.ts';
import { checkSlots, restSlots } from './rest-slots.ts';
import { bodyOf, createRestStore, keyedMapping, writtenBy } from './rest-store.ts';
import type { BoundRecord, RestSystem } from './rest-system.ts';

export interface RestOptions {
  readonly system: RestSystem;
  readonly access: HttpAccess;
  /** Read at every use: a simulation may exchange it. */
  readonly practice: () => PracticeProfile;
  readonly clock: Clock;
  /** True for a system that simulations may write to. */
  readonly sandbox: boolean;
  /** Shared by all clients of the credential; as the mapping says when absent. */
  readonly bucket?: TokenBucket;
  /** Keeps the word of receivers that cannot be read back; in memory when absent, so that a restart makes a person look. */
  readonly deliveries?: DeliveryLog;
}

export interface RestDestination extends Destination {
  close(): Promise<void>;
}

interface Asking {
  readonly caller: RestCaller;
  readonly http: HttpClient;
}

interface Parts {
  readonly system: RestSystem;
  readonly caller: RestCaller;
  readonly log: DeliveryLog;
  readonly repeatable: boolean;
}

const REFUSED: WriteResult = { type: 'rejected', code: 'destination_rejected' };

/**
 * A system that two documents describe: its OpenAPI document, and a mapping that says which operation does what (`docs/REST.md`). Kinds that
 * can be read back are found under their key before anything is written; of the others the receiver's acknowledgement, which must name our
 * key, is kept. Throws `config_invalid` when a secret is missing.
 */
export function createRestDestination(options: RestOptions): RestDestination {
  const { system, access, practice, clock, sandbox } = options;
  const { mapping, records, freeSlots } = system;
  requireSecrets(mapping.destination, access, mapping);
  const bucket = options.bucket ?? createTokenBucket(mapping.rate ?? UNLIMITED, clock);
  const http = createHttpClient({ bucket, clock, ca: access.ca });
  const caller = createRestCaller({ mapping, access, http, clock });
  const log = options.deliveries ?? openDeliveryLog(null);
  const repeatable = mapping.idempotencyKey?.honoured === true;
  const parts: Parts = { system, caller, log, repeatable };
  const readable = new Map([...records].filter(([, { readBack }]) => readBack !== null));
  const keyed = createKeyedRecords({
    mapping: {
      version: 1,
      destination: mapping.destination,
      records: Object.fromEntries([...readable].map(([kind, { rules }]) => [kind, keyedMapping(kind, rules)])),
    },
    store: createRestStore(system, caller),
    clock,
    kept: [...readable].flatMap(([kind, { cancel }]) => (cancel === null ? [kind] : [])),
  });
  const slots = freeSlots === null ? null : { bound: freeSlots, caller, practice, clock };
  const serially = createSerial();
  const isGuaranteed = mapping.idempotence !== 'none' && (repeatable || readable.size === records.size);
  return {
    id: mapping.destination,
    capabilities: {
      kinds: [...records.keys()],
      idempotence: mapping.idempotence,
      exactlyOnce: isGuaranteed ? 'guaranteed' : 'human_check',
      visibilityDelayMs: mapping.visibilityDelayMs,
      // Waiting tells nothing of what cannot be asked for.
      maxInflightMs: isGuaranteed ? mapping.maxInflightMs : 0,
      limits: mapping.rate,
      tellsFreeSlots: slots !== null,
      sandbox,
    },
    find: (phone, call) => keyed.find(phone, call),
    create: (key, payload, call) => {
      const bound = records.get(payload.kind);
      if (bound === undefined) return Promise.resolve(REFUSED);
      return readable.has(payload.kind)
        ? keyed.create(key, payload, call)
        : serially(key, () => deliver(parts, { bound, key, payload }, call));
    },
    update: (key, payload, replaced, call) => {
      const rules = readable.get(payload.kind)?.rules;
      // What cannot be read or taken away cannot be moved either.
      if (rules?.cancel === undefined) return Promise.resolve(REFUSED);
      return keyed.update(key, payload, replaced, call);
    },
    cancel: (key, expected, call) => {
      const bound = records.get(expected.kind);
      if (bound === undefined) return Promise.resolve(REFUSED);
      return readable.has(expected.kind) ? keyed.cancel(key, expected, call) : serially(key, () => revoke(parts, { bound, key }, call));
    },
    readBack: (key, expected, call) =>
      readable.has(expected.kind) ? keyed.readBack(key, expected, call) : Promise.resolve(readDelivery(log, key, expected)),
    availability: async (query, call) => (slots === null ? [] : restSlots(slots, query, call)),
    check: async (call) => {
      await check(options, { caller, http }, call);
      if (slots !== null) await checkSlots(slots, call);
    },
    allowance: () => bucket.free(),
    close: () => http.close(),
  };
}

/** Hands a record to a receiver that acknowledges it. */
function deliver(
  { system, caller, log, repeatable }: Parts,
  { bound, key, payload }: { readonly bound: BoundRecord; readonly key: string; readonly payload: RecordPayload },
  call: WriteOptions,
): Promise<WriteResult> {
  const { use } = bound.create;
  const remoteKey = remoteIdOf(key);
  const send = async (): Promise<WriteResult> => {
    try {
      const body = bodyOf(bound.rules, renderFields(bound.rules, { key, payload, links: call.links }));
      const result = await caller.call(bound.create, { key: remoteKey, idempotencyKey: remoteKey, body }, call);
      const written = writtenBy(result, { system, use, repeatable });
      // It says that it has our key already, and cannot be asked what stands there.
      if (written === 'exists')
        return repeatable ? { type: 'committed', remoteId: remoteKey, etag: null } : { type: 'conflict', reason: 'exists_differently' };
      if (written.type !== 'succeeded') return written;
      const { content, answer } = written;
      if (use.keyAt !== undefined && valueAt(content, use.keyAt) !== remoteKey) return { type: 'unknown', code: 'destination_misbehaved' };
      const id = valueAt(content, `${use.recordAt ?? ''}${bound.rules.idField}`);
      return {
        type: 'committed',
        remoteId: typeof id === 'string' || typeof id === 'number' ? String(id) : remoteKey,
        etag: answer.header('etag'),
      };
    } catch (error) {
      return notWritten(error);
    }
  };
  return handOver(log, { key, payload, repeatable, send });
}

/** Tells a receiver that a record is taken back; it answers `changed` by its ambiguity table for what a person has touched. */
async function revoke(
  { system, caller, log }: Parts,
  { bound, key }: { readonly bound: BoundRecord; readonly key: string },
  call: DestinationOptions,
): Promise<WriteResult> {
  const { cancel } = bound;
  if (cancel === null) return REFUSED;
  const remoteKey = remoteIdOf(key);
  return takeBack(log, key, async (remoteId) => {
    try {
      const result = await caller.call(cancel, { key: remoteKey, remoteId, idempotencyKey: `${remoteKey}-cancel` }, call);
      // Taking back is harmless when repeated: there is nothing left to take.
      const revoked = writtenBy(result, { system, use: cancel.use, repeatable: true });
      if (revoked === 'exists') return { type: 'unknown', code: 'destination_misbehaved' };
      return revoked.type === 'succeeded' ? { type: 'committed', remoteId, etag: null } : revoked;
    } catch (error) {
      return notWritten(error);
    }
  });
}

/** The check operation of the mapping; without one, any answer of the address that is no refusal says that someone is there. */
async function check({ system, access, clock }: RestOptions, { caller, http }: Asking, call: DestinationOptions): Promise<void> {
  if (system.check === null) return knock({ access, http, clock, rules: system.mapping }, call);
  answered(await caller.call(system.check, {}, call), system.check);
}
