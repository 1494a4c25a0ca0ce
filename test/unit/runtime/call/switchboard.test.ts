import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../src/base/app-error.ts';
import { englishBrain } from '../../../../src/app/brain.ts';
import type { ActScore } from '../../../../src/domain/dialog/act.ts';
import { BOOKING_LINES, CALLER, createHouse, DID } from './call-house.ts';

describe('the switchboard', () => {
  it('gives a live call that nobody knows to the human dialplan', async () => {
    const house = await createHouse({ started: false });
    const channel = house.phone.dial({ did: DID, from: CALLER });
    await house.start();
    expect(house.phone.failedOver).toEqual([]);
    await house.pass(600);
    expect(house.phone.failedOver).toEqual([channel]);
    expect(house.board().live()).toBe(0);
  });

  it('keeps a live call whose arrival is just being reported', async () => {
    const house = await createHouse({ started: false });
    const channel = house.phone.dial({ did: DID, from: CALLER });
    await house.start();
    await house.pass(100);
    house.board().onSwitchEvent({ type: 'call.arrived', channel, did: DID, callerNumber: CALLER, trunk: null, verstat: null });
    await house.pass(3000);
    expect(house.phone.failedOver).toEqual([]);
    expect(house.board().live()).toBe(1);
    expect(house.kinds()).toContain('legal');
  });

  it('answers no more calls than are allowed at once; the next goes to the human dialplan', async () => {
    const house = await createHouse({ concurrentMax: 2 });
    const first = house.phone.dial({ did: DID, from: CALLER });
    const second = house.phone.dial({ did: DID, from: null });
    const third = house.phone.dial({ did: DID, from: '+493055509999' });
    await house.pass(100);
    expect(house.phone.failedOver).toEqual([third]);
    house.phone.hangUpCaller(first);
    await house.pass(100);
    expect(house.board().live()).toBe(1);
    house.phone.dial({ did: DID, from: CALLER });
    await house.pass(100);
    expect(house.phone.failedOver).toEqual([third]);
    expect(house.board().live()).toBe(2);
    expect(second).not.toBe(first);
  });

  it('resolves `drained` once the last call is over', async () => {
    const house = await createHouse();
    const { channel } = await house.dial();
    let isDrained = false;
    const drained = house
      .board()
      .drained({ signal: new AbortController().signal })
      .then(() => (isDrained = true));
    await house.pass(500);
    expect(isDrained).toBe(false);
    house.phone.hangUpCaller(channel);
    await house.pass(100);
    await drained;
    expect(isDrained).toBe(true);
  });

  it('ends calls that are gone when the switch is connected again', async () => {
    const house = await createHouse();
    const { call } = await house.dial();
    const gone = house.phone.liveCalls;
    Object.assign(house.phone, { liveCalls: () => Promise.resolve([]) });
    house.board().onSwitchEvent({ type: 'switch.connected', version: '22.10.1' });
    await house.pass(100);
    Object.assign(house.phone, { liveCalls: gone });
    expect(house.board().live()).toBe(0);
    expect(house.feed.at(-1)).toMatchObject({ type: 'call.ended', call });
  });
});

describe('the watch over a call', () => {
  it('refreshes the dead-man switch every two seconds, for seven', async () => {
    const house = await createHouse();
    const channel = house.phone.dial({ did: DID, from: CALLER });
    await house.pass(20);
    expect(house.phone.refreshes).toEqual([{ channel, limitS: 7 }]);
    await house.pass(6000);
    expect(house.phone.refreshes).toEqual(Array.from({ length: 4 }, () => ({ channel, limitS: 7 })));
  });

  it('stops with the call', async () => {
    const house = await createHouse();
    const { channel } = await house.dial();
    house.phone.hangUpCaller(channel);
    await house.pass(100);
    const before = house.phone.refreshes.length;
    await house.pass(10_000);
    expect(house.phone.refreshes).toHaveLength(before);
  });

  it('goes on when one refresh fails', async () => {
    const house = await createHouse();
    const { channel } = await house.dial();
    const { keepAlive } = house.phone;
    Object.assign(house.phone, { keepAlive: () => Promise.reject(new AppError('ari_request_failed', 'no')) });
    await house.pass(2000);
    Object.assign(house.phone, { keepAlive });
    const before = house.phone.refreshes.length;
    await house.pass(4000);
    expect(house.phone.refreshes.slice(before)).toEqual([
      { channel, limitS: 7 },
      { channel, limitS: 7 },
    ]);
  });

  it('ends after a hand-over with a limit of four hours', async () => {
    const house = await createHouse({ people: 'answers' });
    const { call, channel } = await house.dial();
    await house.says(call, 'I want to talk to a human');
    expect(house.types(call)).toContain('human.rung');
    expect(house.phone.refreshes.at(-1)).toEqual({ channel, limitS: 14_400 });
    const before = house.phone.refreshes.length;
    await house.pass(30_000);
    expect(house.phone.refreshes).toHaveLength(before);
    house.phone.hangUpCaller(channel);
    await house.pass(100);
    expect(house.feed.at(-1)).toEqual({ type: 'call.ended', call, outcome: 'transferred' });
  });
});

describe('a transfer', () => {
  it('that the switch cannot make ends in the offer of a message, not in silence', async () => {
    const house = await createHouse();
    Object.assign(house.phone, { ringHuman: () => Promise.reject(new AppError('ari_request_failed', 'no such endpoint')) });
    const { call } = await house.dial();
    const said = await house.says(call, 'I want to talk to a human');
    expect(said).toMatch(/message/i);
    expect(house.log.lines).toContainEqual({ level: 'error', message: 'transfer failed' });
  });
});

describe('a media process that is restarted', () => {
  it('gets a new leg for its call, and what was not heard is said again', async () => {
    const house = await createHouse();
    const { call } = await house.dial();
    const before = house.played().length;
    const speech = house.audio.callerSays(call, 'a check up on thursday', 600);
    await house.pass(1200);
    await speech;
    await house.pass(600);
    const [cutOff] = house.played().slice(before);
    expect(cutOff).toBeDefined();
    house.audio.restart();
    await house.quiet();
    expect(house.audio.commands.filter(({ method }) => method === 'open')).toHaveLength(2);
    const again = house.played().slice(before + 1);
    expect(again.map(({ clauses }) => clauses)).toContainEqual(cutOff?.clauses);
    expect(await house.says(call, 'ten thirty')).not.toBe('');
  });

  it('gets a new leg when one leg is lost, and what was not heard is said again', async () => {
    const house = await createHouse();
    const { call } = await house.dial();
    const before = house.played().length;
    const speech = house.audio.callerSays(call, 'a check up on thursday', 600);
    await house.pass(1200);
    await speech;
    await house.pass(600);
    const [cutOff] = house.played().slice(before);
    house.audio.legLost(call);
    await house.quiet();
    expect(house.audio.commands.filter(({ method }) => method === 'open')).toHaveLength(2);
    expect(
      house
        .played()
        .slice(before + 1)
        .map(({ clauses }) => clauses),
    ).toContainEqual(cutOff?.clauses);
  });
});

describe('a broken rule in one call', () => {
  it('ends that call at the human dialplan, and no other', async () => {
    const house = await createHouse({
      parts: {
        brain: {
          ...englishBrain,
          reduce: (state, input, context) => {
            if (input.type === 'caller_said' && input.text === 'break') throw new AppError('invariant_broken', 'a rule does not hold');
            return englishBrain.reduce(state, input, context);
          },
        },
      },
    });
    const broken = await house.dial();
    const sound = await house.dial();
    await house.says(broken.call, 'break');
    expect(house.phone.failedOver).toEqual([broken.channel]);
    expect(house.feed).toContainEqual({ type: 'call.ended', call: broken.call, outcome: 'failed_over' });
    expect(house.journal.list({ limit: 2 }).find(({ call }) => call === broken.call)).toMatchObject({ outcome: 'failed_over' });
    expect(house.log.lines).toContainEqual({ level: 'error', message: 'call ended by a broken rule' });
    expect(house.board().live()).toBe(1);
    await house.says(sound.call, ...BOOKING_LINES, 'yes');
    expect(house.ledger.list({ limit: 1 })).toMatchObject([{ call: sound.call, state: 'verified' }]);
  });
});

describe('the language model', () => {
  it('may be away: rules and parsers carry the call', async () => {
    const house = await createHouse();
    house.language.fail();
    const { call } = await house.dial();
    const said = await house.says(call, 'the weather is quite something');
    expect(said).not.toBe('');
    expect(house.log.lines).toContainEqual({ level: 'warn', message: 'act not scored' });
    await house.says(call, ...BOOKING_LINES, 'yes');
    expect(house.ledger.list({ limit: 1 })).toMatchObject([{ state: 'verified' }]);
  });

  it('is not listened to once the caller has said something else: the stale answer is counted', async () => {
    const late = Promise.withResolvers<ActScore>();
    const house = await createHouse({
      parts: { language: { scoreAct: () => late.promise, close: () => Promise.resolve() } },
    });
    const { call } = await house.dial();
    await house.says(call, 'the weather is quite something');
    await house.says(call, 'a check up on thursday at ten thirty');
    const before = house.played().length;
    expect(house.metrics.snapshot()['call_stale_turn_total']).toBeUndefined();
    late.resolve({ act: 'goodbye', probability: 0.99, margin: 0.98 });
    await house.quiet();
    expect(house.metrics.snapshot()['call_stale_turn_total']?.count).toBe(1);
    expect(house.played()).toHaveLength(before);
    expect(house.board().live()).toBe(1);
  });
});

describe('speculation', () => {
  it('prepares the answer before the turn has ended, and asks the model once for it', async () => {
    const asked: string[] = [];
    const house = await createHouse({
      parts: {
        language: {
          scoreAct: ({ text }) => {
            asked.push(text);
            return Promise.resolve({ act: 'other', probability: 0.3, margin: 0.05 });
          },
          close: () => Promise.resolve(),
        },
      },
    });
    const { call } = await house.dial();
    const before = house.audio.commands.length;
    await house.says(call, 'the weather is quite something');
    expect(asked.filter((text) => text === 'the weather is quite something')).toHaveLength(1);
    const since = house.audio.commands.slice(before);
    const played = since.findIndex(({ method }) => method === 'play');
    const clauses = house
      .played()
      .slice(-1)
      .flatMap((request) => request.clauses);
    const prepared = since.findIndex(
      ({ method, argument }) => method === 'prepare' && (argument as readonly string[]).join().includes(clauses.join()),
    );
    const finished = since.findIndex(({ method }) => method === 'finishUtterance');
    expect(prepared).toBeGreaterThan(-1);
    expect(prepared).toBeLessThan(finished);
    expect(finished).toBeLessThan(played);
  });

  it('reads free slots again when they are older than five seconds', async () => {
    let reads = 0;
    const house = await createHouse();
    const { availability } = house.calendar;
    Object.assign(house.calendar, {
      availability: (...parts: Parameters<typeof availability>) => {
        reads += 1;
        return availability(...parts);
      },
    });
    const { call } = await house.dial();
    await house.says(call, 'a check up on thursday');
    const first = reads;
    expect(first).toBeGreaterThan(0);
    await house.pass(5000);
    await house.says(call, 'no on friday');
    expect(reads).toBeGreaterThan(first);
  });
});
