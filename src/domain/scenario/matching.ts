import type { HeardPattern, HearMatcher, TextPattern } from './scenario.ts';

/** What is known about one utterance of the agent. `text` is what it says; `heardText` what of it reached the caller. */
export interface AgentUtterance {
  readonly kind: string;
  readonly template: string;
  readonly asks: string | null;
  readonly text: string;
}

/** Text as it is compared: lower case, straight apostrophes, no punctuation, single spaces. */
export function plainText(text: string): string {
  return text
    .toLowerCase()
    .replace(/[‘’ʼ´`]/g, "'")
    .replace(/[^\p{L}\p{N}']+/gu, ' ')
    .replace(/(^|\s)'+|'+(?=\s|$)/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();
}

export function parsePattern(text: string): TextPattern {
  const regex = /^\/(.*)\/$/s.exec(text);
  return regex === null ? { type: 'words', words: plainText(text) } : { type: 'regex', source: regex[1] ?? '' };
}

/** Whole words, in this order, next to each other. */
export const hasWords = (text: string, words: string): boolean => ` ${plainText(text)} `.includes(` ${plainText(words)} `);

export function matchesText(pattern: TextPattern, text: string): boolean {
  return pattern.type === 'words' ? hasWords(text, pattern.words) : new RegExp(pattern.source, 'iu').test(plainText(text));
}

const isAnyOf = <T>(wanted: readonly T[], have: T): boolean => wanted.length === 0 || wanted.includes(have);

export function matchesUtterance(matcher: HearMatcher, utterance: AgentUtterance): boolean {
  return (
    isAnyOf<string>(matcher.kinds, utterance.kind) &&
    (matcher.asks.length === 0 || (utterance.asks !== null && isAnyOf<string>(matcher.asks, utterance.asks))) &&
    isAnyOf(matcher.templates, utterance.template) &&
    (matcher.texts.length === 0 || matcher.texts.some((pattern) => matchesText(pattern, utterance.text)))
  );
}

/** Whether something was heard. `text` is what reached the caller. */
export function wasHeard(pattern: HeardPattern, utterances: readonly AgentUtterance[]): boolean {
  if (pattern.type === 'utterance') return utterances.some((utterance) => matchesUtterance(pattern.matcher, utterance));
  return utterances.some(({ text }) => matchesText(pattern.pattern, text));
}

const list = (values: readonly string[]): string => values.join(' or ');
const showText = (pattern: TextPattern): string => (pattern.type === 'words' ? `"${pattern.words}"` : `/${pattern.source}/`);

/** A matcher in words, for failures. */
export function describeMatcher(matcher: HearMatcher): string {
  const parts = [
    matcher.kinds.length > 0 ? `kind ${list(matcher.kinds)}` : '',
    matcher.asks.length > 0 ? `asks ${list(matcher.asks)}` : '',
    matcher.templates.length > 0 ? `template ${list(matcher.templates)}` : '',
    matcher.texts.length > 0 ? `text ${list(matcher.texts.map(showText))}` : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'anything' : parts.join(', ');
}

export const describePattern = (pattern: HeardPattern): string =>
  pattern.type === 'text' ? showText(pattern.pattern) : `an utterance (${describeMatcher(pattern.matcher)})`;
