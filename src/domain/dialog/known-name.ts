import { distance } from './language/en/words.ts';

/** Of the letters of a last name, one in so many may have been heard wrong. */
const LETTERS_PER_MISTAKE = 4;

/** Small letters without accents: what a recogniser of another language may write. */
const folded = (name: string): readonly string[] =>
  name
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll('ß', 'ss')
    .toLowerCase()
    .split(/[^\p{L}']+/u)
    .filter((word) => word !== '');

/** First names have to agree: "Martin" and "Martina" may share a telephone. Of the last name a letter may differ. */
function isHeardAs(heard: readonly string[], known: readonly string[]): boolean {
  const [last, knownLast] = [heard.at(-1), known.at(-1)];
  if (last === undefined || knownLast === undefined || heard.length < 2 || heard.length !== known.length) return false;
  if (!heard.slice(0, -1).every((word, index) => word === known[index])) return false;
  return distance(last, knownLast) <= Math.floor(knownLast.length / LETTERS_PER_MISTAKE);
}

/**
 * A full name that the caller has just said, as the systems write it that know it under the caller's number; as it was heard where none
 * does, or more than one. The number may be forged: a known name only mends what was said, and is never offered.
 */
export function asKnown(name: string, known: readonly string[]): string {
  const heard = folded(name);
  const near = [...new Set(known)].filter((one) => isHeardAs(heard, folded(one)));
  const exact = near.filter((one) => folded(one).join(' ') === heard.join(' '));
  const [only, ...others] = exact.length > 0 ? exact : near;
  return only === undefined || others.length > 0 ? name : only;
}
