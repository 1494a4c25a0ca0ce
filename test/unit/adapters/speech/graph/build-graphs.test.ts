import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildGraphs, type BuildGraphsOptions } from '../../../../../src/adapters/speech/graph/build-graphs.ts';
import { EXPECTATIONS } from '../../../../../src/domain/dialog/dialog.ts';

const MODEL = join(import.meta.dirname, '../../../../../models/starter/stt');
const GRAMMAR = {
  about: 'two sections',
  lists: { last: ['becker', 'weber'] },
  sections: {
    yes: { weight: 1, expect: ['confirm', 'datetime', 'name', 'phone'], templates: ['yes [please]'], held: [] },
    book: { weight: 1, expect: ['general'], templates: ['an appointment [with <last>]'], held: [] },
  },
};

describe('buildGraphs', () => {
  let folder: string;
  let options: BuildGraphsOptions;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vestibule-graphs-'));
    mkdirSync(join(folder, 'model'));
    for (const name of ['phones.json', 'lexicon.txt', 'tokens.txt']) copyFileSync(join(MODEL, name), join(folder, 'model', name));
    writeFileSync(join(folder, 'model/grammar.json'), JSON.stringify(GRAMMAR));
    options = {
      vocabulary: { words: [], sentences: ['travel advice'], names: ['Okonkwo'] },
      grammarPath: join(folder, 'model/grammar.json'),
      tokensPath: join(folder, 'model/tokens.txt'),
      outDir: join(folder, 'graphs'),
      signal: new AbortController().signal,
    };
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('builds one graph per expectation, with the words of the practice in each', { timeout: 30_000 }, async () => {
    const graphs = await buildGraphs(options);
    expect([...graphs.keys()]).toEqual([...EXPECTATIONS]);
    for (const graph of graphs.values()) {
      expect(statSync(graph.graphPath).size).toBeGreaterThan(10_000);
      expect(graph.words).toEqual(expect.arrayContaining(['appointment', 'yes', 'okonkwo', 'advice']));
    }
  });

  it('does not build the same content twice, and builds anew when the vocabulary changes', { timeout: 30_000 }, async () => {
    const first = (await buildGraphs(options)).get('general')?.graphPath ?? '';
    const madeAt = statSync(first).mtimeMs;
    const again = (await buildGraphs(options)).get('general')?.graphPath;
    expect(again).toBe(first);
    expect(statSync(first).mtimeMs).toBe(madeAt);
    const changed = (await buildGraphs({ ...options, vocabulary: { words: ['podiatry'], sentences: [], names: [] } })).get(
      'general',
    )?.graphPath;
    expect(changed).not.toBe(first);
  });

  it('leaves nothing half built behind when it is cancelled', async () => {
    await expect(buildGraphs({ ...options, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
    expect(readdirSync(folder)).not.toContain('graphs');
  });

  it('names a grammar that is missing and a token list of another model', async () => {
    await expect(buildGraphs({ ...options, grammarPath: join(folder, 'none.json') })).rejects.toMatchObject({
      code: 'model_missing',
    });
    writeFileSync(options.tokensPath, 'a 0\n<blk> 1\n');
    await expect(buildGraphs(options)).rejects.toMatchObject({ code: 'model_corrupt' });
  });
});
