import { AppError, isAppError } from '../../../base/app-error.ts';
import type { Clock } from '../../../base/clock.ts';
import type { ReadBack, WriteResult } from '../../../domain/writeback/answer.ts';
import type { NoticePayload, RecordPayload } from '../../../domain/writeback/intent.ts';
import { remoteIdOf } from '../../../domain/writeback/op-key.ts';
import type { Destination, DestinationOptions } from '../../../ports/destination.ts';
import { openDeliveryLog, type DeliveryLog } from '../delivery-log.ts';
import { handOver, readDelivery } from '../hand-over.ts';
import { requireSecrets, type HttpAccess } from '../http/access.ts';
import { notWritten } from '../http/classify.ts';
import { createHttpClient } from '../http/http-client.ts';
import { knock } from '../http/knock.ts';
import { createSerial } from '../http/serial.ts';
import { createTokenBucket, UNLIMITED, type TokenBucket } from '../http/token-bucket.ts';
import { createSmsGateway, type SentMessage, type SmsGateway } from './sms-gateway.ts';
import { isSearchable, type SmsMapping } from './sms-mapping.ts';

export interface SmsOptions {
  readonly mapping: SmsMapping;
  readonly access: HttpAccess;
  readonly clock: Clock;
  /** True for a gateway that sends nothing to real telephones. */
  readonly sandbox: boolean;
  /** Shared by all clients of the credential; as the mapping says when absent. */
  readonly bucket?: TokenBucket;
  /** Keeps the word of a gateway that cannot be asked by our key; in memory when absent, so that a restart makes a person look. */
  readonly deliveries?: DeliveryLog;
}

export interface SmsDestination extends Destination {
  close(): Promise<void>;
}

interface Parts {
  readonly mapping: SmsMapping;
  readonly gateway: SmsGateway;
  readonly log: DeliveryLog;
}

const E164 = /^\+[1-9]\d{6,14}$/;
const REFUSED: WriteResult = { type: 'rejected', code: 'destination_rejected' };

/** Text messages are all that it takes, to one telephone number each. */
const smsOf = (payload: RecordPayload): NoticePayload | null =>
  payload.kind === 'notice' && payload.channel === 'sms' && E164.test(payload.to) ? payload : null;

/**
 * Text messages through a gateway that speaks HTTP and is described by a mapping document. A gateway that finds messages by our key is asked
 * before each message; one that sends once per key is sent to again when an answer was lost. With neither, what may have been sent is never
 * sent again: a person looks. Throws `config_invalid` when a secret is missing.
 */
export function createSmsDestination(options: SmsOptions): SmsDestination {
  const { mapping, access, clock, sandbox } = options;
  requireSecrets(mapping.destination, access, mapping);
  const bucket = options.bucket ?? createTokenBucket(mapping.rate ?? UNLIMITED, clock);
  const http = createHttpClient({ bucket, clock, ca: access.ca });
  const gateway = createSmsGateway({ mapping, access, http, clock });
  const parts: Parts = { mapping, gateway, log: options.deliveries ?? openDeliveryLog(null) };
  const searchable = isSearchable(mapping);
  const isGuaranteed = mapping.honoursKey || searchable;
  const serially = createSerial();
  return {
    id: mapping.destination,
    capabilities: {
      kinds: ['notice'],
      idempotence: mapping.honoursKey ? 'native_key' : searchable ? 'search_then_create' : 'none',
      exactlyOnce: isGuaranteed ? 'guaranteed' : 'human_check',
      visibilityDelayMs: mapping.visibilityDelayMs,
      // Waiting tells nothing of what cannot be asked for.
      maxInflightMs: isGuaranteed ? mapping.maxInflightMs : 0,
      limits: mapping.rate,
      sandbox,
    },
    find: () => Promise.resolve([]),
    create: (key, payload, call) => {
      const notice = smsOf(payload);
      if (notice === null) return Promise.resolve(REFUSED);
      return serially(key, () => (searchable ? sendUnlessThere(parts, { key, notice }, call) : sendOnce(parts, { key, notice }, call)));
    },
    // A message that was sent cannot be changed or called back.
    update: () => Promise.resolve(REFUSED),
    cancel: () => Promise.resolve(REFUSED),
    readBack: async (key, expected, call) => {
      const notice = smsOf(expected);
      if (notice === null) return { type: 'absent' };
      try {
        return searchable ? await readByKey(parts, { key, notice }, call) : await readById(parts, { key, notice }, call);
      } catch (error) {
        if (!isAppError(error)) throw error;
        return { type: 'unavailable', code: error.code };
      }
    },
    availability: () => Promise.resolve([]),
    check: (call) => knock({ access, rules: mapping, http, clock }, call),
    allowance: () => bucket.free(),
    close: () => http.close(),
  };
}

interface Keyed {
  readonly key: string;
  readonly notice: NoticePayload;
}

async function sendUnlessThere({ gateway }: Parts, { key, notice }: Keyed, call: DestinationOptions): Promise<WriteResult> {
  const remoteKey = remoteIdOf(key);
  try {
    const held = await gateway.look({ key: remoteKey }, call);
    if (held !== null) return standing(held, notice);
  } catch (error) {
    return notWritten(error);
  }
  const sent = await gateway.send({ key: remoteKey, notice }, call);
  if (sent !== 'exists') return sent;
  try {
    const held = await gateway.look({ key: remoteKey }, call);
    return held === null ? { type: 'unknown', code: 'destination_misbehaved' } : standing(held, notice);
  } catch {
    return { type: 'unknown', code: 'destination_misbehaved' };
  }
}

/** What the gateway has under the key already. A message that failed is not sent again: the number is wrong, or off; a person calls. */
function standing(held: SentMessage, notice: NoticePayload): WriteResult {
  if (differs(held, notice)) return { type: 'conflict', reason: 'exists_differently' };
  return held.state === 'failed' ? REFUSED : { type: 'committed', remoteId: held.id, etag: null };
}

function sendOnce({ mapping, gateway, log }: Parts, { key, notice }: Keyed, call: DestinationOptions): Promise<WriteResult> {
  const remoteKey = remoteIdOf(key);
  const repeatable = mapping.honoursKey;
  const send = async (): Promise<WriteResult> => {
    const sent = await gateway.send({ key: remoteKey, notice }, call);
    if (sent !== 'exists') return sent;
    return repeatable ? { type: 'committed', remoteId: remoteKey, etag: null } : { type: 'conflict', reason: 'exists_differently' };
  };
  return handOver(log, { key, payload: notice, repeatable, send });
}

const differs = ({ to, text }: SentMessage, notice: NoticePayload): boolean =>
  (to !== null && digitsOf(to) !== digitsOf(notice.to)) || (text !== null && text !== notice.text);
const digitsOf = (number: string): string => number.replaceAll(/\D/g, '');

function found({ mapping }: Parts, held: SentMessage, notice: NoticePayload): ReadBack {
  if (held.state === 'failed' || differs(held, notice)) return { type: 'differs', remoteId: held.id };
  // Not there yet, and not absent either.
  if (held.state === 'on_its_way' && mapping.status?.waitForDelivery === true) return { type: 'unavailable', code: 'timed_out' };
  return { type: 'found', payload: notice, remoteId: held.id, etag: null, contested: false };
}

async function readByKey(parts: Parts, { key, notice }: Keyed, call: DestinationOptions): Promise<ReadBack> {
  const held = await parts.gateway.look({ key: remoteIdOf(key) }, call);
  return held === null ? { type: 'absent' } : found(parts, held, notice);
}

/** The gateway's word, and what became of the message since, where it can be asked by its own id. */
async function readById(parts: Parts, { key, notice }: Keyed, call: DestinationOptions): Promise<ReadBack> {
  const { mapping, gateway, log } = parts;
  const word = readDelivery(log, key, notice);
  if (word.type !== 'found' || mapping.status === undefined) return word;
  const held = await gateway.look({ id: word.remoteId }, call);
  if (held === null) throw new AppError('destination_misbehaved', 'the gateway does not know a message that it took');
  return found(parts, held, notice);
}
