import { AppError } from '../../../base/app-error.ts';
import type { Clock } from '../../../base/clock.ts';
import type { WriteResult } from '../../../domain/writeback/answer.ts';
import type { BookingPayload, RecordKind } from '../../../domain/writeback/intent.ts';
import type { Destination, DestinationOptions, FoundRecord, WriteOptions } from '../../../ports/destination.ts';
import { notWritten } from '../http/classify.ts';
import { createHttpClient } from '../http/http-client.ts';
import { utcWithoutZone } from '../http/instant.ts';
import { createKeyedRecords } from '../http/keyed-records.ts';
import { renderFields, type MappingDocument, type RecordMapping } from '../http/mapping.ts';
import { currentPayload } from '../http/recover-payload.ts';
import { createSerial } from '../http/serial.ts';
import { createTokenBucket, UNLIMITED, type TokenBucket } from '../http/token-bucket.ts';
import { createCalendarTimes, type CalendarTimes, type OdooCalendar } from './calendar.ts';
import { createJson2Wire } from './json2-wire.ts';
import { createJsonRpcWire } from './jsonrpc-wire.ts';
import { createOdooModels, type OdooModels } from './models.ts';
import { createRecordStore, fieldsAsked, recordOf } from './record-store.ts';
import type { OdooAccess } from './wire.ts';

export interface OdooOptions {
  readonly access: OdooAccess;
  readonly mapping: MappingDocument;
  /** Null: no appointments are kept there, even if the mapping knows how. */
  readonly calendar: OdooCalendar | null;
  /** True for a database that simulations may write to. */
  readonly sandbox: boolean;
  readonly clock: Clock;
  /** Shared by all clients of the credential; unlimited when absent: Odoo's documents name no limit. */
  readonly bucket?: TokenBucket;
}

export interface OdooDestination extends Destination {
  close(): Promise<void>;
}

/** What a request may still do after its connection is gone; a repeat is harmless, for its external id is taken. */
const MAX_INFLIGHT_MS = 2000;
/** A server with a read replica answers questions from it, a moment behind. */
const VISIBILITY_DELAY_MS = 1000;
const FOUND_MAX = 25;
const ATTENDEES = 'partner_ids/.id';
const REFUSED: WriteResult = { type: 'rejected', code: 'destination_rejected' };
const TAKEN: WriteResult = { type: 'conflict', reason: 'slot_taken' };
/** A number that can stand in a condition and in a pattern. */
const E164 = /^\+?\d{3,15}$/;

interface Parts {
  readonly models: OdooModels;
  readonly mapping: MappingDocument;
  readonly times: CalendarTimes | null;
  readonly clock: Clock;
}

/**
 * An Odoo database: contacts, appointments, messages (leads) and notes in the file of a contact. Every record is made by `load` under an
 * external id of ours, which the database keeps unique. A note is a message record of its own and not a `message_post`, which has no key.
 *
 * Nothing in Odoo keeps two events from one time. It is looked for before an appointment is written, one appointment of a day at a time,
 * and again with the read-back (`contested`).
 */
export function createOdooDestination(options: OdooOptions): OdooDestination {
  const { access, calendar, sandbox, clock } = options;
  const bucket = options.bucket ?? createTokenBucket(UNLIMITED, clock);
  const http = createHttpClient({ bucket, clock, ca: access.ca });
  const wire = access.wire === 'json2' ? createJson2Wire(access, http) : createJsonRpcWire(access, http);
  const models = createOdooModels(wire);
  const mapping = mappingFor(options.mapping, calendar);
  const times = calendar === null ? null : createCalendarTimes(models, calendar, clock);
  const records = createKeyedRecords({ mapping, store: createRecordStore(models), clock, kept: [] });
  const parts: Parts = { models, mapping, times, clock };
  const serially = createSerial();
  return {
    id: mapping.destination,
    capabilities: {
      kinds: Object.keys(mapping.records) as RecordKind[],
      idempotence: 'conditional_create',
      exactlyOnce: 'guaranteed',
      visibilityDelayMs: VISIBILITY_DELAY_MS,
      maxInflightMs: MAX_INFLIGHT_MS,
      limits: null,
      tellsFreeSlots: times !== null,
      sandbox,
    },
    ...records,
    find: async (phone, call) => [...(await records.find(phone, call)), ...(await findBookings(parts, phone, call))],
    create: async (key, payload, call) => {
      if (payload.kind === 'booking')
        return serially(dayOf(payload), async () => (await refusal(parts, payload, [key], call)) ?? records.create(key, payload, call));
      if (payload.kind !== 'note' || mapping.records.note === undefined) return records.create(key, payload, call);
      const linked = await withContact(parts, payload.phone, call);
      return 'type' in linked ? linked : records.create(key, payload, linked);
    },
    update: (key, payload, replaced, call) =>
      serially(
        dayOf(payload),
        async () => (await refusal(parts, payload, [key, replaced.key], call)) ?? records.update(key, payload, replaced, call),
      ),
    readBack: async (key, expected, call) => {
      const found = await records.readBack(key, expected, call);
      if (found.type !== 'found' || expected.kind !== 'booking' || times === null) return found;
      try {
        return { ...found, contested: await times.isTaken(expected, [externalIdOf(parts, key, expected)], call) };
      } catch (error) {
        return { type: 'unavailable', code: error instanceof AppError ? error.code : 'destination_misbehaved' };
      }
    },
    availability: async (query, call) => (await times?.availability(query, call)) ?? [],
    check: (call) => check(parts, call),
    allowance: () => bucket.free(),
    close: () => http.close(),
  };
}

const dayOf = ({ start }: BookingPayload): string => new Date(Date.parse(start)).toISOString().slice(0, 10);

/** Appointments are tied to the calendar: its owner attends, and so does the caller where the contact is known. */
function mappingFor(document: MappingDocument, calendar: OdooCalendar | null): MappingDocument {
  const { booking, ...others } = document.records;
  if (booking === undefined || calendar === null) return { ...document, records: others };
  const fields = { ...booking.fields, [ATTENDEES]: `${calendar.partnerId},{contactId}` };
  return { ...document, records: { ...others, booking: { ...booking, fields, notCompared: [...(booking.notCompared ?? []), ATTENDEES] } } };
}

function externalIdOf({ mapping }: Parts, key: string, payload: BookingPayload): string {
  const record = mapping.records.booking;
  return record === undefined ? '' : String(renderFields(record, { key, payload })[record.keyField]);
}

/** Why an appointment cannot be written now; null when its time is free but for the records of these keys. */
async function refusal(
  parts: Parts,
  payload: BookingPayload,
  keys: readonly string[],
  call: DestinationOptions,
): Promise<WriteResult | null> {
  if (parts.times === null) return REFUSED;
  try {
    const own = keys.map((key) => externalIdOf(parts, key, payload));
    return (await parts.times.isTaken(payload, own, call)) ? TAKEN : null;
  } catch (error) {
    return notWritten(error);
  }
}

/** A note stands in the file of a contact: the one that was written for this call, else the oldest one with the number. */
async function withContact({ models, mapping }: Parts, phone: string, call: WriteOptions): Promise<WriteOptions | WriteResult> {
  if (call.links?.contact !== undefined) return call;
  const contact = mapping.records.contact;
  const field = Object.entries(contact?.fields ?? {}).find(([, template]) => template === '{phone}')?.[0];
  if (contact === undefined || field === undefined) return REFUSED;
  try {
    const [found] = await models.search({ model: contact.target, domain: [[field, '=', phone]], fields: ['id'], limit: 1 }, call);
    return found === undefined ? REFUSED : { ...call, links: { ...call.links, contact: String(found.id) } };
  } catch (error) {
    return notWritten(error);
  }
}

/** Appointments to come that name a telephone number in their text; an event has no field for it. */
async function findBookings({ models, mapping, clock }: Parts, phone: string, call: DestinationOptions): Promise<readonly FoundRecord[]> {
  const record = mapping.records.booking;
  const fieldWith = (placeholder: string): string | undefined =>
    Object.entries(record?.fields ?? {}).find(([, template]) => template.includes(placeholder))?.[0];
  const [text, start] = [fieldWith('{phone}'), fieldWith('{startUtcNoZone}')];
  if (record === undefined || text === undefined || start === undefined || !E164.test(phone)) return [];
  const domain = [[text, 'ilike', phone] as const, [start, '>=', utcWithoutZone(clock.businessEpochMs())] as const];
  const rows = await models.search({ model: record.target, domain, fields: fieldsAsked(record), limit: FOUND_MAX }, call);
  return rows.flatMap((row) => {
    const { remoteId, fields } = recordOf(record, row, null);
    const payload = currentPayload('booking', { mapping: record, fields });
    return payload?.phone === phone ? [{ remoteId, isEntered: false, payload }] : [];
  });
}

/** The key is accepted, external ids can be asked for, and every model has the fields of its mapping. */
async function check({ models, mapping }: Parts, call: DestinationOptions): Promise<void> {
  await models.idOf('vestibule.check', call);
  await Promise.all(Object.values(mapping.records).map((record) => checkModel(models, record, call)));
}

async function checkModel(models: OdooModels, record: RecordMapping, call: DestinationOptions): Promise<void> {
  const wanted = fieldsAsked(record);
  const known = await models.fieldsOf(record.target, wanted, call);
  const missing = wanted.find((field) => !known.has(field));
  if (missing !== undefined)
    throw new AppError('destination_misbehaved', `${record.target} has no field ${missing}, or the user may not see it`);
}
