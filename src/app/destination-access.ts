import { isAbsolute, join } from 'node:path';
import type { FhirCredential } from '../adapters/destinations/fhir/fhir-client.ts';
import type { HttpAccess } from '../adapters/destinations/http/access.ts';
import type { AccessTokens } from '../adapters/destinations/http/oauth-token.ts';
import { createOauthTokens, type ClientAuth } from '../adapters/destinations/http/oauth.ts';
import type { MailAccess, MailLogin } from '../adapters/destinations/notice/mail-sender.ts';
import type { Clock } from '../base/clock.ts';
import { invariant } from '../base/invariant.ts';
import { readSecret, type Config } from '../config/config.ts';
import type { DestinationConfig, MailServerConfig } from '../config/destinations-schema.ts';
import type { OauthConfig } from '../config/oauth-schema.ts';

/** What access to a system is made of: files lie beside config.yaml, and tokens end by the clock. */
export interface AccessParts {
  readonly config: Config;
  readonly clock: Clock;
}

type Placed = Pick<AccessParts, 'config'>;
type Of<T extends DestinationConfig['type']> = DestinationConfig & { readonly type: T };

/** A path of the configuration, which is relative to its folder. */
export const pathOf = ({ config }: Placed, file: string): string => (isAbsolute(file) ? file : join(config.paths.root, file));

/** A password, key or certificate; read at every use, so that a mended file takes effect by itself. */
export const secretOf =
  (parts: Placed, file: string): (() => string) =>
  () =>
    readSecret(pathOf(parts, file));

function clientAuthOf(parts: Placed, { clientAuth, clientSecretFile, privateKeyFile, keyId, audience }: OauthConfig): ClientAuth {
  if (clientAuth === 'private_key_jwt') {
    invariant(privateKeyFile !== undefined, 'a client that signs has a private key');
    return { method: clientAuth, privateKey: secretOf(parts, privateKeyFile), keyId, audience };
  }
  invariant(clientSecretFile !== undefined, 'a client that does not sign has a secret');
  return { method: clientAuth, secret: secretOf(parts, clientSecretFile) };
}

function tokensOf(parts: AccessParts, oauth: OauthConfig): AccessTokens {
  const { tokenUrl, clientId, refreshTokenFile, scope } = oauth;
  const refreshToken = refreshTokenFile === undefined ? null : secretOf(parts, refreshTokenFile);
  return createOauthTokens({ tokenUrl, clientId, clientAuth: clientAuthOf(parts, oauth), refreshToken, scope }, parts.clock);
}

function mailLogin(parts: AccessParts, { user, passwordFile, oauth }: MailServerConfig): MailLogin | null {
  if (user === undefined) return null;
  if (oauth !== undefined) return { user, tokens: tokensOf(parts, oauth) };
  invariant(passwordFile !== undefined, 'a user has a password or access tokens');
  return { user, password: secretOf(parts, passwordFile) };
}

/** The mail server of a destination, or of alerts. */
export function mailAccess(parts: AccessParts, server: MailServerConfig): MailAccess {
  const { host, port, security, fromName, fromAddress, caFile } = server;
  const ca = caFile === undefined ? {} : { ca: secretOf(parts, caFile) };
  return { host, port, security, auth: mailLogin(parts, server), from: { name: fromName, address: fromAddress }, ...ca };
}

/** What a FHIR server knows us by. */
export function fhirCredential(parts: AccessParts, { user, credentialFile, oauth }: Of<'fhir'>): FhirCredential {
  if (oauth !== undefined) return { type: 'oauth', tokens: tokensOf(parts, oauth) };
  invariant(credentialFile !== undefined, 'a FHIR server has a credential or access tokens');
  const secret = secretOf(parts, credentialFile);
  return user === undefined ? { type: 'bearer', token: secret } : { type: 'basic', user, password: secret };
}

/** Access to a system with a mapping document, which says what of it is used, and how. */
export function httpAccess(parts: AccessParts, { url, credentialFile, oauth, signingSecretFile }: Of<'rest'> | Of<'sms'>): HttpAccess {
  return {
    url,
    ...(credentialFile === undefined ? {} : { credential: secretOf(parts, credentialFile) }),
    ...(oauth === undefined ? {} : { tokens: tokensOf(parts, oauth) }),
    ...(signingSecretFile === undefined ? {} : { signingSecret: secretOf(parts, signingSecretFile) }),
  };
}
