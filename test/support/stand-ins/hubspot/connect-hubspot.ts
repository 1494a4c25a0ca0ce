import { join } from 'node:path';
import { createSystemClock } from '../../../../src/adapters/clock/system-clock.ts';
import { createHubspotDestination, type HubspotDestination } from '../../../../src/adapters/destinations/hubspot/hubspot.ts';
import { readMapping, type MappingDocument } from '../../../../src/adapters/destinations/http/mapping.ts';
import { createTokenBucket, UNLIMITED, type TokenBucket } from '../../../../src/adapters/destinations/http/token-bucket.ts';
import type { Clock } from '../../../../src/base/clock.ts';
import { createKeptLogger, type KeptLogger } from '../../kept-logger.ts';

export const HUBSPOT_MAPPING = readMapping(join(import.meta.dirname, '../../../../config/mappings/hubspot.v1.json'));

/** An adapter on a stand-in's port, or on that of a proxy before it. Appointments lie in a year of their own. */
export function connectHubspot(
  port: number,
  token: () => string,
  parts: { readonly mapping?: MappingDocument; readonly clock?: Clock; readonly bucket?: TokenBucket; readonly log?: KeptLogger } = {},
): HubspotDestination {
  const {
    mapping = HUBSPOT_MAPPING,
    clock = createSystemClock(),
    bucket = createTokenBucket(UNLIMITED, clock),
    log = createKeptLogger(),
  } = parts;
  return createHubspotDestination({
    access: { url: `http://127.0.0.1:${port}`, token },
    mapping,
    sandbox: true,
    clock: { ...clock, businessEpochMs: () => Date.UTC(2026, 11, 20) },
    log,
    bucket,
  });
}
