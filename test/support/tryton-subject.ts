import { join } from 'node:path';
import { createSystemClock } from '../../src/adapters/clock/system-clock.ts';
import { createHttpClient } from '../../src/adapters/destinations/http/http-client.ts';
import { type MappingDocument, readMapping } from '../../src/adapters/destinations/http/mapping.ts';
import { createTokenBucket, UNLIMITED } from '../../src/adapters/destinations/http/token-bucket.ts';
import { createTrytonRpc, valueOf, type TrytonRpc } from '../../src/adapters/destinations/tryton/rpc-client.ts';
import { createTrytonDestination, type TrytonDestination } from '../../src/adapters/destinations/tryton/tryton.ts';
import type { RecordKind } from '../../src/domain/writeback/intent.ts';
import { remoteIdOf } from '../../src/domain/writeback/op-key.ts';
import type { TestTryton } from './tryton-server.ts';

/** Code of the party that stands for the practice's desk. */
export const DESK = 'DESK';
export const trytonMapping: MappingDocument = readMapping(join(import.meta.dirname, '../../config/mappings/tryton.v1.json'));
const clock = createSystemClock();

/** The adapter, as it is configured for a practice, in front of the server at `port`. */
export function trytonAt(
  server: TestTryton,
  port: number,
  parts: { readonly mapping?: MappingDocument; readonly password?: () => string } = {},
): TrytonDestination {
  return createTrytonDestination({
    id: 'crm',
    access: { url: server.urlAt(port), user: server.user, password: parts.password ?? (() => server.password) },
    mapping: parts.mapping ?? trytonMapping,
    desk: DESK,
    sandbox: true,
    clock,
  });
}

/** A person who works in Tryton beside the adapter. */
export interface TrytonPerson {
  /** Calls a method; throws when it is refused. */
  ask(method: string, ...params: readonly unknown[]): Promise<unknown>;
  close(): Promise<void>;
}

export function trytonPerson(server: TestTryton): TrytonPerson {
  const access = { url: server.urlAt(server.port), user: server.user, password: () => server.password };
  const rpc: TrytonRpc = createTrytonRpc(access, createHttpClient({ bucket: createTokenBucket(UNLIMITED, clock), clock }));
  return {
    ask: async (method, ...params) => valueOf(await rpc.call({ method, params, signal: AbortSignal.timeout(20_000) })),
    close: () => rpc.close(),
  };
}

const TABLE = { contact: 'party_party', note: 'ir_note', message: 'ir_note' } as const;
const like = (key: string): string => `%${remoteIdOf(key)}%`;

/** Records of a key, counted in the database. */
export function countIn(server: TestTryton, key: string, kind: RecordKind): number {
  if (kind === 'contact') return Number(server.ask('SELECT count(*) FROM party_party WHERE code = ?', remoteIdOf(key)));
  return Number(server.ask('SELECT count(*) FROM ir_note WHERE message LIKE ?', like(key)));
}

/** The number of a key's record in its table. */
export function idIn(server: TestTryton, key: string, kind: keyof typeof TABLE): number {
  const field = kind === 'contact' ? 'code' : 'message';
  return Number(server.ask(`SELECT id FROM ${TABLE[kind]} WHERE ${field} LIKE ? ORDER BY id`, like(key)));
}
