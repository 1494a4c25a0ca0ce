import type { OpId } from '../../base/ids.ts';
import type { Destination } from '../../ports/destination.ts';
import { REQUEST_MS_MAX } from './destination-calls.ts';

/** Operations worked on at once in this process; what comes beyond waits for the next sweep. */
export const RUNNING_MAX = 16;
/** Of these, for one destination: one that hangs leaves the others room. */
export const RUNNING_PER_DESTINATION_MAX = 8;
/** Requests that one step of an operation may take, with what it asks before and after. */
const REQUESTS_PER_STEP_MAX = 6;

/** What is under way, and for whom there is room. */
export interface Lanes {
  /** Operations that can be started now, in all or for one destination. */
  room(destination?: string): number;
  /** Destinations that there is no room for. */
  full(): readonly string[];
  enter(op: OpId, destination: string, attempt: Promise<void>): void;
  leave(op: OpId): void;
  /** The attempt that is under way on an operation. */
  attempt(op: OpId): Promise<void> | null;
  attempts(): readonly Promise<void>[];
}

/**
 * Where a destination allows so many requests a second, no more operations than can have their requests within the time that one may
 * take: more of them would take each other's turns, give up waiting, and none would ever be done.
 */
function laneOf(destination: Destination | undefined): number {
  const rate = destination?.capabilities.limits?.requestsPerSecond ?? Number.POSITIVE_INFINITY;
  const inTime = Math.floor((rate * REQUEST_MS_MAX) / 1000 / REQUESTS_PER_STEP_MAX);
  return Math.max(1, Math.min(RUNNING_PER_DESTINATION_MAX, inTime));
}

export function createLanes(destinations: ReadonlyMap<string, Destination>): Lanes {
  const running = new Map<OpId, { readonly destination: string; readonly attempt: Promise<void> }>();
  const counts = new Map<string, number>();
  const add = (destination: string, by: number): void => {
    const count = (counts.get(destination) ?? 0) + by;
    if (count === 0) counts.delete(destination);
    else counts.set(destination, count);
  };
  const roomFor = (destination: string): number => laneOf(destinations.get(destination)) - (counts.get(destination) ?? 0);
  return {
    room: (destination) => Math.min(RUNNING_MAX - running.size, destination === undefined ? RUNNING_MAX : roomFor(destination)),
    full: () => [...counts.keys()].filter((destination) => roomFor(destination) <= 0),
    enter: (op, destination, attempt) => {
      running.set(op, { destination, attempt });
      add(destination, 1);
    },
    leave: (op) => {
      const left = running.get(op);
      if (left !== undefined && running.delete(op)) add(left.destination, -1);
    },
    attempt: (op) => running.get(op)?.attempt ?? null,
    attempts: () => [...running.values()].map(({ attempt }) => attempt),
  };
}
