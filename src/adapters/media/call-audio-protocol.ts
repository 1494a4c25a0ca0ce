import { asCallId, asUtteranceId } from '../../base/ids.ts';
import { EXPECTATIONS } from '../../domain/dialog/dialog.ts';
import type { CallAudio } from '../../ports/call-audio.ts';
import type { LegAddress } from '../../ports/switch.ts';

/** What the daemon asks of the media process: one message per method of `CallAudio`, with its arguments in order. */
export type CallAudioMethod = Exclude<keyof CallAudio, 'start'>;
export interface CallAudioCommand {
  readonly method: CallAudioMethod;
  readonly args: readonly unknown[];
}

type Commands = Omit<CallAudio, 'start'>;

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

function addressOf(value: unknown): LegAddress | null {
  if (typeof value !== 'object' || value === null || !('transport' in value)) return null;
  if (value.transport === 'asterisk_websocket' && 'url' in value && typeof value.url === 'string')
    return { transport: value.transport, url: value.url };
  return value.transport === 'memory' && 'id' in value && typeof value.id === 'string'
    ? { transport: value.transport, id: value.id }
    : null;
}

/** Carries a message out on `target`; false when it is nothing that the daemon sends. */
export function applyCommand(message: unknown, target: Commands): boolean {
  if (typeof message !== 'object' || message === null || !('method' in message) || !('args' in message) || !Array.isArray(message.args))
    return false;
  const [first, second]: readonly unknown[] = message.args;
  if (message.method === 'prepare') {
    target.prepare(textsOf(first));
    return true;
  }
  if (message.method === 'play') {
    const request = (first ?? {}) as { readonly call?: unknown; readonly utterance?: unknown; readonly clauses?: unknown };
    if (typeof request.call !== 'string' || typeof request.utterance !== 'string') return false;
    target.play({ call: asCallId(request.call), utterance: asUtteranceId(request.utterance), clauses: textsOf(request.clauses) });
    return true;
  }
  return typeof first === 'string' && applyToCall(message.method, first, second, target);
}

function applyToCall(method: unknown, id: string, argument: unknown, target: Commands): boolean {
  const call = asCallId(id);
  switch (method) {
    case 'open': {
      const address = addressOf(argument);
      if (address !== null) target.open(call, address);
      return address !== null;
    }
    case 'expect': {
      const expectation = EXPECTATIONS.find((known) => known === argument);
      if (expectation !== undefined) target.expect(call, expectation);
      return expectation !== undefined;
    }
    case 'duck':
      if (typeof argument === 'number') target.duck(call, argument);
      return typeof argument === 'number';
    case 'stop':
    case 'finishUtterance':
    case 'discardUtterance':
    case 'close':
      target[method](call);
      return true;
    default:
      return false;
  }
}
