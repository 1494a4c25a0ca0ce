import { describe, expect, it } from 'vitest';
import { asOpId, asTurn } from '../../../../src/base/ids.ts';
import type { CallEvent } from '../../../../src/domain/call/event.ts';
import type { DialogInput, DialogMove } from '../../../../src/domain/dialog/dialog.ts';
import { draft } from './scripted-brain.ts';
import { greeting, listening, opened, play, saying, u1 } from './scripted-call.ts';

describe('a call', () => {
  it('is answered, opens its leg, greets, listens, and asks again after silence', () => {
    expect(play(greeting, opened.slice(0, 1)).types).toEqual(['answer_channel']);
    expect(play(greeting, opened.slice(0, 2)).types).toEqual(['open_leg']);
    expect(play(greeting, opened).types).toEqual(['set_timer', 'play_utterance', 'expect_speech']);
    const quiet = play(greeting, listening);
    expect(quiet.effects).toContainEqual({ type: 'set_timer', timer: 'no_input', stamp: 2, delayMs: 7000 });
    expect(quiet.state.history).toEqual([{ who: 'agent', text: 'Hello.' }]);
    const silent = play(greeting, [...listening, { type: 'timer.fired', timer: 'no_input', stamp: 2 }]);
    expect(silent.heard.at(-1)).toEqual({ type: 'no_input', turn: 1 });
  });

  it('ends a turn after the silence that what was said calls for, and prepares the answer meanwhile', () => {
    const ended = play(greeting, [...listening, ...saying('complete answer')]);
    expect(ended.types).toEqual(['set_timer', 'speculate_turn']);
    expect(ended.effects[0]).toMatchObject({ timer: 'endpoint', delayMs: 100 });
    const { lastStamp } = ended.state;
    const finishing = play(greeting, [
      ...listening,
      ...saying('complete answer'),
      { type: 'timer.fired', timer: 'endpoint', stamp: lastStamp },
    ]);
    expect(finishing.types).toEqual(['finish_utterance']);
    const committed = play(greeting, [
      ...listening,
      ...saying('complete answer'),
      { type: 'timer.fired', timer: 'endpoint', stamp: lastStamp },
      { type: 'caller.text_final', atMs: 3020, text: 'complete answer' },
    ]);
    expect(committed.heard.at(-1)).toEqual({ type: 'caller_said', turn: 1, text: 'complete answer', act: null });
  });

  it('goes on listening when the caller speaks again before the turn has ended', () => {
    const again = play(greeting, [...listening, ...saying('i would like'), { type: 'caller.speech_started', atMs: 3000 }]);
    expect(again.state.timers.endpoint).toBeUndefined();
    expect(again.state.speech).toMatchObject({ status: 'voiced', startedAtMs: 2000, text: 'i would like' });
  });

  it('stops the voice for words, ducks for a sound, and takes its clause up again when nothing was said', () => {
    const speaking: readonly CallEvent[] = [
      ...opened,
      { type: 'agent.speech_started', atMs: 10, utterance: u1 },
      { type: 'caller.speech_started', atMs: 500 },
    ];
    expect(play(greeting, [...speaking, { type: 'caller.voiced', atMs: 700, voicedMs: 200 }]).effects).toEqual([
      { type: 'duck_playback', gainDb: -12 },
    ]);
    const words = play(greeting, [...speaking, { type: 'caller.partial_heard', atMs: 900, text: 'next thursday' }]);
    expect(words.types).toContain('stop_playback');
    const noise: readonly CallEvent[] = [
      ...speaking,
      { type: 'caller.voiced', atMs: 1200, voicedMs: 700 },
      { type: 'agent.speech_ended', atMs: 1210, utterance: u1, cause: 'stopped', clausesPlayed: 0 },
      { type: 'caller.speech_ended', atMs: 1300, decidedAtMs: 1400 },
    ];
    const stamp = play(greeting, noise).state.lastStamp;
    const resumed = play(greeting, [
      ...noise,
      { type: 'timer.fired', timer: 'endpoint', stamp },
      { type: 'caller.text_final', atMs: 2100, text: '' },
    ]);
    expect(resumed.effects).toContainEqual(
      expect.objectContaining({ type: 'play_utterance', utterance: expect.objectContaining({ id: 'u2', clauses: ['Hello.'] }) }),
    );
  });

  it('is not interrupted in a protected clause, and hears afterwards what was said over it', () => {
    const legal = (input: DialogInput): readonly DialogMove[] =>
      input.type === 'call_started'
        ? [{ type: 'say', utterance: draft('I am an assistant.', { kind: 'legal', protectedClauses: 1 }) }]
        : [];
    const over: readonly CallEvent[] = [
      ...opened,
      { type: 'caller.speech_started', atMs: 100 },
      { type: 'caller.partial_heard', atMs: 700, text: 'i need to book' },
      { type: 'caller.voiced', atMs: 900, voicedMs: 700 },
    ];
    expect(play(legal, over).types).toEqual([]);
    const silent: readonly CallEvent[] = [...over, { type: 'caller.speech_ended', atMs: 1000, decidedAtMs: 1100 }];
    const waiting = play(legal, silent);
    const retried = waiting.next({ type: 'timer.fired', timer: 'endpoint', stamp: waiting.state.lastStamp });
    expect(retried.effects).toMatchObject([{ type: 'set_timer', timer: 'endpoint', delayMs: 200 }]);
  });

  it('ignores answers of a turn that is over, but never the fate of an intent', () => {
    const submit = (input: DialogInput): readonly DialogMove[] =>
      input.type === 'caller_said'
        ? [
            {
              type: 'submit',
              turn: input.turn,
              seq: 1,
              payload: { kind: 'message', name: null, phone: null, text: 'hello', urgent: false },
            },
          ]
        : greeting(input);
    const events: readonly CallEvent[] = [...listening, ...saying('complete')];
    const stamp = play(submit, events).state.lastStamp;
    const submitted: readonly CallEvent[] = [
      ...events,
      { type: 'timer.fired', timer: 'endpoint', stamp },
      { type: 'caller.text_final', atMs: 3020, text: 'complete' },
    ];
    expect(play(submit, submitted).types).toContain('submit_intent');
    const late = play(submit, [
      ...submitted,
      { type: 'slots.unknown', turn: asTurn(0), query: { service: 's', fromDay: 'a', toDay: 'b' } },
    ]);
    expect(late.effects).toEqual([{ type: 'count', metric: 'stale_turn' }]);
    const settled = play(submit, [
      ...submitted,
      { type: 'intent.settled', turn: asTurn(1), seq: 1, result: { state: 'rejected', op: asOpId('o') } },
    ]);
    expect(settled.heard.at(-1)).toMatchObject({ type: 'intent_settled', seq: 1 });
    expect(settled.state.waiting).toBeNull();
  });

  it('speaks one filler when nothing is ready, and none when an answer came', () => {
    const scoring = (input: DialogInput): readonly DialogMove[] =>
      input.type === 'caller_said' && input.act === null
        ? [{ type: 'score_act', turn: input.turn, text: input.text }]
        : input.type === 'caller_said'
          ? [{ type: 'say', utterance: draft('So.') }]
          : greeting(input);
    const events: readonly CallEvent[] = [...listening, ...saying('complete')];
    const stamp = play(scoring, events).state.lastStamp;
    const asked: readonly CallEvent[] = [
      ...events,
      { type: 'timer.fired', timer: 'endpoint', stamp },
      { type: 'caller.text_final', atMs: 3020, text: 'complete' },
    ];
    const waiting = play(scoring, asked);
    const fillerStamp = waiting.state.timers.filler ?? 0;
    expect(waiting.next({ type: 'timer.fired', timer: 'filler', stamp: fillerStamp }).effects).toContainEqual({
      type: 'count',
      metric: 'filler',
    });
    const answered = play(scoring, [...asked, { type: 'act.scored', turn: asTurn(1), text: 'complete', act: 'unavailable' }]);
    expect(answered.state.timers.filler).toBeUndefined();
    expect(answered.next({ type: 'timer.fired', timer: 'filler', stamp: fillerStamp }).effects).toEqual([]);
  });

  it('is hung up when the last words have been heard', () => {
    const bye = (input: DialogInput): readonly DialogMove[] =>
      input.type === 'call_started'
        ? [
            { type: 'say', utterance: draft('Goodbye.') },
            { type: 'hang_up', outcome: 'informed' },
          ]
        : [];
    expect(play(bye, opened).types).not.toContain('hang_up');
    const over = play(bye, listening);
    expect(over.types).toEqual(['hang_up', 'end_call']);
    expect(over.state.phase).toEqual({ name: 'ended', outcome: 'informed' });
  });

  it('gives the caller to a human and lets go', () => {
    const transfer = (input: DialogInput): readonly DialogMove[] =>
      input.type === 'call_started' ? [{ type: 'transfer', turn: asTurn(0), reason: 'asked' }] : [];
    const handed = play(transfer, [...opened, { type: 'transfer.settled', turn: asTurn(0), outcome: 'answered' }]);
    expect(handed.types).toContain('release_to_human');
    expect(handed.next({ type: 'channel.hung_up', cause: 16 }).effects).toEqual([{ type: 'end_call', outcome: 'transferred' }]);
  });

  it('opens a new leg and says again what was not heard when the audio is lost', () => {
    const lost = play(greeting, [...opened, { type: 'leg.lost' }]);
    expect(lost.types).toEqual(['open_leg']);
    const back = play(greeting, [...opened, { type: 'leg.lost' }, { type: 'leg.opened', atMs: 0 }]);
    expect(back.types).toContain('play_utterance');
  });
});

describe('a call that is taken up again', () => {
  it('tells once more what became of a request and was perhaps not heard, and nothing else of what was planned', () => {
    const told = draft('You are booked.', { kind: 'commitment', asks: null, tells: asOpId('o') });
    const telling = (input: DialogInput): readonly DialogMove[] =>
      input.type === 'intent_settled'
        ? [
            { type: 'say', utterance: told },
            { type: 'say', utterance: draft('Anything else?') },
          ]
        : input.type === 'resumed'
          ? [{ type: 'say', utterance: draft('Sorry.') }]
          : greeting(input);
    const settled: CallEvent = { type: 'intent.settled', turn: asTurn(1), seq: 1, result: { state: 'rejected', op: asOpId('o') } };
    const again = play(telling, [...listening, settled, { type: 'call.readopted' }]);
    const spoken = again.effects.flatMap((effect) => (effect.type === 'play_utterance' ? effect.utterance.clauses : []));
    expect(spoken).toEqual(['You are booked.', 'Sorry.']);
  });
});

describe('a commitment that the ledger does not bear out at the last moment', () => {
  it('is not said: the caller gets an honest word and a person a task', () => {
    const commitment = draft('You are booked.', { kind: 'commitment', asks: null });
    const saying = (input: DialogInput): readonly DialogMove[] =>
      input.type === 'call_started' ? [{ type: 'say', utterance: commitment }] : [];
    const refused = play(saying, [...opened, { type: 'utterance.refused', utterance: u1, reason: 'not_borne_out' }]);
    expect(refused.types).toEqual(expect.arrayContaining(['count', 'play_utterance', 'add_callback_task']));
    expect(refused.state.speaking.map(({ utterance }) => utterance.kind)).toEqual(['apology']);
  });
});

describe('the hard cap on the length of a call', () => {
  it('ends the call politely, whatever is being said', () => {
    const started = play(greeting, opened);
    const length = started.state.timers.length ?? 0;
    expect(started.effects).toContainEqual({ type: 'set_timer', timer: 'length', stamp: length, delayMs: 60_000 });
    const over = play(greeting, [...listening, { type: 'timer.fired', timer: 'length', stamp: length }]);
    expect(over.state.phase).toMatchObject({ name: 'closing' });
    expect(over.effects).toContainEqual(expect.objectContaining({ type: 'play_utterance' }));
    const last = over.state.speaking[0]?.utterance.id ?? u1;
    const ended = over.next({ type: 'agent.speech_ended', atMs: 61_000, utterance: last, cause: 'played', clausesPlayed: 1 });
    expect(ended.effects.map(({ type }) => type)).toEqual(['hang_up', 'end_call']);
  });
});
