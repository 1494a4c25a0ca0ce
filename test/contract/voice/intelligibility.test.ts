import { describe, expect, it } from 'vitest';
import { evaluateVoice } from '../../../models/training/voice/evaluate.ts';

/** The bar of the starter voice: at most every fifth word wrong for a recogniser that was not trained on its synthesiser. */
const WORD_ERROR_RATE_MAX = 0.2;

describe('the starter voice over a telephone line', () => {
  it('is understood by a recogniser that has never heard its synthesiser', { timeout: 120_000 }, async () => {
    const { wer, n } = await evaluateVoice({ limit: 50, withReference: false });
    expect(n).toBe(50);
    expect(wer).toBeLessThanOrEqual(WORD_ERROR_RATE_MAX);
  });
});
