import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TimedFeedEvent } from '../../src/adapters/feed/event-feed.ts';
import { findIsolation } from '../../src/app/simulate/isolation.ts';

/** Two telephones that we did not write call the product, in a network that holds nothing but loopback. */
interface Answer {
  readonly sipp: { readonly exitCode: number | null; readonly output: string };
  readonly baresip: { readonly exitCode: number | null; readonly output: string };
  readonly events: readonly TimedFeedEvent[];
  readonly rssKb: readonly { readonly name: string; readonly rssKb: number }[];
}

const folder = mkdtempSync(join(tmpdir(), 'vst-e2e-'));
let answer: Answer;

beforeAll(async () => {
  const isolation = (await findIsolation()) ?? [];
  const inside = [process.execPath, '--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'inside', 'real-phones.ts'), folder];
  const [program = '', ...args] = [...isolation, ...inside];
  const { stdout } = await promisify(execFile)(program, args, { timeout: 170_000, maxBuffer: 16_777_216 });
  answer = JSON.parse(stdout) as Answer;
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('telephones of other makers', () => {
  it('SIPp is answered and hangs up in an orderly way', () => {
    expect(answer.sipp, answer.sipp.output).toMatchObject({ exitCode: 0 });
  });

  it('baresip, a real softphone, is answered and gets audio', () => {
    expect(answer.baresip.output).toMatch(/call established/i);
  });

  it('both heard the disclosure first', () => {
    const calls = answer.events.filter(({ type }) => type === 'call.started');
    expect(calls).toHaveLength(2);
    for (const { call } of calls) {
      const first = answer.events.find((event) => event.type === 'agent.utterance' && event.call === call);
      expect(first).toMatchObject({ kind: 'legal', template: 'disclosure' });
      expect(answer.events.some((event) => event.type === 'agent.speech_started' && event.call === call)).toBe(true);
    }
  });

  it('all processes together stay under 1.5 GB', () => {
    const sumMb = answer.rssKb.reduce((sum, { rssKb }) => sum + rssKb, 0) / 1024;
    expect(answer.rssKb.every(({ rssKb }) => rssKb > 0)).toBe(true);
    expect(sumMb).toBeLessThan(1500);
  });
});
