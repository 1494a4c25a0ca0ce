import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readActDescription, verifyActModel } from '../../../../src/adapters/llm/act-description.ts';
import { ACTS } from '../../../../src/domain/dialog/act.ts';
import { SLOTS } from '../../../../src/domain/utterance/utterance.ts';

const folder = mkdtempSync(join(tmpdir(), 'vestibule-act-'));
let files = 0;
const written = (content: string): string => {
  files += 1;
  const path = join(folder, `${files}.json`);
  writeFileSync(path, content);
  return path;
};
const given = {
  format: 1,
  sha256: createHash('sha256').update('weights').digest('hex'),
  tokens: {
    position: '<|act|>',
    asked: Object.fromEntries(['none', ...SLOTS].map((slot) => [slot, `<|ask:${slot}|>`])),
    labels: Object.fromEntries(ACTS.map((act) => [act, `<|act:${act}|>`])),
  },
  clip: { head: 48, tail: 48 },
  temperature: 1.2,
  thresholds: { probability: 0.6, margin: 0.3, precision: 0.95 },
};

describe('the description of the act model', () => {
  it('has a token for every act and every slot', () => {
    const description = readActDescription(written(JSON.stringify(given)));
    expect(Object.keys(description.labelTokens)).toEqual([...ACTS]);
    expect(description.askedTokens.none).toBe('<|ask:none|>');
  });

  it('of the starter pack can be read, and its file is the one described', () => {
    const act = join(import.meta.dirname, '../../../../models/starter/act');
    const description = readActDescription(join(act, 'act.json'));
    expect(() => verifyActModel(join(act, 'act.gguf'), description)).not.toThrow();
    expect(readFileSync(join(act, 'act.gguf')).length).toBeLessThan(6_000_000);
  });

  it.each([
    ['is not there', () => join(folder, 'absent.json'), 'model_missing'],
    ['is not JSON', () => written('{'), 'model_corrupt'],
    ['has a temperature of zero', () => written(JSON.stringify({ ...given, temperature: 0 })), 'model_corrupt'],
    ['lacks an act', () => written(JSON.stringify({ ...given, tokens: { ...given.tokens, labels: { book: 'x' } } })), 'model_corrupt'],
    [
      'has an act that the product does not know',
      () =>
        written(
          JSON.stringify({
            ...given,
            tokens: { ...given.tokens, labels: { ...given.tokens.labels, sing: '<|act:sing|>' } },
          }),
        ),
      'model_corrupt',
    ],
  ])('that %s is refused with a code', (_what, path, code) => {
    expect(() => readActDescription(path())).toThrow(expect.objectContaining({ code }));
  });

  it('finds a missing and a changed model file before native code sees it', () => {
    const description = readActDescription(written(JSON.stringify(given)));
    expect(() => verifyActModel(join(folder, 'absent.gguf'), description)).toThrow(expect.objectContaining({ code: 'model_missing' }));
    expect(() => verifyActModel(written('Weights'), description)).toThrow(expect.objectContaining({ code: 'model_corrupt' }));
    expect(() => verifyActModel(written('weights'), description)).not.toThrow();
  });
});
