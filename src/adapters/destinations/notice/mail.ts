import type { Clock } from '../../../base/clock.ts';
import type { WriteResult } from '../../../domain/writeback/answer.ts';
import type { NoticePayload, RecordPayload } from '../../../domain/writeback/intent.ts';
import { remoteIdOf } from '../../../domain/writeback/op-key.ts';
import type { Destination, DestinationOptions } from '../../../ports/destination.ts';
import { openDeliveryLog, type DeliveryLog } from '../delivery-log.ts';
import { handOver, readDelivery } from '../hand-over.ts';
import { createSerial } from '../http/serial.ts';
import { createTokenBucket, UNLIMITED, type Rate, type TokenBucket } from '../http/token-bucket.ts';
import { createMailSender, isAddress, type MailAccess, type MailSender } from './mail-sender.ts';

export interface MailOptions {
  readonly access: MailAccess;
  readonly clock: Clock;
  /** True for a server that sends nothing to real mailboxes. */
  readonly sandbox: boolean;
  /** Messages that the server takes of one sender; null when it names no limit. */
  readonly rate: Rate | null;
  /** Keeps the server's word; in memory when absent, so that a restart makes a person look. */
  readonly deliveries?: DeliveryLog;
}

const REFUSED: WriteResult = { type: 'rejected', code: 'destination_rejected' };

const mailOf = (payload: RecordPayload): NoticePayload | null =>
  payload.kind === 'notice' && payload.channel === 'email' && isAddress(payload.to) ? payload : null;

/**
 * E-mail through a mail server. SMTP has no read-back: what proves a mail is the server's 250 after the message, by which it takes over
 * responsibility (RFC 5321, section 6.1); that word is kept. A connection that breaks between the message and that word leaves it open
 * for ever, and the mail is then not sent again: a person looks. The Message-ID is made of the key.
 */
export function createMailDestination(options: MailOptions): Destination {
  const { access, clock, rate, sandbox } = options;
  const sender = createMailSender(access);
  const log = options.deliveries ?? openDeliveryLog(null);
  const bucket = createTokenBucket(rate ?? UNLIMITED, clock);
  const serially = createSerial();
  return {
    id: 'mail',
    capabilities: {
      kinds: ['notice'],
      idempotence: 'none',
      exactlyOnce: 'human_check',
      visibilityDelayMs: 0,
      // Waiting tells nothing of what cannot be asked for.
      maxInflightMs: 0,
      limits: rate,
      sandbox,
    },
    find: () => Promise.resolve([]),
    create: (key, payload, call) => {
      const notice = mailOf(payload);
      if (notice === null) return Promise.resolve(REFUSED);
      const send = (): Promise<WriteResult> => sent({ sender, bucket, clock }, { key, notice }, call);
      return serially(key, () => handOver(log, { key, payload: notice, repeatable: false, send }));
    },
    // A mail that was sent cannot be changed or called back.
    update: () => Promise.resolve(REFUSED),
    cancel: () => Promise.resolve(REFUSED),
    readBack: (key, expected) => Promise.resolve(readDelivery(log, key, expected)),
    availability: () => Promise.resolve([]),
    check: (call) => sender.check(call),
    allowance: () => bucket.free(),
  };
}

interface Sending {
  readonly sender: MailSender;
  readonly bucket: TokenBucket;
  readonly clock: Clock;
}

async function sent(
  { sender, bucket, clock }: Sending,
  { key, notice }: { readonly key: string; readonly notice: NoticePayload },
  { signal }: DestinationOptions,
): Promise<WriteResult> {
  try {
    await bucket.take({ signal });
  } catch {
    return { type: 'retry', code: 'destination_unreachable', afterMs: null };
  }
  const { to, subject, text } = notice;
  const result = await sender.send({ id: remoteIdOf(key), to, subject, text, dateEpochMs: clock.epochMs() }, { signal });
  switch (result.type) {
    case 'accepted':
      return { type: 'committed', remoteId: result.messageId, etag: null };
    case 'refused':
      return { type: 'rejected', code: result.code };
    case 'not_sent':
      return { type: 'retry', code: result.code, afterMs: result.afterMs };
    case 'unknown':
      return { type: 'unknown', code: result.code };
  }
}
