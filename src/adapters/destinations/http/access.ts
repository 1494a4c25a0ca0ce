import { AppError } from '../../../base/app-error.ts';
import type { HttpClient, Trust } from './http-client.ts';
import { withAccessToken, type AccessTokens } from './oauth-token.ts';
import { signedHeaders } from './signature.ts';

/** How a mapping document says that requests are authorised. */
export type Auth =
  | { readonly type: 'none' }
  | { readonly type: 'bearer' }
  | { readonly type: 'basic'; readonly user: string }
  | { readonly type: 'header'; readonly name: string }
  | { readonly type: 'oauth' };

/** Where a system is, and its secrets, which are read at every request, so that a mended file takes effect by itself. */
export interface HttpAccess extends Trust {
  /** Paths of operations are added to it. */
  readonly url: string;
  /** Token, password or API key, as `Auth` says. */
  readonly credential?: () => string;
  readonly signingSecret?: () => string;
  /** For `oauth`. */
  readonly tokens?: AccessTokens;
}

/** How requests to a system are authorised; part of its mapping document. */
export interface AccessRules {
  readonly auth: Auth;
  /** Whether bodies are signed (`http/signature.ts`). */
  readonly signed: boolean;
}

/** Schema of `auth` in mapping documents. */
export const AUTH_SCHEMA = {
  type: 'object',
  required: ['type'],
  properties: { type: { enum: ['none', 'bearer', 'basic', 'header', 'oauth'] } },
  allOf: [
    {
      if: { properties: { type: { const: 'basic' } } },
      then: { required: ['user'], properties: { user: { type: 'string', minLength: 1 } } },
    },
    {
      if: { properties: { type: { const: 'header' } } },
      then: { required: ['name'], properties: { name: { type: 'string', pattern: '^[A-Za-z0-9-]+$' } } },
    },
  ],
  unevaluatedProperties: false,
} as const;

/** Throws `config_invalid` when a secret that the rules ask for is not configured, or OAuth is that they do not ask for. */
export function requireSecrets(destination: string, access: HttpAccess, { auth, signed }: AccessRules): void {
  if (auth.type === 'oauth' && access.tokens === undefined)
    throw new AppError('config_invalid', `  ${destination}: its mapping asks for OAuth (auth: oauth), and no oauth is configured`);
  if (auth.type !== 'oauth' && access.tokens !== undefined)
    throw new AppError('config_invalid', `  ${destination}: oauth is configured, and its mapping asks for auth: ${auth.type}`);
  if (auth.type !== 'none' && auth.type !== 'oauth' && access.credential === undefined)
    throw new AppError(
      'config_invalid',
      `  ${destination}: its mapping asks for a credential (auth: ${auth.type}), and none is configured`,
    );
  if (signed && access.signingSecret === undefined)
    throw new AppError('config_invalid', `  ${destination}: its mapping asks for signed requests, and no signing secret is configured`);
}

function authorization(auth: Auth, credential: string): Readonly<Record<string, string>> {
  switch (auth.type) {
    case 'none':
    case 'oauth':
      return {};
    case 'bearer':
      return { authorization: `Bearer ${credential}` };
    case 'basic':
      return { authorization: `Basic ${Buffer.from(`${auth.user}:${credential}`).toString('base64')}` };
    case 'header':
      return { [auth.name.toLowerCase()]: credential };
  }
}

/** Headers that authorise one request and sign its body; access tokens come from `authorised`. Throws what the functions of the secrets throw. */
export function accessHeaders(
  access: HttpAccess,
  { auth, signed }: AccessRules,
  { body, nowEpochMs }: { readonly body: string | undefined; readonly nowEpochMs: number },
): Readonly<Record<string, string>> {
  const secret = signed && body !== undefined ? access.signingSecret?.() : undefined;
  return {
    ...authorization(auth, auth.type === 'none' || auth.type === 'oauth' ? '' : (access.credential?.() ?? '')),
    ...(secret === undefined || body === undefined ? {} : signedHeaders(secret, body, nowEpochMs)),
  };
}

/** Sends requests with the access tokens of `oauth`, and all others as they are. Throws as `withAccessToken` does. */
export const authorised = (http: HttpClient, { tokens }: HttpAccess): HttpClient =>
  tokens === undefined ? http : withAccessToken(http, tokens);

/** The address of a path below the system's url; both may have a path of their own. */
export function addressOf(access: HttpAccess, path: string): URL {
  return new URL(`${access.url.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`);
}
