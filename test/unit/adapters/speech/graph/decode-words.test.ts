import { describe, expect, it } from 'vitest';
import { decodeWords } from '../../../../../src/adapters/speech/graph/decode-words.ts';

const words = ['<none>', 'at', 'ten', 'a', 'm', 'please', '^sh', '#e', '#er', 'p'];
const read = (...labels: number[]): string => decodeWords({ words: labels, timestamps: [0.2, 1.4] }, words).text;

describe('decodeWords', () => {
  it('reads labels as words', () => expect(read(1, 2, 5)).toBe('at ten please'));

  it('joins the parts of a word outside the vocabulary, and begins a new one at a new first part', () => {
    expect(read(1, 6, 7, 8, 6, 7)).toBe('at sheer she');
  });

  it('writes the halves of the day as one word', () => {
    expect(read(2, 3, 4)).toBe('ten am');
    expect(read(2, 9, 4, 5)).toBe('ten pm please');
    expect(read(1, 4)).toBe('at m');
  });

  it('ignores labels that the graph does not have', () => expect(read(1, 99, 0)).toBe('at'));

  it('ends the last word with the last phone, and has no end without words', () => {
    expect(decodeWords({ words: [1], timestamps: [0.2, 1.4] }, words).lastWordEndMs).toBe(1440);
    expect(decodeWords({ words: [], timestamps: [] }, words).lastWordEndMs).toBeNull();
  });
});
