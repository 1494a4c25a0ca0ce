import { localTime, toZonedIso } from '../../../domain/hours/local-date.ts';
import type { BookingPayload, ContactPayload, MessagePayload, NotePayload, RecordPayload } from '../../../domain/writeback/intent.ts';
import type { RecordLinks } from '../../../ports/destination.ts';
import { SERVICE_SYSTEM, targetOf } from './identity.ts';
import type { Appointment, Communication, Patient, Reference, Slot, Stored, Task } from './resources.ts';

const PHONE_LABEL = 'Phone: ';
const MINUTE_MS = 60_000;

/** What this destination holds, and as which type. A message is a Task: somebody has to do something, and ticks it off. */
export const TYPES = { contact: 'Patient', booking: 'Appointment', message: 'Task', note: 'Communication' } as const;
export type FhirKind = keyof typeof TYPES;
/** The kinds that are one resource; a booking has slots as well. */
export type PlainPayload = ContactPayload | MessagePayload | NotePayload;
export type PlainResource = Patient | Task | Communication;

/** The second of an instant in UTC; some servers refuse fractions in searches. */
export const utcOf = (epochMs: number): string => `${new Date(epochMs).toISOString().slice(0, 19)}Z`;

/** The caller: the Patient of an earlier step, or a name only. */
function personOf(name: string | null, contact: string | undefined): Reference | undefined {
  if (name === null && contact === undefined) return undefined;
  return { ...(contact === undefined ? {} : { reference: contact }), ...(name === null ? {} : { display: name }) };
}

const phoneNote = (phone: string | null): { readonly note?: readonly { readonly text: string }[] } =>
  phone === null ? {} : { note: [{ text: `${PHONE_LABEL}${phone}` }] };
const phoneIn = (text: string | undefined): string | null =>
  text === undefined ? null : text.startsWith(PHONE_LABEL) ? text.slice(PHONE_LABEL.length) : text;

/** "Laura Becker": given Laura, family Becker; a single word is a family name. */
function writeName(name: string): NonNullable<Patient['name']>[number] {
  const words = name.trim().split(/\s+/);
  const given = words.slice(0, -1);
  return { text: name, family: words.at(-1) ?? name, ...(given.length > 0 ? { given } : {}) };
}

/** The parts count, for those are what a form shows; the text gives them back as they were spelled. */
function readName({ name }: Patient): string {
  const [first] = name ?? [];
  const text = first?.text ?? '';
  const parts = [...(first?.given ?? []), ...(first?.family === undefined ? [] : [first.family])].join(' ');
  return parts === '' || parts === text.trim().split(/\s+/).join(' ') ? text : parts;
}

/** The resource of a record, without identifiers. `nowIso` is when it is written. */
export function writePlain(payload: PlainPayload, links: RecordLinks, nowIso: string): PlainResource {
  switch (payload.kind) {
    case 'contact':
      return {
        resourceType: 'Patient',
        active: true,
        name: [writeName(payload.name)],
        telecom: [{ system: 'phone', value: payload.phone }],
      };
    case 'message': {
      const person = personOf(payload.name, links.contact);
      return {
        resourceType: 'Task',
        status: 'requested',
        intent: 'order',
        priority: payload.urgent ? 'urgent' : 'routine',
        code: { text: 'Telephone message' },
        description: payload.text,
        ...(person === undefined ? {} : { for: person }),
        authoredOn: nowIso,
        ...phoneNote(payload.phone),
      };
    }
    case 'note':
      return {
        resourceType: 'Communication',
        status: 'completed',
        medium: [{ text: 'Telephone' }],
        ...(links.contact === undefined ? {} : { subject: { reference: links.contact } }),
        topic: { text: payload.title },
        ...(links.booking === undefined ? {} : { about: [{ reference: links.booking }] }),
        sent: nowIso,
        payload: [{ contentString: payload.text }],
        ...phoneNote(payload.phone),
      };
  }
}

/** What a resource says now, whoever wrote it. */
export function readPlain(resource: PlainResource): RecordPayload {
  switch (resource.resourceType) {
    case 'Patient': {
      const phone = resource.telecom?.find(({ system }) => system === 'phone')?.value;
      return { kind: 'contact', name: readName(resource), phone: phone ?? '' };
    }
    case 'Task':
      return {
        kind: 'message',
        name: resource.for?.display ?? null,
        phone: phoneIn(resource.note?.[0]?.text),
        text: resource.description ?? '',
        urgent: resource.priority === 'urgent',
      };
    case 'Communication': {
      const text = (resource.payload ?? []).map(({ contentString }) => contentString ?? '').join('\n');
      return { kind: 'note', title: resource.topic?.text ?? '', text, phone: phoneIn(resource.note?.[0]?.text) ?? '' };
    }
  }
}

/** False for what was taken away: nothing is ever deleted, a status says so. */
export function stands(resource: PlainResource | Appointment): boolean {
  if (resource.resourceType === 'Patient') return resource.active !== false;
  return resource.status !== 'entered-in-error' && (resource.resourceType === 'Communication' || resource.status !== 'cancelled');
}

/** A resource with the status that says that it does not count any more. */
export function takenAway<R extends PlainResource | Appointment>(resource: R): R {
  switch (resource.resourceType) {
    case 'Patient':
      return { ...resource, active: false };
    case 'Communication':
      return { ...resource, status: 'entered-in-error' };
    case 'Task':
    case 'Appointment':
      return { ...resource, status: 'cancelled' };
    default:
      return resource;
  }
}

/** The appointment of a booking, without identifiers. `actors`: whose schedule it is in. A caller's reason stays out. */
export function writeAppointment(
  booking: BookingPayload,
  place: { readonly patient: string | null; readonly actors: readonly Reference[]; readonly slots: readonly Stored<Slot>[] },
): Appointment {
  const startEpochMs = Date.parse(booking.start);
  const caller = personOf(booking.name, place.patient ?? undefined);
  return {
    resourceType: 'Appointment',
    status: 'booked',
    serviceType: [{ coding: [{ system: SERVICE_SYSTEM, code: booking.service, display: booking.serviceName }], text: booking.serviceName }],
    start: utcOf(startEpochMs),
    end: utcOf(startEpochMs + booking.minutes * MINUTE_MS),
    slot: place.slots.map(({ id }) => ({ reference: `Slot/${id}` })),
    comment: `${PHONE_LABEL}${booking.phone}`,
    participant: [
      ...(caller === undefined ? [] : [{ actor: caller, status: 'accepted' }]),
      ...place.actors.map((actor) => ({ actor, status: 'accepted' })),
    ],
  };
}

/** Whom an appointment is for: the participant that is a Patient, or no resource at all. */
export function callerOf({ participant }: Appointment): Reference | null {
  const isPatient = (actor: Reference | undefined): boolean => targetOf(actor)?.startsWith('Patient/') ?? false;
  const caller =
    participant.find(({ actor }) => isPatient(actor)) ?? participant.find(({ actor }) => actor !== undefined && targetOf(actor) === null);
  return caller?.actor ?? null;
}

/** What an appointment says now, whoever wrote it; null for one without a time. Times are given in the practice's zone. */
export function readAppointment(appointment: Appointment, timeZone: string): BookingPayload | null {
  const { start, end, comment, serviceType, description } = appointment;
  if (start === undefined || end === undefined) return null;
  const local = localTime(Date.parse(start), timeZone);
  const [service] = serviceType ?? [];
  return {
    kind: 'booking',
    service: service?.coding?.find(({ system }) => system === SERVICE_SYSTEM)?.code ?? '',
    serviceName: service?.text ?? description ?? '',
    start: toZonedIso(local.day, local.minuteOfDay, timeZone),
    minutes: Math.round((Date.parse(end) - Date.parse(start)) / MINUTE_MS),
    name: callerOf(appointment)?.display ?? '',
    phone: phoneIn(comment) ?? '',
    reason: null,
  };
}
