/**
 * Stands for a receiver of webhooks as docs/REST.md describes it: verifies the signature, acknowledges the key, does nothing twice under one
 * key (unless told to forget that rule), takes back what it was given. Leaves out what a receiver does with it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { createRequestShapes, startJsonServer, type JsonAnswer, type JsonRequest } from '../json-server.ts';
import { verifySignature } from '../verify-signature.ts';

const DOCUMENT = join(import.meta.dirname, '../../../../config/mappings/rest-example-webhook.openapi.yaml');

export interface Receiver {
  readonly port: number;
  readonly secret: string;
  violations(): readonly string[];
  /** Deliveries that it took under a key; more than one only when it does not honour keys. */
  count(key: string): number;
  readonly requests: readonly JsonRequest[];
  /** It takes everything that comes, also a second time. */
  forgetKeys(): void;
  answerNext(answer: JsonAnswer): void;
  close(): Promise<void>;
}

const problem = (status: number, title: string): JsonAnswer => ({
  status,
  body: { title },
  headers: { 'content-type': 'application/problem+json' },
});

function shapes(): ReturnType<typeof createRequestShapes> {
  const { components } = parse(readFileSync(DOCUMENT, 'utf8')) as { components: { schemas: { Delivery: object } } };
  const withdrawal = { type: 'object', additionalProperties: false, required: ['key'], properties: { key: { type: 'string' } } };
  return createRequestShapes({ delivery: { ...components.schemas.Delivery }, withdrawal });
}

/** Starts the receiver on a loopback port. */
export async function startReceiver(now: () => number): Promise<Receiver> {
  const taken: { readonly key: string; readonly text: string }[] = [];
  const withdrawn = new Set<string>();
  const requests: JsonRequest[] = [];
  const odd: JsonAnswer[] = [];
  const secret = 'a secret of both';
  let honours = true;
  const published = shapes();
  const acknowledged = (key: string): JsonAnswer => ({
    status: 200,
    body: { key, id: `d${taken.findIndex((one) => one.key === key) + 1}` },
  });
  const answer = (request: JsonRequest): JsonAnswer => {
    requests.push(request);
    if (request.method !== 'POST') return problem(405, 'only POST');
    const strange = odd.shift();
    if (strange !== undefined) return strange;
    const { headers, text, body } = request;
    const signed = verifySignature({ secret, headers, text, nowEpochMs: now() });
    if (signed !== 'valid') return problem(401, `signature ${signed}`);
    const isWithdrawal = request.url.pathname.endsWith('/withdrawals');
    const wrong = published.problemOf(isWithdrawal ? 'withdrawal' : 'delivery', body);
    if (wrong !== null) return problem(400, wrong);
    const { key } = body as { readonly key: string };
    if (isWithdrawal) {
      withdrawn.add(key);
      return acknowledged(key);
    }
    // The header is not part of what is signed: the key in the body counts.
    if (headers['idempotency-key'] !== key) return problem(400, 'the keys of header and body differ');
    const before = taken.find((one) => one.key === key);
    if (before !== undefined && honours) return before.text === text ? acknowledged(key) : problem(409, 'another body');
    taken.push({ key, text });
    return acknowledged(key);
  };
  const server = await startJsonServer((request) => Promise.resolve(answer(request)));
  return {
    port: server.port,
    secret,
    requests,
    violations: () => published.violations(),
    count: (key) => (withdrawn.has(key) ? 0 : taken.filter((one) => one.key === key).length),
    forgetKeys: () => {
      honours = false;
    },
    answerNext: (strange) => odd.push(strange),
    close: () => server.close(),
  };
}
