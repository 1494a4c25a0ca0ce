import { isAppError } from '../../base/app-error.ts';
import { isOrphan } from '../../domain/writeback/reconcile.ts';
import type { Destination, OwnRecord, TimeSpan } from '../../ports/destination.ts';
import type { Run } from './reconciler.ts';

const DAY_MS = 86_400_000;
/** The time in which destinations are asked for every record of ours, in days from today; and how much of it at once. */
const FROM_DAYS = -7;
const TO_DAYS = 366;
const SPAN_DAYS = 31;
/** Records kept in memory; a calendar that holds more is looked through as far as that. */
const RECORDS_MAX = 20_000;
const REQUEST_MS_MAX = 15_000;

/** Every record of ours in one destination. `isComplete`: whether all of the time was answered for. */
interface Listing {
  readonly destination: Destination;
  readonly records: ReadonlyMap<string, OwnRecord>;
  readonly isComplete: boolean;
}

/** Keys of which a destination holds two records; what it lists is kept beside it. */
export type Copies = ReadonlyMap<string, OwnRecord> & { readonly listings: readonly Listing[] };

function spans(nowEpochMs: number): readonly TimeSpan[] {
  const found: TimeSpan[] = [];
  for (let day = FROM_DAYS; day < TO_DAYS; day += SPAN_DAYS) {
    const endDay = Math.min(day + SPAN_DAYS, TO_DAYS);
    found.push({ startEpochMs: nowEpochMs + day * DAY_MS, endEpochMs: nowEpochMs + endDay * DAY_MS });
  }
  return found;
}

async function list(run: Run, destination: Destination, copies: Map<string, OwnRecord>): Promise<Listing> {
  const { deps, down } = run;
  const own = `v1.${deps.tenant}.`;
  const records = new Map<string, OwnRecord>();
  for (const span of spans(deps.clock.businessEpochMs())) {
    await run.giveWay();
    try {
      const found = (await destination.ours?.(span, { signal: AbortSignal.timeout(REQUEST_MS_MAX) })) ?? [];
      for (const record of found) {
        if (!record.key.startsWith(own)) continue;
        const known = records.get(record.key);
        // One that reaches over the border of two spans is listed in both.
        if (known !== undefined && known.remoteId !== record.remoteId) copies.set(record.key, record);
        records.set(record.key, record);
      }
    } catch (error) {
      down.add(destination.id);
      deps.log.warn('records not listed', { destination: destination.id, code: isAppError(error) ? error.code : 'destination_misbehaved' });
      return { destination, records, isComplete: false };
    }
    if (records.size >= RECORDS_MAX) {
      deps.log.warn('records listed in part', { destination: destination.id, records: records.size });
      return { destination, records, isComplete: false };
    }
  }
  return { destination, records, isComplete: true };
}

/** Lists what the destinations that can be listed hold of ours, one request at a time. Throws when the run is aborted. */
export async function findCopies(run: Run): Promise<Copies> {
  const copies = new Map<string, OwnRecord>();
  const listings: Listing[] = [];
  for (const destination of run.deps.destinations.values())
    if (destination.ours !== undefined) listings.push(await list(run, destination, copies));
  return Object.assign(copies, { listings });
}

/** Keeps records that nothing stands behind; one that is gone ends. Returns how many destinations could not be listed. */
export async function lookForOrphans(run: Run, { listings }: Copies): Promise<number> {
  const { store, clock, log } = run.deps;
  for (const { destination, records, isComplete } of listings) {
    const orphans = new Set<string>();
    for (const record of records.values()) {
      if (!(await standsAlone(run, destination, record))) continue;
      orphans.add(record.key);
      const isNew = store.conclude(
        { op: record.key, destination: destination.id, verdict: 'orphan_remote', listed: true },
        clock.epochMs(),
      );
      if (isNew) log.error('ledger and destination differ', { op: record.key, destination: destination.id, type: 'orphan_remote' });
    }
    if (!isComplete) continue;
    for (const { op, destination: place } of store.orphans())
      if (place === destination.id && !orphans.has(op))
        store.conclude({ op, destination: place, verdict: 'ok', listed: true }, clock.epochMs());
  }
  return listings.filter(({ isComplete }) => !isComplete).length;
}

/** It may have been taken back since it was listed: then it is not there any more. */
async function standsAlone(run: Run, destination: Destination, { key, payload }: OwnRecord): Promise<boolean> {
  const states = run.deps.store.statesOf(key);
  if (states === null || !isOrphan(states)) return false;
  await run.giveWay();
  const again = await destination.readBack(key, payload, { signal: AbortSignal.timeout(REQUEST_MS_MAX) }).catch(() => null);
  if (again?.type !== 'found' && again?.type !== 'differs') return false;
  const now = run.deps.store.statesOf(key);
  return now !== null && isOrphan(now);
}
