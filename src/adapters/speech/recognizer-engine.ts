import { invariant } from '../../base/invariant.ts';
import { msToSamples, SAMPLE_RATE_HZ } from '../../base/units.ts';
import { createDither } from '../../audio/dither.ts';
import type { Expectation } from '../../domain/dialog/dialog.ts';
import type { RecognizedText } from '../../ports/recognizer.ts';
import type { BuiltGraph } from './graph/build-graphs.ts';
import { decodeWords } from './graph/decode-words.ts';
import { loadSherpa, type SherpaOnlineRecognizer, type SherpaOnlineStream } from './sherpa.ts';

export interface RecognizerModel {
  /** sherpa-onnx online `nemo_ctc`, 8 kHz, 40 mel bins. */
  readonly model: string;
  readonly tokens: string;
}

const FEATURE_DIM = 40;
/** Paths kept by the graph decoder in each frame. */
export const MAX_ACTIVE = 3000;
/** The model looks 90 ms ahead of a chunk of 160 ms; this much silence brings the last word out. */
const TAIL_MS = 500;
/** Silence before every utterance: a model that has heard nothing yet misses a first word that begins at once. */
const LEAD_MS = 100;
/** Streams decoded in one native call; more wait for the next turn of the loop, so that no call blocks the socket for long. */
const BATCH_STREAMS_MAX = 16;

/** One utterance inside the engine. Audio is 8 kHz signed 16-bit mono. */
export interface EngineStream {
  accept(pcm: Int16Array): void;
  /** Decodes what is left, silence appended, and gives the final text. The stream takes no audio afterwards. */
  finish(): RecognizedText;
  close(): void;
}

export interface RecognizerEngine {
  open(expectation: Expectation, onText: (text: RecognizedText) => void): EngineStream;
  /** Decodes one chunk of every stream that has one; true when more is waiting. Blocks for a few milliseconds. */
  step(): boolean;
}

interface Entry {
  readonly native: SherpaOnlineStream;
  readonly graph: BuiltGraph;
  readonly onText: (text: RecognizedText) => void;
  lastText: string;
}

function readText(recognizer: SherpaOnlineRecognizer, entry: Entry, final: boolean): RecognizedText {
  const { text, lastWordEndMs } = decodeWords(recognizer.getResult(entry.native), entry.graph.words);
  return { text, lastWordEndMs: lastWordEndMs === null ? null : Math.max(0, lastWordEndMs - LEAD_MS), final };
}

function stepRecognizer(recognizer: SherpaOnlineRecognizer, entries: Set<Entry>): boolean {
  const ready: Entry[] = [];
  for (const entry of entries) {
    if (ready.length < BATCH_STREAMS_MAX && recognizer.isReady(entry.native)) ready.push(entry);
  }
  if (ready.length === 0) return false;
  recognizer.decodeStreams(ready.map((entry) => entry.native));
  for (const entry of ready) {
    const text = readText(recognizer, entry, false);
    if (text.text === entry.lastText) continue;
    entry.lastText = text.text;
    entry.onText(text);
  }
  // Those just decoded go to the end, so that every stream has its turn when there are more than fit one batch.
  for (const entry of ready) {
    if (entries.delete(entry)) entries.add(entry);
  }
  return [...entries].some((entry) => recognizer.isReady(entry.native));
}

/**
 * Loads the model once per expectation, each with its own decoding graph. The files must have been verified: the native library
 * ends the process on a bad one.
 */
export function createRecognizerEngine(model: RecognizerModel, graphs: ReadonlyMap<Expectation, BuiltGraph>): RecognizerEngine {
  const sherpa = loadSherpa();
  const lanes = new Map<
    Expectation,
    { readonly recognizer: SherpaOnlineRecognizer; readonly graph: BuiltGraph; readonly entries: Set<Entry> }
  >();
  for (const [expectation, graph] of graphs) {
    const recognizer = new sherpa.OnlineRecognizer({
      featConfig: { sampleRate: SAMPLE_RATE_HZ, featureDim: FEATURE_DIM },
      modelConfig: { nemoCtc: { model: model.model }, tokens: model.tokens, numThreads: 1, provider: 'cpu', debug: 0 },
      ctcFstDecoderConfig: { graph: graph.graphPath, maxActive: MAX_ACTIVE },
      enableEndpoint: 0,
    });
    lanes.set(expectation, { recognizer, graph, entries: new Set() });
  }
  return {
    open: (expectation, onText) => {
      const lane = lanes.get(expectation);
      invariant(lane !== undefined, `there is a graph for ${expectation}`);
      const { recognizer, graph, entries } = lane;
      const entry: Entry = { native: recognizer.createStream(), graph, onText, lastText: '' };
      entries.add(entry);
      const dither = createDither();
      const accept = (pcm: Int16Array): void => entry.native.acceptWaveform({ samples: dither(pcm), sampleRate: SAMPLE_RATE_HZ });
      accept(new Int16Array(msToSamples(LEAD_MS)));
      return {
        accept,
        finish: () => {
          accept(new Int16Array(msToSamples(TAIL_MS)));
          while (recognizer.isReady(entry.native)) recognizer.decodeStreams([entry.native]);
          entries.delete(entry);
          return readText(recognizer, entry, true);
        },
        close: () => entries.delete(entry),
      };
    },
    step: () => {
      let more = false;
      for (const lane of lanes.values()) more = stepRecognizer(lane.recognizer, lane.entries) || more;
      return more;
    },
  };
}
