import { applyGain } from '../../../src/audio/level.ts';
import { decodeAlaw, encodeAlaw } from '../../../src/audio/alaw.ts';
import { decodeMulaw, encodeMulaw } from '../../../src/audio/g711.ts';
import { createCallerVoices } from '../../../src/adapters/caller-voice/caller-voice.ts';
import { createSeededRandom, expandTemplate, type Grammar, normaliseWords } from '../../../src/adapters/speech/graph/grammar.ts';
import type { Random } from '../../../src/base/clock.ts';
import type { Expectation } from '../../../src/domain/dialog/dialog.ts';

/** A spoken sentence made of a template and a voice that the training never used. */
export interface HeldOutUtterance {
  readonly section: string;
  readonly expectation: Expectation;
  /** What was said, as the recogniser should write it. */
  readonly reference: string;
  /** 8 kHz, after G.711. */
  readonly pcm: Int16Array;
}

const VARIANTS = ['Diogo', 'Denis', 'Mario', 'Henrique', 'steph3', 'shelby', 'sandro', 'norbert'];
const ACCENTS = ['en-us', 'en', 'en-gb-scotland'];
const LEAD_SAMPLES = 2400;
const TAIL_SAMPLES = 4000;

/** A capital is a letter said by its name; the synthesisers read a lone "a" as the article. */
function textToSay(words: readonly string[]): string {
  return words.map((word) => (word === 'A' ? 'ay' : word)).join(' ');
}

function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Adds white noise `snrDb` below the speech. */
function addNoise(pcm: Int16Array, snrDb: number, random: Random): Int16Array {
  let energy = 0;
  let voiced = 0;
  for (const sample of pcm) {
    if (Math.abs(sample) < 60) continue;
    energy += sample * sample;
    voiced += 1;
  }
  const sigma = Math.sqrt(energy / Math.max(1, voiced)) * 10 ** (-snrDb / 20);
  return pcm.map((sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample + sigma * gaussian(random)))));
}

function onTheLine(pcm: Int16Array, options: { readonly random: Random; readonly snrDb: number | null }): Int16Array {
  const { random, snrDb } = options;
  const padded = new Int16Array(pcm.length + LEAD_SAMPLES + TAIL_SAMPLES);
  const gain = 0.35 + random() * 0.65;
  padded.set(applyGain(pcm, gain, gain), LEAD_SAMPLES);
  const heard = addNoise(padded, snrDb ?? 35, random);
  return random() < 0.5 ? decodeMulaw(encodeMulaw(heard)) : decodeAlaw(encodeAlaw(heard));
}

export interface HeldOutOptions {
  readonly grammar: Grammar;
  readonly section: string;
  readonly expectation: Expectation;
  readonly count: number;
  /** Signal to noise in dB, or null for a quiet line (35 dB). */
  readonly snrDb: number | null;
  readonly seed: number;
  readonly cacheDir: string;
  readonly signal: AbortSignal;
}

/** Half flite `slt`, half espeak-ng variants, all kept out of the training; sentences of the held-out templates. */
export async function speakHeldOut(options: HeldOutOptions): Promise<readonly HeldOutUtterance[]> {
  const random = createSeededRandom(options.seed);
  const voices = createCallerVoices({ cacheDir: options.cacheDir });
  const held = options.grammar.sections.get(options.section)?.held ?? [];
  const spoken: HeldOutUtterance[] = [];
  for (let index = 0; index < options.count; index += 1) {
    const words = expandTemplate(options.grammar, held, random);
    const pick = <T>(items: readonly T[], fallback: T): T => items[Math.floor(random() * items.length)] ?? fallback;
    const wordsPerMinute = 140 + Math.floor(random() * 40);
    const spec =
      index % 2 === 0
        ? ({ engine: 'flite', name: 'slt', wordsPerMinute: wordsPerMinute + 10 } as const)
        : ({ engine: 'espeak-ng', name: `${pick(ACCENTS, 'en')}+${pick(VARIANTS, 'Denis')}`, wordsPerMinute } as const);
    const voice = await voices.open(spec, { signal: options.signal });
    const pcm = await voice.speak(textToSay(words), { signal: options.signal });
    spoken.push({
      section: options.section,
      expectation: options.expectation,
      reference: words.flatMap((word) => normaliseWords(word)).join(' '),
      pcm: onTheLine(pcm, { random, snrDb: options.snrDb }),
    });
  }
  return spoken;
}
