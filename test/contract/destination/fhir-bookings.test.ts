import type { Appointment, Patient, Slot } from '@medplum/fhirtypes';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { FhirDestination } from '../../../src/adapters/destinations/fhir/fhir.ts';
import { openFhirPractice, type FhirPractice } from '../../support/fhir-practice.ts';
import { samplePractice } from '../../support/sample-practice.ts';
import { sampleBooking } from '../../support/writeback-samples.ts';

const options = { signal: new AbortController().signal };
const CALLERS = 20;
let practice: FhirPractice;
let destination: FhirDestination;
let last = 0;
const freshKey = (): string => `v1.demo.call-${(last += 1)}.1.booking`;
const at = (day: string, time: string) => sampleBooking({ start: `${day}T${time}:00+01:00` });

beforeAll(async () => {
  practice = await openFhirPractice();
  destination = practice.connect({ slots: 'grid' });
}, 60_000);
afterEach(() => {
  practice.server.behave();
});
afterAll(async () => {
  await practice.close();
  expect(practice.server.refused()).toEqual([]);
});

const startsOn = async (day: string, from = destination): Promise<readonly string[]> =>
  (await from.availability({ service: 'check-up', fromDay: day, toDay: day }, options)).map(({ start }) => start.slice(11, 16));
const appointmentsAt = async (start: string): Promise<readonly Appointment[]> =>
  (await practice.all<Appointment>('Appointment')).filter(
    (one) => one.status === 'booked' && Date.parse(one.start ?? '') === Date.parse(start),
  );
const slotAt = async (start: string): Promise<Slot | undefined> =>
  (await practice.all<Slot>('Slot')).find((slot) => Date.parse(slot.start) === Date.parse(start));

/** A gate that opens when as many writes to an address have arrived as there are callers: all of them have looked before one writes. */
function gateAt(path: string): { before(method: string, at: string): Promise<void> } {
  const all = Promise.withResolvers<void>();
  let arrived = 0;
  return {
    before: async (_method, at) => {
      if (at !== path) return;
      arrived += 1;
      if (arrived === CALLERS) all.resolve();
      await all.promise;
    },
  };
}

const GRID = '08:00 08:30 09:00 09:30 10:00 10:30 11:00 11:30 14:00 14:30 15:00 15:30 16:00 16:30 17:00 17:30'.split(' ');
const without = (...gone: readonly string[]): readonly string[] => GRID.filter((start) => !gone.includes(start));

describe('free slots without laid-out ones', () => {
  test('are the opening hours less appointments and busy slots, whoever made them', async () => {
    expect(await startsOn('2026-03-03')).toEqual(GRID);
    await practice.appoint(['2026-03-03', '09:15', '09:45']);
    await practice.layOut(['2026-03-03', '14:00', '15:00'], { status: 'busy' });
    expect(await startsOn('2026-03-03')).toEqual(without('09:00', '09:30', '14:00', '14:30'));
    expect(await startsOn('2026-03-08')).toEqual([]);
  });

  test('leave out a block of weeks, and not what was cancelled or belongs to another schedule or person', async () => {
    await practice.layOut(['2026-04-13', '00:00', '23:00'], { status: 'busy-unavailable', end: '2026-05-04T00:00:00+02:00' });
    expect(await startsOn('2026-04-30')).toEqual([]);
    await practice.appoint(['2026-03-04', '09:00', '09:30'], { status: 'cancelled' });
    await practice.appoint(['2026-03-04', '10:00', '10:30'], {
      participant: [{ actor: { reference: 'Practitioner/other' }, status: 'accepted' }],
    });
    await practice.layOut(['2026-03-04', '11:00', '11:30'], { status: 'busy', schedule: { reference: 'Schedule/other' } });
    expect(await startsOn('2026-03-04')).toEqual(GRID);
  });

  test('come back when a booking is cancelled, by us or at the desk', async () => {
    const [ours, desks] = [freshKey(), freshKey()];
    await destination.create(ours, at('2026-03-05', '08:00'), options);
    await destination.create(desks, at('2026-03-05', '09:00'), options);
    expect(await startsOn('2026-03-05')).toEqual(without('08:00', '09:00'));
    expect(await destination.cancel(ours, at('2026-03-05', '08:00'), options)).toMatchObject({ type: 'committed' });
    expect(await slotAt('2026-03-05T08:00:00+01:00')).toMatchObject({ status: 'free' });
    const [appointment] = await appointmentsAt('2026-03-05T09:00:00+01:00');
    await practice.server.repository.updateResource<Appointment>({ ...(appointment as Appointment), status: 'cancelled' });
    expect(await startsOn('2026-03-05')).toEqual(GRID);
    expect(await destination.readBack(desks, at('2026-03-05', '09:00'), options)).toEqual({ type: 'absent' });
    // The desk knows nothing of our slot; it is claimed again once it has stood like that for a minute.
    expect(await destination.create(freshKey(), at('2026-03-05', '09:00'), options)).toEqual({ type: 'conflict', reason: 'slot_taken' });
    const later = practice.connect({ slots: 'grid', clock: { ...practice.clock, epochMs: () => Date.now() + 120_000 } });
    expect(await later.create(freshKey(), at('2026-03-05', '09:00'), options)).toMatchObject({ type: 'committed' });
    expect(await appointmentsAt('2026-03-05T09:00:00+01:00')).toHaveLength(1);
  });
});

describe('laid-out slots', () => {
  test('are what is offered, also those that the opening hours do not know; a service takes as many as it needs', async () => {
    const laidOut = practice.connect({ slots: 'laid_out' });
    for (const [from, to] of [
      ['07:00', '07:15'],
      ['07:15', '07:30'],
      ['10:00', '10:15'],
      ['12:30', '13:00'],
    ] as const)
      await practice.layOut(['2026-03-06', from, to]);
    expect(await startsOn('2026-03-06', laidOut)).toEqual(['07:00', '12:30']);
    expect(await laidOut.create(freshKey(), at('2026-03-06', '07:00'), options)).toMatchObject({ type: 'committed' });
    const [appointment] = await appointmentsAt('2026-03-06T07:00:00+01:00');
    expect(appointment?.slot).toHaveLength(2);
    expect(await slotAt('2026-03-06T07:15:00+01:00')).toMatchObject({ status: 'busy' });
    expect(await startsOn('2026-03-06', laidOut)).toEqual(['12:30']);
    expect(await laidOut.create(freshKey(), at('2026-03-06', '09:00'), options)).toEqual({ type: 'conflict', reason: 'slot_taken' });
  });

  test('are noticed when nobody says so: a day without one offers nothing then', async () => {
    const either = practice.connect();
    expect(await startsOn('2026-03-06', either)).toEqual(['12:30']);
    expect(await startsOn('2026-03-09', either)).toEqual([]);
  });

  test('are given back as they were', async () => {
    const laidOut = practice.connect({ slots: 'laid_out' });
    const before = await practice.layOut(['2026-03-10', '10:00', '10:30'], { identifier: [{ system: 'urn:desk', value: '7' }] });
    const key = freshKey();
    await laidOut.create(key, at('2026-03-10', '10:00'), options);
    await laidOut.cancel(key, at('2026-03-10', '10:00'), options);
    const { meta: _before, ...held } = before;
    const { meta: _after, ...now } = (await slotAt('2026-03-10T10:00:00+01:00')) as Slot;
    expect(now).toEqual(held);
  });
});

describe('at the same moment', () => {
  test.each(['grid', 'laid_out'] as const)('of 20 callers for one slot one gets it (%s)', async (slots) => {
    const day = slots === 'grid' ? '2026-03-11' : '2026-03-12';
    if (slots === 'laid_out') await practice.layOut([day, '10:00', '10:30']);
    const callers = Array.from({ length: CALLERS }, () => practice.connect({ slots }));
    practice.server.behave(gateAt('/fhir'));
    const results = await Promise.all(callers.map((caller) => caller.create(freshKey(), at(day, '10:00'), options)));
    expect(results.filter(({ type }) => type === 'committed')).toHaveLength(1);
    expect(results.filter((result) => result.type === 'conflict' && result.reason === 'slot_taken')).toHaveLength(CALLERS - 1);
    expect(await appointmentsAt(`${day}T10:00:00+01:00`)).toHaveLength(1);
  });

  test('20 creates of one booking under one key make one appointment', async () => {
    const key = freshKey();
    const callers = Array.from({ length: CALLERS }, () => practice.connect({ slots: 'grid' }));
    practice.server.behave(gateAt('/fhir'));
    const results = await Promise.all(callers.map((caller) => caller.create(key, at('2026-03-13', '10:00'), options)));
    for (const { type } of results) expect(type).toBe('committed');
    expect(await appointmentsAt('2026-03-13T10:00:00+01:00')).toHaveLength(1);
    expect(await destination.create(key, at('2026-03-13', '10:00'), options)).toMatchObject({ type: 'committed' });
  });

  test('20 conditional creates of one contact make one Patient', async () => {
    const contact = { kind: 'contact', name: 'Laura Becker', phone: '+493055509999' } as const;
    const callers = Array.from({ length: CALLERS }, () => practice.connect());
    practice.server.behave(gateAt('/fhir/Patient'));
    const results = await Promise.all(callers.map((caller) => caller.create('v1.demo.twenty.1.contact', contact, options)));
    expect(new Set(results.map((result) => (result.type === 'committed' ? result.remoteId : result.type)))).toHaveLength(1);
    expect(await practice.all<Patient>('Patient')).toHaveLength(1);
  });

  test('what somebody changes between our look and our write stays, and nothing else was written', async () => {
    const key = freshKey();
    await destination.create(key, at('2026-03-16', '10:00'), options);
    const [appointment] = await appointmentsAt('2026-03-16T10:00:00+01:00');
    practice.server.behave({
      before: async () => {
        await practice.server.repository.updateResource<Appointment>({ ...(appointment as Appointment), comment: 'Rings back at 5' });
      },
    });
    expect(await destination.cancel(key, at('2026-03-16', '10:00'), options)).toEqual({ type: 'conflict', reason: 'changed' });
    const moved = await destination.update(freshKey(), at('2026-03-16', '11:00'), { key, payload: at('2026-03-16', '10:00') }, options);
    expect(moved).toEqual({ type: 'conflict', reason: 'changed' });
    expect(await appointmentsAt('2026-03-16T11:00:00+01:00')).toEqual([]);
    expect(await slotAt('2026-03-16T10:00:00+01:00')).toMatchObject({ status: 'busy' });
  });

  test('an appointment that the desk made meanwhile in the time of ours is seen with the read-back', async () => {
    const key = freshKey();
    await destination.create(key, at('2026-03-17', '10:00'), options);
    expect(await destination.readBack(key, at('2026-03-17', '10:00'), options)).toMatchObject({ type: 'found', contested: false });
    await practice.appoint(['2026-03-17', '10:15', '10:45']);
    expect(await destination.readBack(key, at('2026-03-17', '10:00'), options)).toMatchObject({ type: 'found', contested: true });
  });
});

describe('an appointment', () => {
  test('names the Patient of an earlier step, the practitioner and the number, keeps the reason out, and keeps its Patient when moved', async () => {
    const key = freshKey();
    const booking = { ...at('2026-03-18', '10:00'), reason: 'blood in the urine' };
    await destination.create(key, booking, { ...options, links: { contact: 'Patient/laura' } });
    const [appointment] = await appointmentsAt('2026-03-18T10:00:00+01:00');
    expect(appointment?.participant.map(({ actor }) => actor?.reference)).toEqual(['Patient/laura', practice.practitioner]);
    expect(appointment).toMatchObject({ comment: 'Phone: +493055501234', serviceType: [{ text: 'a check-up' }] });
    expect(JSON.stringify(appointment)).not.toContain('urine');
    await destination.update(freshKey(), at('2026-03-18', '10:30'), { key, payload: booking }, options);
    const [moved] = await appointmentsAt('2026-03-18T10:30:00+01:00');
    expect(moved?.participant[0]?.actor).toEqual({ reference: 'Patient/laura', display: 'Laura Becker' });
    expect(await slotAt('2026-03-18T10:00:00+01:00')).toMatchObject({ status: 'free' });
  });

  test('that moves into a time overlapping its own keeps what it needs of its slots', async () => {
    const laidOut = practice.connect({ slots: 'laid_out' });
    for (const [from, to] of [
      ['10:00', '10:15'],
      ['10:15', '10:30'],
      ['10:30', '10:45'],
    ] as const)
      await practice.layOut(['2026-03-19', from, to]);
    const key = freshKey();
    await laidOut.create(key, at('2026-03-19', '10:00'), options);
    expect(await laidOut.update(freshKey(), at('2026-03-19', '10:15'), { key, payload: at('2026-03-19', '10:00') }, options)).toMatchObject(
      { type: 'committed' },
    );
    const states = (await practice.all<Slot>('Slot')).filter(({ start }) => start.startsWith('2026-03-19')).map(({ status }) => status);
    expect(states).toEqual(['free', 'busy', 'busy']);
  });

  test('is found by the number of its Patient, however that is written, and with whomever it is', async () => {
    const patient = await practice.server.repository.createResource<Patient>({
      resourceType: 'Patient',
      name: [{ family: 'Okafor', given: ['Ada'] }],
      telecom: [{ system: 'phone', value: '030 55507777' }],
    });
    const participant: Appointment['participant'] = [
      { actor: { reference: `Patient/${patient.id}` }, status: 'accepted' },
      { actor: { reference: 'Practitioner/other' }, status: 'accepted' },
    ];
    await practice.appoint(['2026-03-20', '10:00', '10:30'], { participant, description: 'Blood test' });
    await practice.appoint(['2026-02-20', '10:00', '10:30'], { participant });
    const found = await destination.find('+493055507777', options);
    expect(found.map(({ payload }) => payload)).toMatchObject([
      { kind: 'contact', phone: '+493055507777' },
      { kind: 'booking', serviceName: 'Blood test', start: '2026-03-20T10:00:00+01:00', minutes: 30 },
    ]);
    expect(found.map(({ isEntered }) => isEntered)).toEqual([false, true]);
  });

  test('with a service that the practice does not have is not offered', async () => {
    const query = { service: 'unheard-of', fromDay: '2026-03-03', toDay: '2026-03-04' };
    expect(await destination.availability(query, options)).toEqual([]);
    expect(samplePractice().services.map(({ id }) => id)).not.toContain(query.service);
  });
});
