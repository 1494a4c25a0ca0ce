import { invariant } from '../../base/invariant.ts';
import type { AudioEvent, CallAudio } from '../../ports/call-audio.ts';
import type { Logger } from '../../ports/logger.ts';
import { connectIpc, type IpcClient } from '../ipc/peer.ts';
import type { CallAudioCommand, CallAudioMethod } from './call-audio-protocol.ts';

/** Longest wait for the media process at the start of the daemon; afterwards it reconnects by itself. */
const CONNECT_MS_MAX = 15_000;

function isAudioEvent(message: unknown): message is AudioEvent {
  return typeof message === 'object' && message !== null && 'type' in message && typeof message.type === 'string';
}

/**
 * Port `CallAudio` over the socket of the media process. When that process was lost and is back, `audio.restarted` is told: calls need a
 * new leg. What is sent while it is away is lost, and logged.
 */
export function createCallAudioClient(options: { readonly path: string; readonly log: Logger }): CallAudio {
  const { log } = options;
  let client: IpcClient | null = null;
  const send = (method: CallAudioMethod, ...args: readonly unknown[]): void => {
    const command: CallAudioCommand = { method, args };
    if (client?.send(command) !== true) log.warn('call audio: the media process is away, a command is lost', { method });
  };
  return {
    start: ({ signal, onEvent }) =>
      new Promise((resolve, reject) => {
        invariant(client === null, 'call audio is started once');
        let lost = false;
        const late = setTimeout(() => {
          log.warn('call audio: the media process is not there yet', { path: options.path });
          resolve();
        }, CONNECT_MS_MAX);
        signal.addEventListener(
          'abort',
          () => {
            clearTimeout(late);
            reject(signal.reason instanceof Error ? signal.reason : new Error('cancelled'));
          },
          { once: true },
        );
        client = connectIpc({
          path: options.path,
          signal,
          onMessage: (message) => {
            if (isAudioEvent(message)) onEvent(message);
          },
          onConnected: () => {
            clearTimeout(late);
            resolve();
            if (lost) onEvent({ type: 'audio.restarted' });
          },
          onLost: () => {
            lost = true;
            log.warn('call audio: the media process was lost');
          },
        });
      }),
    open: (call, address) => send('open', call, address),
    expect: (call, expectation) => send('expect', call, expectation),
    prepare: (clauses) => send('prepare', clauses),
    play: (request) => send('play', request),
    stop: (call) => send('stop', call),
    duck: (call, gainDb) => send('duck', call, gainDb),
    finishUtterance: (call) => send('finishUtterance', call),
    discardUtterance: (call) => send('discardUtterance', call),
    close: (call) => send('close', call),
  };
}
