import type { RenderPriority } from '../../ports/voice.ts';

/** To the voice process. The audio of a clause comes back as one audio frame whose stream number is `id`. */
export type VoiceCommand =
  | { readonly type: 'render'; readonly id: number; readonly text: string; readonly priority: RenderPriority }
  | { readonly type: 'cancel'; readonly id: number };

/** From the voice process, when a clause has no audio. */
export interface VoiceReport {
  readonly type: 'failed';
  readonly id: number;
  readonly message: string;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Null for anything that no client of ours sends. */
export function parseVoiceCommand(message: unknown): VoiceCommand | null {
  if (!isRecord(message) || typeof message['id'] !== 'number') return null;
  const id = message['id'];
  if (message['type'] === 'cancel') return { type: 'cancel', id };
  if (message['type'] !== 'render' || typeof message['text'] !== 'string') return null;
  return { type: 'render', id, text: message['text'], priority: message['priority'] === 'prepare' ? 'prepare' : 'now' };
}

/** Null for anything that the voice process does not send. */
export function parseVoiceReport(message: unknown): VoiceReport | null {
  if (!isRecord(message) || message['type'] !== 'failed' || typeof message['id'] !== 'number') return null;
  return { type: 'failed', id: message['id'], message: String(message['message']) };
}
