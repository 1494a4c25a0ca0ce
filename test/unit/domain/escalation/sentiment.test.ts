import { describe, expect, it } from 'vitest';
import { sentimentOf } from '../../../../src/domain/escalation/sentiment.ts';

describe('sentiment from words', () => {
  it('is neutral for plain wishes', () => expect(sentimentOf(["I'd like an appointment", 'on Thursday'])).toBe('neutral'));
  it('is negative for an unhappy caller', () => expect(sentimentOf(['This is unacceptable'])).toBe('negative'));
  it('is positive for a grateful one', () => expect(sentimentOf(['an appointment', 'that is perfect, thank you'])).toBe('positive'));
  it('weighs the last line double', () => {
    expect(sentimentOf(['thank you', 'this is ridiculous'])).toBe('negative');
    expect(sentimentOf(['I am annoyed', 'wonderful, thanks'])).toBe('positive');
  });
  it('is neutral when nothing was said', () => expect(sentimentOf([])).toBe('neutral'));
});
