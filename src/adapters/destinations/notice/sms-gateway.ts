import { AppError } from '../../../base/app-error.ts';
import type { Clock } from '../../../base/clock.ts';
import type { WriteResult } from '../../../domain/writeback/answer.ts';
import type { NoticePayload } from '../../../domain/writeback/intent.ts';
import type { DestinationOptions } from '../../../ports/destination.ts';
import { accessHeaders, addressOf, authorised, type HttpAccess } from '../http/access.ts';
import { failedWrite, notWritten, statusError, unreachable } from '../http/classify.ts';
import type { HttpAnswer, HttpClient, HttpResult } from '../http/http-client.ts';
import { documentOf, valueAt } from '../http/json-pointer.ts';
import { isSuccess, refusal } from '../http/outcome.ts';
import { filled, isSearchable, type SmsMapping, type SmsPlaceholder, type SmsStatus } from './sms-mapping.ts';

/** A message as the gateway shows it; null where it does not show a thing. */
export interface SentMessage {
  readonly id: string;
  readonly to: string | null;
  readonly text: string | null;
  readonly state: 'on_its_way' | 'delivered' | 'failed';
}

/** One gateway, as its mapping document describes it. */
export interface SmsGateway {
  /** Never throws. `exists`: the gateway says that it has our key already. */
  send(message: { readonly key: string; readonly notice: NoticePayload }, call: DestinationOptions): Promise<WriteResult | 'exists'>;
  /** Null when there is none. Throws `destination_unreachable`, `destination_unauthorized` or `destination_misbehaved`. */
  look(by: { readonly key: string } | { readonly id: string }, call: DestinationOptions): Promise<SentMessage | null>;
}

interface Parts {
  readonly mapping: SmsMapping;
  readonly access: HttpAccess;
  readonly http: HttpClient;
  readonly clock: Clock;
}

type Values = Readonly<Partial<Record<SmsPlaceholder, string>>>;

const NOT_FOUND = 404;
const textOf = (value: unknown): string | null => (typeof value === 'string' || typeof value === 'number' ? String(value) : null);

export function createSmsGateway(options: Parts): SmsGateway {
  const parts = { ...options, http: authorised(options.http, options.access) };
  return {
    send: ({ key, notice }, call) => {
      const values = { key, to: notice.to, toDigits: notice.to.replaceAll(/\D/g, ''), text: notice.text };
      return send(parts, values, call);
    },
    look: (by, call) => look(parts, by, call),
  };
}

/** Values are put into a form or into JSON, never into text that a gateway parses: nothing a caller said can change the request. */
function bodyOf({ send }: SmsMapping, values: Values): { readonly type: string; readonly body: string } {
  const fields = Object.entries(send.json ?? send.form ?? {}).map(([name, template]) => [name, filled(template, values)] as const);
  if (send.json !== undefined) return { type: 'application/json', body: JSON.stringify(documentOf(Object.fromEntries(fields))) };
  return {
    type: 'application/x-www-form-urlencoded',
    body: new URLSearchParams(Object.fromEntries(fields.map(([name, value]) => [name, String(value)]))).toString(),
  };
}

function parsed(answer: HttpAnswer): unknown {
  try {
    return answer.isHtml ? undefined : (JSON.parse(answer.body) as unknown);
  } catch {
    return undefined;
  }
}

async function send(parts: Parts, values: Values & { readonly key: string }, call: DestinationOptions): Promise<WriteResult | 'exists'> {
  const { mapping, access, http, clock } = parts;
  const { method, path, headers = {}, success, idAt, keyAt, outcomes = {} } = mapping.send;
  let result: HttpResult;
  try {
    const { type, body } = bodyOf(mapping, values);
    const own = Object.fromEntries(Object.entries(headers).map(([name, template]) => [name.toLowerCase(), filled(template, values)]));
    const credentials = accessHeaders(access, mapping, { body, nowEpochMs: clock.epochMs() });
    result = await http.send({
      method,
      url: addressOf(access, filled(path, values, encodeURIComponent)),
      body,
      headers: { 'content-type': type, ...own, ...credentials },
      signal: call.signal,
      traceparent: call.traceparent,
    });
  } catch (error) {
    return notWritten(error);
  }
  if (result.type === 'failed') return failedWrite(result);
  const { answer } = result;
  if (!success.statuses.includes(answer.status)) {
    const repeatable = mapping.honoursKey || isSearchable(mapping);
    return refusal(answer, { outcomes, repeatable });
  }
  const content = parsed(answer);
  const id = textOf(valueAt(content, idAt));
  const isBelieved = isSuccess(success, answer, content) && (keyAt === undefined || valueAt(content, keyAt) === values.key);
  if (!isBelieved || id === null) return { type: 'unknown', code: 'destination_misbehaved' };
  return { type: 'committed', remoteId: id, etag: null };
}

async function look(
  parts: Parts,
  by: { readonly key?: string; readonly id?: string },
  call: DestinationOptions,
): Promise<SentMessage | null> {
  const { mapping, access, http, clock } = parts;
  const { status } = mapping;
  if (status === undefined) throw new AppError('destination_misbehaved', 'the gateway cannot be asked about messages');
  const headers = { accept: 'application/json', ...accessHeaders(access, mapping, { body: undefined, nowEpochMs: clock.epochMs() }) };
  const url = addressOf(access, filled(status.path, by, encodeURIComponent));
  const result = await http.send({ method: 'GET', url, headers, signal: call.signal, traceparent: call.traceparent });
  if (result.type === 'failed') throw unreachable(result);
  const { answer } = result;
  if ((status.absent ?? [NOT_FOUND]).includes(answer.status) && !answer.isHtml) return null;
  if (!status.success.statuses.includes(answer.status) || answer.isHtml) throw statusError(answer);
  const content = parsed(answer);
  if (!isSuccess(status.success, answer, content))
    throw new AppError('destination_misbehaved', 'the answer about a message is not as described');
  return messageIn(status, content, by.key);
}

/** Our message among those of an answer; one of another key is not taken for ours. */
function messageIn(status: SmsStatus, content: unknown, key: string | undefined): SentMessage | null {
  const { recordsAt, keyAt } = status;
  const records: unknown = recordsAt === undefined ? [content] : valueAt(content, recordsAt);
  if (!Array.isArray(records)) throw new AppError('destination_misbehaved', 'the answer about a message holds no list');
  const ours = records.filter((record) => key === undefined || keyAt === undefined || valueAt(record, keyAt) === key) as readonly unknown[];
  if (ours.length === 0 && records.length > 0) throw new AppError('destination_misbehaved', 'the answer about a message is about others');
  const [record] = ours;
  if (record === undefined) return null;
  const at = (pointer: string | undefined): string | null => (pointer === undefined ? null : textOf(valueAt(record, pointer)));
  const [id, state] = [at(status.idAt), at(status.stateAt)];
  if (id === null || state === null) throw new AppError('destination_misbehaved', 'a message has no id or no state');
  const isFailed = status.failed.includes(state);
  return {
    id,
    to: at(status.toAt),
    text: at(status.textAt),
    state: isFailed ? 'failed' : status.delivered.includes(state) ? 'delivered' : 'on_its_way',
  };
}
