import { X509Certificate } from 'node:crypto';
import { isAbsolute, join } from 'node:path';
import type { FhirCredential } from '../adapters/destinations/fhir/fhir-client.ts';
import type { HttpAccess } from '../adapters/destinations/http/access.ts';
import type { AccessTokens } from '../adapters/destinations/http/oauth-token.ts';
import { createOauthTokens, type ClientAuth } from '../adapters/destinations/http/oauth.ts';
import type { MailAccess, MailLogin } from '../adapters/destinations/notice/mail-sender.ts';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/app-error.ts';
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

/** A password or key; read at every use, so that a mended file takes effect by itself. */
export const secretOf =
  (parts: Placed, file: string): (() => string) =>
  () =>
    readSecret(pathOf(parts, file));

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text) instanceof X509Certificate;
  } catch {
    return false;
  }
}

/** Whom the connections to a system trust, and nobody else; undefined for the authorities of the system. Throws `secret_unreadable` when called. */
export function certificatesOf(parts: Placed, { caFile }: { readonly caFile?: string | undefined }): (() => string) | undefined {
  if (caFile === undefined) return undefined;
  const path = pathOf(parts, caFile);
  return () => {
    const text = readSecret(path);
    if (!isCertificate(text)) throw new AppError('secret_unreadable', `${path} holds no certificate (PEM)`);
    return text;
  };
}

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
  const [clientAuth, ca] = [clientAuthOf(parts, oauth), certificatesOf(parts, oauth)];
  return createOauthTokens({ tokenUrl, clientId, clientAuth, refreshToken, scope, ca }, parts.clock);
}

function mailLogin(parts: AccessParts, { user, passwordFile, oauth }: MailServerConfig): MailLogin | null {
  if (user === undefined) return null;
  if (oauth !== undefined) return { user, tokens: tokensOf(parts, oauth) };
  invariant(passwordFile !== undefined, 'a user has a password or access tokens');
  return { user, password: secretOf(parts, passwordFile) };
}

/** The mail server of a destination, or of alerts. */
export function mailAccess(parts: AccessParts, server: MailServerConfig): MailAccess {
  const { host, port, security, fromName, fromAddress } = server;
  const ca = certificatesOf(parts, server);
  const from = { name: fromName, address: fromAddress };
  return { host, port, security, auth: mailLogin(parts, server), from, ...(ca === undefined ? {} : { ca }) };
}

/** What a FHIR server knows us by. */
export function fhirCredential(parts: AccessParts, { user, credentialFile, oauth }: Of<'fhir'>): FhirCredential {
  if (oauth !== undefined) return { type: 'oauth', tokens: tokensOf(parts, oauth) };
  invariant(credentialFile !== undefined, 'a FHIR server has a credential or access tokens');
  const secret = secretOf(parts, credentialFile);
  return user === undefined ? { type: 'bearer', token: secret } : { type: 'basic', user, password: secret };
}

/** Access to a system with a mapping document, which says what of it is used, and how. */
export function httpAccess(parts: AccessParts, one: Of<'rest'> | Of<'sms'>): HttpAccess {
  const { url, credentialFile, oauth, signingSecretFile } = one;
  return {
    url,
    ca: certificatesOf(parts, one),
    ...(credentialFile === undefined ? {} : { credential: secretOf(parts, credentialFile) }),
    ...(oauth === undefined ? {} : { tokens: tokensOf(parts, oauth) }),
    ...(signingSecretFile === undefined ? {} : { signingSecret: secretOf(parts, signingSecretFile) }),
  };
}
