import { expect, test } from 'vitest';
import { REPLAY_WINDOW_S, signatureOf, signedHeaders } from '../../../../../src/adapters/destinations/http/signature.ts';
import { verifySignature } from '../../../../support/stand-ins/verify-signature.ts';

const secret = 'It is a secret';
const body = '{"key":"ä"}';
const signedAtEpochMs = 1_772_697_600_000;
const headers = signedHeaders(secret, body, signedAtEpochMs);
const verified = (change: Partial<Parameters<typeof verifySignature>[0]>) =>
  verifySignature({ secret, headers, text: body, nowEpochMs: signedAtEpochMs, ...change });

test('the signature is what docs/REST.md says, to the letter', () => {
  // printf '1772697600.{"key":"ä"}' | openssl dgst -sha256 -hmac 'It is a secret'
  expect(signatureOf(secret, 1_772_697_600, body)).toBe('v1=4448898d67b2cb9bc4b7af9c0981f29483a397b7ce35cb62642fc884b0086f90');
  expect(headers).toEqual({ 'vestibule-timestamp': '1772697600', 'vestibule-signature': signatureOf(secret, 1_772_697_600, body) });
});

test('a receiver believes the request within its window, and nothing that was changed', () => {
  expect(verified({})).toBe('valid');
  expect(verified({ text: '{"key":"a"}' })).toBe('wrong');
  expect(verified({ secret: 'another' })).toBe('wrong');
  expect(verified({ headers: { ...headers, 'vestibule-signature': 'v1=00' } })).toBe('wrong');
  expect(verified({ headers: { ...headers, 'vestibule-timestamp': '1772697601' } })).toBe('wrong');
  expect(verified({ nowEpochMs: signedAtEpochMs + REPLAY_WINDOW_S * 1000 })).toBe('valid');
  expect(verified({ nowEpochMs: signedAtEpochMs + (REPLAY_WINDOW_S + 1) * 1000 })).toBe('stale');
  expect(verified({ nowEpochMs: signedAtEpochMs - (REPLAY_WINDOW_S + 1) * 1000 })).toBe('stale');
  expect(verified({ headers: {} })).toBe('missing');
});
