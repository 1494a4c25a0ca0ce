import { AppError } from '../../../base/app-error.ts';
import type { ReadBack, WriteResult } from '../../../domain/writeback/answer.ts';
import type { RecordPayload } from '../../../domain/writeback/intent.ts';
import { remoteIdOf } from '../../../domain/writeback/op-key.ts';
import type { RecordLinks, WriteOptions } from '../../../ports/destination.ts';
import { notWritten } from '../http/classify.ts';
import { differingFields, renderFields, type RecordMapping } from '../http/mapping.ts';
import { createSerial } from '../http/serial.ts';
import { PARTY, partiesWith } from './contacts.ts';
import { createRow, deleteRows, referenceTo, rowsOfKey, searchRows } from './records.ts';
import type { CallOptions, TrytonRecords, TrytonRow } from './records.ts';
import type { TrytonRpc } from './rpc-client.ts';

const CHANGED: WriteResult = { type: 'conflict', reason: 'changed' };

interface Notes {
  readonly rpc: TrytonRpc;
  readonly mapping: RecordMapping;
  readonly desk: string;
}

/** A note that is wanted. */
interface Wanted {
  readonly key: string;
  readonly payload: RecordPayload;
}

/**
 * Notes, in whose text our key stands. No field of a note is unique, so that a note is looked for before it is written, by one writer at a
 * time for each key, and looked for again afterwards: of two that were written all the same (a request of an earlier attempt came late, or
 * one came twice) the younger goes, at the latest before the note counts as read back. A note on the party of the caller, or on that of
 * the desk when there is none; messages always go to the desk.
 */
export function createNotes(rpc: TrytonRpc, mapping: RecordMapping, desk: string): TrytonRecords {
  const serially = createSerial();
  const notes: Notes = { rpc, mapping, desk };
  return {
    create: (key, payload, options) => serially(key, () => create(notes, { key, payload }, options)),
    cancel: (key, expected, signal) => serially(key, () => cancel(notes, { key, payload: expected }, signal)),
    readBack: (key, expected, signal): Promise<ReadBack> => serially(key, () => readBack(notes, { key, payload: expected }, signal)),
  };
}

/** What stands under a key. A second note of ours is taken away first: what is read back as agreed stands once. */
async function readBack(notes: Notes, wanted: Wanted, signal: AbortSignal): Promise<ReadBack> {
  const { mapping } = notes;
  const found = await look(notes, wanted.key, { signal });
  const left = await sweep(notes, found, wanted, { signal });
  if (left !== null) return { type: 'unavailable', code: left };
  const [oldest] = found;
  if (oldest === undefined) return { type: 'absent' };
  const same = found.find((row) => isSame(notes, row, wanted));
  const remoteId = referenceTo(mapping.target, (same ?? oldest).id);
  if (same === undefined) return { type: 'differs', remoteId };
  return { type: 'found', payload: wanted.payload, remoteId, etag: same.version, contested: false };
}

const look = ({ rpc, mapping }: Notes, key: string, options: CallOptions): Promise<readonly TrytonRow[]> =>
  rowsOfKey(rpc, { mapping, key }, options);

const isSame = ({ mapping }: Notes, { fields }: TrytonRow, { key, payload }: Wanted): boolean =>
  differingFields(mapping, renderFields(mapping, { key, payload }), fields).length === 0;

const isOurs = (notes: Notes, row: TrytonRow, wanted: Wanted): boolean => row.isUntouched && isSame(notes, row, wanted);

const committed = ({ mapping }: Notes, { id, version = null }: { readonly id: number; readonly version?: string | null }): WriteResult => ({
  type: 'committed',
  remoteId: referenceTo(mapping.target, id),
  etag: version,
});

async function create(notes: Notes, wanted: Wanted, options: WriteOptions): Promise<WriteResult> {
  const { rpc, mapping } = notes;
  let values;
  try {
    const found = await look(notes, wanted.key, options);
    const [oldest] = found;
    if (oldest !== undefined) {
      await sweep(notes, found, wanted, options);
      return isSame(notes, oldest, wanted) ? committed(notes, oldest) : { type: 'conflict', reason: 'exists_differently' };
    }
    const contact = await placeOf(notes, { payload: wanted.payload, links: options.links }, options);
    values = renderFields(mapping, { ...wanted, links: { ...options.links, contact } });
  } catch (error) {
    return notWritten(error);
  }
  const made = await createRow(rpc, { model: mapping.target, values }, options);
  if ('failed' in made) return made.failed;
  try {
    const found = await look(notes, wanted.key, options);
    await sweep(notes, found, wanted, options);
    return committed(notes, found[0] ?? made);
  } catch {
    // The note stands; the read-back looks for a second one.
    return committed(notes, made);
  }
}

/**
 * Leaves the oldest note of a key; the others go where they say the same and nobody has changed them. Resolves to why some may still
 * stand, or to null.
 */
async function sweep(notes: Notes, found: readonly TrytonRow[], wanted: Wanted, options: CallOptions): Promise<string | null> {
  const surplus = found.slice(1).filter((row) => isOurs(notes, row, wanted));
  if (surplus.length === 0) return null;
  const deleted = await deleteRows(notes.rpc, { model: notes.mapping.target, rows: surplus }, options);
  if (deleted === 'gone') return null;
  return typeof deleted === 'object' && 'code' in deleted ? deleted.code : 'destination_conflict';
}

async function cancel(notes: Notes, wanted: Wanted, signal: AbortSignal): Promise<WriteResult> {
  try {
    const found = await look(notes, wanted.key, { signal });
    const [oldest] = found;
    if (oldest === undefined) return { type: 'committed', remoteId: remoteIdOf(wanted.key), etag: null };
    if (!found.every((row) => isOurs(notes, row, wanted))) return CHANGED;
    const deleted = await deleteRows(notes.rpc, { model: notes.mapping.target, rows: found }, { signal });
    if (deleted === 'changed') return CHANGED;
    return deleted === 'gone' ? committed(notes, { id: oldest.id }) : deleted;
  } catch (error) {
    return notWritten(error);
  }
}

/** The party on which a note is put. A number that several parties share says nothing about who called. */
async function placeOf(
  { rpc, desk }: Notes,
  { payload, links }: { readonly payload: RecordPayload; readonly links: RecordLinks | undefined },
  options: CallOptions,
): Promise<string> {
  if (payload.kind === 'note') {
    if (links?.contact !== undefined) return links.contact;
    const parties = await partiesWith(rpc, payload.phone, options);
    const [only] = parties;
    if (only !== undefined && parties.length === 1) return only.remoteId;
  }
  return deskParty(rpc, desk, options);
}

/** The party with the code of the desk. Throws `destination_misbehaved` when there is none, and as a question does. */
export async function deskParty(rpc: TrytonRpc, desk: string, options: CallOptions): Promise<string> {
  const [party] = await searchRows(rpc, { model: PARTY, domain: [['code', '=', desk]], fields: [] }, options);
  if (party === undefined) throw new AppError('destination_misbehaved', 'Tryton has no party with the code that is set for the desk');
  return referenceTo(PARTY, party.id);
}
