import type { Link, LinkHandlers } from '../../ports/link.ts';
import type { Logger } from '../../ports/logger.ts';
import type { RenderPriority } from '../../ports/voice.ts';
import { createClauseCache } from './clause-cache.ts';
import type { ClauseDiskCache } from './clause-disk-cache.ts';
import { createRenderQueue } from './render-queue.ts';
import { speakable, type VoiceEngine } from './voice-engine.ts';
import { parseVoiceCommand, type VoiceReport } from './voice-protocol.ts';

/** Twenty minutes of rendered clauses in memory: 19 MB. */
const MEMORY_SAMPLES_MAX = 20 * 60 * 8000;

/** The server side of the voice: memory, then disk, then the model. */
export interface VoiceHost {
  serve(link: Link): LinkHandlers;
}

export function createVoiceHost(options: {
  readonly engine: VoiceEngine;
  readonly disk: ClauseDiskCache;
  readonly logger: Logger;
}): VoiceHost {
  const { engine, disk, logger } = options;
  const memory = createClauseCache(MEMORY_SAMPLES_MAX);
  const queue = createRenderQueue(async (clause) => {
    const pcm = await engine.synthesize(clause);
    memory.set(clause, pcm);
    disk.write(clause, pcm);
    return pcm;
  });
  const render = async (text: string, priority: RenderPriority, signal: AbortSignal): Promise<Int16Array> => {
    const clause = speakable(text);
    const kept = memory.get(clause) ?? disk.read(clause);
    if (kept === null) return queue.render(clause, priority, signal);
    memory.set(clause, kept);
    return kept;
  };
  return {
    serve: (link) => {
      const running = new Map<number, AbortController>();
      const answer = async (id: number, text: string, priority: RenderPriority): Promise<void> => {
        const controller = new AbortController();
        running.set(id, controller);
        try {
          link.sendAudio(id, await render(text, priority, controller.signal));
        } catch (error) {
          const report: VoiceReport = { type: 'failed', id, message: error instanceof Error ? error.message : String(error) };
          link.send(report);
        } finally {
          running.delete(id);
        }
      };
      return {
        onMessage: (message) => {
          const command = parseVoiceCommand(message);
          if (command === null) logger.warn('voice: message not understood');
          else if (command.type === 'cancel') running.get(command.id)?.abort();
          else void answer(command.id, command.text, command.priority);
        },
        onLost: () => {
          for (const controller of running.values()) controller.abort();
        },
      };
    },
  };
}
