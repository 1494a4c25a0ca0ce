import type { BookingPayload } from '../../../domain/writeback/intent.ts';
import { remoteIdOf } from '../../../domain/writeback/op-key.ts';
import { updateEntry, type TransactionEntry } from './fhir-client.ts';
import { KEY_SYSTEM, SLOT_SYSTEM } from './identity.ts';
import { utcOf } from './record-forms.ts';
import type { Slot, Stored } from './resources.ts';

const MINUTE_MS = 60_000;
/** How long a claimed slot may stand without its appointment being found: the server is still indexing it. */
const CLAIM_SETTLES_MS = 60_000;

/** `Schedule/123.20260305T0930Z`: the same for everyone who wants that time, so that the server holds one slot for it. */
export function slotToken(schedule: string, startEpochMs: number): string {
  return `${schedule}.${utcOf(startEpochMs).slice(0, 16).replaceAll(/[-:]/g, '')}Z`;
}

/** A free slot for a time that the practice's system has laid out none for. It is free until a booking claims its version. */
export function freeSlotFor(schedule: string, { start, minutes }: BookingPayload): Slot {
  const startEpochMs = Date.parse(start);
  return {
    resourceType: 'Slot',
    identifier: [{ system: SLOT_SYSTEM, value: slotToken(schedule, startEpochMs) }],
    schedule: { reference: schedule },
    status: 'free',
    start: utcOf(startEpochMs),
    end: utcOf(startEpochMs + minutes * MINUTE_MS),
  };
}

/** A shared slot that nobody holds: free, or busy for long without an appointment in its time, so that a person has cancelled that. */
export function isToBeHad(slot: Stored<Slot>, nowEpochMs: number): boolean {
  return slot.status === 'free' || nowEpochMs - Date.parse(slot.meta?.lastUpdated ?? '') > CLAIM_SETTLES_MS;
}

const withoutKey = ({ identifier }: Slot): NonNullable<Slot['identifier']> =>
  (identifier ?? []).filter(({ system }) => system !== KEY_SYSTEM);

/** Takes a slot in the version that was read, and marks it with the key. */
export function claimEntry(slot: Stored<Slot>, key: string): TransactionEntry {
  const identifier = [...withoutKey(slot), { system: KEY_SYSTEM, value: remoteIdOf(key) }];
  return updateEntry({ ...slot, status: 'busy', identifier });
}

/** A slot as it was before it was claimed. */
export function freedSlot(slot: Stored<Slot>): Stored<Slot> {
  const { identifier: _identifier, ...rest } = slot;
  const kept = withoutKey(slot);
  return { ...rest, status: 'free', ...(kept.length > 0 ? { identifier: kept } : {}) };
}
