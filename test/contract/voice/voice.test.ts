import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectIpc } from '../../../src/adapters/ipc/peer.ts';
import { createVoiceClient } from '../../../src/adapters/speech/voice-client.ts';
import { SPEECH_LEVEL_DBFS } from '../../../src/audio/loudness.ts';
import { levelDbfs } from '../../../src/audio/level.ts';
import type { Voice } from '../../../src/ports/voice.ts';
import { createFakeVoice } from '../../support/fake-voice.ts';
import { createKeptLogger } from '../../support/kept-logger.ts';
import { type SpeechProcess, startSpeechProcess, writeSpeechConfig } from '../../support/speech-processes.ts';
import { makeScratchDir, removeDir } from '../process/started-server.ts';

let folder = '';
let configFile = '';
let server: SpeechProcess;
const life = new AbortController();
const options = { signal: life.signal };
beforeAll(async () => {
  folder = makeScratchDir();
  configFile = writeSpeechConfig(folder);
  server = await startSpeechProcess('voice', configFile);
});
afterAll(async () => {
  life.abort();
  await server.stop();
  removeDir(folder);
});
const client = (): Voice =>
  createVoiceClient(
    (handlers) => connectIpc({ ...handlers, path: join(folder, 'var', 'run', 'voice.sock'), signal: life.signal }),
    createKeptLogger(),
  );

describe.each([
  ['a hum', async (): Promise<Voice> => createFakeVoice()],
  ['the voice process', async (): Promise<Voice> => client()],
])('a voice: %s', (_name, make) => {
  let voice: Voice;
  beforeAll(async () => {
    voice = await make();
  });
  afterAll(() => voice.close());

  test('a clause is audible at 8 kHz and begins without delay', async () => {
    const pcm = await voice.render('How can I help you?', options);
    expect(pcm.length).toBeGreaterThan(2000);
    expect(pcm.length).toBeLessThan(8000 * 6);
    expect(levelDbfs(pcm.subarray(0, 800))).toBeGreaterThan(-45);
  });

  test('the same clause is the same audio, at once or later', async () => {
    const [first, second] = await Promise.all([voice.render('On Tuesday at ten.', options), voice.render('On Tuesday at ten.', options)]);
    expect(second).toEqual(first);
    expect(await voice.render('On Tuesday at ten.', { ...options, priority: 'prepare' })).toEqual(first);
  });

  test('what cannot be spoken is refused, and the next clause is spoken', async () => {
    for (const text of ['', '   ', '...', '— ?'])
      await expect(voice.render(text, options)).rejects.toMatchObject({ code: 'speech_failed' });
    expect((await voice.render('Thank you.', options)).length).toBeGreaterThan(0);
  });

  test('a clause that is not wanted any more is cancelled', async () => {
    const gone = new AbortController();
    gone.abort();
    await expect(voice.render('Nobody waits for this sentence.', { signal: gone.signal })).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('the voice process', () => {
  test.each(['日本語', 'привет', 'a\u0000b', '<break/>', 'word '.repeat(200)])('%j does not end it', async (text) => {
    const voice = client();
    await voice.render(text, options).catch((error: unknown) => expect(error).toMatchObject({ code: 'speech_failed' }));
    expect((await voice.render('Still here.', options)).length).toBeGreaterThan(0);
    await voice.close();
  });

  test('clauses have one loudness', async () => {
    const voice = client();
    for (const clause of ['Yes.', 'You are booked for Tuesday the third of March at half past ten.']) {
      const pcm = await voice.render(clause, options);
      expect(Math.abs(levelDbfs(pcm) - SPEECH_LEVEL_DBFS)).toBeLessThan(6);
    }
    await voice.close();
  });

  test('what was rendered survives a restart, sealed, and a damaged file is rendered again', async () => {
    const voice = client();
    const before = await voice.render('This is kept on disk.', options);
    const cache = join(folder, 'var', 'cache', 'voice');
    const files = readdirSync(cache);
    expect(files.length).toBeGreaterThan(0);
    const samples = Buffer.from(before.buffer, before.byteOffset, 64);
    for (const file of files) expect(readFileSync(join(cache, file)).includes(samples)).toBe(false);
    await server.kill();
    for (const file of files.slice(1)) writeFileSync(join(cache, file), 'damaged');
    server = await startSpeechProcess('voice', configFile);
    const fresh = client();
    expect(await fresh.render('This is kept on disk.', options)).toEqual(before);
    await Promise.all([voice.close(), fresh.close()]);
  });

  test('a clause that is waited for while the process dies is rendered by the next one', async () => {
    await server.kill();
    const voice = client();
    const waiting = voice.render('Asked while nobody was there.', options);
    server = await startSpeechProcess('voice', configFile);
    expect((await waiting).length).toBeGreaterThan(0);
    await voice.close();
  });
});
