import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AsteriskValues, renderAsteriskFiles } from '../../../../src/adapters/process/asterisk-files.ts';

const PROJECT_DIR = join(import.meta.dirname, '..', '..', '..', '..');

const VALUES: AsteriskValues = {
  instanceDir: '/srv/vestibule/asterisk',
  httpPort: 8088,
  ariUser: 'vestibule',
  ariPassword: 'secret-of-ari',
  sipBindAddress: '127.0.0.1',
  sipPort: 5060,
  rtpPortMin: 10_000,
  rtpPortMax: 10_499,
  frontdeskPassword: 'secret-of-frontdesk',
  voicemailPin: '4711',
  stasisApp: 'vestibule',
  deadManSwitchS: 7,
  humanRingS: 25,
  humanCallLimitS: 14_400,
  toneCountry: 'us',
};

let dir = '';
let outDir = '';

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vst-'));
  outDir = join(dir, 'etc');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const withTemplate = (text: string): string => {
  writeFileSync(join(dir, 'one.conf'), text);
  return dir;
};

describe('Asterisk configuration files', () => {
  test('the templates of the product need no value that is not there, and use every one', () => {
    const templateDir = join(PROJECT_DIR, 'asterisk-conf');
    const names = renderAsteriskFiles({ templateDir, outDir, values: VALUES });
    expect(names).toContain('extensions.conf');
    const written = names.map((name) => readFileSync(join(outDir, name), 'utf8')).join('\n');
    expect(written).not.toContain('{{');
    for (const value of Object.values(VALUES)) expect(written).toContain(String(value));
  });

  test('files are readable by their owner only', () => {
    renderAsteriskFiles({ templateDir: withTemplate('password = {{ariPassword}}\n'), outDir, values: VALUES });
    expect(readFileSync(join(outDir, 'one.conf'), 'utf8')).toBe('password = secret-of-ari\n');
    expect(statSync(join(outDir, 'one.conf')).mode & 0o777).toBe(0o600);
  });

  test('an unknown placeholder is named, and nothing is written', () => {
    const templateDir = withTemplate('a = {{noSuchValue}}\n');
    expect(() => renderAsteriskFiles({ templateDir, outDir, values: VALUES })).toThrow(
      expect.objectContaining({
        code: 'config_invalid',
        details: { template: 'one.conf', placeholder: 'noSuchValue' },
      }),
    );
    expect(readdirSync(dir)).toEqual(['one.conf']);
  });

  test.each(['', 'a\nb', 'a;b', 'a\rb'])('a value that would change the meaning of its line is refused: %j', (ariPassword) => {
    const templateDir = withTemplate('password = {{ariPassword}}\n');
    expect(() => renderAsteriskFiles({ templateDir, outDir, values: { ...VALUES, ariPassword } })).toThrow(
      expect.objectContaining({ code: 'config_invalid', details: { name: 'ariPassword' } }),
    );
  });

  test('a file whose template is gone goes too, and what is not configuration stays', () => {
    const templateDir = withTemplate('a = b\n');
    renderAsteriskFiles({ templateDir, outDir, values: VALUES });
    writeFileSync(join(outDir, 'old.conf'), 'x');
    writeFileSync(join(outDir, 'notes.txt'), 'x');
    renderAsteriskFiles({ templateDir, outDir, values: VALUES });
    expect(readdirSync(outDir).toSorted()).toEqual(['notes.txt', 'one.conf']);
  });
});
