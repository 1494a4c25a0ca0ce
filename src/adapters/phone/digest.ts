import { createHash, randomBytes } from 'node:crypto';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

export interface DigestRequest {
  readonly method: string;
  readonly uri: string;
  /** Value of WWW-Authenticate or Proxy-Authenticate. */
  readonly challenge: string;
  readonly credentials: Credentials;
  /** For tests; random when absent. */
  readonly cnonce?: string;
}

function field(challenge: string, name: string): string {
  return (
    new RegExp(`(?:^|[\\s,])${name}=(?:"([^"]*)"|([^,\\s]+))`, 'i')
      .exec(challenge)
      ?.slice(1)
      .find((part) => part !== undefined) ?? ''
  );
}

/** The Authorization value that answers a digest challenge (RFC 8760: MD5 or SHA-256, with or without `qop=auth`). */
export function answerChallenge(request: DigestRequest): string {
  const { challenge, credentials } = request;
  const algorithm = field(challenge, 'algorithm') || 'MD5';
  const hash = (text: string): string =>
    createHash(algorithm.toUpperCase() === 'SHA-256' ? 'sha256' : 'md5')
      .update(text)
      .digest('hex');
  const realm = field(challenge, 'realm');
  const nonce = field(challenge, 'nonce');
  const opaque = field(challenge, 'opaque');
  const hasQop = field(challenge, 'qop')
    .split(',')
    .some((qop) => qop.trim() === 'auth');
  const cnonce = request.cnonce ?? randomBytes(8).toString('hex');
  const secret = hash(`${credentials.user}:${realm}:${credentials.password}`);
  const subject = hash(`${request.method}:${request.uri}`);
  const response = hasQop ? hash(`${secret}:${nonce}:00000001:${cnonce}:auth:${subject}`) : hash(`${secret}:${nonce}:${subject}`);
  const parts = [
    `username="${credentials.user}"`,
    `realm="${realm}"`,
    `nonce="${nonce}"`,
    `uri="${request.uri}"`,
    `response="${response}"`,
    `algorithm=${algorithm}`,
  ];
  if (hasQop) parts.push('qop=auth', 'nc=00000001', `cnonce="${cnonce}"`);
  if (opaque !== '') parts.push(`opaque="${opaque}"`);
  return `Digest ${parts.join(', ')}`;
}
