import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Seconds that a signature is good for. */
const REPLAY_WINDOW_S = 300;

/**
 * What a receiver of signed requests does, as docs/REST.md tells it to; written without a line of the product, so that it may be copied.
 * The body is the bytes as they came, before anything parses them. A replay inside the window is caught by the key in the body.
 */
export function verifySignature(request: {
  readonly secret: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly nowEpochMs: number;
}): 'valid' | 'missing' | 'stale' | 'wrong' {
  const timestamp = request.headers['vestibule-timestamp'];
  const signature = request.headers['vestibule-signature'];
  if (typeof timestamp !== 'string' || typeof signature !== 'string' || !/^\d{1,12}$/.test(timestamp)) return 'missing';
  if (Math.abs(request.nowEpochMs / 1000 - Number(timestamp)) > REPLAY_WINDOW_S) return 'stale';
  const expected = Buffer.from(`v1=${createHmac('sha256', request.secret).update(`${timestamp}.${request.text}`).digest('hex')}`);
  const given = Buffer.from(signature);
  // Both must be of one length before they can be compared in constant time; the length is no secret.
  return given.length === expected.length && timingSafeEqual(given, expected) ? 'valid' : 'wrong';
}
