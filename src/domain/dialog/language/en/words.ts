/** Lower case, no punctuation, single spaces; apostrophes and digits stay. */
export function normalise(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[’`]/g, "'")
    .replaceAll(/(\d)[:.](\d)/g, '$1 $2')
    .replaceAll(/[^a-z0-9'+ ]/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

export const wordsOf = (text: string): readonly string[] =>
  normalise(text)
    .split(' ')
    .filter((word) => word !== '');

const FILLERS = new Set([
  'um',
  'uh',
  'er',
  'erm',
  'well',
  'please',
  'like',
  'actually',
  'hmm',
  'mm',
  'ah',
  'so',
  'maybe',
  'perhaps',
  'let',
  'me',
  'see',
]);
/** Words without what carries no meaning. */
export const withoutFillers = (words: readonly string[]): readonly string[] => words.filter((word) => !FILLERS.has(word));

/** True when the phrase stands in the text at word borders. */
export function hasPhrase(text: string, phrase: string): boolean {
  return ` ${text} `.includes(` ${phrase} `);
}

export const hasAnyPhrase = (text: string, phrases: readonly string[]): boolean => phrases.some((phrase) => hasPhrase(text, phrase));

/** Levenshtein distance of two words. */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_value, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length] ?? 0;
}

const anyAtBorders = (sources: readonly string[], flags: string): RegExp => new RegExp(`\\b(?:${sources.join('|')})\\b`, flags);

/** An expression for any of these, each a regular expression, at word borders of a normalised text. */
export const anyOf = (...sources: readonly string[]): RegExp => anyAtBorders(sources, '');

/** The same for all of their occurrences, to replace them. */
export const everyOf = (...sources: readonly string[]): RegExp => anyAtBorders(sources, 'g');
