import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Appointment, Resource } from '@medplum/fhirtypes';
import { request } from 'undici';
import { signed } from '../../../adapters/destinations/fhir/identity.ts';
import { writeAppointment } from '../../../adapters/destinations/fhir/record-forms.ts';
import { freeTcpPort } from '../../../adapters/process/free-port.ts';
import { pollUntil } from '../../../adapters/process/poll.ts';
import { dyingWithParent, SERVER_ENV, type ServerProcess } from '../../../adapters/process/server-process.ts';
import { AppError } from '../../../base/app-error.ts';
import { PROJECT_DIR } from '../../../config/config.ts';
import { remoteIdOf } from '../../../domain/writeback/op-key.ts';
import { createKillableServer, type KillableServer } from '../killable-server.ts';
import { bookingOf, type PlannedCaller, type PlannedStory } from '../story.ts';
import type { Entry, FaultTarget, HumanResult } from '../target.ts';
import { FHIR_TOKEN } from './fhir-access.ts';
import { createFhirEyes, entryOf, markEdited, type FhirEyes } from './fhir-eyes.ts';
import { createFhirPractices, createFhirStories, type FhirPractices } from './fhir-stories.ts';

const HOST = '127.0.0.1';
const CALLS_AT_ONCE = 6;
const BASE = '/fhir';
const ID = 'practice-system';
const PRACTITIONER: Resource = { resourceType: 'Practitioner', id: 'desk', name: [{ family: 'Weber' }] };
const ACTOR = { reference: 'Practitioner/desk' };
const SCHEDULE: Resource = { resourceType: 'Schedule', id: 'desk', actor: [ACTOR] };
const stepsOf = (...kinds: readonly string[]) => kinds.map((kind) => ({ name: kind, kind, destination: ID }));
const PLANS = {
  booking: stepsOf('contact', 'booking', 'note'),
  reschedule: stepsOf('reschedule'),
  cancel: stepsOf('cancel'),
  message: stepsOf('contact', 'message'),
};
const READY_MS_MAX = 30_000;
const MINUTE_MS = 60_000;

function killableFhir(folder: string, port: number): KillableServer {
  const main = join(PROJECT_DIR, 'src', 'app', 'faults', 'fhir', 'fhir-server-process.ts');
  const command = dyingWithParent(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    main,
    String(port),
    join(folder, 'fhir.jsonl'),
  ]);
  const prepare = (): Promise<ServerProcess> =>
    Promise.resolve({
      ...command,
      env: SERVER_ENV,
      cwd: PROJECT_DIR,
      readyMsMax: READY_MS_MAX,
      stopMsMax: 0,
      isReady: async ({ signal }) => {
        await pollUntil(() => answers(port), signal);
      },
    });
  return createKillableServer(prepare);
}

async function answers(port: number): Promise<true | null> {
  try {
    const answer = await request(`http://${HOST}:${port}/fhir/metadata`, { headers: { authorization: `Bearer ${FHIR_TOKEN}` } });
    await answer.body.dump();
    return answer.statusCode === 200 ? true : null;
  } catch {
    return null;
  }
}

function resultOf(status: number): HumanResult {
  if (status >= 200 && status < 300) return 'done';
  if (status === 412) return 'changed_meanwhile';
  throw new AppError('destination_misbehaved', `the FHIR server answered a human with ${status}`);
}

/** People at the desk: they enter appointments without a thought for slots, and cancel by the status. */
function humansOf(eyes: FhirEyes, { baseOf }: FhirPractices): FaultTarget['human'] {
  const change = async ({ index, day }: PlannedStory, phone: string, work: (own: Appointment) => Appointment): Promise<HumanResult> => {
    const found = (await eyes.appointments(baseOf(index), day)).find((appointment) => entryOf(appointment).phone === phone);
    return found === undefined ? 'gone' : resultOf(await eyes.write(baseOf(index), work(found)));
  };
  return {
    add: async ({ index }, startEpochMs, minutes) => {
      const [start = '', end = ''] = [startEpochMs, startEpochMs + minutes * MINUTE_MS].map((at) => new Date(at).toISOString());
      const participant = [{ actor: ACTOR, status: 'accepted' as const }];
      const busy = { resourceType: 'Appointment', status: 'booked', description: 'Busy', start, end, participant } as const;
      resultOf(await eyes.write(baseOf(index), busy));
    },
    edit: (story, phone) => change(story, phone, markEdited),
    remove: (story, phone) => change(story, phone, (own) => ({ ...own, status: 'cancelled' })),
  };
}

/** A booking written as a program without care would: a new id for every try, no condition. */
async function plainWrite(
  port: number,
  caller: PlannedCaller,
  { tries, timeoutMs }: { readonly tries: number; readonly timeoutMs: number },
): Promise<number | null> {
  const appointment = writeAppointment(bookingOf(caller), { patient: null, actors: [ACTOR], slots: [] });
  try {
    const answer = await request(`http://${HOST}:${port}${BASE}/Appointment`, {
      method: 'POST',
      headers: { authorization: `Bearer ${FHIR_TOKEN}`, 'content-type': 'application/fhir+json' },
      body: JSON.stringify(signed(appointment, `${caller.phone}.${tries}`)),
      signal: AbortSignal.timeout(timeoutMs),
    });
    await answer.body.dump();
    return answer.statusCode;
  } catch {
    return null;
  }
}

/**
 * Medplum's FHIR engine in a process of its own, which keeps what it has written in files: contacts, appointments, notes and messages. It
 * holds many practices: the worker believes that it is one, and the proxy spreads the stories over them.
 */
export async function createFhirTarget(folder: string, count: number): Promise<FaultTarget> {
  const port = await freeTcpPort();
  const eyes = createFhirEyes({ origin: `http://${HOST}:${port}`, token: FHIR_TOKEN });
  const stories = createFhirStories(remoteIdOf);
  const practices = createFhirPractices(count);
  const { bases, baseOf } = practices;
  const credentialFile = join(folder, 'fhir.token');
  return {
    id: 'fhir',
    server: killableFhir(folder, port),
    callsAtOnce: CALLS_AT_ONCE,
    upstream: { host: HOST, port },
    configuration: (proxyPort) => ({
      // Nothing is asked of it: every appointment is in the practice's system.
      calendar: { managed: false, url: `http://${HOST}:${proxyPort}/calendar/`, passwordFile: credentialFile },
      destinations: [
        {
          id: ID,
          type: 'fhir',
          url: `http://${HOST}:${proxyPort}${BASE}`,
          credentialFile,
          schedule: 'Schedule/desk',
          slots: 'grid',
          sandbox: true,
        },
      ],
      plans: PLANS,
    }),
    prepare: async () => {
      writeFileSync(credentialFile, FHIR_TOKEN, { mode: 0o600 });
      for (const base of bases) for (const resource of [PRACTITIONER, SCHEDULE]) resultOf(await eyes.write(base, resource));
    },
    storyOf: (asked) => stories.storyOf(asked),
    isWrite: (asked) => stories.isWrite(asked),
    route: (asked) => `${baseOf(stories.storyOf(asked) ?? 0)}${asked.path.slice(BASE.length)}`,
    expect: (key, story) => stories.expect(key, story),
    look: async ({ index, day }) => (await eyes.appointments(baseOf(index), day)).map(entryOf),
    list: async () => {
      const entries: Entry[] = [];
      for (const base of bases) entries.push(...(await eyes.appointments(base, null)).map(entryOf));
      return entries;
    },
    records: async () => (await Promise.all(bases.map((base) => eyes.records(base)))).flat(),
    human: humansOf(eyes, practices),
    plainWrite,
  };
}
