import type { Clock } from '../../../base/clock.ts';
import type { HttpClient, Trust } from '../http/http-client.ts';
import { signedAssertion } from '../http/oauth-assertion.ts';
import { createAccessTokens, type AccessTokens } from '../http/oauth-token.ts';

/** Access of an integration user to one org. The key is read whenever a token is fetched, so that a mended file takes effect by itself. */
export interface SalesforceAccess extends Trust {
  /** The org's My Domain, `https://NAME.my.salesforce.com`. All requests go there: an answer cannot send them elsewhere. */
  readonly url: string;
  /** Whom the signed claim is meant for; the My Domain when absent. */
  readonly audience?: string;
  /** Consumer key of the client app whose certificate belongs to the private key. */
  readonly clientId: string;
  /** Name of the integration user, for whom the app is approved beforehand. */
  readonly user: string;
  /** RSA key in PEM. */
  readonly privateKey: () => string;
}

const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** Tokens by the OAuth 2.0 JWT bearer flow (RFC 7523, section 2.1). Answers name no life, which is the session time of the org's settings. */
export function createSalesforceTokens(access: SalesforceAccess, http: HttpClient, clock: Clock): AccessTokens {
  const { clientId, user, url, audience, privateKey } = access;
  return createAccessTokens({
    url: new URL('/services/oauth2/token', url),
    http,
    clock,
    request: () => {
      const claims = { iss: clientId, sub: user, aud: audience ?? new URL(url).origin };
      const assertion = signedAssertion(claims, { pem: privateKey(), rsa: 'RS256' }, clock.epochMs());
      return { form: { grant_type: GRANT, assertion } };
    },
  });
}
