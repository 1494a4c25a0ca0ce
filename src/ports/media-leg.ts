/**
 * The audio of one call, 8 kHz signed 16-bit mono, in 20 ms frames (160 samples). A leg declares what it can; playout bridges the rest.
 */
export interface MediaLeg {
  readonly capabilities: { readonly marks: boolean; readonly flush: boolean; readonly paces: boolean };
  /** Queues PCM for the caller. Any whole number of frames. */
  send(pcm: Int16Array): void;
  /** Asks to be told (`onMark`) when everything sent before has been played. Only with `capabilities.marks`. */
  mark(id: string): void;
  /** Drops what is queued; un-acknowledged marks never come back. Only with `capabilities.flush`. */
  flush(): void;
  close(): void;
}

export interface MediaLegHandlers {
  readonly onFrame: (pcm: Int16Array) => void;
  readonly onMark: (id: string) => void;
  readonly onClosed: (reason: string) => void;
}
