import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { buildDestinations } from '../../../src/app/destinations.ts';
import { checkPlans, createConfiguredPlanner, freeSlotsFrom, type FreeSlotsFrom } from '../../../src/app/planner.ts';
import { makeConfig, PROJECT_DIR, type Config } from '../../../src/config/config.ts';
import type { Destination } from '../../../src/ports/destination.ts';
import { createKeptLogger } from '../../support/kept-logger.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { sampleBooking, sampleIntent } from '../../support/writeback-samples.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
mkdirSync(join(folder.path, 'var'));
writeFileSync(join(folder.path, 'token'), 'secret');

const CRM = { id: 'crm', type: 'hubspot', tokenFile: 'token' };
const PLAN = [
  { name: 'contact', kind: 'contact', destination: 'crm' },
  { name: 'booking', kind: 'booking', destination: 'calendar' },
  { name: 'note', kind: 'note', destination: 'crm' },
];
const MAIL = {
  id: 'mail',
  type: 'mail',
  host: '127.0.0.1',
  port: 2525,
  security: 'none',
  fromName: 'Practice',
  fromAddress: 'desk@example.org',
};

const PRACTICE = {
  id: 'practice',
  type: 'rest',
  url: 'http://127.0.0.1:1',
  mapping: join(PROJECT_DIR, 'config/mappings/rest-example.yaml'),
  credentialFile: 'token',
  signingSecretFile: 'token',
};

/** Builds what a worker with this configuration would, and looks at it. */
async function withBuilt<T>(parts: Record<string, unknown>, look: (config: Config, destinations: readonly Destination[]) => T): Promise<T> {
  const config = makeConfig(parts, { file: null, base: folder.path });
  const destinations = buildDestinations({
    config,
    practice: () => config.profile,
    clock: createManualClock(),
    log: createKeptLogger(),
    deliveriesDir: null,
  });
  try {
    return look(config, destinations.all);
  } finally {
    await destinations.close();
  }
}

const check = (parts: Record<string, unknown>): Promise<void> => withBuilt(parts, checkPlans);

test('every type of system can be configured, each under its own id', async () => {
  const secrets = { user: 'u', passwordFile: 'token' };
  const destinations = [
    CRM,
    { id: 'clinic', type: 'fhir', url: 'http://127.0.0.1:1/fhir', credentialFile: 'token', schedule: 'Schedule/1' },
    { id: 'erp', type: 'tryton', url: 'http://127.0.0.1:1/db/', ...secrets, desk: 'desk' },
    { id: 'sales', type: 'salesforce', url: 'https://x.example', clientId: 'c', user: 'u', privateKeyFile: 'token' },
    { id: 'it', type: 'servicenow', url: 'https://x.example', credentialFile: 'token' },
    { id: 'odoo', type: 'odoo', url: 'http://127.0.0.1:1', database: 'd', wire: 'json2', login: 'l', apiKeyFile: 'token', partnerId: 3 },
    MAIL,
  ];
  await expect(check({ destinations, plans: { booking: PLAN } })).resolves.toBeUndefined();
});

test.each([
  ['a destination that is not there', { plans: { booking: PLAN } }, /plans\.booking: step contact: there is no destination crm/],
  [
    'a plan without its pivot',
    { destinations: [CRM], plans: { booking: PLAN.slice(0, 1) } },
    /plans\.booking: needs exactly one step of the kind booking/,
  ],
  [
    'a kind that the system does not hold',
    { plans: { message: [{ name: 'm', kind: 'message', destination: 'calendar' }] } },
    /does not hold the kind message/,
  ],
  ['two steps of one name', { destinations: [CRM], plans: { booking: [...PLAN, PLAN[2]] } }, /has two steps named note/],
  ['an id that is taken', { destinations: [{ ...CRM, id: 'calendar' }] }, /the id calendar is taken/],
  [
    'a confirmation through what sends nothing',
    { confirmations: [{ channel: 'sms', destination: 'calendar', reaches: '.', text: 't' }] },
    /calendar sends no notices/,
  ],
])('the start stops at %s, naming it', async (_name, parts, reason) => {
  await expect(check(parts)).rejects.toMatchObject({ code: 'config_invalid', message: expect.stringMatching(reason) as string });
});

const bookedIn = (destination: string) => ({ booking: [{ name: 'booking', kind: 'booking', destination }] });

test.each<readonly [string, Record<string, unknown>, FreeSlotsFrom['destination']]>([
  ['the calendar that appointments are written to', {}, 'calendar'],
  ['the system that they are written to, if it can tell', { destinations: [PRACTICE], plans: bookedIn('practice') }, 'practice'],
  ['the calendar while they are written to it', { destinations: [PRACTICE] }, 'calendar'],
  [
    'the calendar beside a system that cannot tell',
    { destinations: [CRM], plans: bookedIn('crm'), calendar: { url: 'http://127.0.0.1:1/dav/' } },
    'calendar',
  ],
])('free times are asked of %s', async (_whom, parts, destination) => {
  expect(await withBuilt(parts, freeSlotsFrom)).toEqual({ destination, problem: null });
});

test("where appointments go to a system that cannot tell, the product's own calendar knows nothing, and that is said", async () => {
  const { destination, problem } = await withBuilt({ destinations: [CRM], plans: bookedIn('crm') }, freeSlotsFrom);
  expect(destination).toBe('calendar');
  expect(problem).toMatch(/appointments go to crm, which cannot tell free times.*set calendar\.url/);
});

test('an unknown type, or a pattern that is none, is a wrong configuration', () => {
  const make = (parts: Record<string, unknown>) => () => makeConfig(parts, { file: null, base: folder.path });
  expect(make({ destinations: [{ id: 'x', type: 'sap' }] })).toThrow(/destinations\.0\.type/);
  expect(make({ confirmations: [{ channel: 'sms', destination: 'sms', reaches: '(', text: 't' }] })).toThrow(
    /confirmations\.0\.reaches: is not a regular/,
  );
});

test("a confirmation says service and time in the practice's own time, and only to numbers that it reaches", () => {
  const config = makeConfig(
    {
      destinations: [MAIL],
      confirmations: [{ channel: 'sms', destination: 'mail', reaches: '^\\+4915', text: 'Confirmed: {service}, {when}.' }],
    },
    { file: null, base: folder.path },
  );
  const planner = createConfiguredPlanner(config);
  expect(planner.confirmation(sampleBooking())).toBeNull();
  expect(planner.confirmation(sampleBooking({ phone: '+4915155501234', start: '2026-07-06T08:30:00Z' }))?.payload.text).toBe(
    'Confirmed: a check-up, Monday 6 July at 10:30.',
  );
  expect(planner.plan(sampleIntent()).ops.map(({ step }) => step)).toEqual(['booking']);
});
