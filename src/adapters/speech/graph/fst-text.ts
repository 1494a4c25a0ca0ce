import type { Acceptor } from './language-model.ts';
import { isUnknownLetter, type Symbols, UNKNOWN_FIRST, UNKNOWN_NEXT } from './vocabulary.ts';

/** Cost of two words without a gap between them. */
const JOIN_COST = 2;
/** Cost of saying the double letters of a word as one: they are the recogniser's commonest slip. */
const MERGED_DOUBLE_COST = 1.2;
const UNSEEN_LETTERS_WEIGHT = 0.3;

/** Text form of a transducer for `fstcompile`: the start state comes first. */
class FstText {
  readonly lines: string[] = [];
  private states = 1;

  state(): number {
    this.states += 1;
    return this.states - 1;
  }

  arc(arc: { readonly from: number; readonly to: number; readonly input: number; readonly output: number; readonly cost?: number }): void {
    this.lines.push(`${arc.from} ${arc.to} ${arc.input} ${arc.output} ${(arc.cost ?? 0).toFixed(4)}`);
  }

  final(state: number, cost = 0): void {
    this.lines.push(`${state} ${cost.toFixed(4)}`);
  }

  toString(): string {
    return `${this.lines.join('\n')}\n`;
  }
}

/** CTC: blanks anywhere, repetitions of a symbol are one, and the same symbol twice needs a blank between. */
export function ctcTopology(symbols: Symbols): string {
  const fst = new FstText();
  const states = new Map(symbols.spoken.map((label) => [label, fst.state()]));
  fst.arc({ from: 0, to: 0, input: symbols.blank, output: 0 });
  fst.final(0);
  for (const [label, state] of states) {
    fst.arc({ from: 0, to: state, input: label, output: label });
    fst.arc({ from: state, to: state, input: label, output: 0 });
    fst.arc({ from: state, to: 0, input: symbols.blank, output: 0 });
    for (const [next, nextState] of states) if (next !== label) fst.arc({ from: state, to: nextState, input: next, output: next });
    fst.final(state);
  }
  return fst.toString();
}

function spellings(word: string): readonly { readonly letters: string; readonly cost: number }[] {
  const merged = word.replaceAll(/([a-z])\1/g, '$1');
  return merged === word || merged.length < 2 ? [{ letters: word, cost: 0 }] : [{ letters: word, cost: 0 }, { letters: merged, cost: MERGED_DOUBLE_COST }];
}

/** Letters to words. A word is emitted on its first letter, so that partial results show it early. */
export function lexicon(words: readonly string[], symbols: Symbols): string {
  const fst = new FstText();
  fst.arc({ from: 0, to: 0, input: symbols.space, output: 0 });
  fst.final(0);
  const inside = fst.state();
  for (const [id, word] of words.entries()) {
    if (id === 0) continue;
    if (isUnknownLetter(word)) {
      const input = symbols.labelOf.get(word.slice(1)) ?? 0;
      fst.arc({ from: word.startsWith(UNKNOWN_FIRST) ? 0 : inside, to: inside, input, output: id });
      continue;
    }
    for (const { letters, cost } of spellings(word)) {
      let from = 0;
      for (const [position, letter] of [...letters].entries()) {
        const to = fst.state();
        fst.arc({ from, to, input: symbols.labelOf.get(letter) ?? 0, output: position === 0 ? id : 0, cost: position === 0 ? cost : 0 });
        from = to;
      }
      fst.arc({ from, to: 0, input: symbols.space, output: 0 });
      fst.arc({ from, to: 0, input: 0, output: 0, cost: JOIN_COST });
      fst.final(from);
    }
  }
  fst.arc({ from: inside, to: 0, input: symbols.space, output: 0 });
  fst.arc({ from: inside, to: 0, input: 0, output: 0, cost: JOIN_COST });
  fst.final(inside);
  return fst.toString();
}

/**
 * The language model with a way for words it does not know: from the state without history, letter by letter, each letter as likely
 * as after the one before in the known words, with `entryCost` for leaving the vocabulary.
 */
export function grammarWithUnknownWords(model: Acceptor, words: readonly string[], entryCost: number): string {
  const fst = new FstText();
  while (fst.state() < model.states - 1);
  for (const [from, to, word, cost] of model.arcs) fst.arc({ from, to, input: word, output: word, cost });
  for (const [state, cost] of model.finals) fst.final(state, cost);
  const known = words.filter((word, id) => id > 0 && !isUnknownLetter(word) && word.length > 1);
  const pairs = new Map<string, number>();
  for (const word of known) for (let i = 0; i <= word.length; i += 1) {
    const key = (word[i - 1] ?? '<') + (word[i] ?? '>');
    pairs.set(key, (pairs.get(key) ?? 0) + 1);
  }
  const letters = [...'abcdefghijklmnopqrstuvwxyz'];
  const costOf = (before: string, next: string): number => {
    const total = [...letters, '>'].reduce((sum, letter) => sum + (pairs.get(before + letter) ?? 0) + UNSEEN_LETTERS_WEIGHT, 0);
    return -Math.log(((pairs.get(before + next) ?? 0) + UNSEEN_LETTERS_WEIGHT) / total);
  };
  const idOf = new Map(words.map((word, id) => [word, id]));
  const states = new Map(letters.map((letter) => [letter, fst.state()]));
  for (const [letter, state] of states) {
    const first = idOf.get(UNKNOWN_FIRST + letter) ?? 0;
    fst.arc({ from: model.emptyHistory, to: state, input: first, output: first, cost: entryCost + costOf('<', letter) });
    fst.arc({ from: state, to: model.emptyHistory, input: 0, output: 0, cost: costOf(letter, '>') });
    for (const [next, nextState] of states) {
      const id = idOf.get(UNKNOWN_NEXT + next) ?? 0;
      fst.arc({ from: state, to: nextState, input: id, output: id, cost: costOf(letter, next) });
    }
  }
  return fst.toString();
}
