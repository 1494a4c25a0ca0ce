// Word error rate of the starter voice through G.711 and the starter recogniser. Run from the repository:
// bin/node models/training/voice/evaluate.ts [VOICE_DIR [RECOGNISER_DIR [GRAPH]]] [--verbose]
// Prints one JSON line { wer, referenceWer, n, rtf }. The recogniser never heard this voice's teacher; referenceWer is what it makes of the
// teacher itself (Festival), the ceiling; it is null where Festival is not installed.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { loadSherpa, type Sherpa, type SherpaOfflineTts } from '../../../src/adapters/speech/sherpa.ts';
import { decodeMulaw, encodeMulaw } from '../../../src/audio/g711.ts';

/**
 * Where the parts lie; every path but the data of espeak-ng has a default in the repository. `limit` takes only the first sentences.
 * Without the graph file (by default `graph.fst` beside the model) the recogniser decodes greedily, letter by letter.
 */
export interface EvaluationOptions {
  readonly voiceDir?: string;
  readonly recogniserDir?: string;
  readonly graphFile?: string;
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
function telephone(samples: Float32Array): Float32Array {
  const pcm = Int16Array.from(samples, (sample) => Math.round(Math.max(-1, Math.min(1, sample)) * 32767));
  const line = new Float32Array(LEAD_SILENCE_SAMPLES + samples.length + TAIL_SILENCE_SAMPLES);
  line.set(
    Float32Array.from(decodeMulaw(encodeMulaw(pcm)), (sample) => sample / 32768),
    LEAD_SILENCE_SAMPLES,
  );
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

function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .replace(/[^a-z' ]/g, ' ')
    .split(' ')
    .filter((word) => word !== '');
}

/** The words of a graph by id, where the recogniser's folder lists them. */
function wordTable(graphFile: string): ReadonlyMap<number, string> {
  const file = join(dirname(graphFile), 'words.txt');
  if (!existsSync(file)) return new Map();
  const rows = readFileSync(file, 'utf8').trimEnd().split('\n');
  return new Map(rows.map((row) => [Number(row.split(' ')[1]), row.split(' ')[0] ?? '']));
}

function createTranscriber(
  sherpa: Sherpa,
  recogniserDir: string,
  graphFile: string,
): (samples: Float32Array) => string {
  const recogniser = new sherpa.OnlineRecognizer({
    featConfig: { sampleRate: SAMPLE_RATE_HZ, featureDim: 40 },
    modelConfig: {
      nemoCtc: { model: join(recogniserDir, 'model.onnx') },
      tokens: join(recogniserDir, 'tokens.txt'),
      numThreads: 1,
      provider: 'cpu',
      debug: 0,
    },
    enableEndpoint: 0,
    ...(existsSync(graphFile) ? { ctcFstDecoderConfig: { graph: graphFile, maxActive: 3000 } } : {}),
  });
  const words = wordTable(graphFile);
  return (samples) => {
    const line = telephone(samples);
    const stream = recogniser.createStream();
    for (let at = 0; at < line.length; at += PACKET_SAMPLES) {
      stream.acceptWaveform({ sampleRate: SAMPLE_RATE_HZ, samples: line.subarray(at, at + PACKET_SAMPLES) });
      while (recogniser.isReady(stream)) recogniser.decodeStreams([stream]);
    }
    const result = recogniser.getResult(stream);
    const fromGraph = result.words.map((id) => words.get(id) ?? '').join(' ');
    return wordsOf(words.size > 0 ? fromGraph : result.text).join(' ');
  };
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
      audio.push(
        Float32Array.from(new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2), (sample) => sample / 32768),
      );
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
  const transcribe = createTranscriber(sherpa, recogniserDir, options.graphFile ?? join(recogniserDir, 'graph.fst'));
  const sentences = readFileSync(join(here, 'evaluation-sentences.txt'), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(0, options.limit);
  const references = options.withReference === false ? null : await teacherAudio(sentences);
  let [errors, referenceErrors, words, synthesisMs, audioMs] = [0, 0, 0, 0, 0];
  for (const [k, text] of sentences.entries()) {
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
    const heard = transcribe(samples);
    const teacher = references?.[k];
    const heardFromTeacher = teacher === undefined ? null : transcribe(teacher);
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
  const [voiceDir, recogniserDir, graphFile] = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
  const verbose = process.argv.includes('--verbose');
  const result = await evaluateVoice({
    ...(voiceDir === undefined ? {} : { voiceDir }),
    ...(recogniserDir === undefined ? {} : { recogniserDir }),
    ...(graphFile === undefined ? {} : { graphFile }),
    onSentence: (line) => {
      if (verbose) process.stderr.write(`${line.reference} | ${line.voice} | ${line.teacher ?? ''}\n`);
    },
  });
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
