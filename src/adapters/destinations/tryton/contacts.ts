import type { ReadBack, WriteResult } from '../../../domain/writeback/answer.ts';
import type { ContactPayload } from '../../../domain/writeback/intent.ts';
import { remoteIdOf } from '../../../domain/writeback/op-key.ts';
import type { FoundRecord } from '../../../ports/destination.ts';
import { notWritten } from '../http/classify.ts';
import { createJsonContract } from '../http/json-contract.ts';
import { differingFields, renderFields, type RecordMapping } from '../http/mapping.ts';
import { createRow, deleteRows, META, referenceTo, rowsIn, rowsOfKey, searchRows } from './records.ts';
import type { CallOptions, TrytonRecords, TrytonRow } from './records.ts';
import { valueOf, type TrytonRpc } from './rpc-client.ts';

export const PARTY = 'party.party';
const MECHANISM = 'party.contact_mechanism';
/** Tryton keeps a number twice: as people read it, and compact, which is E.164 where it can tell. */
const PHONE_FIELD = 'value_compact';
const MECHANISMS = 'contact_mechanisms.';
const READ = ['active', 'addresses', 'identifiers', ...['type', PHONE_FIELD, ...META].map((field) => `${MECHANISMS}${field}`)];
/** Archived contacts too: their code stays taken. */
const ANY_STATE = ['active', 'in', [true, false]];
const REJECTED: WriteResult = { type: 'rejected', code: 'destination_rejected' };
const CHANGED: WriteResult = { type: 'conflict', reason: 'changed' };

interface PartyFields {
  readonly active: boolean | number;
  readonly addresses: readonly number[];
  readonly identifiers: readonly number[];
  readonly [MECHANISMS]: readonly unknown[];
}
const idList = { type: 'array', items: { type: 'integer' } } as const;
const partyFields = createJsonContract<PartyFields>('a contact of Tryton', {
  type: 'object',
  required: ['active', 'addresses', 'identifiers', MECHANISMS],
  properties: { active: { type: ['boolean', 'integer'] }, addresses: idList, identifiers: idList, [MECHANISMS]: { type: 'array' } },
});

/** A contact as it stands, with its ways to be reached. */
interface Party extends TrytonRow {
  readonly isActive: boolean;
  /** Addresses and identifiers. */
  readonly additions: number;
  readonly mechanisms: readonly TrytonRow[];
}

/** Throws `destination_misbehaved`. */
function partyOf(row: TrytonRow): Party {
  const { active, addresses, identifiers, [MECHANISMS]: mechanisms } = partyFields.check(row.fields);
  return { ...row, isActive: Boolean(active), additions: addresses.length + identifiers.length, mechanisms: rowsIn(mechanisms) };
}
const resources = createJsonContract<readonly [{ readonly attachment_count: number; readonly note_count: number }]>(
  'what hangs on a contact',
  {
    type: 'array',
    minItems: 1,
    maxItems: 1,
    items: {
      type: 'object',
      required: ['attachment_count', 'note_count'],
      properties: { attachment_count: { type: 'integer' }, note_count: { type: 'integer' } },
    },
  },
);

/**
 * Contacts as parties with one telephone number, made in one transaction. The code of a party is unique in Tryton's database and holds our
 * key: a repeat is refused there, whoever repeats and whenever the first request arrives.
 */
export function createContacts(rpc: TrytonRpc, mapping: RecordMapping): TrytonRecords {
  const look = async (key: string, options: CallOptions): Promise<Party | null> => {
    const [row] = await rowsOfKey(rpc, { mapping, key, domain: [ANY_STATE], fields: READ }, options);
    return row === undefined ? null : partyOf(row);
  };
  const isSame = ({ isActive, fields, mechanisms }: Party, key: string, payload: ContactPayload): boolean =>
    isActive &&
    differingFields(mapping, renderFields(mapping, { key, payload }), fields).length === 0 &&
    mechanisms.some((mechanism) => mechanism.fields[PHONE_FIELD] === payload.phone);
  return {
    create: async (key, payload, options) => {
      if (payload.kind !== 'contact') return REJECTED;
      const phone = { type: 'phone', value: payload.phone };
      const fields = renderFields(mapping, { key, payload, links: options.links });
      const made = await createRow(rpc, { model: PARTY, values: { ...fields, contact_mechanisms: [['create', [phone]]] } }, options);
      if ('id' in made) return { type: 'committed', remoteId: referenceTo(PARTY, made.id), etag: null };
      if (!made.wasRefused) return made.failed;
      try {
        const row = await look(key, options);
        if (row === null) return made.failed;
        if (!isSame(row, key, payload)) return { type: 'conflict', reason: 'exists_differently' };
        return { type: 'committed', remoteId: referenceTo(PARTY, row.id), etag: row.version };
      } catch (error) {
        return notWritten(error);
      }
    },
    cancel: async (key, expected, signal) => {
      if (expected.kind !== 'contact') return REJECTED;
      try {
        const row = await look(key, { signal });
        if (row === null) return { type: 'committed', remoteId: remoteIdOf(key), etag: null };
        if (!isSame(row, key, expected) || !isAsMade(row) || (await hasResources(rpc, row, signal))) return CHANGED;
        const versions = Object.fromEntries(row.mechanisms.map(({ id, version }) => [referenceTo(MECHANISM, id), version]));
        const deleted = await deleteRows(rpc, { model: PARTY, rows: [row], versions }, { signal });
        if (deleted === 'changed') return CHANGED;
        return deleted === 'gone' ? { type: 'committed', remoteId: referenceTo(PARTY, row.id), etag: null } : deleted;
      } catch (error) {
        return notWritten(error);
      }
    },
    readBack: async (key, expected, signal): Promise<ReadBack> => {
      const row = await look(key, { signal });
      if (row === null) return { type: 'absent' };
      const remoteId = referenceTo(PARTY, row.id);
      if (expected.kind !== 'contact' || !isSame(row, key, expected)) return { type: 'differs', remoteId };
      return { type: 'found', payload: expected, remoteId, etag: row.version, contested: false };
    },
  };
}

/** Nobody changed the contact or put anything into it. */
const isAsMade = ({ isUntouched, additions, mechanisms }: Party): boolean =>
  isUntouched && additions === 0 && mechanisms.length === 1 && mechanisms.every((mechanism) => mechanism.isUntouched);

/** Notes or files hang on the contact; Tryton would leave them behind. */
async function hasResources(rpc: TrytonRpc, { id }: Party, signal: AbortSignal): Promise<boolean> {
  const outcome = await rpc.call({ method: `model.${PARTY}.resources`, params: [[id]], signal });
  const [{ attachment_count: files, note_count: notes }] = resources.check(valueOf(outcome));
  return files + notes > 0;
}

/** Active parties with a telephone number (E.164). Throws as a question does. */
export async function partiesWith(rpc: TrytonRpc, phone: string, options: CallOptions): Promise<readonly FoundRecord[]> {
  const domain = [[`${MECHANISMS}${PHONE_FIELD}`, '=', phone]];
  const rows = await searchRows(rpc, { model: PARTY, domain, fields: ['name'] }, options);
  return rows.map(({ id, fields: { name } }) => ({
    remoteId: referenceTo(PARTY, id),
    isEntered: false,
    payload: { kind: 'contact', name: typeof name === 'string' ? name : '', phone },
  }));
}
