// Word error rate of the starter voice through G.711 and the starter recogniser. Run from the repository:
// bin/node models/training/voice/evaluate.ts [VOICE_DIR [RECOGNISER_DIR]] [--verbose]
// Prints one JSON line { wer, referenceWer, n, rtf }. The recogniser never heard this voice's teacher; referenceWer is what it makes of the
// teacher itself (Festival), the ceiling; it is null where Festival is not installed.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildGraphs } from '../../../src/adapters/speech/graph/build-graphs.ts';
import { createRecognizerEngine } from '../../../src/adapters/speech/recognizer-engine.ts';
import { loadSherpa, type Sherpa, type SherpaOfflineTts } from '../../../src/adapters/speech/sherpa.ts';
import { EXPECTATIONS, type Expectation } from '../../../src/domain/dialog/dialog.ts';
import { decodeMulaw, encodeMulaw } from '../../../src/audio/g711.ts';
import { fromLittleEndian, toFloat32, toInt16 } from '../../../src/audio/sample.ts';

/**
 * Where the parts lie; every path but the data of espeak-ng has a default in the repository. `limit` takes only the first sentences.
 * `workDir` keeps the decoding graph between runs (`var/voice-evaluation`).
 */
export interface EvaluationOptions {
  readonly voiceDir?: string;
  readonly recogniserDir?: string;
  readonly workDir?: string;
  readonly dataDir?: string;
  readonly limit?: number;
  readonly withReference?: boolean;
  readonly onSentence?: (line: {
    readonly reference: string;
    readonly voice: string;
    readonly teacher: string | null;
  }) => void;
}

/** `wer` and `referenceWer` are shares of reference words, `rtf` is synthesis time over audio time on one thread. */
export interface Evaluation {
  readonly wer: number;
  readonly referenceWer: number | null;
  readonly n: number;
  readonly rtf: number;
}

const SAMPLE_RATE_HZ = 8000;
const PACKET_SAMPLES = 160;
const LEAD_SILENCE_SAMPLES = 2400;
const TAIL_SILENCE_SAMPLES = 4800;
const here = import.meta.dirname;

/** The samples as they leave a telephone line: 16 bit, through mu-law and back, with silence around. */
function telephone(samples: Float32Array): Int16Array {
  const line = new Int16Array(LEAD_SILENCE_SAMPLES + samples.length + TAIL_SILENCE_SAMPLES);
  line.set(decodeMulaw(encodeMulaw(toInt16(samples))), LEAD_SILENCE_SAMPLES);
  return line;
}

/** Levenshtein distance in words. */
export function wordErrors(reference: readonly string[], hypothesis: readonly string[]): number {
  let row = Array.from({ length: hypothesis.length + 1 }, (_, k) => k);
  for (const [i, word] of reference.entries()) {
    const next = [i + 1];
    for (const [j, heard] of hypothesis.entries()) {
      const substituted = (row[j] ?? 0) + (word === heard ? 0 : 1);
      next.push(Math.min(substituted, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[hypothesis.length] ?? 0;
}

/** Lower-case words; "a m" and "p m" are one word, as the recogniser writes them. */
function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .replace(/[^a-z' ]/g, ' ')
    .replaceAll(/\b([ap]) m\b/g, '$1m')
    .split(' ')
    .filter((word) => word !== '');
}

type Transcribe = (samples: Float32Array, expectation: Expectation) => string;

/** The product's recogniser: one graph of the caller grammar per expectation, without a practice's own words. */
async function createTranscriber(recogniserDir: string, workDir: string): Promise<Transcribe> {
  const tokens = join(recogniserDir, 'tokens.txt');
  const graphs = await buildGraphs({
    vocabulary: { words: [], sentences: [], names: [] },
    grammarPath: join(recogniserDir, 'grammar.json'),
    tokensPath: tokens,
    outDir: join(workDir, 'graphs'),
    signal: new AbortController().signal,
  });
  const engine = createRecognizerEngine({ model: join(recogniserDir, 'model.onnx'), tokens }, graphs);
  return (samples, expectation) => {
    const line = telephone(samples);
    const stream = engine.open(expectation, () => {});
    for (let at = 0; at < line.length; at += PACKET_SAMPLES) {
      stream.accept(line.subarray(at, at + PACKET_SAMPLES));
      while (engine.step());
    }
    return wordsOf(stream.finish().text).join(' ');
  };
}

interface Sentence {
  readonly expectation: Expectation;
  readonly text: string;
}

/** The evaluation sentences: what the agent expects when it hears one, a tab, the text. */
function readSentences(): Sentence[] {
  const rows = readFileSync(join(here, 'evaluation-sentences.tsv'), 'utf8').trimEnd().split('\n');
  return rows.map((row) => {
    const [name, text] = row.split('\t');
    const expectation = EXPECTATIONS.find((known) => known === name);
    if (expectation === undefined || text === undefined) throw new Error(`not an evaluation sentence: ${row}`);
    return { expectation, text };
  });
}

/** The teacher's own audio of the sentences at 8 kHz, or null where Festival or sox is missing. */
async function teacherAudio(sentences: readonly string[]): Promise<Float32Array[] | null> {
  if (
    !['/usr/bin/festival', '/usr/bin/sox', '/usr/share/festival/voices/us/cmu_us_slt_arctic_hts'].every((path) =>
      existsSync(path),
    )
  )
    return null;
  const run = promisify(execFile);
  const folder = mkdtempSync(join(tmpdir(), 'voice-reference-'));
  try {
    const lines = sentences.map(
      (text, k) => `(utt.save.wave (SynthText "${text.replaceAll('"', '')}") "${folder}/${k}.32k.wav" 'riff)`,
    );
    writeFileSync(join(folder, 'say.scm'), ['(voice_cmu_us_slt_arctic_hts)', ...lines].join('\n'));
    await run('/usr/bin/festival', ['-b', join(folder, 'say.scm')]);
    const audio: Float32Array[] = [];
    for (const k of sentences.keys()) {
      await run('/usr/bin/sox', [
        `${folder}/${k}.32k.wav`,
        '-r',
        String(SAMPLE_RATE_HZ),
        '-e',
        'signed',
        '-b',
        '16',
        `${folder}/${k}.raw`,
      ]);
      const bytes = readFileSync(`${folder}/${k}.raw`);
      audio.push(toFloat32(fromLittleEndian(bytes)));
    }
    return audio;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function createVoice(sherpa: Sherpa, voiceDir: string, dataDir: string): Promise<SherpaOfflineTts> {
  return sherpa.OfflineTts.createAsync({
    model: {
      vits: { model: join(voiceDir, 'voice.onnx'), tokens: join(voiceDir, 'tokens.txt'), dataDir },
      numThreads: 1,
      provider: 'cpu',
      debug: 0,
    },
    maxNumSentences: 1,
  });
}

/** Speaks the evaluation sentences, sends them through G.711 mu-law and counts the recogniser's word errors. */
export async function evaluateVoice(options: EvaluationOptions = {}): Promise<Evaluation> {
  const recogniserDir = options.recogniserDir ?? join(here, '../../starter/stt');
  const sherpa = loadSherpa();
  const voice = await createVoice(
    sherpa,
    options.voiceDir ?? join(here, '../../starter/voice'),
    options.dataDir ?? '/usr/lib/x86_64-linux-gnu/espeak-ng-data',
  );
  const transcribe = await createTranscriber(
    recogniserDir,
    options.workDir ?? join(here, '../../../var/voice-evaluation'),
  );
  const sentences = readSentences().slice(0, options.limit);
  const references = options.withReference === false ? null : await teacherAudio(sentences.map(({ text }) => text));
  let [errors, referenceErrors, words, synthesisMs, audioMs] = [0, 0, 0, 0, 0];
  for (const [k, { text, expectation }] of sentences.entries()) {
    const began = performance.now();
    const { samples } = await voice.generateAsync({
      text,
      sid: 0,
      speed: 1,
      enableExternalBuffer: false,
      generationConfig: { silenceScale: 1 },
    });
    synthesisMs += performance.now() - began;
    audioMs += (samples.length / SAMPLE_RATE_HZ) * 1000;
    const reference = wordsOf(text);
    const heard = transcribe(samples, expectation);
    const teacher = references?.[k];
    const heardFromTeacher = teacher === undefined ? null : transcribe(teacher, expectation);
    words += reference.length;
    errors += wordErrors(reference, heard.split(' '));
    referenceErrors += heardFromTeacher === null ? 0 : wordErrors(reference, heardFromTeacher.split(' '));
    options.onSentence?.({ reference: reference.join(' '), voice: heard, teacher: heardFromTeacher });
  }
  const rounded = (value: number): number => Number(value.toFixed(4));
  return {
    wer: rounded(errors / words),
    referenceWer: references === null ? null : rounded(referenceErrors / words),
    n: sentences.length,
    rtf: rounded(synthesisMs / audioMs),
  };
}

if (import.meta.main) {
  const [voiceDir, recogniserDir] = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
  const verbose = process.argv.includes('--verbose');
  const result = await evaluateVoice({
    ...(voiceDir === undefined ? {} : { voiceDir }),
    ...(recogniserDir === undefined ? {} : { recogniserDir }),
    onSentence: (line) => {
      if (verbose) process.stderr.write(`${line.reference} | ${line.voice} | ${line.teacher ?? ''}\n`);
    },
  });
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
