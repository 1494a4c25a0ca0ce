import { describe, expect, it } from 'vitest';
import { asOpId, asTurn } from '../../../../src/base/ids.ts';
import type { CallEvent } from '../../../../src/domain/call/event.ts';
import type { DialogInput, DialogMove } from '../../../../src/domain/dialog/dialog.ts';
import { greeting, listening, play, saying } from './scripted-call.ts';

const QUERY = { service: 'check-up', fromDay: '2026-03-05', toDay: '2026-03-05' };
const SETTLED: CallEvent = { type: 'intent.settled', turn: asTurn(1), seq: 1, result: { state: 'conflict', op: asOpId('o') } };

/** Writes at "yes"; `afterwards` is what the dialog does once it knows the fate. */
const writing =
  (afterwards: readonly DialogMove[] = []) =>
  (input: DialogInput): readonly DialogMove[] => {
    if (input.type === 'intent_settled') return afterwards;
    if (input.type !== 'caller_said' || input.text !== 'yes') return greeting(input);
    const payload = { kind: 'message', name: null, phone: null, text: 'hello', urgent: false } as const;
    return [{ type: 'submit', turn: input.turn, seq: 1, payload }];
  };

/** Events up to the end of a turn with this text. */
const said = (events: readonly CallEvent[], text: string, answer = writing()): readonly CallEvent[] => {
  const spoken = [...events, ...saying(text)];
  const stamp = play(answer, spoken).state.lastStamp;
  return [...spoken, { type: 'timer.fired', timer: 'endpoint', stamp }, { type: 'caller.text_final', atMs: 3020, text }];
};

const during = (...texts: readonly string[]): readonly CallEvent[] =>
  texts.reduce((events, text) => said(events, text), said(listening, 'yes'));

describe('what a caller says during a write', () => {
  it('is heard afterwards: all of it, in order, as one text', () => {
    const events = during('and one more thing', 'is there parking', 'behind the house');
    expect(play(writing(), events).heard.at(-1)).toMatchObject({ type: 'caller_said', text: 'yes' });
    const after = play(writing(), [...events, SETTLED]);
    expect(after.heard.slice(-2)).toMatchObject([
      { type: 'intent_settled' },
      { type: 'caller_said', turn: 4, text: 'and one more thing is there parking behind the house', act: null },
    ]);
    expect(after.state.heldTexts).toEqual([]);
  });

  it('waits on while other times are looked for, and is heard once they are there', () => {
    const looking = writing([{ type: 'find_slots', turn: asTurn(1), query: QUERY }]);
    const events = [...during('is there parking'), SETTLED];
    expect(play(looking, events).heard.at(-1)).toMatchObject({ type: 'intent_settled' });
    const found = play(looking, [...events, { type: 'slots.found', turn: asTurn(1), query: QUERY, slots: [], ageMs: 0 }]);
    expect(found.heard.slice(-2)).toMatchObject([{ type: 'slots_found' }, { type: 'caller_said', text: 'is there parking' }]);
  });

  it('keeps its place before what is said while other times are looked for', () => {
    const looking = writing([{ type: 'find_slots', turn: asTurn(1), query: QUERY }]);
    const events = said([...during('is there parking'), SETTLED], 'behind the house', looking);
    const found = play(looking, [...events, { type: 'slots.unknown', turn: asTurn(1), query: QUERY }]);
    expect(found.heard.at(-1)).toMatchObject({ type: 'caller_said', turn: 3, text: 'is there parking behind the house' });
  });

  it('is not forgotten when the daemon is restarted meanwhile', () => {
    const looking = writing([{ type: 'find_slots', turn: asTurn(1), query: QUERY }]);
    const before: readonly CallEvent[] = [...during('is there parking'), SETTLED, { type: 'call.readopted' }];
    expect(play(looking, said(before, 'behind the house', looking)).heard.at(-1)).toMatchObject({
      text: 'is there parking behind the house',
    });
  });

  it('is kept up to twelve texts; what gives way is counted and stays in the history', () => {
    const texts = Array.from({ length: 13 }, (_value, index) => `text ${index}`);
    const waiting = play(writing(), during(...texts));
    expect(waiting.effects).toContainEqual({ type: 'count', metric: 'held_dropped' });
    expect(waiting.state.history.map(({ text }) => text)).toEqual(expect.arrayContaining(texts));
    expect(play(writing(), [...during(...texts), SETTLED]).heard.at(-1)).toMatchObject({ text: texts.slice(1).join(' ') });
  });
});
