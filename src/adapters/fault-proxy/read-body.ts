import type { IncomingMessage } from 'node:http';

const BODY_BYTES_MAX = 4_194_304;

/** The whole body of a request. Throws when it is larger than 4 MiB, and what the connection throws. */
export async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    bytes += (chunk as Buffer).length;
    if (bytes > BODY_BYTES_MAX) throw new Error('the request is too large');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
