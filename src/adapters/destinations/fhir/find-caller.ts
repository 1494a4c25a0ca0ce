import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/min';
import type { Clock } from '../../../base/clock.ts';
import type { PracticeProfile } from '../../../domain/hours/practice.ts';
import type { DestinationOptions, FoundRecord } from '../../../ports/destination.ts';
import { addressOf, type FhirClient, type SearchParameters } from './fhir-client.ts';
import { horizonEndEpochMs } from './free-slots.ts';
import { callerOf, readAppointment, readPlain, stands, utcOf } from './record-forms.ts';
import { holdsAnyKey, targetOf } from './identity.ts';
import type { Appointment, Patient, Stored } from './resources.ts';
import type { ScheduleView } from './schedule-view.ts';

/** Patients of one number whose appointments are looked for: a family, a home. */
const PATIENTS_MAX = 20;

export interface CallerSearchParts {
  readonly client: FhirClient;
  readonly view: ScheduleView;
  readonly clock: Clock;
  readonly practice: () => PracticeProfile;
  readonly kinds: readonly string[];
}

/** Ways in which practices write one number: a search compares letters (hl7.org/fhir/R4/search.html#token). */
function spellingsOf(phone: string): readonly string[] {
  const number = parsePhoneNumberFromString(phone);
  if (number === undefined) return [phone];
  const national = number.formatNational();
  const spellings = [phone, number.formatInternational(), national, national.replaceAll(/\D/g, ''), `00${phone.slice(1)}`];
  return [...new Set(spellings)];
}

function isNumber(value: string, phone: string, country: string): boolean {
  const number = parsePhoneNumberFromString(value.replace(/^00/, '+'), country as CountryCode);
  return number === undefined ? value === phone : number.number === phone;
}

/** Patients with a telephone number, and their appointments to come; also ours, which may name no Patient. */
export async function findCaller(
  { client, view, clock, practice, kinds }: CallerSearchParts,
  phone: string,
  options: DestinationOptions,
): Promise<readonly FoundRecord[]> {
  const profile = practice();
  const spellings = spellingsOf(phone).map((spelling) => spelling.replaceAll(/[\\,|$]/g, ''));
  const patients = kinds.includes('contact') ? await client.search('Patient', [['telecom', spellings.join(',')]], options) : [];
  const callers = patients.filter((patient) => stands(patient) && hasNumber(patient, phone, profile.phoneCountry)).slice(0, PATIENTS_MAX);
  const contacts = callers.map(
    (patient) => ({ remoteId: addressOf(patient), isEntered: false, payload: { ...readPlain(patient), phone } }) as FoundRecord,
  );
  if (!kinds.includes('booking')) return contacts;

  const nowEpochMs = clock.businessEpochMs();
  const toCome = { startEpochMs: nowEpochMs, endEpochMs: horizonEndEpochMs(profile, nowEpochMs) };
  const { appointments } = await view.window(toCome, options);
  const ids = new Set(callers.map(addressOf));
  const theirs: SearchParameters = [
    ['patient', [...ids].join(',')],
    ['date', `ge${utcOf(nowEpochMs)}`],
  ];
  const elsewhere = ids.size === 0 ? [] : await client.search('Appointment', theirs, options);
  const all = new Map<string, Stored<Appointment>>([...appointments, ...elsewhere].map((one) => [one.id, one]));
  const bookings = [...all.values()].flatMap((appointment): readonly FoundRecord[] => {
    const payload = readAppointment(appointment, profile.timeZone);
    if (payload === null || !stands(appointment) || Date.parse(payload.start) < nowEpochMs) return [];
    const isTheirs = payload.phone === phone || ids.has(targetOf(callerOf(appointment) ?? undefined) ?? '');
    return isTheirs ? [{ remoteId: addressOf(appointment), isEntered: !holdsAnyKey(appointment), payload: { ...payload, phone } }] : [];
  });
  return [...contacts, ...bookings];
}

const hasNumber = ({ telecom }: Patient, phone: string, country: string): boolean =>
  (telecom ?? []).some(({ value }) => value !== undefined && isNumber(value, phone, country));
