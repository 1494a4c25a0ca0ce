import { join } from 'node:path';
import { readMapping, type MappingDocument, type RecordMapping } from '../../../../src/adapters/destinations/http/mapping.ts';
import { createServiceNowDestination, type ServiceNowDestination } from '../../../../src/adapters/destinations/servicenow/servicenow.ts';
import { createSystemClock } from '../../../../src/adapters/clock/system-clock.ts';
import type { TransformMap } from './instance.ts';
import { INTEGRATION_USER } from './instance.ts';

/** The mapping document that ships. */
export const SERVICENOW_MAPPING: MappingDocument = readMapping(join(import.meta.dirname, '../../../../config/mappings/servicenow.v1.json'));

const mapOf = ({ target, writeTo, keyField, fields }: RecordMapping): TransformMap => ({
  staging: writeTo ?? target,
  target,
  coalesce: keyField,
  fields: Object.keys(fields),
});

/** Transform maps as an administrator makes them for the mapping document that ships. */
export const transformMaps = (): readonly TransformMap[] => Object.values(SERVICENOW_MAPPING.records).map(mapOf);

/** An adapter for the instance at a loopback port; parts can be exchanged. */
export function connectServiceNow(
  port: number,
  parts: { readonly secret: () => string; readonly bearer?: boolean; readonly keyIsUnique?: boolean; readonly mapping?: MappingDocument },
): ServiceNowDestination {
  const { secret, bearer = false, keyIsUnique = false, mapping = SERVICENOW_MAPPING } = parts;
  const auth = bearer ? ({ type: 'bearer' } as const) : ({ type: 'basic', user: INTEGRATION_USER } as const);
  const access = { url: `http://127.0.0.1:${port}`, credential: secret, auth };
  return createServiceNowDestination({ access, mapping, keyIsUnique, sandbox: true, clock: createSystemClock() });
}
