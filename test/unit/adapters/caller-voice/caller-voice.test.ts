import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createCallerVoices, type CallerVoiceSpec } from '../../../../src/adapters/caller-voice/caller-voice.ts';
import { parseEspeakVariants, parseEspeakVoices, parseFliteVoices } from '../../../../src/adapters/caller-voice/voice-name.ts';
import { levelDbfs } from '../../../../src/audio/level.ts';
import { encodeWav } from '../../../../src/audio/wav.ts';

const folder = mkdtempSync(join(tmpdir(), 'vestibule-caller-voice-'));
const voices = createCallerVoices({ cacheDir: folder });
const signal = AbortSignal.timeout(30_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('voices of callers', () => {
  it.each<CallerVoiceSpec>([
    { engine: 'espeak-ng', name: 'en-us+f3', wordsPerMinute: 150 },
    { engine: 'espeak-ng', name: 'en+m3' },
    { engine: 'flite', name: 'slt' },
  ])('%j is heard on the telephone', async (spec) => {
    const voice = await voices.open(spec, { signal });
    const pcm = await voice.speak("I'd like to book a check up on Thursday", { signal });
    expect(pcm.length / 8000).toBeGreaterThan(1);
    expect(pcm.length / 8000).toBeLessThan(5);
    expect(levelDbfs(pcm)).toBeGreaterThan(-30);
  });

  it.each<[CallerVoiceSpec, RegExp]>([
    [{ engine: 'espeak-ng', name: 'en-us+nonsense' }, /no variant "nonsense"/],
    [{ engine: 'espeak-ng', name: 'nonsense' }, /no voice "nonsense"/],
    [{ engine: 'espeak-ng', name: 'en-gb+f3' }, /write en\+f3/],
    [{ engine: 'flite', name: 'nobody' }, /it has .*slt/],
    [{ file: '/nonexistent/x.wav' }, /cannot be used/],
  ])('%j is refused before anything is said', async (spec, message) => {
    await expect(voices.open(spec, { signal })).rejects.toMatchObject({
      code: 'voice_unknown',
      message: expect.stringMatching(message) as unknown,
    });
  });

  it('says the same twice, the second time from what was kept', async () => {
    const voice = await voices.open({ engine: 'espeak-ng', name: 'en-us' }, { signal });
    const first = await voice.speak('yes please', { signal });
    const kept = readdirSync(folder).length;
    expect([...(await voice.speak('yes please', { signal }))]).toEqual([...first]);
    expect(readdirSync(folder)).toHaveLength(kept);
  });

  it('speaks slower when fewer words a minute are asked for', async () => {
    const lengths = await Promise.all(
      [120, 200].flatMap((wordsPerMinute) =>
        (['espeak-ng', 'flite'] as const).map(async (engine) => {
          const voice = await voices.open({ engine, name: engine === 'flite' ? 'rms' : 'en-us', wordsPerMinute }, { signal });
          return (await voice.speak('the third of March at half past ten', { signal })).length;
        }),
      ),
    );
    expect(lengths[0]).toBeGreaterThan((lengths[2] ?? 0) * 1.2);
    expect(lengths[1]).toBeGreaterThan((lengths[3] ?? 0) * 1.2);
  });

  it('plays a recording at the rate of the telephone', async () => {
    const file = join(folder, 'recording.wav');
    writeFileSync(
      file,
      encodeWav({ sampleRateHz: 16_000, pcm: Int16Array.from({ length: 16_000 }, (_, i) => Math.round(9000 * Math.sin(i / 10))) }),
    );
    const voice = await voices.open({ file }, { signal });
    expect((await voice.speak('anything', { signal })).length).toBe(8000);
  });
});

describe('the lists that engines print', () => {
  it('of espeak-ng name voices by language, name and file', () => {
    const names = parseEspeakVoices(
      'Pty Language       Age/Gender VoiceName          File                 Other Languages\n 2  en-us           --/M      English_(America)  gmw/en-US            (en 3)\n',
    );
    expect([...names]).toEqual(['en-us', 'english_(america)', 'gmw/en-us', 'en']);
  });

  it('of variants and of flite are read', () => {
    expect(
      parseEspeakVariants(' 5  variant         --/M      Adam               !v/adam              \n 5  variant --/M x !v/Mr serious  '),
    ).toEqual(new Set(['adam', 'Mr serious']));
    expect(parseFliteVoices('Voices available: kal awb_time kal16 \n')).toEqual(new Set(['kal', 'awb_time', 'kal16']));
  });
});
