import type { Expectation } from '../domain/dialog/dialog.ts';

/** Words recognised so far in one utterance. Times are milliseconds from the first sample fed. */
export interface RecognizedText {
  readonly text: string;
  readonly final: boolean;
  /** End of the last word, or null when the model gives none. */
  readonly lastWordEndMs: number | null;
}

/** One utterance being recognised. 8 kHz, signed 16-bit mono. */
export interface RecognizerStream {
  feed(pcm: Int16Array): void;
  /** Asks for the final text; it arrives through `onText` with `final: true`, or the promise rejects with `speech_failed`. */
  finish(options: { readonly signal: AbortSignal }): Promise<RecognizedText>;
  close(): void;
}

export interface Recognizer {
  /** `onText` is called with every changed partial. A recogniser that was restarted is fed again from `feed`'s buffer by the adapter. */
  open(options: { readonly expectation: Expectation; readonly onText: (text: RecognizedText) => void }): RecognizerStream;
  close(): Promise<void>;
}
