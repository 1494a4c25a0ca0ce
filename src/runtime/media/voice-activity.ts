import { createBlockCutter } from '../../audio/framing.ts';
import { rms } from '../../audio/level.ts';
import { toFloat32 } from '../../audio/sample.ts';
import { samplesToMs } from '../../base/units.ts';
import type { VadStream } from '../../ports/vad.ts';
import type { EchoGate } from './echo-gate.ts';
import { createSpeechDetector, type SpeechSign } from './speech-detector.ts';

const WINDOW_SAMPLES = 256;
/** Windows that may wait for the model (half a second); beyond it the oldest are skipped and counted. */
const WAITING_WINDOWS_MAX = 16;

interface WaitingWindow {
  readonly startMs: number;
  readonly pcm: Int16Array;
  readonly outbound: number;
}

export interface VoiceActivityOptions {
  readonly vad: VadStream;
  readonly gate: EchoGate;
  /** Loudest level of what the caller can be hearing right now, as a share of full scale; 0 when the agent has been silent for a while. */
  readonly outbound: () => number;
  readonly onSign: (sign: SpeechSign) => void;
  readonly onFailure: (error: unknown) => void;
}

/** Voice activity of one call: 20 ms frames in, signs of speech out, in order. */
export interface VoiceActivity {
  /** `positionMs`: position of the first sample of the frame. */
  push(pcm: Int16Array, positionMs: number): void;
  speaking(): boolean;
  /** Forgets speech in progress and what the model remembers. */
  reset(): void;
  skippedWindows(): number;
}

export function createVoiceActivity(options: VoiceActivityOptions): VoiceActivity {
  const { vad, gate } = options;
  const detector = createSpeechDetector();
  const waiting: WaitingWindow[] = [];
  let windowStartMs = 0;
  let running = false;
  let resetWanted = false;
  let skipped = 0;
  const judge = (window: WaitingWindow, probability: number): void => {
    const inbound = rms(window.pcm);
    if (window.outbound > 0 && !detector.speaking()) gate.learn(inbound, window.outbound);
    for (const sign of detector.judge({
      startMs: window.startMs,
      pcm: window.pcm,
      probability,
      admitted: gate.admits(inbound, window.outbound),
    }))
      options.onSign(sign);
  };
  const run = async (): Promise<void> => {
    running = true;
    for (let window = waiting.shift(); window !== undefined; window = waiting.shift()) {
      if (resetWanted) vad.reset();
      resetWanted = false;
      try {
        const probability = await vad.process(toFloat32(window.pcm));
        // A reset that came meanwhile also forgets this window.
        if (!resetWanted) judge(window, probability);
      } catch (error) {
        options.onFailure(error);
      }
    }
    running = false;
  };
  const cutter = createBlockCutter(WINDOW_SAMPLES, (pcm) => {
    if (waiting.length >= WAITING_WINDOWS_MAX) {
      waiting.shift();
      skipped += 1;
    }
    waiting.push({ startMs: windowStartMs, pcm, outbound: options.outbound() });
    windowStartMs += samplesToMs(WINDOW_SAMPLES);
    if (!running) void run();
  });
  let pushedMs = 0;
  return {
    push: (pcm, positionMs) => {
      if (positionMs !== pushedMs) {
        cutter.clear();
        windowStartMs = positionMs;
      }
      pushedMs = positionMs + samplesToMs(pcm.length);
      cutter.push(pcm);
    },
    speaking: () => detector.speaking(),
    reset: () => {
      detector.reset();
      waiting.length = 0;
      resetWanted = true;
    },
    skippedWindows: () => skipped,
  };
}
