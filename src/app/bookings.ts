import { createBookingsClient } from '../adapters/bookings/bookings-client.ts';
import { createBullQueue } from '../adapters/bullmq/bull-queue.ts';
import type { Clock } from '../base/clock.ts';
import type { Config } from '../config/config.ts';
import type { Bookings } from '../ports/bookings.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Logger } from '../ports/logger.ts';

export interface BookingsParts {
  readonly config: Config;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** The daemon's way to the worker, with the queue of this installation. */
export function createBookings({ config, ledger, clock, log, signal }: BookingsParts): Bookings {
  const { sockets } = config.paths;
  const queue = createBullQueue({ socket: sockets.redis, log });
  return createBookingsClient({ socket: sockets.worker, queue, ledger, clock, log, signal });
}
