import { z } from 'zod';
import { AppError } from '../../base/app-error.ts';
import { ACTS, type ActScore } from '../../domain/dialog/act.ts';
import { SLOTS, type Slot } from '../../domain/utterance/utterance.ts';
import { TURN_CHARACTERS_MAX } from './act-prompt.ts';

/** The one method of the language process. */
export const SCORE_ACT = 'score_act';

/** A turn to be scored, as it crosses the socket. */
export interface ScoreRequest {
  readonly asked: Slot | null;
  readonly text: string;
}

const requestSchema = z.object({ asked: z.enum(SLOTS).nullable(), text: z.string().max(TURN_CHARACTERS_MAX) });
const share = z.number().min(0).max(1);
const scoreSchema = z.object({ act: z.enum(ACTS), probability: share, margin: share });

/** Throws `usage` for anything that no client of ours sends. */
export function parseScoreRequest(params: unknown): ScoreRequest {
  const parsed = requestSchema.safeParse(params);
  if (!parsed.success) throw new AppError('usage', `${SCORE_ACT}: not a turn`);
  return parsed.data;
}

/** Throws `speech_failed` for anything that the language process does not send. */
export function parseActScore(result: unknown): ActScore {
  const parsed = scoreSchema.safeParse(result);
  if (!parsed.success) throw new AppError('speech_failed', 'the language process answered with something that is no score');
  return parsed.data;
}
