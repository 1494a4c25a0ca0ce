import { createRequire } from 'node:module';

/** The part of sherpa-onnx-node 1.13 that the product uses; the package has no types of its own. */
export interface SherpaOnlineStream {
  acceptWaveform(audio: { readonly samples: Float32Array; readonly sampleRate: number }): void;
}

export interface SherpaOnlineResult {
  /** Word ids of the decoding graph; empty without one. */
  readonly words: readonly number[];
  /** Start of each token, in seconds. */
  readonly timestamps: readonly number[];
}

export interface SherpaOnlineRecognizer {
  createStream(): SherpaOnlineStream;
  isReady(stream: SherpaOnlineStream): boolean;
  decodeStreams(streams: readonly SherpaOnlineStream[]): void;
  getResult(stream: SherpaOnlineStream): SherpaOnlineResult;
}

export interface SherpaOfflineTts {
  readonly sampleRate: number;
  generateAsync(request: {
    readonly text: string;
    readonly sid: number;
    readonly speed: number;
    readonly enableExternalBuffer: boolean;
    readonly generationConfig: { readonly silenceScale: number };
  }): Promise<{ readonly samples: Float32Array; readonly sampleRate: number }>;
}

export interface Sherpa {
  readonly OnlineRecognizer: new (config: unknown) => SherpaOnlineRecognizer;
  readonly OfflineTts: { createAsync(config: unknown): Promise<SherpaOfflineTts> };
}

/** Loads the native library; it may end the whole process on bad input, so only speech processes call this. */
export function loadSherpa(): Sherpa {
  return createRequire(import.meta.url)('sherpa-onnx-node') as Sherpa;
}
