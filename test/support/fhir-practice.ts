import type { Appointment, Resource, Slot } from '@medplum/fhirtypes';
import { createFhirDestination, type FhirDestination, type FhirOptions } from '../../src/adapters/destinations/fhir/fhir.ts';
import { startFhirServer, type FhirServer } from '../../src/app/faults/fhir/fhir-server.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';
import { samplePractice } from './sample-practice.ts';

/** Monday, 2 March 2026, 7:00 in Berlin: before the practice opens. */
const NOW = Date.UTC(2026, 2, 2, 6, 0);

/** A practice with a FHIR server of its own, and what its staff does there. */
export interface FhirPractice {
  readonly server: FhirServer;
  readonly clock: ManualClock;
  readonly practitioner: string;
  readonly schedule: string;
  /** One more client of the server; `close` closes all of them. */
  connect(options?: Partial<FhirOptions>): FhirDestination;
  /** A slot as the practice's system lays it out; local times of a day: `['2026-03-03', '10:00', '10:30']`. */
  layOut(time: readonly [day: string, from: string, to: string], parts?: Partial<Slot>): Promise<Slot>;
  /** An appointment that the desk makes, with the practitioner. */
  appoint(time: readonly [day: string, from: string, to: string], parts?: Partial<Appointment>): Promise<Appointment>;
  all<R extends Resource>(resourceType: R['resourceType']): Promise<readonly R[]>;
  close(): Promise<void>;
}

/** Starts a server with one practitioner and one empty schedule. Winter time only: the desk's local times are one hour ahead of UTC. */
export async function openFhirPractice(): Promise<FhirPractice> {
  const server = await startFhirServer();
  const { repository } = server;
  const clock = createManualClock(NOW);
  const { id: practitionerId } = await repository.createResource({ resourceType: 'Practitioner', name: [{ family: 'Weber' }] });
  const practitioner = `Practitioner/${practitionerId}`;
  const { id: scheduleId } = await repository.createResource({ resourceType: 'Schedule', actor: [{ reference: practitioner }] });
  const schedule = `Schedule/${scheduleId}`;
  const clients: FhirDestination[] = [];
  return {
    server,
    clock,
    practitioner,
    schedule,
    connect: (options = {}) => {
      const client = createFhirDestination({
        id: 'practice-system',
        access: { url: server.url, credential: { type: 'bearer', token: () => server.token } },
        schedule,
        sandbox: true,
        practice: samplePractice,
        clock,
        ...options,
      });
      clients.push(client);
      return client;
    },
    layOut: ([day, from, to], parts = {}) =>
      repository.createResource<Slot>({
        resourceType: 'Slot',
        schedule: { reference: schedule },
        status: 'free',
        start: `${day}T${from}:00+01:00`,
        end: `${day}T${to}:00+01:00`,
        ...parts,
      }),
    appoint: ([day, from, to], parts = {}) =>
      repository.createResource<Appointment>({
        resourceType: 'Appointment',
        status: 'booked',
        start: `${day}T${from}:00+01:00`,
        end: `${day}T${to}:00+01:00`,
        participant: [{ actor: { reference: practitioner }, status: 'accepted' }],
        ...parts,
      }),
    all: <R extends Resource>(resourceType: R['resourceType']) => repository.searchResources<R>({ resourceType }),
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
      await server.stop();
    },
  };
}
