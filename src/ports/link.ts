/** A connection between two processes of the product: small typed messages, and audio by stream number. Sending to a lost peer returns false. */
export interface Link {
  send(message: unknown): boolean;
  /** 8 kHz signed 16-bit mono. */
  sendAudio(stream: number, pcm: Int16Array): boolean;
  close(): void;
}

export interface LinkHandlers {
  readonly onMessage: (message: unknown) => void;
  readonly onAudio?: (stream: number, pcm: Int16Array) => void;
  /** The connection stands, for the first time or again; a server has forgotten what was sent before. */
  readonly onConnected?: () => void;
  readonly onLost?: () => void;
}

/** Opens a link that keeps reconnecting by itself until it is closed. */
export type OpenLink = (handlers: LinkHandlers) => Link;
