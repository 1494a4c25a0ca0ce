/** Text to speech: 8 kHz signed 16-bit mono. */
export interface Voice {
  /** Renders one clause; cached by text. Throws `speech_failed`. */
  render(clause: string, options: { readonly signal: AbortSignal }): Promise<Int16Array>;
  close(): Promise<void>;
}
