import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { install, shell, type Installation } from './vestibule.ts';

let home: Installation;

beforeEach(() => {
  home = install();
});
afterEach(() => home.remove());

describe('the command line', () => {
  test.each([[['telephone']], [['calls', 'burn']], [['ledger', 'list', '--everything']], [['tasks', 'done']]])(
    'answers %j with exit code 2 and the reason on stderr',
    async (args) => {
      const ran = await home.vestibule(...args);
      expect(ran.exitCode).toBe(2);
      expect(ran.stdout).toBe('');
      expect(ran.stderr).toMatch(/^usage: .*\n.*\n  What to do: .*\n$/);
    },
  );

  test('shows its help on stdout with exit code 0', async () => {
    const ran = await home.vestibule('--help');
    expect(ran.exitCode).toBe(0);
    for (const noun of ['run', 'demo', 'simulate', 'doctor', 'calls', 'ledger', 'messages', 'tasks', 'models', 'config'])
      expect(ran.stdout).toContain(`  ${noun}`);
  });

  test('ends quietly when its reader has seen enough', async () => {
    const ran = await shell('"$VESTIBULE" config show | head -n 1', home);
    expect(ran.stderr).toBe('');
    expect(ran.stdout).toMatch(/^key /);
  });

  test('says without a stack trace that its output could not be written, with exit code 3', async () => {
    const ran = await shell('"$VESTIBULE" config show > /dev/full', home);
    expect(ran.exitCode).toBe(3);
    expect(ran.stderr).toMatch(/^output_failed: ENOSPC.*\n.*\n  What to do: .*\n$/);
  });
});

describe('config', () => {
  test('check says that a good file is good', async () => {
    const ran = await home.vestibule('config', 'check');
    expect(ran).toMatchObject({ exitCode: 0, stdout: '' });
    expect(ran.stderr).toContain('is valid');
    expect(await home.json('config', 'check')).toMatchObject({ exitCode: 0, value: { ok: true } });
  });

  test('check names every wrong and unknown key at once, with exit code 4', async () => {
    home.configure({ sip: { port: 70_000 }, colour: 'blue', call: { noInputMs: 'long' } });
    const ran = await home.vestibule('config', 'check');
    expect(ran.exitCode).toBe(4);
    expect(ran.stdout).toBe('');
    expect(ran.stderr).toContain('config_invalid');
    for (const key of ['sip.port', 'colour', 'call.noInputMs']) expect(ran.stderr).toContain(key);
  });

  test('check refuses what would stop the worker: plans that cannot be carried out, mapping documents that are not there', async () => {
    const booking = [{ name: 'booking', kind: 'booking', destination: 'nowhere' }];
    home.configure({ plans: { booking } });
    const ran = await home.vestibule('config', 'check');
    expect(ran).toMatchObject({ exitCode: 4, stdout: '' });
    expect(ran.stderr).toContain('plans.booking: step booking: there is no destination nowhere');
    home.configure({ destinations: [{ id: 'crm', type: 'hubspot', tokenFile: 'token', mapping: 'nowhere.json' }] });
    expect((await home.vestibule('config', 'check')).stderr).toContain('nowhere.json');
  });

  test.each([
    ['that is not YAML', 'sip: [', 'config_unreadable'],
    ['with a practice that is not there', 'practice: nowhere.yaml', 'config_unreadable'],
    ['with audio ports the wrong way round', 'sip: { rtpPortMin: 20000, rtpPortMax: 10000 }', 'sip.rtpPortMin'],
  ])('check refuses a file %s', async (_what, text, named) => {
    home.configure(text);
    const ran = await home.vestibule('config', 'check');
    expect(ran.exitCode).toBe(4);
    expect(ran.stderr).toContain(named);
  });

  test.each([['run'], ['demo'], ['doctor'], ['calls', 'list'], ['config', 'show', '--json']])(
    'a wrong key stops `vestibule %s %s` too',
    async (...args) => {
      home.configure({ telephon: 1 });
      const ran = await home.vestibule(...args.filter((one) => one !== undefined));
      expect(ran).toMatchObject({ exitCode: 4, stdout: '' });
      expect(ran.stderr).toContain('telephon');
    },
  );

  test('show gives every key with its value in force', async () => {
    home.configure({ sip: { port: 5999 } });
    const { value, exitCode } = await home.json('config', 'show');
    expect(exitCode).toBe(0);
    expect(value).toMatchObject({ 'sip.port': 5999, 'ari.port': 8088, dataDir: home.data });
    const table = await home.vestibule('config', 'show');
    expect(table.stdout).toMatch(/^sip\.port\s+5999\s+UDP port/m);
  });
});
