/**
 * Stands for a text message gateway with the interface of config/mappings/sms-example.yaml: bearer token, signed bodies, one message per
 * reference, delivery states. On demand it sends once per request instead of once per reference. Leaves out telephones.
 */
import { createRequestShapes, startJsonServer, type JsonAnswer, type JsonRequest } from '../json-server.ts';
import { verifySignature } from '../verify-signature.ts';

export interface GatewayMessage {
  readonly id: string;
  readonly recipient: string;
  readonly text: string;
  readonly reference: string;
  status: string;
}

export interface Gateway {
  readonly port: number;
  readonly token: string;
  readonly secret: string;
  readonly messages: GatewayMessage[];
  violations(): readonly string[];
  /** Every request sends, also a second one with the same reference. */
  forgetReferences(): void;
  answerNext(answer: JsonAnswer): void;
  close(): Promise<void>;
}

const problem = (status: number, title: string): JsonAnswer => ({
  status,
  body: { title },
  headers: { 'content-type': 'application/problem+json' },
});

/** Starts a gateway on a loopback port. */
export async function startGateway(now: () => number): Promise<Gateway> {
  const messages: GatewayMessage[] = [];
  const odd: JsonAnswer[] = [];
  const [token, secret] = ['a token', 'a secret of both'];
  let honours = true;
  const text = { type: 'string', minLength: 1 };
  const published = createRequestShapes({
    message: {
      type: 'object',
      additionalProperties: false,
      required: ['recipient', 'text', 'reference'],
      properties: { recipient: { type: 'string', pattern: '^\\+\\d+$' }, text, reference: { type: 'string', maxLength: 40 } },
    },
  });
  const take = (body: Pick<GatewayMessage, 'recipient' | 'text' | 'reference'>): JsonAnswer => {
    const before = messages.find(({ reference }) => reference === body.reference);
    if (before !== undefined && honours)
      return before.text === body.text && before.recipient === body.recipient
        ? { status: 200, body: { id: before.id, reference: before.reference } }
        : problem(409, 'the reference stands for another message');
    const message = { ...body, id: `m${messages.length + 1}`, status: 'queued' };
    messages.push(message);
    return { status: 201, body: { id: message.id, reference: message.reference } };
  };
  const answer = (request: JsonRequest): JsonAnswer => {
    const { method, url, headers, text: raw, body } = request;
    const strange = method === 'POST' ? odd.shift() : undefined;
    if (strange !== undefined) return strange;
    if (headers.authorization !== `Bearer ${token}`) return problem(401, 'unknown token');
    if (method === 'OPTIONS') return { status: 204, body: null };
    if (method === 'POST') {
      const signed = verifySignature({ secret, headers, text: raw, nowEpochMs: now() });
      if (signed !== 'valid') return problem(401, `signature ${signed}`);
      const wrong = published.problemOf('message', body);
      return wrong === null ? take(body as GatewayMessage) : problem(400, wrong);
    }
    const [, , id] = url.pathname.split('/');
    if (id !== undefined) {
      const message = messages.find((one) => one.id === id);
      return message === undefined ? problem(404, 'no such message') : { status: 200, body: message };
    }
    const reference = url.searchParams.get('reference');
    return { status: 200, body: { messages: messages.filter((one) => one.reference === reference) } };
  };
  const server = await startJsonServer((request) => Promise.resolve(answer(request)));
  return {
    port: server.port,
    token,
    secret,
    messages,
    violations: () => published.violations(),
    forgetReferences: () => {
      honours = false;
    },
    answerNext: (strange) => odd.push(strange),
    close: () => server.close(),
  };
}
