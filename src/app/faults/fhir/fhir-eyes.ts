import type { Appointment, Bundle, Communication, Patient, Resource, Task } from '@medplum/fhirtypes';
import { request } from 'undici';
import { AppError } from '../../../base/app-error.ts';
import { patiently } from '../patiently.ts';
import type { Entry, HeldRecord } from '../target.ts';

/** A human of the harness leaves this behind in what they change. */
const EDIT_MARK = 'Bring the insurance card';
const SERVICE_SYSTEM = 'urn:vestibule:service';
const KEY_SYSTEM = 'urn:vestibule:key';
const GONE: ReadonlySet<string> = new Set(['cancelled', 'entered-in-error']);

const MEDIA_TYPE = 'application/fhir+json';
const ANSWER_MS_MAX = 15_000;
const MINUTE_MS = 60_000;

/** The FHIR server without proxy or adapter in between. `base` is the path of a practice. */
export interface FhirEyes {
  /** Appointments that stand, of one day or all of them. */
  appointments(base: string, day: string | null): Promise<readonly Appointment[]>;
  /** Contacts, notes and messages that stand. */
  records(base: string): Promise<readonly HeldRecord[]>;
  /** Writes a resource, one that has an id in the version that it names, if it names one. Resolves to the status. */
  write(base: string, resource: Resource): Promise<number>;
}

export function createFhirEyes({ origin, token }: { readonly origin: string; readonly token: string }): FhirEyes {
  const headers = { authorization: `Bearer ${token}`, 'content-type': MEDIA_TYPE };
  const limits = { headersTimeout: ANSWER_MS_MAX, bodyTimeout: ANSWER_MS_MAX };
  const search = async <R extends Resource>(address: string): Promise<readonly R[]> => {
    const { entry, link } = await patiently(async () => {
      const answer = await request(`${origin}${address}`, { headers, ...limits });
      if (answer.statusCode !== 200) throw new AppError('destination_misbehaved', `the FHIR server answered with ${answer.statusCode}`);
      return (await answer.body.json()) as Bundle<R>;
    });
    if ((link ?? []).length > 0) throw new AppError('destination_misbehaved', 'a practice holds more than its first page shows');
    return (entry ?? []).flatMap(({ resource }) => resource ?? []);
  };
  return {
    appointments: async (base, day) => {
      const dates = day === null ? '' : `?date=ge${day}T00:00:00Z&date=le${day}T23:59:59Z`;
      const found = await search<Appointment>(`${base}/Appointment${dates}`);
      return found.filter(({ status }) => !GONE.has(status));
    },
    records: async (base) => [
      ...(await search<Patient>(`${base}/Patient`)).filter(({ active }) => active !== false).map(contactOf),
      ...(await search<Communication>(`${base}/Communication`)).filter(({ status }) => !GONE.has(status)).map(noteOf),
      ...(await search<Task>(`${base}/Task`)).filter(({ status }) => !GONE.has(status)).map(messageOf),
    ],
    write: (base, resource) =>
      patiently(async () => {
        const version = resource.meta?.versionId;
        const address = `${origin}${base}/${resource.resourceType}${resource.id === undefined ? '' : `/${resource.id}`}`;
        const answer = await request(address, {
          method: resource.id === undefined ? 'POST' : 'PUT',
          headers: version === undefined ? headers : { ...headers, 'if-match': `W/"${version}"` },
          body: JSON.stringify(resource),
          ...limits,
        });
        await answer.body.dump();
        return answer.statusCode;
      }),
  };
}

const uidOf = ({ identifier }: Patient | Communication | Task): string | null =>
  identifier?.find(({ system }) => system === KEY_SYSTEM)?.value ?? null;

function contactOf(patient: Patient): HeldRecord {
  const phone = patient.telecom?.[0]?.value ?? null;
  return { kind: 'contact', where: `Patient/${patient.id}`, uid: uidOf(patient), phone, text: patient.name?.[0]?.text ?? '' };
}

function noteOf(note: Communication): HeldRecord {
  const lines = [
    ...(note.payload ?? []).map(({ contentString }) => contentString ?? ''),
    ...(note.note ?? []).map(({ text }) => text ?? ''),
  ];
  return { kind: 'note', where: `Communication/${note.id}`, uid: uidOf(note), phone: null, text: lines.join('\n') };
}

function messageOf(task: Task): HeldRecord {
  const lines = [task.description ?? '', ...(task.note ?? []).map(({ text }) => text ?? '')];
  return { kind: 'message', where: `Task/${task.id}`, uid: uidOf(task), phone: null, text: lines.join('\n') };
}

/** What an appointment says, read where a reader of the practice's system finds it. */
export function entryOf({ id, start, end, comment, description, serviceType, participant }: Appointment): Entry {
  const startEpochMs = Date.parse(start ?? '');
  return {
    where: `Appointment/${id}`,
    startEpochMs,
    minutes: Math.round((Date.parse(end ?? '') - startEpochMs) / MINUTE_MS),
    service: serviceType?.[0]?.coding?.find(({ system }) => system === SERVICE_SYSTEM)?.code ?? '',
    name: participant.find(({ actor }) => actor?.display !== undefined)?.actor?.display ?? '',
    phone: /\+\d+/.exec(comment ?? '')?.[0] ?? null,
    isEdited: description === EDIT_MARK,
  };
}

/** An appointment as a person leaves it who adds a remark. */
export const markEdited = (appointment: Appointment): Appointment => ({ ...appointment, description: EDIT_MARK });
