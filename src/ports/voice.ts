/** `now`: a caller waits for it. `prepare`: ahead of need, rendered when nothing else is. */
export type RenderPriority = 'now' | 'prepare';

/** Text to speech: 8 kHz signed 16-bit mono. */
export interface Voice {
  /** Renders one clause; cached by text. `priority` is `now` when absent. Throws `speech_failed`; observes `signal`. */
  render(clause: string, options: { readonly signal: AbortSignal; readonly priority?: RenderPriority }): Promise<Int16Array>;
  close(): Promise<void>;
}
