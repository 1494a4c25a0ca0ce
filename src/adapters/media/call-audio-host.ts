import type { AudioEvent, CallAudio } from '../../ports/call-audio.ts';
import type { Logger } from '../../ports/logger.ts';
import { createIpcServer, type Peer } from '../ipc/peer.ts';
import { applyCommand } from './call-audio-protocol.ts';

/** How long calls go on after the daemon was lost: a new daemon opens new legs for those it adopts. */
const ORPHAN_MS_MAX = 10_000;

export interface CallAudioHost {
  /** Tells the daemon; without one the event is dropped. */
  readonly onEvent: (event: AudioEvent) => void;
  close(): Promise<void>;
}

/** The media process's side of the socket. `desk` is made with the event sink, since each needs the other. */
export async function serveCallAudio(options: {
  readonly path: string;
  readonly logger: Logger;
  readonly makeDesk: (onEvent: (event: AudioEvent) => void) => Omit<CallAudio, 'start'> & { closeAll(): void };
}): Promise<CallAudioHost> {
  const peers = new Set<Peer>();
  let orphaned: NodeJS.Timeout | undefined;
  const onEvent = (event: AudioEvent): void => {
    for (const peer of peers) peer.send(event);
  };
  const desk = options.makeDesk(onEvent);
  const server = await createIpcServer({
    path: options.path,
    onPeer: (peer) => {
      peers.add(peer);
      clearTimeout(orphaned);
      return {
        onMessage: (message) => {
          if (!applyCommand(message, desk)) options.logger.warn('media: command not understood');
        },
        onLost: () => {
          peers.delete(peer);
          if (peers.size > 0) return;
          orphaned = setTimeout(() => {
            options.logger.warn('media: the daemon did not come back, calls are closed');
            desk.closeAll();
          }, ORPHAN_MS_MAX);
        },
      };
    },
  });
  return {
    onEvent,
    close: () => {
      clearTimeout(orphaned);
      desk.closeAll();
      return server.close();
    },
  };
}
