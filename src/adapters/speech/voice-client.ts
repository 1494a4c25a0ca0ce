import { AppError } from '../../base/app-error.ts';
import type { Link, OpenLink } from '../../ports/link.ts';
import type { Logger } from '../../ports/logger.ts';
import type { RenderPriority, Voice } from '../../ports/voice.ts';
import { createClauseCache } from './clause-cache.ts';
import { parseVoiceReport, type VoiceCommand } from './voice-protocol.ts';

/** Ten minutes of clauses stay with the player: they are spoken without the voice process, also while it is restarted. */
const MEMORY_SAMPLES_MAX = 10 * 60 * 8000;
/** Clauses that may wait for the voice process. */
const WAITING_MAX = 1000;
/** Times a clause is asked for again after the voice process was lost: a text that ends that process must not end it for ever. */
const ASKED_AGAIN_MAX = 2;

interface Waiting {
  readonly command: VoiceCommand;
  readonly resolve: (pcm: Int16Array) => void;
  readonly reject: (error: AppError) => void;
  asked: number;
}

function takeFrom(waiting: Map<number, Waiting>, id: number): Waiting | undefined {
  const found = waiting.get(id);
  waiting.delete(id);
  return found;
}

/** Port `Voice` over a link to the voice process; what waits is asked for again when that process comes back. */
export function createVoiceClient(openLink: OpenLink, logger: Logger): Voice {
  const memory = createClauseCache(MEMORY_SAMPLES_MAX);
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  const settle = (id: number): Waiting | undefined => takeFrom(waiting, id);
  const link: Link = openLink({
    onAudio: (id, pcm) => settle(id)?.resolve(pcm),
    onMessage: (message) => {
      const report = parseVoiceReport(message);
      if (report !== null) settle(report.id)?.reject(new AppError('speech_failed', report.message));
    },
    onConnected: () => {
      for (const entry of waiting.values()) {
        if (link.send(entry.command)) entry.asked += 1;
      }
    },
    onLost: () => {
      logger.warn('voice: link lost', { waiting: waiting.size });
      for (const [id, entry] of waiting) {
        if (entry.asked > ASKED_AGAIN_MAX)
          settle(id)?.reject(new AppError('speech_failed', `the voice was lost ${entry.asked} times over this clause`));
      }
    },
  });
  const ask = (text: string, priority: RenderPriority, signal: AbortSignal): Promise<Int16Array> =>
    new Promise((resolve, reject) => {
      if (waiting.size >= WAITING_MAX) return reject(new AppError('speech_failed', `${WAITING_MAX} clauses wait for the voice`));
      lastId += 1;
      const id = lastId;
      const command: VoiceCommand = { type: 'render', id, text, priority };
      const abort = (): void => {
        if (settle(id) === undefined) return;
        link.send({ type: 'cancel', id } satisfies VoiceCommand);
        reject(new AppError('cancelled', 'the clause is not wanted any more'));
      };
      const entry: Waiting = {
        command,
        asked: 0,
        resolve: (pcm) => {
          signal.removeEventListener('abort', abort);
          resolve(pcm);
        },
        reject: (error) => {
          signal.removeEventListener('abort', abort);
          reject(error);
        },
      };
      waiting.set(id, entry);
      signal.addEventListener('abort', abort, { once: true });
      if (link.send(command)) entry.asked += 1;
      if (signal.aborted) abort();
    });
  return {
    render: async (clause, { signal, priority }) => {
      const kept = memory.get(clause);
      if (kept !== null) return kept;
      const pcm = await ask(clause, priority ?? 'now', signal);
      memory.set(clause, pcm);
      return pcm;
    },
    close: async () => {
      for (const entry of waiting.values()) entry.reject(new AppError('speech_failed', 'the voice was closed'));
      waiting.clear();
      link.close();
    },
  };
}
