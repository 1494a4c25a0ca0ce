import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { AppError } from '../../../base/app-error.ts';

/** What is signed with, and how. */
export interface AssertionKey {
  /** PEM. */
  readonly pem: string;
  /** How a key of RSA signs; one on the curve P-384 signs with ES384 (RFC 7518, section 3.1). */
  readonly rsa: 'RS256' | 'RS384';
  /** Names the key among those that are registered for the client; not sent when absent. */
  readonly keyId?: string | undefined;
}

/** Life of an assertion; servers take none that ends later than five minutes from now (SMART, Salesforce). */
const ASSERTION_SECONDS = 180;
const P384 = 'secp384r1';

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function algorithmOf(key: KeyObject, rsa: AssertionKey['rsa']): 'RS256' | 'RS384' | 'ES384' {
  if (key.asymmetricKeyType === 'rsa') return rsa;
  if (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === P384) return 'ES384';
  throw new Error('expected a key of RSA, or one on the curve P-384');
}

/** A signed JWT that says who we are for three minutes (RFC 7523, section 3). Throws `destination_unauthorized` when the key is none. */
export function signedAssertion(claims: Readonly<Record<string, string>>, { pem, rsa, keyId }: AssertionKey, nowEpochMs: number): string {
  try {
    const key = createPrivateKey(pem);
    const alg = algorithmOf(key, rsa);
    const exp = Math.floor(nowEpochMs / 1000) + ASSERTION_SECONDS;
    const signed = `${encoded({ alg, typ: 'JWT', ...(keyId === undefined ? {} : { kid: keyId }) })}.${encoded({ ...claims, exp })}`;
    const signature = sign(`sha${alg.slice(2)}`, Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
    return `${signed}.${signature.toString('base64url')}`;
  } catch (cause) {
    throw new AppError('destination_unauthorized', 'the private key for signed assertions cannot be used', { cause });
  }
}
