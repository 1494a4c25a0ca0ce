import type { IncomingMessage, ServerResponse } from 'node:http';
import { FAULT_KINDS, type FaultKind } from '../../domain/scenario/scenario.ts';

/** What can happen to one request beside the kinds that a scenario may name. */
const FURTHER_KINDS = ['status_401', 'truncated_answer', 'arrives_late', 'arrives_twice', 'answer_late'] as const;

export type RequestFaultKind = FaultKind | (typeof FURTHER_KINDS)[number];

/** Faults of single requests: all but the one that lasts. */
export const REQUEST_FAULT_KINDS: readonly RequestFaultKind[] = [...FAULT_KINDS.filter((kind) => kind !== 'down'), ...FURTHER_KINDS];

/** A fault that hits one request. */
export interface RequestFault {
  readonly kind: RequestFaultKind;
  /** For what comes late: how late, in milliseconds. */
  readonly delayMs: number;
}

/** An answer of the destination, or in its place. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** One request while it is handled. */
export interface Exchange {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  /** Passes the request on; every call does it once more. */
  readonly upstream: () => Promise<Answer>;
  /** Refuses connections for this long; null means until told otherwise. */
  readonly closeDoors: (ms: number | null) => void;
  /** Runs work after a delay that the exchange does not wait for. */
  readonly later: (delayMs: number, work: () => Promise<unknown>) => void;
}

/** Gives the client an answer as it is. */
export function give(response: ServerResponse, answer: Answer): void {
  if (response.destroyed) return;
  const { 'transfer-encoding': _encoding, connection: _connection, ...headers } = answer.headers;
  response.writeHead(answer.status, { ...headers, 'content-length': answer.body.length });
  response.end(answer.body);
}

/** A plain answer in the place of the destination. */
export const textAnswer = (status: number, text: string, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { 'content-type': 'text/plain', ...headers },
  body: Buffer.from(text),
});

const LOGIN_PAGE: Answer = {
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: Buffer.from('<!doctype html><title>Sign in</title><form><input name="user"></form>'),
};
/** Bytes that a truncated answer announces and never brings. */
const MISSING_BYTES = 64;

const reset = ({ incoming }: Exchange): void => {
  incoming.socket.resetAndDestroy();
};

function truncate({ response }: Exchange, answer: Answer): void {
  if (response.destroyed) return;
  const { 'transfer-encoding': _encoding, connection: _connection, ...headers } = answer.headers;
  response.writeHead(answer.status, { ...headers, 'content-length': answer.body.length + MISSING_BYTES });
  response.write(answer.body.subarray(0, Math.ceil(answer.body.length / 2)), () => response.destroy());
  response.flushHeaders();
}

/** Lets a fault hit a request. `closedMs`: for kinds that close the port, how long; null means until told otherwise. */
export async function misbehave(fault: RequestFault, exchange: Exchange, closedMs: number | null): Promise<void> {
  const { response, upstream } = exchange;
  switch (fault.kind) {
    case 'refused':
    case 'down':
      reset(exchange);
      return exchange.closeDoors(closedMs);
    case 'reset_before':
      return reset(exchange);
    case 'reset_after':
      await upstream();
      return reset(exchange);
    case 'timeout_before_commit':
      return undefined;
    case 'timeout_after_commit':
      await upstream();
      return undefined;
    case 'status_401':
      return give(response, textAnswer(401, 'unauthorized', { 'www-authenticate': 'Basic realm="expired"' }));
    case 'status_429':
      return give(response, textAnswer(429, 'too many requests', { 'retry-after': '1' }));
    case 'status_503':
      return give(response, textAnswer(503, 'unavailable', { 'retry-after': '1' }));
    case 'status_409':
      return give(response, textAnswer(409, 'conflict'));
    case 'status_500_after_commit':
      await upstream();
      return give(response, textAnswer(500, 'internal error'));
    case 'html_200':
      return give(response, LOGIN_PAGE);
    case 'truncated_answer':
      return truncate(exchange, await upstream());
    case 'arrives_late':
      exchange.later(fault.delayMs, upstream);
      return reset(exchange);
    case 'arrives_twice':
      await upstream();
      return give(response, await upstream());
    case 'slow':
    case 'answer_late': {
      const answer = await upstream();
      return exchange.later(fault.delayMs, async () => give(response, answer));
    }
  }
}
