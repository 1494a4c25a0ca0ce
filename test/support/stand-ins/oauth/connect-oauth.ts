import type { OauthClient } from '../../../../src/adapters/destinations/http/oauth.ts';
import { createOauthTokens } from '../../../../src/adapters/destinations/http/oauth.ts';
import type { AccessTokens } from '../../../../src/adapters/destinations/http/oauth-token.ts';
import type { Clock } from '../../../../src/base/clock.ts';
import type { AuthorizationServer, RegisteredClient } from './authorization-server.ts';

/** The client of the tests, and its secret, which needs encoding. */
export const sampleClient = { id: 'vestibule', method: 'client_secret_basic', secret: 'a:secret +%' } as const satisfies RegisteredClient;

/** Tokens of the sample client, or of another one. */
export function connectOauth(server: AuthorizationServer, clock: Clock, parts: Partial<OauthClient> = {}): AccessTokens {
  const clientAuth = { method: sampleClient.method, secret: () => sampleClient.secret };
  const client = { tokenUrl: server.tokenUrl, clientId: sampleClient.id, clientAuth, refreshToken: null, ...parts };
  return createOauthTokens(client, clock);
}
