import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import type { JsonAnswer, RequestShapes } from '../json-server.ts';

/** A client app of the org that is approved for one user. */
export interface ClientApp {
  readonly clientId: string;
  readonly user: string;
  readonly audience: string;
  /** PEM. */
  readonly publicKey: string;
}

export interface TokenEndpoint {
  answer(form: URLSearchParams): JsonAnswer;
  isLive(authorization: string | undefined): boolean;
  /** Ends every session, as the org's session time does. */
  expire(): void;
  /** Tokens that were given out. */
  count(): number;
}

const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
/** Latest end of a claim, in seconds from now. */
const CLAIM_SECONDS_MAX = 300;

const refused = (error: string, description: string): JsonAnswer => ({ status: 400, body: { error, error_description: description } });
const parsed = (part: string | undefined): unknown => JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'));

function problemOf(
  assertion: string,
  { app, key, shapes }: { readonly app: ClientApp; readonly key: KeyObject; readonly shapes: RequestShapes },
): string | null {
  const [header, claims, signature] = assertion.split('.');
  const { alg } = parsed(header) as { readonly alg: string };
  if (alg !== 'RS256') return 'algorithm is not supported';
  const claim = parsed(claims);
  const wrong = shapes.problemOf('claim', claim);
  if (wrong !== null) return wrong;
  const { iss, sub, aud, exp } = claim as { readonly iss: string; readonly sub: string; readonly aud: string; readonly exp: number };
  if (!verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature ?? '', 'base64url'))) return 'invalid assertion';
  if (iss !== app.clientId) return 'client identifier invalid';
  if (aud !== app.audience) return 'audience is invalid';
  if (sub !== app.user) return "user hasn't approved this consumer";
  const leftSeconds = exp - Date.now() / 1000;
  return leftSeconds <= 0 || leftSeconds > CLAIM_SECONDS_MAX ? 'expired authorization code' : null;
}

/** The OAuth token endpoint with the JWT bearer flow only. */
export function createTokenEndpoint(app: ClientApp, shapes: RequestShapes): TokenEndpoint {
  const key = createPublicKey(app.publicKey);
  const live = new Set<string>();
  let given = 0;
  return {
    answer: (form) => {
      if (form.get('grant_type') !== GRANT) return refused('unsupported_grant_type', 'grant type not supported');
      const problem = problemOf(form.get('assertion') ?? '', { app, key, shapes });
      if (problem !== null) return refused('invalid_grant', problem);
      given += 1;
      const token = `00D000000000001!token-${given}`;
      live.add(token);
      return {
        status: 200,
        body: {
          access_token: token,
          scope: 'api',
          instance_url: 'https://elsewhere.invalid',
          id: 'https://elsewhere.invalid/id',
          token_type: 'Bearer',
        },
      };
    },
    isLive: (authorization) => live.has((authorization ?? '').replace(/^Bearer /, '')),
    expire: () => live.clear(),
    count: () => given,
  };
}
