import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { createSystemClock } from '../../../../src/adapters/clock/system-clock.ts';
import { readMapping, type MappingDocument } from '../../../../src/adapters/destinations/http/mapping.ts';
import { createSalesforceDestination, type SalesforceDestination } from '../../../../src/adapters/destinations/salesforce/salesforce.ts';
import type { TokenBucket } from '../../../../src/adapters/destinations/http/token-bucket.ts';
import type { Clock } from '../../../../src/base/clock.ts';
import { createKeptLogger, type KeptLogger } from '../../kept-logger.ts';
import type { ClientApp } from './token-endpoint.ts';

const pair = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

export const SALESFORCE_MAPPING = readMapping(join(import.meta.dirname, '../../../../config/mappings/salesforce.v1.json'));

/** The client app of the tests; `privateKey` belongs to its certificate. */
export const sampleApp: ClientApp & { readonly privateKey: string } = {
  clientId: '3MVG9stand-in',
  user: 'vestibule@practice.example',
  audience: 'https://practice.my.salesforce.com',
  publicKey: pair.publicKey,
  privateKey: pair.privateKey,
};

/** An adapter on a stand-in's port, or on that of a proxy before it. Appointments lie in a year of their own. */
export function connectSalesforce(
  port: number,
  parts: {
    readonly privateKey?: () => string;
    readonly mapping?: MappingDocument;
    readonly clock?: Clock;
    readonly bucket?: TokenBucket;
    readonly log?: KeptLogger;
  } = {},
): SalesforceDestination {
  const { privateKey = () => sampleApp.privateKey, mapping = SALESFORCE_MAPPING, clock = createSystemClock(), ...rest } = parts;
  const { clientId, user, audience } = sampleApp;
  return createSalesforceDestination({
    access: { url: `http://127.0.0.1:${port}`, audience, clientId, user, privateKey },
    mapping,
    sandbox: true,
    clock: { ...clock, businessEpochMs: () => Date.UTC(2026, 11, 20) },
    log: createKeptLogger(),
    ...rest,
  });
}
