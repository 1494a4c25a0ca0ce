import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { playInProcess } from '../../src/app/simulate/in-process/play-in-process.ts';
import { loadScenario } from '../../src/app/simulate/scenario.ts';
import { loadConfig } from '../../src/config/config.ts';

const FOLDER = join(import.meta.dirname, '..', 'scenarios');
const config = loadConfig(null);

/** The same files run through real SIP with `vestibule simulate`; here the conversation and the write-back alone are played. */
describe('a shipped scenario without a telephone', () => {
  it.each(readdirSync(FOLDER).filter((name) => name.endsWith('.yaml')))('%s passes', async (name) => {
    const report = await playInProcess(loadScenario(join(FOLDER, name)), config);
    expect(report.failures).toEqual([]);
    expect(report.notEvaluated).toEqual(expect.arrayContaining(['voice', 'line']));
  });
});

describe('a scenario that does not hold', () => {
  it('fails, and says what did not hold', async () => {
    const scenario = loadScenario(join(FOLDER, 'booking-straight-through.yaml'));
    const report = await playInProcess(
      { ...scenario, expect: { ...scenario.expect, outcomes: ['message'], entries: 2, booking: { start: '2026-03-05T11:00' } } },
      config,
    );
    expect(report.passed).toBe(false);
    expect(report.failures).toEqual([
      expect.stringMatching(/^outcome/),
      expect.stringMatching(/^destination/),
      expect.stringMatching(/^booking: start/),
    ]);
  });
});
