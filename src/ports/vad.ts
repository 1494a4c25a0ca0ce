/** Voice activity of one stream at 8 kHz. */
export interface VadStream {
  /** Takes 256 new samples (32 ms) in [-1, 1]; returns the probability of speech. Calls must not overlap. */
  process(samples: Float32Array): Promise<number>;
  reset(): void;
}

export interface Vad {
  open(): VadStream;
  close(): Promise<void>;
}
