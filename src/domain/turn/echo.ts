const ECHO_SHARE_MIN = 0.7;
const ECHO_WORDS_MIN = 2;

const wordsOf = (text: string): readonly string[] =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z' ]/g, ' ')
    .split(' ')
    .filter((word) => word !== '');

/** True when most of what was heard are the agent's own words coming back over the line. */
export function isEcho(heard: string, spoken: string): boolean {
  const words = wordsOf(heard);
  if (words.length < ECHO_WORDS_MIN) return false;
  const own = new Set(wordsOf(spoken));
  return words.filter((word) => own.has(word)).length / words.length >= ECHO_SHARE_MIN;
}
