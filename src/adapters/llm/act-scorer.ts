import {
  getLlama,
  LlamaLogLevel,
  NoBinaryFoundError,
  type Llama,
  type LlamaContext,
  type LlamaContextSequence,
  type LlamaModel,
  type Token,
} from 'node-llama-cpp';
import { AppError, toAppError } from '../../base/app-error.ts';
import { ACTS, type Act, type ActScore } from '../../domain/dialog/act.ts';
import type { Slot } from '../../domain/utterance/utterance.ts';
import type { Logger } from '../../ports/logger.ts';
import { readActDescription, verifyActModel, type ActDescription, type Asked } from './act-description.ts';
import { clipTurn, normaliseTurn } from './act-prompt.ts';
import { createPool, type Pool } from './sequence-pool.ts';

/** Tokens one sequence can hold; a prompt has at most head + tail + 2. */
const CONTEXT_TOKENS = 256;
/** Turns that may wait for a sequence; one takes a few milliseconds. */
const WAITING_MAX = 64;

/** An act with the calibrated probability of every label. */
export interface ActVerdict extends ActScore {
  readonly all: Readonly<Record<Act, number>>;
}

/** Scores the act of a caller's turn in one pass of the model. Lives in the language process only: native code can end its process. */
export interface ActScorer {
  readonly description: ActDescription;
  /** `signal` is observed until the model runs (a few milliseconds). Throws the abort reason or `speech_failed`. */
  score(turn: { readonly asked: Slot | null; readonly text: string; readonly signal: AbortSignal }): Promise<ActVerdict>;
  /** Scores that run are awaited; native memory is freed. */
  close(): Promise<void>;
}

export interface ActScorerOptions {
  /** The GGUF file. */
  readonly model: string;
  /** Its `act.json`. */
  readonly description: string;
  /** Turns scored side by side; they share one thread. */
  readonly sequences?: number;
  readonly logger?: Logger;
}

interface Vocabulary {
  readonly position: Token;
  readonly asked: Readonly<Record<Asked, Token>>;
  readonly labels: readonly (readonly [Act, Token])[];
}

interface Engine {
  readonly llama: Llama;
  readonly model: LlamaModel;
  readonly context: LlamaContext;
  readonly vocabulary: Vocabulary;
}

async function startLlama(logger: Logger | undefined): Promise<Llama> {
  try {
    // `build: never` and `skipDownload`: a machine without a fitting binary says so instead of compiling or downloading one.
    return await getLlama({
      gpu: false,
      build: 'never',
      skipDownload: true,
      usePrebuiltBinaries: true,
      progressLogs: false,
      maxThreads: 1,
      logLevel: LlamaLogLevel.error,
      logger: (level, message) => logger?.warn('language: llama.cpp', { level, message: message.trim() }),
    });
  } catch (cause) {
    if (cause instanceof NoBinaryFoundError) {
      throw new AppError('program_missing', 'node-llama-cpp has no binary for this machine', { cause });
    }
    throw toAppError(cause, 'process_failed');
  }
}

/** The id of a token that must be one CONTROL token: a caller's words can never contain it. */
function controlToken(model: LlamaModel, text: string): Token {
  const [token, ...rest] = model.tokenize(text, true);
  if (token === undefined || rest.length > 0 || !model.isSpecialToken(token)) {
    throw new AppError('model_corrupt', `the model has no control token ${text}`);
  }
  return token;
}

function vocabularyOf(model: LlamaModel, description: ActDescription): Vocabulary {
  const asked = Object.entries(description.askedTokens).map(([slot, text]) => [slot, controlToken(model, text)]);
  return {
    position: controlToken(model, description.positionToken),
    asked: Object.fromEntries(asked) as Record<Asked, Token>,
    labels: ACTS.map((act) => [act, controlToken(model, description.labelTokens[act])] as const),
  };
}

async function startEngine(options: ActScorerOptions, description: ActDescription): Promise<Engine> {
  const llama = await startLlama(options.logger);
  try {
    // Read into memory rather than mapped: replacing the file must not end a process that uses it.
    const model = await llama.loadModel({ modelPath: options.model, gpuLayers: 0, useMmap: false, checkTensors: true });
    const vocabulary = vocabularyOf(model, description);
    const sequences = options.sequences ?? 2;
    const context = await model.createContext({
      contextSize: CONTEXT_TOKENS,
      sequences,
      batchSize: CONTEXT_TOKENS,
      threads: 1,
    });
    return { llama, model, context, vocabulary };
  } catch (cause) {
    await llama.dispose();
    throw toAppError(cause, 'model_corrupt');
  }
}

function verdictOf(logits: ReadonlyMap<Token, number>, vocabulary: Vocabulary, temperature: number): ActVerdict {
  const scaled = vocabulary.labels.map(([act, token]) => {
    const logit = logits.get(token);
    if (logit === undefined || !Number.isFinite(logit)) throw new AppError('speech_failed', `the model gave no score for ${act}`);
    return { act, value: logit / temperature };
  });
  const highest = Math.max(...scaled.map(({ value }) => value));
  const total = scaled.reduce((sum, { value }) => sum + Math.exp(value - highest), 0);
  const ranked = scaled.map(({ act, value }) => ({ act, probability: Math.exp(value - highest) / total }));
  ranked.sort((a, b) => b.probability - a.probability);
  const [first, second] = ranked;
  if (first === undefined || second === undefined) throw new AppError('speech_failed', 'the model has no labels');
  const all = Object.fromEntries(ranked.map(({ act, probability }) => [act, probability])) as Record<Act, number>;
  return { act: first.act, probability: first.probability, margin: first.probability - second.probability, all };
}

/** A turn without words is nobody's act. */
function silence(): ActVerdict {
  const all = Object.fromEntries(ACTS.map((act) => [act, act === 'other' ? 1 : 0])) as Record<Act, number>;
  return { act: 'other', probability: 1, margin: 1, all };
}

/** Evaluates only what the sequence does not hold yet; a growing transcript costs its new words. */
async function labelLogits(
  sequence: LlamaContextSequence,
  prompt: readonly Token[],
  vocabulary: Vocabulary,
): Promise<ReadonlyMap<Token, number>> {
  await sequence.adaptStateToTokens(prompt.slice(0, -1), false);
  const tokens = vocabulary.labels.map(([, token]) => token);
  const missing = prompt.slice(sequence.nextTokenIndex, -1);
  const results = await sequence.controlledEvaluate([
    ...missing,
    [vocabulary.position, { generateNext: { logits: { filter: { tokens } } } }],
  ]);
  return results.at(-1)?.next.logits ?? new Map<Token, number>();
}

/** Loads the act model. Throws `model_missing`, `model_corrupt`, or `program_missing` without a native binary. */
export async function createActScorer(options: ActScorerOptions): Promise<ActScorer> {
  const description = readActDescription(options.description);
  verifyActModel(options.model, description);
  const engine = await startEngine(options, description);
  const { model, context, vocabulary } = engine;
  const sequences = Array.from({ length: context.totalSequences }, () => context.getSequence());
  const pool: Pool<LlamaContextSequence> = createPool(sequences, WAITING_MAX);
  const running = new Set<Promise<unknown>>();
  let closed = false;

  const evaluate = async (prompt: readonly Token[], signal: AbortSignal): Promise<ActVerdict> => {
    const held = (sequence: LlamaContextSequence): number => sequence.compareContextTokens([...prompt]).firstDifferentIndex;
    const sequence = await pool.borrow(held, { signal });
    try {
      return verdictOf(await labelLogits(sequence, prompt, vocabulary), vocabulary, description.temperature);
    } catch (cause) {
      throw toAppError(cause, 'speech_failed');
    } finally {
      pool.giveBack(sequence);
    }
  };
  return {
    description,
    score: async ({ asked, text, signal }) => {
      if (closed) throw new AppError('speech_failed', 'the act scorer is closed');
      const words = normaliseTurn(text);
      if (words === '') return silence();
      const spoken = clipTurn(model.tokenize(words, false), description.clip);
      const work = evaluate([vocabulary.asked[asked ?? 'none'], ...spoken, vocabulary.position], signal);
      running.add(work);
      return work.finally(() => running.delete(work));
    },
    close: async () => {
      if (closed) return;
      closed = true;
      await Promise.allSettled(running);
      // Ending the process without this aborts it inside llama.cpp.
      await engine.llama.dispose();
    },
  };
}
