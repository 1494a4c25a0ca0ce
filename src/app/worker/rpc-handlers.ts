import type { z } from 'zod';
import {
  callerSchema,
  checkSchema,
  reconcileSchema,
  slotQuerySchema,
  WORKER_METHODS,
  wakeSchema,
} from '../../adapters/bookings/worker-protocol.ts';
import type { RpcHandler } from '../../adapters/ipc/rpc.ts';
import { AppError } from '../../base/app-error.ts';
import type { Clock } from '../../base/clock.ts';
import { asOpId } from '../../base/ids.ts';
import type { Destination } from '../../ports/destination.ts';
import type { Logger } from '../../ports/logger.ts';
import type { WriteBackEngine } from '../../runtime/write-back/engine.ts';
import type { Reconciler } from '../../runtime/write-back/reconciler.ts';
import { createAvailability } from './availability.ts';
import { createWhoCalls } from './who-calls.ts';

export interface RpcParts {
  readonly engine: WriteBackEngine;
  readonly reconciler: Pick<Reconciler, 'run'>;
  readonly calendar: Destination;
  /** Whom free slots are asked of. */
  readonly freeSlotsFrom: Destination;
  /** Systems that hold contacts or appointments, by the plans in force, and may be asked now. */
  readonly askedWhoCalls: () => readonly Destination[];
  /** All of them by id. */
  readonly destinations: ReadonlyMap<string, Destination>;
  readonly clock: Clock;
  readonly log: Logger;
}

function parsed<T>(schema: z.ZodType<T>, params: unknown): T {
  const result = schema.safeParse(params);
  if (!result.success) throw new AppError('usage', 'the worker does not understand the parameters');
  return result.data;
}

/** What the worker answers on its socket: wake-ups, free slots, who calls, whether a destination can be used, and a comparison now. */
export function createRpcHandlers(parts: RpcParts): Readonly<Record<string, RpcHandler>> {
  const { engine, reconciler, calendar, destinations } = parts;
  const availability = createAvailability(parts.freeSlotsFrom, parts.clock);
  const whoCalls = createWhoCalls(parts.askedWhoCalls, parts.log);
  return {
    [WORKER_METHODS.wake]: async (params) => {
      const { op } = parsed(wakeSchema, params);
      // The caller does not wait for the operation: it watches the row.
      void engine.wake(asOpId(op));
      return true;
    },
    [WORKER_METHODS.availability]: (params, { signal }) => availability(parsed(slotQuerySchema, params), signal),
    [WORKER_METHODS.whoCalls]: (params, { signal }) => whoCalls(parsed(callerSchema, params).phone, signal),
    [WORKER_METHODS.check]: async (params, { signal }) => {
      const id = parsed(checkSchema, params)?.destination;
      const destination = id === undefined ? calendar : destinations.get(id);
      if (destination === undefined) throw new AppError('not_found', `there is no destination ${id}`);
      await destination.check({ signal });
      return true;
    },
    [WORKER_METHODS.reconcile]: (params, { signal }) => reconciler.run(parsed(reconcileSchema, params).scope, { signal }),
  };
}
