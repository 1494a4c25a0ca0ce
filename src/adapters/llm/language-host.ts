import type { ActScore } from '../../domain/dialog/act.ts';
import type { RpcHandler } from '../ipc/rpc.ts';
import type { ActScorer } from './act-scorer.ts';
import { parseScoreRequest, SCORE_ACT } from './language-protocol.ts';

/** The methods that the language process serves. */
export function createLanguageHandlers(scorer: ActScorer): Readonly<Record<string, RpcHandler>> {
  return {
    [SCORE_ACT]: async (params, { signal }): Promise<ActScore> => {
      const { act, probability, margin } = await scorer.score({ ...parseScoreRequest(params), signal });
      return { act, probability, margin };
    },
  };
}
