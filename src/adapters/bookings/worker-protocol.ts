import { z } from 'zod';
import type { FreeSlot, SlotQuery } from '../../domain/hours/free-slot.ts';
import type { EnteredAppointment } from '../../domain/dialog/dialog.ts';
import { OP_STATES } from '../../domain/writeback/intent.ts';
import { RECONCILE_SCOPES } from '../../domain/writeback/reconcile.ts';
import type { KnownCaller } from '../../ports/bookings.ts';
import type { ReconciliationView } from '../../ports/reconcile-store.ts';

/** Names of what the worker answers and tells on its socket. */
export const WORKER_METHODS = {
  wake: 'wake',
  availability: 'availability',
  whoCalls: 'who_calls',
  check: 'check',
  reconcile: 'reconcile',
} as const;
export const OP_CHANGED = 'op.changed';

const isoDay = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const slot: z.ZodType<FreeSlot> = z.strictObject({ start: z.iso.datetime({ offset: true }), minutes: z.number().int().positive() });

export const slotQuerySchema: z.ZodType<SlotQuery> = z.strictObject({ service: z.string().min(1), fromDay: isoDay, toDay: isoDay });
/** Names and appointments of one number at most, and letters of a name. */
export const CALLER_NAMES_MAX = 10;
export const ENTERED_MAX = 10;
export const CALLER_NAME_LENGTH_MAX = 200;

export const callerSchema = z.strictObject({ phone: z.string().min(1) });
const entered: z.ZodType<EnteredAppointment> = z.strictObject({
  service: z.string().min(1).nullable(),
  start: z.iso.datetime({ offset: true }),
});
export const knownCallerSchema: z.ZodType<KnownCaller> = z.strictObject({
  names: z.array(z.string().min(1).max(CALLER_NAME_LENGTH_MAX)).max(CALLER_NAMES_MAX),
  entered: z.array(entered).max(ENTERED_MAX),
});
export const wakeSchema = z.strictObject({ op: z.string().min(1) });
export const slotsSchema = z.strictObject({ slots: z.array(slot), ageMs: z.number().min(0) });
/** `destination`: its id; the calendar when it is absent. */
export const checkSchema = z.strictObject({ destination: z.string().min(1).optional() }).nullable();
export const reconcileSchema = z.strictObject({ scope: z.enum(RECONCILE_SCOPES) });
const count = z.number().int().min(0);
export const reconciledSchema: z.ZodType<ReconciliationView> = z.strictObject({
  scope: z.enum(RECONCILE_SCOPES),
  startedAtEpochMs: z.number(),
  endedAtEpochMs: z.number(),
  checked: count,
  findings: count,
  unreachable: count,
});
export const opChangedSchema = z.strictObject({ op: z.string(), state: z.enum(OP_STATES) });
