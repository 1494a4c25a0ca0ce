import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectIpc } from '../../../src/adapters/ipc/peer.ts';
import { createRecognizerClient } from '../../../src/adapters/speech/recognizer-client.ts';
import { concatPcm } from '../../../src/audio/sample.ts';
import { FRAME_SAMPLES } from '../../../src/base/units.ts';
import { EXPECTATIONS } from '../../../src/domain/dialog/dialog.ts';
import type { RecognizedText, Recognizer, RecognizerStream } from '../../../src/ports/recognizer.ts';
import { eventually } from '../../support/eventually.ts';
import { createFakeRecognizer } from '../../support/fake-recognizer.ts';
import { createKeptLogger } from '../../support/kept-logger.ts';
import { espeak, type SpeechProcess, startSpeechProcess, writeSpeechConfig } from '../../support/speech-processes.ts';
import { makeScratchDir, removeDir } from '../process/started-server.ts';

const SENTENCE = 'I would like to book an appointment';

let folder = '';
let configFile = '';
let server: SpeechProcess;
const life = new AbortController();
const options = { signal: life.signal };
beforeAll(async () => {
  folder = makeScratchDir();
  configFile = writeSpeechConfig(folder);
  server = await startSpeechProcess('recogniser', configFile);
}, 60_000);
afterAll(async () => {
  life.abort();
  await server.stop();
  removeDir(folder);
});
const client = (): Recognizer =>
  createRecognizerClient(
    (handlers) => connectIpc({ ...handlers, path: join(folder, 'var', 'run', 'recogniser.sock'), signal: life.signal }),
    createKeptLogger(),
  );
/** Speech with the moment of silence before it that the media process feeds too. */
const afterSilence = (text: string): Int16Array => concatPcm([new Int16Array(2400), espeak(text)]);
const feed = (stream: RecognizerStream, pcm: Int16Array): void => {
  for (let at = 0; at < pcm.length; at += FRAME_SAMPLES) stream.feed(pcm.subarray(at, at + FRAME_SAMPLES));
};

describe.each([
  ['one that is told', async (): Promise<Recognizer> => createFakeRecognizer({ sentence: SENTENCE.toLowerCase(), wordMs: 200 })],
  ['the recogniser process', async (): Promise<Recognizer> => client()],
])('a recogniser: %s', (_name, make) => {
  let recognizer: Recognizer;
  const spoken = espeak(SENTENCE);
  beforeAll(async () => {
    recognizer = await make();
  });
  afterAll(() => recognizer.close());

  test('partials grow while audio comes, and the final text is what was said', async () => {
    const texts: RecognizedText[] = [];
    const stream = recognizer.open({ expectation: 'general', onText: (text) => void texts.push(text) });
    feed(stream, spoken);
    await eventually('a partial', () => texts.some((text) => text.text.includes('like')));
    expect(texts.every((text) => !text.final)).toBe(true);
    const final = await stream.finish(options);
    expect(final).toMatchObject({ text: SENTENCE.toLowerCase(), final: true });
    expect(final.lastWordEndMs ?? 0).toBeGreaterThan(800);
    expect(new Set(texts.map((text) => text.text)).size).toBeGreaterThan(2);
  });

  test.each(EXPECTATIONS)('an utterance can be opened that expects %s', async (expectation) => {
    const stream = recognizer.open({ expectation, onText: () => undefined });
    feed(stream, espeak('yes please'));
    expect((await stream.finish(options)).final).toBe(true);
  });

  test('an utterance that has ended takes nothing more and cannot be finished twice', async () => {
    const stream = recognizer.open({ expectation: 'confirm', onText: () => undefined });
    await stream.finish(options);
    stream.feed(new Int16Array(FRAME_SAMPLES));
    await expect(stream.finish(options)).rejects.toMatchObject({ code: 'speech_failed' });
  });

  test('one that was closed says nothing more', async () => {
    const texts: RecognizedText[] = [];
    const closed = recognizer.open({ expectation: 'general', onText: (text) => void texts.push(text) });
    closed.close();
    feed(closed, spoken);
    const next = recognizer.open({ expectation: 'general', onText: () => undefined });
    feed(next, spoken);
    await next.finish(options);
    expect(texts).toEqual([]);
  });
});

describe('the recogniser process', () => {
  test('utterances of several callers at once do not mix', async () => {
    const recognizer = client();
    const sentences = ['I would like to book an appointment', 'I would like to cancel my appointment', 'yes please', 'no thank you'];
    const streams = sentences.map(() => recognizer.open({ expectation: 'general', onText: () => undefined }));
    const spoken = sentences.map(afterSilence);
    for (let at = 0; at < 8000 * 4; at += FRAME_SAMPLES)
      for (const [i, stream] of streams.entries()) stream.feed(spoken[i]?.subarray(at, at + FRAME_SAMPLES) ?? new Int16Array(0));
    const texts = (await Promise.all(streams.map((stream) => stream.finish(options)))).map((final) => final.text);
    expect(texts[0]).toContain('book');
    expect(texts[1]).toContain('cancel');
    expect(texts[2]).toContain('yes');
    expect(texts[3]).toContain('no');
    await recognizer.close();
  });

  test('killed in the middle of an utterance, nothing of it is lost', async () => {
    const recognizer = client();
    const spoken = espeak(`${SENTENCE} for next Tuesday`);
    const texts: string[] = [];
    const stream = recognizer.open({ expectation: 'general', onText: (text) => void texts.push(text.text) });
    feed(stream, spoken.subarray(0, 12_000));
    await eventually('a partial', () => texts.some((text) => text.includes('like')));
    await server.kill();
    feed(stream, spoken.subarray(12_000));
    const final = stream.finish(options);
    server = await startSpeechProcess('recogniser', configFile);
    expect((await final).text).toMatch(/^i would like to book an appointment for next tuesday$/);
    await recognizer.close();
  });

  test('audio for an utterance that is not open, and messages that are none, do not disturb it', async () => {
    const link = connectIpc({ path: join(folder, 'var', 'run', 'recogniser.sock'), onMessage: () => undefined, signal: life.signal });
    await eventually('the link', () => link.connected());
    link.sendAudio(99, new Int16Array(160));
    link.send({ type: 'finish', stream: 99 });
    link.send('nonsense');
    const recognizer = client();
    const stream = recognizer.open({ expectation: 'confirm', onText: () => undefined });
    feed(stream, afterSilence('yes'));
    expect((await stream.finish(options)).text).toContain('yes');
    await recognizer.close();
    link.close();
  });
});
