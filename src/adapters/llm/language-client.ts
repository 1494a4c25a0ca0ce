import { AppError, isAppError } from '../../base/app-error.ts';
import type { Language } from '../../ports/language.ts';
import { createRpcClient } from '../ipc/rpc.ts';
import { TURN_CHARACTERS_MAX } from './act-prompt.ts';
import { parseActScore, SCORE_ACT } from './language-protocol.ts';

/** How long the dialog waits for an act before it goes on without one, in milliseconds; a score takes a few. */
export const SCORE_MS_MAX = 250;

/** Port `Language` over the socket of the language process. While that process is away every score fails at once. */
export function createLanguageClient(options: { readonly path: string; readonly signal: AbortSignal }): Language {
  const rpc = createRpcClient({ path: options.path, signal: options.signal });
  return {
    scoreAct: async ({ asked, text }, { signal }) => {
      const params = { asked, text: text.slice(0, TURN_CHARACTERS_MAX) };
      try {
        return parseActScore(await rpc.call(SCORE_ACT, params, { signal, limitMs: SCORE_MS_MAX }));
      } catch (cause) {
        if (signal.aborted || (isAppError(cause) && cause.code === 'timed_out')) throw cause;
        throw new AppError('speech_failed', 'the act could not be scored', { cause });
      }
    },
    close: async () => rpc.close(),
  };
}
