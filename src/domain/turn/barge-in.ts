/** Voice over the agent's voice: what to do with it. */
export type BargeInDecision = 'ignore' | 'duck' | 'stop';

export interface BargeInInput {
  /** Voiced time of the caller's speech so far, in milliseconds. */
  readonly voicedMs: number;
  /** Recognised so far, without what was an echo of the agent. */
  readonly text: string;
  /** The clause being played may not be interrupted. */
  readonly isProtected: boolean;
}

const DUCK_VOICED_MS = 200;
const STOP_VOICED_MS = 350;
/** Voice this long stops the agent even when nothing was recognised. */
const STOP_WITHOUT_TEXT_MS = 700;
const STOP_WORDS_MIN = 2;
const STOP_WORDS = new Set(['stop', 'wait', 'no', 'human', 'operator', 'help', 'emergency', 'hello', 'sorry', 'pardon']);
const BACKCHANNELS = new Set([
  'mhm',
  'mm',
  'hm',
  'uh',
  'huh',
  'okay',
  'ok',
  'yeah',
  'yes',
  'right',
  'sure',
  'alright',
  'fine',
  'good',
  'i',
  'see',
  'aha',
  'oh',
  'ah',
  'great',
]);

const wordsOf = (text: string): readonly string[] => text.split(' ').filter((word) => word !== '');

/** "mhm", "okay", "I see": signs of listening that do not take the turn. */
export function isBackchannel(text: string): boolean {
  const words = wordsOf(text);
  return words.length <= 3 && words.every((word) => BACKCHANNELS.has(word));
}

/** Duck after 200 ms of voice; stop at 350 ms and two words, one stop word, or 700 ms without text. */
export function decideBargeIn({ voicedMs, text, isProtected }: BargeInInput): BargeInDecision {
  if (isProtected || voicedMs < DUCK_VOICED_MS) return 'ignore';
  if (voicedMs < STOP_VOICED_MS) return 'duck';
  const words = wordsOf(text);
  if (words.some((word) => STOP_WORDS.has(word))) return 'stop';
  if (words.length === 0) return voicedMs >= STOP_WITHOUT_TEXT_MS ? 'stop' : 'duck';
  return words.length >= STOP_WORDS_MIN && !isBackchannel(text) ? 'stop' : 'duck';
}
