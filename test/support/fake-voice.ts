import { AppError } from '../../src/base/app-error.ts';
import type { RenderPriority, Voice } from '../../src/ports/voice.ts';

/** A voice that hums: a tone of 20 ms per character. With `held`, clauses wait until the test releases them. */
export interface FakeVoice extends Voice {
  readonly asked: readonly { readonly clause: string; readonly priority: RenderPriority }[];
  hold(): void;
  release(): void;
}

const SAMPLES_PER_CHARACTER = 160;

export function createFakeVoice(): FakeVoice {
  const asked: { readonly clause: string; readonly priority: RenderPriority }[] = [];
  let gate: Promise<void> = Promise.resolve();
  let open: () => void = () => undefined;
  return {
    asked,
    hold: () => {
      gate = new Promise((resolve) => (open = resolve));
    },
    release: () => open(),
    render: async (clause, { signal, priority }) => {
      asked.push({ clause, priority: priority ?? 'now' });
      if (!/[\p{L}\p{N}]/u.test(clause)) throw new AppError('speech_failed', 'nothing to speak');
      if (signal.aborted) throw new AppError('cancelled', 'not wanted');
      const aborted = new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new AppError('cancelled', 'not wanted')), { once: true });
      });
      aborted.catch(() => undefined);
      await Promise.race([gate, aborted]);
      return Int16Array.from({ length: clause.length * SAMPLES_PER_CHARACTER }, (_, i) =>
        Math.round(6000 * Math.sin((2 * Math.PI * 300 * i) / 8000)),
      );
    },
    close: async () => undefined,
  };
}
