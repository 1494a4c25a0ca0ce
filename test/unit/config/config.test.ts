import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig, loadPractice, makeConfig, readSecret } from '../../../src/config/config.ts';
import { configKeys } from '../../../src/config/keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'vestibule-config-'));
const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

describe('the configuration', () => {
  it('has a default for every key, and a meaning', () => {
    const config = makeConfig({}, { file: null, base: folder });
    expect(config.sip.port).toBe(5060);
    expect(config.paths.ledger).toBe(join(folder, 'var', 'ledger', 'ledger.db'));
    const keys = configKeys(config);
    expect(keys.length).toBeGreaterThan(25);
    for (const { key, meaning } of keys) expect(meaning, key).not.toBe('');
  });

  it('names every wrong and unknown key at once, with exit code 4', () => {
    const path = write('bad.yaml', 'sip: { port: 99999, prot: 1 }\nsurprise: true\n');
    const problem = (() => {
      try {
        loadConfig(path);
        return null;
      } catch (error) {
        return error;
      }
    })();
    expect(problem).toMatchObject({ code: 'config_invalid', entry: { exitCode: 4 } });
    for (const part of ['sip.port', 'prot', 'surprise', path]) expect(String(problem)).toContain(part);
  });

  it('names every caFile that names no file', () => {
    const [nothing, url] = [{ caFile: '' }, 'https://x.example'];
    const oauth = { tokenUrl: url, clientId: 'c', clientSecretFile: 's', ...nothing };
    const destinations = [{ id: 'clinic', type: 'fhir', url, schedule: 'Schedule/1', oauth, ...nothing }];
    const raw = { calendar: nothing, destinations, alerts: { webhook: { url, secretFile: 's', ...nothing } } };
    const named = /calendar\.caFile[^]*destinations\.0\.caFile[^]*destinations\.0\.oauth\.caFile[^]*alerts\.webhook\.caFile/;
    expect(() => makeConfig(raw, { file: null, base: folder })).toThrow(named);
  });

  it('says what is wrong with a file that is not YAML or not there', () => {
    expect(() => loadConfig(write('broken.yaml', 'a: [1, 2\nb: }'))).toThrow(expect.objectContaining({ code: 'config_unreadable' }));
    expect(() => loadConfig(join(folder, 'absent.yaml'))).toThrow(expect.objectContaining({ code: 'config_unreadable' }));
  });

  it('refuses a practice whose hours end before they begin', () => {
    const path = write(
      'practice.yaml',
      'id: p\nspokenName: P\ntimeZone: Europe/Nowhere\nlanguage: en\nemergencyNumber: "112"\nphoneCountry: DE\nopeningHours: [[{from: "12:00", to: "08:00"}],[],[],[],[],[],[]]\nservices: []\n',
    );
    expect(() => loadPractice(path)).toThrow(/openingHours\.0\.0/);
    expect(() => loadPractice(path)).toThrow(/timeZone/);
  });

  it('refuses an empty secret', () => {
    expect(() => readSecret(write('secret', '\n'))).toThrow(expect.objectContaining({ code: 'secret_unreadable' }));
  });
});
