import type { TurnEndStrategy } from './endpointing.ts';

/** Words after which an English sentence goes on. */
const CONTINUING = new Set([
  'and',
  'or',
  'but',
  'because',
  'so',
  'with',
  'for',
  'to',
  'at',
  'on',
  'in',
  'the',
  'a',
  'an',
  'my',
  'is',
  'um',
  'uh',
  'er',
  'like',
  'maybe',
  'from',
  'about',
  'of',
  'next',
  'this',
]);
const TRAILING_SILENCE_MS = 1200;

/** A sentence that breaks off at a conjunction, an article or a filler is not over. */
export const trailingWord: TurnEndStrategy = ({ text }) => {
  const last = text.split(' ').at(-1) ?? '';
  return CONTINUING.has(last) ? TRAILING_SILENCE_MS : null;
};
