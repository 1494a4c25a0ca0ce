import { EXPECTATIONS, type Expectation } from '../../domain/dialog/dialog.ts';

/** To the recogniser process, beside audio frames; `stream` is chosen by the client and lives until `close` or the loss of the link. */
export type RecognizerCommand =
  | { readonly type: 'open'; readonly stream: number; readonly expectation: Expectation }
  | { readonly type: 'finish'; readonly stream: number }
  | { readonly type: 'close'; readonly stream: number };

/** From the recogniser process. */
export type RecognizerReport =
  | {
      readonly type: 'text';
      readonly stream: number;
      readonly text: string;
      readonly final: boolean;
      readonly lastWordEndMs: number | null;
    }
  | { readonly type: 'failed'; readonly stream: number; readonly message: string };

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Null for anything that no client of ours sends. */
export function parseCommand(message: unknown): RecognizerCommand | null {
  if (!isRecord(message) || typeof message['stream'] !== 'number') return null;
  const stream = message['stream'];
  if (message['type'] === 'finish' || message['type'] === 'close') return { type: message['type'], stream };
  const expectation = EXPECTATIONS.find((known) => known === message['expectation']);
  return message['type'] === 'open' && expectation !== undefined ? { type: 'open', stream, expectation } : null;
}

/** Null for anything that the recogniser process does not send. */
export function parseReport(message: unknown): RecognizerReport | null {
  if (!isRecord(message) || typeof message['stream'] !== 'number') return null;
  const stream = message['stream'];
  if (message['type'] === 'failed') return { type: 'failed', stream, message: String(message['message']) };
  if (message['type'] !== 'text' || typeof message['text'] !== 'string') return null;
  const lastWordEndMs = message['lastWordEndMs'];
  return {
    type: 'text',
    stream,
    text: message['text'],
    final: message['final'] === true,
    lastWordEndMs: typeof lastWordEndMs === 'number' ? lastWordEndMs : null,
  };
}
