/**
 * Measures the starter recogniser as the product runs it: sherpa-onnx, one decoding graph per expectation, held-out voices and templates.
 *   bin/node models/training/stt/evaluate.ts [--count N] [--slots] [--model DIR] [--show]
 * prints one JSON line. `evaluateRecogniser` is the same as a function.
 */
import { join, resolve } from 'node:path';
import { createDither } from '../../../src/audio/dither.ts';
import { buildGraphs, type BuiltGraph } from '../../../src/adapters/speech/graph/build-graphs.ts';
import { decodeWords } from '../../../src/adapters/speech/graph/decode-words.ts';
import { readGrammar } from '../../../src/adapters/speech/graph/grammar.ts';
import { pronounce, readLexicon, readPhoneTable } from '../../../src/adapters/speech/graph/pronunciation.ts';
import { MAX_ACTIVE } from '../../../src/adapters/speech/recognizer-engine.ts';
import { loadSherpa, type SherpaOnlineRecognizer } from '../../../src/adapters/speech/sherpa.ts';
import type { Expectation } from '../../../src/domain/dialog/dialog.ts';
import { type HeldOutUtterance, speakHeldOut } from './held-out.ts';
import { dayTimeOf, phoneOf, yesNoOf, wantsHuman, isEmergency } from './slots.ts';

export interface EvaluateOptions {
  /** Folder with model.onnx, tokens.txt and grammar.json. */
  readonly modelDir: string;
  /** Where graphs and speech are kept between runs. */
  readonly workDir: string;
  /** Utterances per section. */
  readonly count: number;
  /** `slots`: only what the product must get right; `all`: also words and phones of sections without a slot. */
  readonly depth: 'slots' | 'all';
  readonly signal: AbortSignal;
  readonly onHeard?: (heard: Heard) => void;
}

export interface Heard {
  readonly utterance: HeldOutUtterance;
  readonly text: string;
  readonly right: boolean | null;
}

export interface RecogniserRates {
  /** Shares of utterances whose slot was exactly right. */
  readonly yesNo: number;
  readonly dayTime: number;
  readonly phone: number;
  /** At 10 dB noise. */
  readonly emergencyRecall: number;
  readonly humanRecall: number;
  readonly falseAlarms: number;
  /** Words wrong with the graph, and phones wrong without it; null when only slots were judged. */
  readonly wer: number | null;
  readonly phoneErrors: number | null;
  readonly n: Readonly<Record<string, number>>;
  /** Processor seconds per second of audio, with the graph. */
  readonly rtf: number;
}

export interface Lane {
  readonly recognizer: SherpaOnlineRecognizer;
  readonly graph: BuiltGraph | null;
}

/** Sections whose held-out sentences are no emergency and no wish for a human. */
const HARMLESS = ['book', 'change', 'yes', 'no', 'day', 'time', 'daytime', 'name', 'reason', 'faq', 'message', 'small', 'correct', 'robot'] as const;
const NOISE_DB = 10;
const BLOCK_SAMPLES = 160;

export function createLane(options: EvaluateOptions, graph: BuiltGraph | null): Lane {
  const recognizer = new (loadSherpa().OnlineRecognizer)({
    featConfig: { sampleRate: 8000, featureDim: 40 },
    modelConfig: { nemoCtc: { model: join(options.modelDir, 'model.onnx') }, tokens: join(options.modelDir, 'tokens.txt'), numThreads: 1, provider: 'cpu', debug: 0 },
    ...(graph === null ? {} : { ctcFstDecoderConfig: { graph: graph.graphPath, maxActive: MAX_ACTIVE } }),
    enableEndpoint: 0,
  });
  return { recognizer, graph };
}

export function hear(lane: Lane, pcm: Int16Array): string {
  const stream = lane.recognizer.createStream();
  const dither = createDither();
  const samples = dither(pcm);
  for (let at = 0; at < samples.length; at += BLOCK_SAMPLES) {
    stream.acceptWaveform({ sampleRate: 8000, samples: samples.slice(at, at + BLOCK_SAMPLES) });
    while (lane.recognizer.isReady(stream)) lane.recognizer.decodeStreams([stream]);
  }
  stream.acceptWaveform({ sampleRate: 8000, samples: dither(new Int16Array(4000)) });
  while (lane.recognizer.isReady(stream)) lane.recognizer.decodeStreams([stream]);
  const result = lane.recognizer.getResult(stream);
  return lane.graph === null ? (result as { readonly tokens?: readonly string[] }).tokens?.join(' ') ?? '' : decodeWords(result, lane.graph.words).text;
}

function wordErrors(reference: string, text: string): number {
  const [a, b] = [reference.split(' '), text === '' ? [] : text.split(' ')];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, word] of a.entries()) {
    const next = [i + 1];
    for (const [j, other] of b.entries()) next.push(Math.min((row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, (row[j] ?? 0) + (word === other ? 0 : 1)));
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** "a m" and "p m" are written as one word by the recogniser. */
const asWritten = (text: string): string => text.replaceAll(/\b([ap]) m\b/g, '$1m');

export async function evaluateRecogniser(options: EvaluateOptions): Promise<RecogniserRates> {
  const grammarPath = join(options.modelDir, 'grammar.json');
  const grammar = readGrammar(grammarPath);
  const graphs = await buildGraphs({ vocabulary: { words: [], sentences: [], names: [] }, grammarPath, tokensPath: join(options.modelDir, 'tokens.txt'), outDir: join(options.workDir, 'graphs'), signal: options.signal });
  const lanes = new Map([...graphs].map(([expectation, graph]) => [expectation, createLane(options, graph)]));
  const plain = createLane(options, null);
  const n: Record<string, number> = {};
  const errors = { graph: 0, phones: 0, words: 0, phonesSaid: 0 };
  const table = readPhoneTable(join(options.modelDir, 'phones.json'));
  const lexicon = readLexicon(join(options.modelDir, 'lexicon.txt'));
  const phonesOfText = async (text: string): Promise<string> => {
    const words = text.split(' ');
    const said = await pronounce(words, { table, lexicon, signal: options.signal });
    return words.flatMap((word) => said.get(word)?.[0] ?? []).join(' ');
  };
  let audioS = 0;
  let cpuS = 0;
  const speak = (section: string, expectation: Expectation, snrDb: number | null): Promise<readonly HeldOutUtterance[]> =>
    speakHeldOut({ grammar, section, expectation, count: options.count, snrDb, seed: section.length * 1000 + (snrDb ?? 0), cacheDir: join(options.workDir, 'speech'), signal: options.signal });

  const share = async (name: string, sections: readonly string[], expectation: Expectation, judge: (reference: string, text: string) => boolean | null, snrDb: number | null = null): Promise<number> => {
    let right = 0;
    let judged = 0;
    const lane = lanes.get(expectation);
    if (lane === undefined) throw new Error(`no graph for ${expectation}`);
    for (const section of sections) {
      for (const utterance of await speak(section, expectation, snrDb)) {
        const started = process.cpuUsage();
        const text = hear(lane, utterance.pcm);
        const used = process.cpuUsage(started);
        cpuS += (used.user + used.system) / 1e6;
        audioS += utterance.pcm.length / 8000;
        const reference = asWritten(utterance.reference);
        if (snrDb === null && options.depth === 'all') {
          errors.words += reference.split(' ').length;
          errors.graph += wordErrors(reference, text);
          const phones = await phonesOfText(utterance.reference);
          errors.phones += wordErrors(phones, hear(plain, utterance.pcm));
          errors.phonesSaid += phones.split(' ').length;
        }
        const verdict = judge(reference, text);
        options.onHeard?.({ utterance, text, right: verdict });
        if (verdict === null) continue;
        judged += 1;
        if (verdict) right += 1;
      }
    }
    n[name] = judged;
    return judged === 0 ? Number.NaN : right / judged;
  };
  const same = (read: (text: string) => string | null) => (reference: string, text: string): boolean | null => (read(reference) === null ? null : read(reference) === read(text));
  const yesNo = await share('yesNo', ['yes', 'no'], 'confirm', same(yesNoOf));
  const dayTime = await share('dayTime', ['day', 'time', 'daytime'], 'datetime', same(dayTimeOf));
  const phone = await share('phone', ['phone'], 'phone', same(phoneOf));
  if (options.depth === 'all') await share('general', ['book', 'change', 'reason', 'faq', 'message', 'small'], 'general', (reference, text) => reference === text);
  if (options.depth === 'all') await share('name', ['name', 'spell'], 'name', (reference, text) => reference === text);
  const emergencyRecall = await share('emergency', ['emergency'], 'general', (reference, text) => (isEmergency(reference) ? isEmergency(text) : null), NOISE_DB);
  const humanRecall = await share('human', ['human'], 'general', (reference, text) => (wantsHuman(reference) ? wantsHuman(text) : null), NOISE_DB);
  const quiet = await share('falseAlarms', HARMLESS, 'general', (reference, text) => (isEmergency(reference) || wantsHuman(reference) ? null : !isEmergency(text) && !wantsHuman(text)), NOISE_DB);
  const rounded = (value: number): number => Math.round(value * 10_000) / 10_000;
  return {
    yesNo: rounded(yesNo), dayTime: rounded(dayTime), phone: rounded(phone), emergencyRecall: rounded(emergencyRecall), humanRecall: rounded(humanRecall), falseAlarms: rounded(1 - quiet),
    wer: errors.words === 0 ? null : rounded(errors.graph / errors.words), phoneErrors: errors.phonesSaid === 0 ? null : rounded(errors.phones / errors.phonesSaid), n, rtf: rounded(cpuS / audioS),
  };
}

if (import.meta.main) {
  const valueOf = (name: string): string | undefined => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined);
  const root = resolve(import.meta.dirname, '../../..');
  const rates = await evaluateRecogniser({
    modelDir: valueOf('--model') ?? join(root, 'models/starter/stt'),
    workDir: valueOf('--work') ?? join(root, 'var/stt-evaluation'),
    count: Number(valueOf('--count') ?? 40),
    depth: process.argv.includes('--slots') ? 'slots' : 'all',
    signal: new AbortController().signal,
    ...(process.argv.includes('--show') ? { onHeard: (heard: Heard) => process.stderr.write(`${heard.right === null ? ' ' : heard.right ? '+' : '-'} ${heard.utterance.section}: ${heard.utterance.reference} | ${heard.text}\n`) } : {}),
  });
  process.stdout.write(`${JSON.stringify(rates)}\n`);
}
