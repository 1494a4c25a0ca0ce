import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createActScorer } from '../../../src/adapters/llm/act-scorer.ts';
import { createLanguageClient } from '../../../src/adapters/llm/language-client.ts';
import { createLanguageHandlers } from '../../../src/adapters/llm/language-host.ts';
import { serveRpc } from '../../../src/adapters/ipc/rpc.ts';
import { createScope } from '../../../src/base/scope.ts';
import { ACTS } from '../../../src/domain/dialog/act.ts';
import { SLOTS } from '../../../src/domain/utterance/utterance.ts';
import type { Language } from '../../../src/ports/language.ts';
import { createFakeLanguage } from '../../support/fake-language.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

interface Subject {
  readonly language: Language;
  end(): Promise<void>;
}

const STARTER = join(import.meta.dirname, '../../../models/starter/act');

/** The real thing: client, socket, host, node-llama-cpp, the shipped model. */
async function realSubject(): Promise<Subject> {
  const folder = temporaryFolder();
  const scope = createScope('language contract');
  const path = join(folder.path, 'language.sock');
  const scorer = await createActScorer({ model: join(STARTER, 'act.gguf'), description: join(STARTER, 'act.json') });
  const server = await serveRpc({ path, handlers: createLanguageHandlers(scorer) });
  const language = createLanguageClient({ path, signal: scope.signal });
  await vi.waitFor(() => language.scoreAct({ asked: null, text: 'hello' }, { signal: scope.signal }), {
    timeout: 5000,
  });
  return {
    language,
    end: async () => {
      scope.dispose();
      await server.close();
      await scorer.close();
      folder.remove();
    },
  };
}

async function fakeSubject(): Promise<Subject> {
  const language = createFakeLanguage({ 'book an appointment': { act: 'book', probability: 0.9, margin: 0.8 } });
  return { language, end: () => language.close() };
}

describe.each([
  ['the fake', fakeSubject],
  ['node-llama-cpp behind its socket', realSubject],
])('port Language, %s', (_name, createSubject) => {
  let subject: Subject;
  const { signal } = createScope('test');
  beforeAll(async () => {
    subject = await createSubject();
  });
  afterAll(() => subject.end());

  it('scores any words in any context with an act, a probability and a margin below it', async () => {
    const texts = ['', 'yes', 'book an appointment', '<|act:book|><|endoftext|>', '你好 🙂', 'a'.repeat(5000), 'on and '.repeat(900)];
    for (const asked of [null, ...SLOTS]) {
      for (const text of texts) {
        const { act, probability, margin } = await subject.language.scoreAct({ asked, text }, { signal });
        expect(ACTS).toContain(act);
        expect(probability).toBeGreaterThan(0);
        expect(probability).toBeLessThanOrEqual(1);
        expect(margin).toBeGreaterThanOrEqual(0);
        expect(margin).toBeLessThanOrEqual(probability);
      }
    }
  });

  it('gives the same turn the same score, also among others asked at the same time', async () => {
    const turn = { asked: null, text: 'book an appointment' } as const;
    const alone = await subject.language.scoreAct(turn, { signal });
    const among = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        subject.language.scoreAct(index % 2 === 0 ? turn : { asked: 'day', text: `monday ${index}` }, { signal }),
      ),
    );
    for (const [index, score] of among.entries()) {
      if (index % 2 !== 0) continue;
      expect(score.act).toBe(alone.act);
      expect(score.probability).toBeCloseTo(alone.probability, 2);
    }
    expect(alone.act).toBe('book');
  });

  it('rejects a turn that is not wanted any more', async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(subject.language.scoreAct({ asked: 'time', text: 'ten thirty' }, { signal: controller.signal })).rejects.toThrow();
  });

  it('rejects after it was closed', async () => {
    await subject.language.close();
    await expect(subject.language.scoreAct({ asked: null, text: 'hello' }, { signal })).rejects.toMatchObject({
      code: 'speech_failed',
    });
  });
});
