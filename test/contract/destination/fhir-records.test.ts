import type { Appointment, Communication, Patient, Resource, Task } from '@medplum/fhirtypes';
import { afterAll, expect } from 'vitest';
import { createSystemClock } from '../../../src/adapters/clock/system-clock.ts';
import type { FhirCredential } from '../../../src/adapters/destinations/fhir/fhir-client.ts';
import { createFhirDestination } from '../../../src/adapters/destinations/fhir/fhir.ts';
import { keyToken } from '../../../src/adapters/destinations/fhir/identity.ts';
import { TYPES, type FhirKind } from '../../../src/adapters/destinations/fhir/record-forms.ts';
import type { RecordKind } from '../../../src/domain/writeback/intent.ts';
import { startFhirServer } from '../../../src/app/faults/fhir/fhir-server.ts';
import { samplePractice } from '../../support/sample-practice.ts';
import { startAuthorizationServer } from '../../support/stand-ins/oauth/authorization-server.ts';
import { connectOauth, sampleClient } from '../../support/stand-ins/oauth/connect-oauth.ts';
import { describeRecordDestination } from './record-suite.ts';

const server = await startFhirServer();
// Waits are real; the appointments lie in a year of their own.
const clock = { ...createSystemClock(), businessEpochMs: () => Date.UTC(2026, 11, 20) };
const practitioner = await server.repository.createResource({ resourceType: 'Practitioner', name: [{ family: 'Weber' }] });
const schedule = await server.repository.createResource({
  resourceType: 'Schedule',
  actor: [{ reference: `Practitioner/${practitioner.id}`, display: 'Dr Weber' }],
});

type Ours = Appointment | Communication | Patient | Task;

/** What stands under a key, asked for in the server itself. */
async function standing(key: string, kind: RecordKind): Promise<readonly Ours[]> {
  const [system, value] = keyToken(key).split('|');
  const all = await server.repository.searchResources<Resource>({ resourceType: TYPES[kind as FhirKind] });
  return (all as Ours[]).filter((resource) => {
    const isGone = resource.resourceType === 'Patient' ? resource.active === false : /^(cancelled|entered)/.test(resource.status ?? '');
    return !isGone && (resource.identifier ?? []).some((one) => one.system === system && one.value === value);
  });
}

/** What somebody at the desk changes in a record. */
function changedByTheDesk(resource: Ours): Ours {
  switch (resource.resourceType) {
    case 'Patient':
      return { ...resource, name: [{ ...resource.name?.[0], family: 'Married' }] };
    case 'Appointment':
      return { ...resource, comment: 'Phone: +493055500000' };
    case 'Task':
      return { ...resource, description: 'Done by the desk.' };
    case 'Communication':
      return { ...resource, payload: [{ contentString: 'The desk knows better.' }] };
  }
}

/** The suite over a credential; what a server says about it must hold of all kinds, so that one of them will do for the others. */
function describeFhir(name: string, credential: FhirCredential, kinds: readonly FhirKind[]): void {
  describeRecordDestination(
    {
      name,
      start: async () => ({ host: '127.0.0.1', port: server.port }),
      connect: async (port) => {
        const destination = createFhirDestination({
          id: 'practice-system',
          access: { url: `http://127.0.0.1:${port}/fhir`, credential },
          schedule: `Schedule/${schedule.id}`,
          kinds,
          sandbox: true,
          practice: () => ({ ...samplePractice(), horizonDays: 365 }),
          clock,
        });
        return {
          destination,
          count: async (key, kind) => (await standing(key, kind)).length,
          edit: async (key, kind) => {
            const [resource] = await standing(key, kind);
            if (resource === undefined) throw new Error('nothing to edit');
            await server.repository.updateResource(changedByTheDesk(resource));
          },
          close: () => destination.close(),
        };
      },
      stop: async () => undefined,
      cancellable: kinds,
      // The slot that a booking enters first is no record of ours: it takes nothing yet.
      isWrite: ({ method, path }) => method !== 'GET' && !path.endsWith('/Slot'),
    },
    kinds,
  );
}

describeFhir('FHIR R4 on the engine of Medplum', { type: 'bearer', token: () => server.token }, ['booking', 'contact', 'message', 'note']);

const tokenServer = await startAuthorizationServer({ client: sampleClient, now: clock.epochMs, issue: () => server.token });
describeFhir('FHIR R4 with access tokens', { type: 'oauth', tokens: connectOauth(tokenServer, clock) }, ['contact']);

afterAll(async () => {
  expect(server.refused()).toEqual([]);
  expect(tokenServer.count()).toBe(1);
  await tokenServer.close();
  await server.stop();
});
