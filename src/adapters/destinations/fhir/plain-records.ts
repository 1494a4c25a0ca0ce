import { isAppError, toAppError } from '../../../base/app-error.ts';
import type { Clock } from '../../../base/clock.ts';
import type { ReadBack, WriteResult } from '../../../domain/writeback/answer.ts';
import { remoteIdOf } from '../../../domain/writeback/op-key.ts';
import { isSameRecord } from '../../../domain/writeback/same-record.ts';
import type { DestinationOptions, WriteOptions } from '../../../ports/destination.ts';
import { failedWrite, notWritten, refusedWrite } from '../http/classify.ts';
import type { HttpResult } from '../http/http-client.ts';
import { addressOf, versionTag, type FhirClient } from './fhir-client.ts';
import { holdsKey, keyQuery, signed, wasEdited } from './identity.ts';
import { lookUp } from './lookup.ts';
import { readPlain, stands, takenAway, TYPES, writePlain, type PlainPayload, type PlainResource } from './record-forms.ts';
import type { Stored } from './resources.ts';
import { carried, committed, idAt, isDone, LOST_RACE } from './written-resource.ts';

const SEVERAL: WriteResult = { type: 'conflict', reason: 'exists_differently' };
const CHANGED: WriteResult = { type: 'conflict', reason: 'changed' };
/** The server took another resource for ours: it does not look at the whole condition, and a repeat would not change that. */
const CONDITION_IGNORED: WriteResult = { type: 'rejected', code: 'destination_misbehaved' };

/** Records that are one resource: Patient, Task, Communication. */
export interface PlainRecords {
  create(key: string, payload: PlainPayload, options: WriteOptions): Promise<WriteResult>;
  cancel(key: string, expected: PlainPayload, options: DestinationOptions): Promise<WriteResult>;
  readBack(key: string, expected: PlainPayload, options: DestinationOptions): Promise<ReadBack>;
}

export function createPlainRecords(client: FhirClient, clock: Clock): PlainRecords {
  const typeOf = ({ kind }: PlainPayload): (typeof TYPES)[PlainPayload['kind']] => TYPES[kind];
  return {
    create: async (key, payload, options) => {
      const type = typeOf(payload);
      let result: HttpResult;
      try {
        // Looked for first, so that a server that ignores the condition makes no second record of a repeat.
        const own = await lookUp(client, type, key, options);
        if (own.type === 'several') return SEVERAL;
        if (own.type === 'one') return stands(own.resource) ? committed(own.resource) : await broughtBack(client, own.resource, options);
        const resource = writePlain(payload, options.links ?? {}, new Date(clock.epochMs()).toISOString());
        result = await client.create(signed(resource, key), keyQuery(key), options);
      } catch (error) {
        return notWritten(error);
      }
      return created(client, { key, type, result, options });
    },
    cancel: async (key, expected, options) => {
      let own: Stored<PlainResource>;
      let result: HttpResult;
      try {
        const found = await lookUp(client, typeOf(expected), key, options);
        if (found.type === 'several') return SEVERAL;
        if (found.type === 'none' || !stands(found.resource)) return { type: 'committed', remoteId: remoteIdOf(key), etag: null };
        own = found.resource;
        if (wasEdited(own) ?? !isSameRecord(expected, readPlain(own))) return CHANGED;
        result = await client.update(takenAway(own), options);
      } catch (error) {
        return notWritten(error);
      }
      if (result.type === 'failed') return failedWrite(result);
      const { answer } = result;
      if (LOST_RACE.has(answer.status)) return CHANGED;
      return isDone(answer) || answer.status === 410 ? { type: 'committed', remoteId: addressOf(own), etag: null } : refusedWrite(answer);
    },
    readBack: async (key, expected, options) => {
      try {
        const own = await lookUp(client, typeOf(expected), key, options);
        if (own.type === 'several') return { type: 'differs', remoteId: addressOf(own.first) };
        if (own.type === 'none' || !stands(own.resource)) return { type: 'absent' };
        const etag = versionTag(own.resource);
        return { type: 'found', payload: readPlain(own.resource), remoteId: addressOf(own.resource), etag, contested: false };
      } catch (error) {
        if (!isAppError(error)) throw error;
        return { type: 'unavailable', code: error.code };
      }
    },
  };
}

/**
 * A contact that was taken away and not touched since: its person calls again, for whom the key is the same. Everything else has a key of
 * its own, and stays as somebody left it.
 */
async function broughtBack(client: FhirClient, own: Stored<PlainResource>, options: WriteOptions): Promise<WriteResult> {
  if (own.resourceType !== 'Patient') return CHANGED;
  const standing = { ...own, active: true };
  if (wasEdited(standing) !== false) return CHANGED;
  const result = await client.update(standing, options);
  if (result.type === 'failed') return failedWrite(result);
  const { answer } = result;
  if (LOST_RACE.has(answer.status)) return { type: 'retry', code: 'destination_conflict', afterMs: answer.retryAfterMs };
  return isDone(answer) ? committed(own) : refusedWrite(answer);
}

interface Creation {
  readonly key: string;
  readonly type: PlainResource['resourceType'];
  readonly result: HttpResult;
  readonly options: DestinationOptions;
}

/** What a conditional create came to. Whatever the status says, only a resource with our identifier counts. */
async function created(client: FhirClient, { key, type, result, options }: Creation): Promise<WriteResult> {
  if (result.type === 'failed') return failedWrite(result);
  const { answer } = result;
  const lost = LOST_RACE.has(answer.status);
  if (!lost && !isDone(answer)) return refusedWrite(answer);
  try {
    if (lost) {
      const own = await lookUp(client, type, key, options);
      if (own.type === 'one') return committed(own.resource);
      if (own.type === 'several') return SEVERAL;
      return answer.status === 412 ? CONDITION_IGNORED : { type: 'retry', code: 'destination_conflict', afterMs: answer.retryAfterMs };
    }
    const id = idAt(type, answer.header('location') ?? answer.header('content-location'));
    const held = carried(type, answer.body) ?? (id === null ? null : await client.read(type, id, options));
    if (held === null) return { type: 'unknown', code: 'destination_misbehaved' };
    return holdsKey(held, key) ? committed(held) : CONDITION_IGNORED;
  } catch (error) {
    return { type: 'unknown', code: toAppError(error, 'destination_misbehaved').code };
  }
}
