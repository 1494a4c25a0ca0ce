/** How the caller's words sound on the whole. Derived from words only, never from the voice. */
export type Sentiment = 'negative' | 'neutral' | 'positive';

const NEGATIVE =
  /\b(angry|unhappy|unacceptable|terrible|awful|ridiculous|complain|complaint|refund|furious|worst|annoyed|disappointed|pain|hurts|not happy|fed up|useless)\b/;
const POSITIVE = /\b(thank you|thanks|great|perfect|wonderful|lovely|excellent|kind|appreciate)\b/;

/** The later line counts more: an unhappy last line is negative whatever was said before. */
export function sentimentOf(lines: readonly string[]): Sentiment {
  let score = 0;
  for (const [index, line] of lines.entries()) {
    const weight = index === lines.length - 1 ? 2 : 1;
    if (NEGATIVE.test(line.toLowerCase())) score -= weight;
    else if (POSITIVE.test(line.toLowerCase())) score += weight;
  }
  if (score < 0) return 'negative';
  return score > 0 ? 'positive' : 'neutral';
}
