import type { Acceptor } from './language-model.ts';
import type { GraphVocabulary, Symbols } from './vocabulary.ts';

/** Weight of phone pairs that no known word has. */
const UNSEEN_PAIR_WEIGHT = 0.3;
const WORD_START = '<';
const WORD_END = '>';

/** Text form of a transducer for `fstcompile`: the first line's state is the start, so arcs of state 0 come first. */
class FstText {
  private readonly lines: string[] = [];
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

/** Phones to words. A word is emitted on its first phone, so that partial results show it early. */
export function lexiconFst(vocabulary: GraphVocabulary, symbols: Symbols): string {
  const fst = new FstText();
  const label = (phone: string): number => symbols.labelOf.get(phone) ?? 0;
  const inside = fst.state();
  fst.final(0);
  for (const [word, pronunciations] of vocabulary.pronunciations) {
    const id = vocabulary.idOf.get(word) ?? 0;
    for (const phones of pronunciations) {
      let from = 0;
      for (const [position, phone] of phones.entries()) {
        const to = position === phones.length - 1 ? 0 : fst.state();
        fst.arc({ from, to, input: label(phone), output: position === 0 ? id : 0 });
        from = to;
      }
    }
  }
  for (const [phone, id] of vocabulary.unknownFirst) fst.arc({ from: 0, to: inside, input: label(phone), output: id });
  for (const [phone, id] of vocabulary.unknownNext) fst.arc({ from: inside, to: inside, input: label(phone), output: id });
  fst.arc({ from: inside, to: 0, input: 0, output: 0 });
  return fst.toString();
}

function phonePairs(vocabulary: GraphVocabulary): (before: string, next: string) => number {
  const pairs = new Map<string, number>();
  const phones = [...vocabulary.unknownFirst.keys()];
  for (const pronunciations of vocabulary.pronunciations.values()) {
    for (const said of pronunciations) {
      if (said.length < 2) continue;
      const line = [WORD_START, ...said, WORD_END];
      for (let i = 1; i < line.length; i += 1) {
        const key = `${line[i - 1]} ${line[i]}`;
        pairs.set(key, (pairs.get(key) ?? 0) + 1);
      }
    }
  }
  const weight = (before: string, next: string): number => (pairs.get(`${before} ${next}`) ?? 0) + UNSEEN_PAIR_WEIGHT;
  const totals = new Map(
    [WORD_START, ...phones].map((before) => [before, [...phones, WORD_END].reduce((sum, next) => sum + weight(before, next), 0)]),
  );
  return (before, next) => -Math.log(weight(before, next) / (totals.get(before) ?? 1));
}

/**
 * The language model with a way for words it does not know: from the state without history, phone by phone, each as likely as after
 * the one before in the known words, with `entryCost` for leaving the vocabulary.
 */
export function grammarFst(model: Acceptor, vocabulary: GraphVocabulary, entryCost: number): string {
  const fst = new FstText();
  for (let state = 1; state < model.states; state += 1) fst.state();
  for (const [from, to, word, cost] of model.arcs.toSorted((a, b) => a[0] - b[0])) fst.arc({ from, to, input: word, output: word, cost });
  for (const [state, cost] of model.finals) fst.final(state, cost);
  const costOf = phonePairs(vocabulary);
  const states = new Map([...vocabulary.unknownFirst.keys()].map((phone) => [phone, fst.state()]));
  for (const [phone, state] of states) {
    const first = vocabulary.unknownFirst.get(phone) ?? 0;
    fst.arc({
      from: model.emptyHistory,
      to: state,
      input: first,
      output: first,
      cost: entryCost + costOf(WORD_START, phone),
    });
    fst.arc({ from: state, to: model.emptyHistory, input: 0, output: 0, cost: costOf(phone, WORD_END) });
    for (const [next, nextState] of states) {
      const id = vocabulary.unknownNext.get(next) ?? 0;
      fst.arc({ from: state, to: nextState, input: id, output: id, cost: costOf(phone, next) });
    }
  }
  return fst.toString();
}
