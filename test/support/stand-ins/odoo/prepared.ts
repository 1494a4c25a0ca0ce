import { join } from 'node:path';
import { createSystemClock } from '../../../../src/adapters/clock/system-clock.ts';
import { readMapping, type MappingDocument } from '../../../../src/adapters/destinations/http/mapping.ts';
import { createOdooDestination, type OdooDestination } from '../../../../src/adapters/destinations/odoo/odoo.ts';
import type { OdooAccess } from '../../../../src/adapters/destinations/odoo/wire.ts';
import type { Clock } from '../../../../src/base/clock.ts';
import { samplePractice } from '../../sample-practice.ts';
import { DATABASE, LOGIN } from './odoo.ts';

/** The mapping document that ships. */
export const ODOO_MAPPING: MappingDocument = readMapping(join(import.meta.dirname, '../../../../config/mappings/odoo.v1.json'));

/** The contact of the practitioner in an empty stand-in. */
export const OWNER_ID = 2;

/** Waits are real; the appointments lie in a year of their own. */
export const odooClock: Clock = { ...createSystemClock(), businessEpochMs: () => Date.UTC(2026, 11, 20) };

/** An adapter for the server at a loopback port; parts can be exchanged. */
export function connectOdoo(
  port: number,
  parts: {
    readonly wire: OdooAccess['wire'];
    readonly apiKey: () => string;
    readonly mapping?: MappingDocument;
    readonly withCalendar?: boolean;
  },
): OdooDestination {
  const { wire, apiKey, mapping = ODOO_MAPPING, withCalendar = true } = parts;
  const access: OdooAccess = { url: `http://127.0.0.1:${port}`, database: DATABASE, login: LOGIN, wire, apiKey };
  const calendar = { partnerId: OWNER_ID, practice: () => ({ ...samplePractice(), horizonDays: 365 }) };
  return createOdooDestination({ access, mapping, calendar: withCalendar ? calendar : null, sandbox: true, clock: odooClock });
}
