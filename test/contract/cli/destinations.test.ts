import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../../support/servers.ts';
import { startPracticeSystem, type PracticeSystem } from '../../support/stand-ins/rest/practice-system.ts';
import { install, type Installation } from './vestibule.ts';

const MAPPINGS = join(import.meta.dirname, '../../../config/mappings');

let home: Installation;

const mailServer = (port: number): object => {
  const sender = { fromName: 'Practice', fromAddress: 'desk@practice.example' };
  return { id: 'post', type: 'mail', host: '127.0.0.1', port, security: 'none', ...sender };
};

/** A CRM and a mail server beside the calendar; nobody listens at any of them. */
const configured = (port: number, plans: object = {}): object => ({
  calendar: { managed: false, url: `http://127.0.0.1:${port}/calendar/`, passwordFile: 'calendar.password' },
  destinations: [{ id: 'crm', type: 'hubspot', url: `http://127.0.0.1:${port}`, tokenFile: 'token', sandbox: true }, mailServer(port)],
  plans,
  confirmations: [{ channel: 'email', destination: 'post', reaches: '^\\+4915', text: '{service}, {when}' }],
});

beforeEach(async () => {
  home = install();
  for (const name of ['calendar.password', 'token']) writeFileSync(join(home.folder, name), 'secret\n', { mode: 0o600 });
  const contact = { name: 'contact', kind: 'contact', destination: 'crm' };
  const booking = [contact, { name: 'booking', kind: 'booking', destination: 'calendar' }];
  home.configure(configured(await freePort(), { booking }));
});
afterEach(() => home.remove());

describe('destinations', () => {
  test('list has each with what can be relied upon there', async () => {
    const { value } = await home.json('destinations', 'list');
    expect(value).toMatchObject([
      { id: 'calendar', type: 'caldav', kinds: ['booking'], exactlyOnce: 'guaranteed', idempotence: 'conditional_create' },
      { id: 'crm', type: 'hubspot', sandbox: true },
      { id: 'post', type: 'mail', kinds: ['notice'], exactlyOnce: 'human_check' },
      { id: 'inbox', type: 'local', kinds: ['message'] },
    ]);
    expect((await home.vestibule('destinations', 'list')).stdout).toMatch(/^calendar +caldav +booking +conditional_create +guaranteed/m);
  });

  test('check asks each; one that does not answer is named with its code and the remedy, and the exit code is 1', async () => {
    const { value, exitCode } = await home.json('destinations', 'check');
    expect(exitCode).toBe(1);
    expect(value).toMatchObject([
      { id: 'calendar', state: 'bad', code: 'destination_unreachable', detail: expect.stringContaining('wait in the ledger') },
      { id: 'crm', state: 'bad' },
      { id: 'post', state: 'bad' },
      { id: 'inbox', state: 'good', code: null },
    ]);
    expect(await home.json('destinations', 'check', 'inbox')).toMatchObject({ exitCode: 0, value: [{ id: 'inbox' }] });
    expect((await home.vestibule('destinations', 'check', 'nowhere')).stderr).toMatch(/^not_found: /);
  });

  test('plan tells step by step what an intent does, and how a promise would be kept', async () => {
    expect((await home.json('destinations', 'plan', 'booking', '--phone', '+4915155501234')).value).toMatchObject([
      {
        intent: 'booking',
        steps: [
          { name: 'contact', role: 'before', destination: 'crm' },
          { name: 'booking', role: 'pivot', destination: 'calendar' },
        ],
        confirmation: { channel: 'email', destination: 'post' },
      },
    ]);
    const { stdout } = await home.vestibule('destinations', 'plan', '--phone', '+493055501234');
    expect(stdout).toMatch(/^booking +booking +pivot +booking +calendar +a person$/m);
    expect(stdout).toMatch(/^message +message +pivot +message +inbox +a person$/m);
    expect(await home.vestibule('destinations', 'plan', 'dinner')).toMatchObject({ exitCode: 2 });
    expect(await home.vestibule('destinations', 'plan', '--phone', '12')).toMatchObject({ exitCode: 2 });
  });

  describe('where appointments go to a REST system', () => {
    let system: PracticeSystem;
    const example = readFileSync(join(MAPPINGS, 'rest-example.yaml'), 'utf8');
    const map = (text: string): void => writeFileSync(join(home.folder, 'rest-example.yaml'), text);
    beforeEach(async () => {
      system = await startPracticeSystem(Date.now);
      writeFileSync(join(home.folder, 'token'), system.token, { mode: 0o600 });
      writeFileSync(join(home.folder, 'signing'), system.secret, { mode: 0o600 });
      cpSync(join(MAPPINGS, 'rest-example.openapi.yaml'), join(home.folder, 'rest-example.openapi.yaml'));
      const url = `http://127.0.0.1:${system.port}/api`;
      const secrets = { credentialFile: 'token', signingSecretFile: 'signing' };
      const destinations = [{ id: 'practice', type: 'rest', url, mapping: 'rest-example.yaml', ...secrets }];
      home.configure({ destinations, plans: { booking: [{ name: 'booking', kind: 'booking', destination: 'practice' }] } });
    });
    afterEach(() => system.close());

    test('that cannot tell free times, plan, check and config check say that nobody can', async () => {
      map(example.replace(/^freeSlots:\n(?: {2}.*\n)+/m, '').replace('*codes', '{ check-up: CHECK }'));
      const problem = 'appointments go to practice, which cannot tell free times';
      const planned = await home.vestibule('destinations', 'plan');
      expect(planned).toMatchObject({ exitCode: 0 });
      expect(planned.stderr).toContain(`Free times are asked of calendar; ${problem}`);
      expect(await home.json('destinations', 'check', 'practice')).toMatchObject({
        exitCode: 1,
        value: [{ id: 'practice', state: 'bad', code: 'config_invalid', detail: expect.stringContaining(`answers; ${problem}`) }],
      });
      expect(await home.json('config', 'check')).toMatchObject({ exitCode: 0, value: { warnings: [expect.stringContaining(problem)] } });
    });

    test('that can tell them, it is the one that is asked', async () => {
      map(example);
      expect((await home.json('destinations', 'plan', 'booking')).value).toMatchObject([
        { freeSlots: { destination: 'practice', problem: null } },
      ]);
      expect(await home.json('destinations', 'check', 'practice')).toMatchObject({
        exitCode: 0,
        value: [{ id: 'practice', state: 'good' }],
      });
    });
  });

  test('plan refuses plans that the worker would not start with', async () => {
    home.configure(configured(1, { booking: [{ name: 'booking', kind: 'booking', destination: 'post' }] }));
    const ran = await home.vestibule('destinations', 'plan');
    expect(ran).toMatchObject({ exitCode: 4, stdout: '' });
    expect(ran.stderr).toContain('plans.booking: step booking: post does not hold the kind booking');
  });
});
