import { createHmac } from 'node:crypto';

/** Seconds since 1970 at which the request was signed. */
export const TIMESTAMP_HEADER = 'vestibule-timestamp';
/** `v1=` and the signature in lower-case hex. */
export const SIGNATURE_HEADER = 'vestibule-signature';
/** A receiver refuses a request whose timestamp is further than this from its own clock. */
export const REPLAY_WINDOW_S = 300;

/** HMAC-SHA256 over `timestamp + '.' + body`, body being the bytes that are sent. `docs/REST.md` tells receivers how to verify it. */
export function signatureOf(secret: string, timestampS: number, body: string): string {
  return `v1=${createHmac('sha256', secret).update(`${timestampS}.${body}`).digest('hex')}`;
}

/** The headers of a signed request. Only requests with a body are signed: without one nothing but the time would be. */
export function signedHeaders(secret: string, body: string, nowEpochMs: number): Readonly<Record<string, string>> {
  const timestampS = Math.floor(nowEpochMs / 1000);
  return { [TIMESTAMP_HEADER]: String(timestampS), [SIGNATURE_HEADER]: signatureOf(secret, timestampS, body) };
}
