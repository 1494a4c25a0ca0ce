import type { TurnEndStrategy } from './endpointing.ts';

const SENTENCE_SILENCE_MS = 450;
const SHORT_SILENCE_MS = 600;
/** A sentence of this many words without a trailing conjunction is usually over. */
const SENTENCE_WORDS_MIN = 4;

/** Words on their own: long enough to be a sentence, or a short remark that gets a little more time. */
export const sentenceComplete: TurnEndStrategy = ({ text }) => {
  const words = text === '' ? 0 : text.split(' ').length;
  if (words === 0) return null;
  return words >= SENTENCE_WORDS_MIN ? SENTENCE_SILENCE_MS : SHORT_SILENCE_MS;
};
