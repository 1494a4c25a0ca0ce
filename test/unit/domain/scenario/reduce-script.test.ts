import { describe, expect, it } from 'vitest';
import type { CallScript, HearMatcher, ScriptStep } from '../../../../src/domain/scenario/scenario.ts';
import { reduceScript } from '../../../../src/domain/scenario/reduce-script.ts';
import { initialScript, type ScriptCommand, type ScriptEvent, type ScriptState } from '../../../../src/domain/scenario/script-state.ts';

const ANY: HearMatcher = { kinds: [], asks: [], templates: [], texts: [] };
const hear = (matcher: Partial<HearMatcher>): ScriptStep => ({ type: 'hear', matcher: { ...ANY, ...matcher } });
const say = (text: string, after: (ScriptStep & { type: 'say' })['after'] = null): ScriptStep => ({ type: 'say', text, after });

/** Plays a script against a hand-made agent on a clock that only moves when told. */
function play(steps: readonly ScriptStep[], replies: Partial<CallScript['replies']> = {}, booking: CallScript['booking'] = {}) {
  let state: ScriptState = initialScript(
    { steps, replies: { bySlot: {}, wrong: {}, ...replies }, booking },
    { timeZone: 'Europe/Berlin', serviceName: 'a check-up' },
  );
  let atMs = 0;
  let quietSinceMs: number | null = 0;
  let utterances = 0;
  const commands: ScriptCommand[] = [];
  const feed = (event: ScriptEvent): void => {
    const result = reduceScript(state, event);
    state = result.state;
    commands.push(...result.commands);
  };
  const take = (): readonly ScriptCommand[] => commands.splice(0);
  const pass = (ms: number): readonly ScriptCommand[] => {
    for (const end = atMs + ms; atMs < end;) {
      atMs += 20;
      feed({ type: 'tick', atMs, quietSinceMs });
    }
    return take();
  };
  const begin = (asks: string | null, text = 'Hello', kind = 'prompt'): string => {
    utterances += 1;
    const id = `u${utterances}`;
    atMs += 1;
    quietSinceMs = null;
    feed({ type: 'utterance_began', atMs, id, utterance: { kind, template: 't', asks, text } });
    return id;
  };
  const end = (id: string, isCut = false): void => {
    quietSinceMs = atMs;
    feed({ type: 'utterance_ended', atMs, id, isCut });
  };
  return {
    answer: () => feed({ type: 'answered', atMs }),
    pass,
    take,
    begin,
    end,
    said: () => feed({ type: 'said', atMs }),
    over: (by: 'agent' | 'handed_over') => feed({ type: 'over', atMs, by }),
    acted: () => feed({ type: 'acted', atMs }),
  };
}

describe('a caller’s script', () => {
  it('speaks when the agent has been quiet for 400 ms', () => {
    const call = play([hear({ kinds: ['legal'] }), say('good morning')]);
    call.answer();
    const greeting = call.begin(null, 'Hello', 'legal');
    expect(call.pass(1000)).toEqual([]);
    call.end(greeting);
    expect(call.pass(380)).toEqual([]);
    expect(call.pass(40)).toEqual([{ type: 'say', text: 'good morning' }]);
  });

  it('barges in at the moment it names, while the agent speaks', () => {
    const call = play([hear({}), say('stop', { event: 'agent.speech_started', delayMs: 600 })]);
    call.answer();
    call.begin(null);
    expect(call.pass(580)).toEqual([]);
    expect(call.pass(40)).toEqual([{ type: 'say', text: 'stop' }]);
  });

  it('starts at once after a silence, even over the agent', () => {
    const call = play([{ type: 'silence', ms: 1000 }, say('hello?')]);
    call.answer();
    call.begin(null);
    expect(call.pass(980)).toEqual([]);
    expect(call.pass(40)).toEqual([{ type: 'say', text: 'hello?' }]);
  });

  it('answers questions that no hear matches: the first reply, then the next, of which the last repeats', () => {
    const call = play([hear({ asks: ['day'] })], { bySlot: { name: ['Laura Becker', 'B, e, c, k, e, r'] } });
    call.answer();
    const heard: ScriptCommand[] = [];
    for (let round = 0; round < 3; round += 1) {
      call.end(call.begin('name'));
      heard.push(...call.pass(500));
      call.said();
    }
    expect(heard).toEqual(['Laura Becker', 'B, e, c, k, e, r', 'B, e, c, k, e, r'].map((text) => ({ type: 'say', text })));
  });

  it('is not sure about a question without a reply, twice at most', () => {
    const call = play([hear({ asks: ['day'] })]);
    call.answer();
    const heard: ScriptCommand[] = [];
    for (let round = 0; round < 3; round += 1) {
      call.end(call.begin('birthdate'));
      heard.push(...call.pass(500));
      call.said();
    }
    expect(heard).toEqual([
      { type: 'say', text: 'I am not sure, sorry' },
      { type: 'say', text: 'I am not sure, sorry' },
    ]);
  });

  it('does not take a question for new that it has answered', () => {
    const call = play([hear({ asks: ['time'] }), say('ten'), hear({ asks: ['time'] }), say('eleven')]);
    call.answer();
    call.end(call.begin('time'));
    expect(call.pass(500)).toEqual([{ type: 'say', text: 'ten' }]);
    call.said();
    expect(call.pass(3000)).toEqual([]);
    call.end(call.begin('time'));
    expect(call.pass(500)).toEqual([{ type: 'say', text: 'eleven' }]);
  });

  it('corrects a read-back that contradicts what it wants, and confirms the right one', () => {
    const replies = { bySlot: { confirm: ['yes please'] }, wrong: { day: 'no, Thursday' } };
    const call = play([{ type: 'hear_end' }], replies, { start: '2026-03-05T10:30' });
    call.answer();
    call.end(call.begin('confirm', 'A check-up on Friday the sixth of March at ten thirty, right?'));
    expect(call.pass(500)).toEqual([{ type: 'say', text: 'no, Thursday' }]);
    call.said();
    call.end(call.begin('confirm', 'A check-up on Thursday the fifth of March at ten thirty, right?'));
    expect(call.pass(500)).toEqual([{ type: 'say', text: 'yes please' }]);
  });

  it('does not answer a question that broke off because the caller was still speaking', () => {
    const call = play([say('no, on Friday please'), { type: 'hear_end' }], { bySlot: { datetime: ['on Monday'] } });
    call.answer();
    call.pass(500);
    const cut = call.begin('datetime');
    call.pass(300);
    call.end(cut, true);
    call.said();
    expect(call.pass(2000)).toEqual([]);
    call.end(call.begin('datetime'));
    expect(call.pass(500)).toEqual([{ type: 'say', text: 'on Monday' }]);
  });

  it('fails after 20 s in which nothing matched or was answered', () => {
    const call = play([hear({ asks: ['day'] })]);
    call.answer();
    expect(call.pass(20_000)).toEqual([]);
    expect(call.pass(40)).toMatchObject([{ type: 'fail' }, { type: 'finish' }]);
  });

  it('fails after 120 s however many questions it answers', () => {
    const call = play([hear({ asks: ['day'] })], { bySlot: { name: ['Laura'] } });
    call.answer();
    const seen: ScriptCommand[] = [];
    for (let round = 0; round < 13; round += 1) {
      call.end(call.begin('name'));
      seen.push(...call.pass(10_000));
      call.said();
    }
    expect(seen.at(-2)).toMatchObject({ type: 'fail', reason: expect.stringMatching(/120 s/) as unknown });
  });

  it('hears the end when the agent hangs up, hands over, or is quiet for 8 s', () => {
    for (const by of ['agent', 'handed_over'] as const) {
      const call = play([{ type: 'hear_end' }, { type: 'hangup', after: null }]);
      call.answer();
      call.over(by);
      expect(call.pass(40)).toEqual([{ type: 'finish' }]);
    }
    const call = play([{ type: 'hear_end' }, { type: 'hangup', after: null }]);
    call.answer();
    expect(call.pass(7980)).toEqual([]);
    expect(call.pass(40)).toEqual([{ type: 'hang_up' }, { type: 'finish' }]);
  });

  it('gives replies after its last step until the call ends', () => {
    const call = play([say('I want a check up')], { bySlot: { day: ['Thursday'] } });
    call.answer();
    call.pass(500);
    call.said();
    call.end(call.begin('day'));
    expect(call.pass(500)).toEqual([{ type: 'say', text: 'Thursday' }]);
    call.said();
    call.over('agent');
    expect(call.pass(20)).toEqual([{ type: 'finish' }]);
  });

  it('fails when the call is over before it could speak, but hangs up a dead call without complaint', () => {
    const mute = play([hear({ kinds: ['commitment'] })]);
    mute.answer();
    mute.over('agent');
    expect(mute.take()).toMatchObject([{ type: 'fail' }, { type: 'finish' }]);
    const done = play([{ type: 'hangup', after: null }]);
    done.answer();
    expect(done.take()).toEqual([{ type: 'hang_up' }, { type: 'finish' }]);
  });

  it('waits for a deed to be done before the next step', () => {
    const call = play([
      { type: 'do', deed: { type: 'kill', process: 'worker' } },
      { type: 'dtmf', digits: '1' },
    ]);
    call.answer();
    expect(call.pass(100)).toEqual([{ type: 'act', deed: { type: 'kill', process: 'worker' } }]);
    call.acted();
    expect(call.take()).toEqual([{ type: 'press', digits: '1' }]);
  });
});
