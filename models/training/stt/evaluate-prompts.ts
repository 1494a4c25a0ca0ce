/**
 * Measures the starter recogniser on a real, recorded voice: Asterisk's English prompts (Debian package asterisk-core-sounds-en-gsm).
 *   bin/node models/training/stt/evaluate-prompts.ts SOUNDS_DIR [--model DIR]     SOUNDS_DIR holds digits/ and letters/; needs sox
 * prints one JSON line with the share of words heard right. Single words without context are harder than sentences.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildGraphs } from '../../../src/adapters/speech/graph/build-graphs.ts';
import { fromLittleEndian } from '../../../src/audio/sample.ts';
import type { Expectation } from '../../../src/domain/dialog/dialog.ts';
import { createLane, hear } from './evaluate.ts';

const DIGITS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const MONTHS = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december'];
const TEENS = ['ten', 'eleven', 'twelve', 'thirteen', 'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen'];
/** Digits and letters are said the same way as these words. */
const SAME: Readonly<Record<string, readonly string[]>> = { zero: ['oh'], two: ['to'], four: ['for'], c: ['see'], u: ['you'], i: ['i'] };

const SETS: readonly (readonly [name: string, expectation: Expectation, prompts: readonly (readonly [file: string, word: string])[]])[] = [
  ['digits', 'phone', DIGITS.map((word, index) => [`digits/${index}`, word])],
  ['numbers', 'datetime', TEENS.map((word, index) => [`digits/${index + 10}`, word])],
  ['days', 'datetime', DAYS.map((word, index) => [`digits/day-${index}`, word])],
  ['months', 'datetime', MONTHS.map((word, index) => [`digits/mon-${index}`, word])],
  ['letters', 'name', [...'abcdefghijklmnopqrstuvwxyz'].map((letter) => [`letters/${letter}`, letter])],
];

const root = resolve(import.meta.dirname, '../../..');
const [, , sounds = ''] = process.argv;
const modelDir = process.argv.includes('--model') ? (process.argv[process.argv.indexOf('--model') + 1] ?? '') : join(root, 'models/starter/stt');
const options = { modelDir, workDir: join(root, 'var/stt-evaluation'), depth: 'slots' as const, count: 0, signal: new AbortController().signal };
const graphs = await buildGraphs({ vocabulary: { words: [], sentences: [], names: [] }, grammarPath: join(modelDir, 'grammar.json'), tokensPath: join(modelDir, 'tokens.txt'), outDir: join(options.workDir, 'graphs'), signal: options.signal });
const shares: Record<string, number> = {};
for (const [name, expectation, prompts] of SETS) {
  const lane = createLane(options, graphs.get(expectation) ?? null);
  let right = 0;
  let said = 0;
  for (const [file, word] of prompts) {
    const path = join(sounds, `${file}.gsm`);
    if (!existsSync(path)) continue;
    const raw = execFileSync('sox', [path, '-r', '8000', '-b', '16', '-c', '1', '-e', 'signed', '-t', 'raw', '-', 'pad', '0.3', '0.5'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const text = hear(lane, fromLittleEndian(raw));
    said += 1;
    if (text === word || (SAME[word] ?? []).includes(text)) right += 1;
    process.stderr.write(`${name}: ${word} | ${text}\n`);
  }
  shares[name] = Math.round((right / Math.max(1, said)) * 1000) / 1000;
}
process.stdout.write(`${JSON.stringify(shares)}\n`);
