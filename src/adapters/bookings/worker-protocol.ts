import { z } from 'zod';
import type { FreeSlot, SlotQuery } from '../../domain/hours/free-slot.ts';
import { OP_STATES } from '../../domain/writeback/intent.ts';

/** Names of what the worker answers and tells on its socket. */
export const WORKER_METHODS = { wake: 'wake', availability: 'availability', check: 'check' } as const;
export const OP_CHANGED = 'op.changed';

const isoDay = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const slot: z.ZodType<FreeSlot> = z.strictObject({ start: z.iso.datetime({ offset: true }), minutes: z.number().int().positive() });

export const slotQuerySchema: z.ZodType<SlotQuery> = z.strictObject({ service: z.string().min(1), fromDay: isoDay, toDay: isoDay });
export const wakeSchema = z.strictObject({ op: z.string().min(1) });
export const slotsSchema = z.strictObject({ slots: z.array(slot), ageMs: z.number().min(0) });
export const opChangedSchema = z.strictObject({ op: z.string(), state: z.enum(OP_STATES) });
