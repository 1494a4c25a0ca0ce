import type { DialogBrain } from '../../../../src/domain/call/brain.ts';
import type { DialogInput, DialogMove } from '../../../../src/domain/dialog/dialog.ts';
import type { Slot, UtteranceDraft } from '../../../../src/domain/utterance/utterance.ts';

export const draft = (text: string, change: Partial<UtteranceDraft> = {}): UtteranceDraft => ({
  kind: 'prompt',
  template: 'test',
  clauses: [text],
  asks: 'intent',
  facts: [],
  proof: null,
  tells: null,
  protectedClauses: 0,
  ...change,
});

interface Script {
  readonly heard: DialogInput[];
  readonly brain: DialogBrain;
}

/** A dialog that answers every input with what `answer` gives and remembers what it was told. */
export function scriptedBrain(answer: (input: DialogInput) => readonly DialogMove[], asked: Slot | null = 'intent'): Script {
  const heard: DialogInput[] = [];
  return {
    heard,
    brain: {
      initial: () => null,
      reduce: (state, input) => {
        heard.push(input);
        return { state, moves: answer(input) };
      },
      asked: () => asked,
      expectation: () => 'general',
      progress: (_state, text) => (text.includes('complete') ? 'complete' : 'absent'),
      admit: (wanted, id) => ({ ...wanted, id }),
      filler: () => draft('One moment.', { kind: 'filler', asks: null }),
      unproven: () => draft('I cannot tell.', { kind: 'apology', asks: null }),
      timeUp: () => draft('Goodbye.', { kind: 'inform', asks: null }),
      numbers: () => [],
      outcome: () => 'abandoned',
      unfinished: () => null,
      likelyClauses: () => [],
    },
  };
}
