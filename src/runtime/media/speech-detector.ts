import { gainToDb, rms } from '../../audio/level.ts';
import { samplesToMs } from '../../base/units.ts';

/** Probability above which a window counts towards the beginning of speech, and below which it does not belong to speech any more. */
const ON_PROBABILITY = 0.6;
const OFF_PROBABILITY = 0.35;
/** Windows of 32 ms in a row that make a beginning. */
const ON_WINDOWS = 3;
/** Silence after which speech has ended, in windows: 96 ms. The daemon's own timers begin after it. */
const OFF_WINDOWS = 3;
/** The model's probability outlasts a voice by a window or two; what is this far below the loudest of the utterance is not voice. */
const TAIL_DB = 30;
const BLOCK_SAMPLES = 64;
/** Voiced times that are reported. */
export const VOICED_MILESTONES_MS = [200, 350, 500, 700] as const;

export type SpeechSign =
  | { readonly type: 'started'; readonly atMs: number }
  | { readonly type: 'voiced'; readonly atMs: number; readonly voicedMs: number }
  | { readonly type: 'ended'; readonly atMs: number; readonly decidedAtMs: number };

/** One window of audio (256 samples) as it was judged. `startMs` is its position in the stream. */
export interface JudgedWindow {
  readonly startMs: number;
  readonly pcm: Int16Array;
  readonly probability: number;
  /** False when the window may be the agent's own echo: it then counts as silence. */
  readonly admitted: boolean;
}

/** Makes beginnings and ends of speech out of probabilities. Pure but for its own state. */
export interface SpeechDetector {
  judge(window: JudgedWindow): readonly SpeechSign[];
  speaking(): boolean;
  /** Forgets the speech in progress without a sign. */
  reset(): void;
}

interface Speech {
  windows: number;
  silentWindows: number;
  voicedEndMs: number;
  peakDb: number;
  milestone: number;
}

/** Position of the end of the last block of a window that is voice, or null when none is. */
function voicedEnd(window: JudgedWindow, floorDb: number): number | null {
  for (let at = window.pcm.length - BLOCK_SAMPLES; at >= 0; at -= BLOCK_SAMPLES) {
    if (gainToDb(rms(window.pcm.subarray(at, at + BLOCK_SAMPLES))) >= floorDb) return window.startMs + samplesToMs(at + BLOCK_SAMPLES);
  }
  return null;
}

function passedMilestones(speech: Speech, windowMs: number, atMs: number): SpeechSign[] {
  const signs: SpeechSign[] = [];
  for (;;) {
    const next = VOICED_MILESTONES_MS[speech.milestone];
    if (next === undefined || speech.windows * windowMs < next) return signs;
    speech.milestone += 1;
    signs.push({ type: 'voiced', atMs, voicedMs: next });
  }
}

export function createSpeechDetector(): SpeechDetector {
  let onset: { readonly startMs: number; windows: number; peakDb: number } | null = null;
  let speech: Speech | null = null;
  const begin = (window: JudgedWindow, windowMs: number, endMs: number): readonly SpeechSign[] => {
    if (!window.admitted || window.probability <= ON_PROBABILITY) {
      onset = null;
      return [];
    }
    onset ??= { startMs: window.startMs, windows: 0, peakDb: -Infinity };
    onset.windows += 1;
    onset.peakDb = Math.max(onset.peakDb, gainToDb(rms(window.pcm)));
    if (onset.windows < ON_WINDOWS) return [];
    speech = { windows: onset.windows, silentWindows: 0, voicedEndMs: endMs, peakDb: onset.peakDb, milestone: 0 };
    const started: SpeechSign = { type: 'started', atMs: onset.startMs };
    onset = null;
    return [started, ...passedMilestones(speech, windowMs, endMs)];
  };
  const go = (current: Speech, window: JudgedWindow, windowMs: number, endMs: number): readonly SpeechSign[] => {
    current.peakDb = Math.max(current.peakDb, gainToDb(rms(window.pcm)));
    const voicedEndMs = window.admitted && window.probability >= OFF_PROBABILITY ? voicedEnd(window, current.peakDb - TAIL_DB) : null;
    if (voicedEndMs !== null) {
      current.voicedEndMs = voicedEndMs;
      current.silentWindows = 0;
      current.windows += 1;
      return passedMilestones(current, windowMs, endMs);
    }
    current.silentWindows += 1;
    if (current.silentWindows < OFF_WINDOWS) return [];
    speech = null;
    return [{ type: 'ended', atMs: current.voicedEndMs, decidedAtMs: endMs }];
  };
  return {
    judge: (window) => {
      const windowMs = samplesToMs(window.pcm.length);
      const endMs = window.startMs + windowMs;
      return speech === null ? begin(window, windowMs, endMs) : go(speech, window, windowMs, endMs);
    },
    speaking: () => speech !== null,
    reset: () => {
      onset = null;
      speech = null;
    },
  };
}
