import { z } from 'zod';
import { isLoopback } from '../base/loopback.ts';
import { caFile } from './ca-file.ts';

/** Access tokens by OAuth 2.0 (RFC 6749) in place of a password or a token that never changes. `docs/REST.md` has examples. */

/** Credentials go to it: never in the clear, but to this machine. */
const isGuarded = (url: string): boolean => {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
};

const file = z.string().min(1);

const fields = z.strictObject({
  tokenUrl: z
    .url()
    .refine((url) => !URL.canParse(url) || isGuarded(url), 'expected https, but for a loopback address')
    .describe('Token endpoint.'),
  caFile,
  clientId: z.string().min(1).describe('Id of the client that is registered there.'),
  clientAuth: z
    .enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt'])
    .default('client_secret_basic')
    .describe('How the client proves who it is: its secret by HTTP Basic or in the body, or a signed assertion (RFC 7523).'),
  clientSecretFile: file.optional().describe('File with the secret of the client.'),
  privateKeyFile: file.optional().describe('File with the key (PEM) that signs assertions: RSA (RS384), or on the curve P-384 (ES384).'),
  keyId: z.string().min(1).optional().describe('Name of that key (kid) among those registered.'),
  audience: z.string().min(1).optional().describe('Whom assertions are meant for (aud); tokenUrl when absent.'),
  grant: z
    .enum(['client_credentials', 'refresh_token'])
    .default('client_credentials')
    .describe('What tokens are given for: the client itself, or what a user has granted it.'),
  refreshTokenFile: file.optional().describe('File with the refresh token; the token endpoint must not replace it.'),
  scope: z.string().min(1).optional().describe('What tokens are for; not sent when absent.'),
});

type Fields = z.infer<typeof fields>;
type Name = keyof Fields;

/** Keys that belong to a choice, and whether they must be there with it. */
const RULES: readonly {
  readonly name: Name;
  readonly required: boolean;
  readonly belongs: (one: Fields) => boolean;
  readonly to: string;
}[] = [
  { name: 'clientSecretFile', required: true, belongs: (one) => one.clientAuth !== 'private_key_jwt', to: 'a client secret' },
  { name: 'privateKeyFile', required: true, belongs: (one) => one.clientAuth === 'private_key_jwt', to: 'clientAuth private_key_jwt' },
  { name: 'keyId', required: false, belongs: (one) => one.clientAuth === 'private_key_jwt', to: 'clientAuth private_key_jwt' },
  { name: 'audience', required: false, belongs: (one) => one.clientAuth === 'private_key_jwt', to: 'clientAuth private_key_jwt' },
  { name: 'refreshTokenFile', required: true, belongs: (one) => one.grant === 'refresh_token', to: 'grant refresh_token' },
];

export const oauthSchema = fields.superRefine((one, context) => {
  for (const { name, required, belongs, to } of RULES) {
    const isThere = one[name] !== undefined;
    if (isThere && !belongs(one)) context.addIssue({ code: 'custom', path: [name], message: `expected only with ${to}` });
    if (!isThere && required && belongs(one)) context.addIssue({ code: 'custom', path: [name], message: `expected with ${to}` });
  }
});

export type OauthConfig = z.infer<typeof oauthSchema>;
