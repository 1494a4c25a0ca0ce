import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NODE_PROCESSES } from '../../../src/app/process-table.ts';
import { systemdFiles, unitName } from '../../../src/app/systemd-units.ts';
import { makeConfig, PROJECT_DIR } from '../../../src/config/config.ts';

const NODE = '/opt/vestibule/node';
const CONFIG_FILE = '/etc/vestibule/config.yaml';

function files(raw: object = {}): ReadonlyMap<string, string> {
  const config = makeConfig({ dataDir: '/var/lib/vestibule', ...raw }, { file: CONFIG_FILE, base: PROJECT_DIR });
  return new Map(systemdFiles({ config, configFile: CONFIG_FILE, node: NODE }).map(({ name, text }) => [name, text]));
}

/** Values of a key, in order. */
const values = (text: string | undefined, key: string): readonly string[] =>
  (text ?? '').split('\n').flatMap((line) => (line.startsWith(`${key}=`) ? [line.slice(key.length + 1)] : []));

const services = (all: ReadonlyMap<string, string>): readonly (readonly [string, string])[] =>
  [...all].filter(([name]) => name.endsWith('.service'));

describe('the systemd units', () => {
  it.each(NODE_PROCESSES.map((process) => [process.name, process] as const))('have one for the %s process', (_name, process) => {
    const unit = files().get(unitName(process.name));
    expect(values(unit, 'ExecStart')).toEqual([`${NODE} --disable-warning=ExperimentalWarning ${process.main}`]);
    expect(values(unit, 'User')).toEqual([process.user]);
    expect(values(unit, 'MemoryMax')).toEqual([`${process.memoryMbMax}M`]);
    expect(values(unit, 'After')).toEqual(process.after.length === 0 ? [] : [process.after.map(unitName).join(' ')]);
    expect(values(unit, 'Environment')).toContain(`VESTIBULE_CONFIG=${CONFIG_FILE}`);
  });

  it('have one for every server the product runs, and none for those it does not', () => {
    expect([...files().keys()]).toEqual(expect.arrayContaining(['asterisk', 'redis', 'calendar'].map(unitName)));
    const own = files({
      redis: { managed: false, socket: '/run/redis/redis.sock' },
      calendar: { managed: false, url: 'https://calendar.example/practice/' },
    });
    expect(own.has(unitName('redis'))).toBe(false);
    expect(own.has(unitName('calendar'))).toBe(false);
    expect(values(own.get(unitName('worker')), 'After')).toEqual([]);
    expect(values(own.get('vestibule.target'), 'Wants')[0]).not.toContain('redis');
  });

  it('run nothing as root, restart everything, and let nothing gain rights', () => {
    const all = services(files());
    expect(all.length).toBe(NODE_PROCESSES.length + 3);
    for (const [name, text] of all) {
      expect(values(text, 'User'), name).toEqual(['vestibule']);
      expect(values(text, 'Restart'), name).toEqual(['always']);
      expect(values(text, 'NoNewPrivileges'), name).toEqual(['yes']);
      expect(values(text, 'ProtectSystem'), name).toEqual(['strict']);
      expect(values(text, 'PrivateTmp'), name).toEqual(['yes']);
      expect(values(text, 'CapabilityBoundingSet'), name).toEqual(['']);
      expect(values(text, 'ReadWritePaths'), name).toEqual(['/var/lib/vestibule']);
      expect(values(text, 'ExecStart')[0], name).toMatch(/^\/opt\/vestibule\/node /);
      expect(values(text, 'ExecStart')[0], name).not.toMatch(/\bExec\w+=[+!]/);
    }
  });

  it('keep keys, ledger and the network out of reach of the speech processes', () => {
    for (const name of ['recogniser', 'voice', 'language']) {
      const unit = files().get(unitName(name));
      expect(values(unit, 'PrivateNetwork')).toEqual(['yes']);
      for (const folder of ['keys', 'ledger', 'journal'])
        expect(values(unit, 'InaccessiblePaths')).toContain(`-${join('/var/lib/vestibule', folder)}`);
    }
    expect(values(files().get(unitName('daemon')), 'PrivateNetwork')).toEqual([]);
  });

  it('start together with one target', () => {
    const all = files();
    for (const [name, text] of services(all)) {
      expect(values(text, 'PartOf'), name).toEqual(['vestibule.target']);
      expect(values(all.get('vestibule.target'), 'Wants')[0]?.split(' ')).toContain(name);
    }
    expect(values(all.get('vestibule.target'), 'WantedBy')).toEqual(['multi-user.target']);
  });

  it('bring their user and their folders', () => {
    expect(files().get('sysusers.d/vestibule.conf')).toBe('u vestibule - "Vestibule" /var/lib/vestibule\n');
    expect(files().get('tmpfiles.d/vestibule.conf')).toContain('d /var/lib/vestibule/ledger 0700 vestibule vestibule -');
  });

  it('quote a path with blanks, and double what systemd would replace', () => {
    const unit = files({ dataDir: '/srv/my data/50%' }).get(unitName('daemon'));
    expect(values(unit, 'ReadWritePaths')).toEqual(['"/srv/my data/50%%"']);
    expect(values(unit, 'Environment')).toContain('"HOME=/srv/my data/50%%"');
  });
});
