import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../src/base/app-error.ts';
import type { OpId } from '../../../../src/base/ids.ts';
import { BOOKING_LINES, createHouse } from './call-house.ts';

const claims = (text: string): boolean => /booked|in the calendar for you|confirmed/i.test(text);

describe('a booking', () => {
  it('goes from the arrival of the call to a commitment that is recorded as said', async () => {
    const house = await createHouse();
    const { call } = await house.dial();
    expect(house.kinds()[0]).toBe('legal');
    expect(await house.says(call, ...BOOKING_LINES)).toContain('ten thirty');
    expect(house.ledger.list({ limit: 5 })).toEqual([]);
    await house.says(call, 'yes');
    const [row] = house.ledger.list({ limit: 5 });
    expect(row).toMatchObject({ call, kind: 'booking', state: 'verified', payload: { start: '2026-03-05T10:30:00+01:00' } });
    expect(house.calendar.records()).toHaveLength(1);
    const commitment = house.feed.find((event) => event.type === 'agent.utterance' && event.kind === 'commitment');
    expect(commitment).toMatchObject({ template: 'booked', text: expect.stringContaining('Thursday, the fifth of March, at ten thirty') });
    expect(house.said).toMatchObject([{ op: row?.op, claim: 'committed', opState: 'verified', call }]);
    expect(house.ledger.promises({ open: false })).toEqual([]);
    await house.says(call, 'no thank you');
    await house.quiet();
    expect(house.feed.at(-1)).toEqual({ type: 'call.ended', call, outcome: 'booked' });
    expect(house.board().live()).toBe(0);
    expect(house.journal.list({ limit: 1 })).toMatchObject([{ call, outcome: 'booked' }]);
  });

  it('waits for the "yes": nothing is in the ledger before it', async () => {
    const house = await createHouse();
    const { call } = await house.dial();
    await house.says(call, ...BOOKING_LINES);
    expect(house.types(call)).not.toContain('submit_intent');
    expect(house.calendar.writes).toEqual([]);
  });

  it('tells the caller of a conflict and never of a booking', async () => {
    const house = await createHouse();
    const { call } = await house.dial();
    await house.says(call, ...BOOKING_LINES);
    house.calendar.addForeign('2026-03-05T10:30:00+01:00', 30);
    await house.says(call, 'yes');
    expect(house.kinds()).not.toContain('commitment');
    const [row] = house.ledger.list({ limit: 1 });
    expect(row).toMatchObject({ state: 'conflict' });
    expect(house.said).toMatchObject([{ op: row?.op, claim: 'failed', opState: 'conflict', call }]);
  });
});

describe('the second gate', () => {
  it.each([
    ['whose row says something else by now', (): boolean => false],
    [
      'whose row cannot be read',
      (): boolean => {
        throw new AppError('ledger_unavailable', 'locked');
      },
    ],
  ])('does not play a commitment %s', async (_title, bearsOut) => {
    const house = await createHouse({ ledger: () => ({ bearsOut }) });
    const { call } = await house.dial();
    await house.says(call, ...BOOKING_LINES);
    const said = await house.says(call, 'yes');
    expect(claims(said)).toBe(false);
    expect(house.kinds()).not.toContain('commitment');
    expect(house.said).toEqual([]);
    expect(house.types(call)).toContain('utterance.refused');
    expect(house.metrics.snapshot()['speech_gate_blocked_total{gate="audio"}']?.count).toBe(1);
    // The call goes on: the next question is heard and answered.
    expect(await house.says(call, 'no thank you')).not.toBe('');
  });

  it('stops the voice when the proof is gone once the audio starts', async () => {
    let asked = 0;
    const house = await createHouse({ ledger: () => ({ bearsOut: () => (asked += 1) === 1 }) });
    const { call } = await house.dial();
    await house.says(call, ...BOOKING_LINES, 'yes');
    expect(house.audio.commands.map(({ method }) => method)).toContain('stop');
    expect(house.types(call)).toContain('utterance.refused');
  });

  it('stops the voice when the ledger cannot be read any more once the audio starts', async () => {
    let asked = 0;
    const locked = (): never => {
      throw new AppError('ledger_unavailable', 'input/output error');
    };
    const house = await createHouse({
      ledger: (real) => ({
        bearsOut: () => (asked += 1) === 1 || locked(),
        get: (op) => (asked === 0 ? real.get(op) : locked()),
      }),
    });
    const { call } = await house.dial();
    await house.says(call, ...BOOKING_LINES, 'yes');
    expect(house.audio.commands.map(({ method }) => method)).toContain('stop');
    expect(house.types(call)).toContain('utterance.refused');
  });
});

describe('a write that is not decided in time', () => {
  it('is told as pending and opens exactly one promise', async () => {
    const house = await createHouse();
    const { call } = await house.dial();
    house.calendar.down = 'destination_unreachable';
    await house.says(call, ...BOOKING_LINES, 'yes');
    expect(house.kinds()).toContain('pending');
    expect(house.kinds()).not.toContain('commitment');
    const [row] = house.ledger.list({ limit: 5 });
    expect(house.ledger.promises({ open: true })).toMatchObject([{ op: row?.op, state: 'open' }]);
    expect(house.said).toMatchObject([{ op: row?.op, claim: 'will_confirm' }]);
    await house.says(call, 'no thank you');
    expect(house.ledger.promises({ open: false })).toHaveLength(1);
  });

  it('is told as pending while another process holds up the ledger, and promised when the call is over', async () => {
    let isHeldUp = true;
    const house = await createHouse({
      ledger: (ledger) => ({
        openPromise: (...promise) => {
          if (isHeldUp) throw new AppError('ledger_unavailable', 'opening a promise failed (SQLITE_BUSY)');
          return ledger.openPromise(...promise);
        },
      }),
    });
    const { call } = await house.dial();
    house.calendar.down = 'destination_unreachable';
    await house.says(call, ...BOOKING_LINES, 'yes');
    expect(house.kinds()).toContain('pending');
    expect(house.kinds()).not.toContain('commitment');
    expect(house.ledger.promises({ open: false })).toEqual([]);
    isHeldUp = false;
    await house.says(call, 'no thank you');
    await house.quiet();
    const [row] = house.ledger.list({ limit: 5 });
    expect(house.ledger.promises({ open: true })).toMatchObject([{ op: row?.op }]);
  });

  it('is not promised when the promise cannot be written', async () => {
    const house = await createHouse({
      ledger: () => ({
        openPromise: () => {
          throw new AppError('disk_full', 'no space left');
        },
      }),
    });
    const { call } = await house.dial();
    house.calendar.down = 'destination_unreachable';
    await house.says(call, ...BOOKING_LINES, 'yes');
    expect(house.kinds()).not.toContain('pending');
    expect(house.said).toMatchObject([{ claim: 'failed', opState: 'sending' }]);
    expect(house.log.lines).toContainEqual({ level: 'error', message: 'promise not opened' });
  });

  it('goes on after a hang-up behind the "yes", and its promise is opened', async () => {
    const release = Promise.withResolvers<void>();
    const started = Promise.withResolvers<OpId>();
    const house = await createHouse({
      beforeWrite: (op) => {
        started.resolve(op);
        return release.promise;
      },
    });
    const { call, channel } = await house.dial();
    await house.says(call, ...BOOKING_LINES);
    await house.says(call, 'yes');
    const op = await started.promise;
    house.calendar.down = 'destination_unreachable';
    house.phone.hangUpCaller(channel);
    await house.pass(100);
    expect(house.board().live()).toBe(0);
    expect(house.feed.findLast(({ type }) => type === 'call.ended')).toMatchObject({ outcome: 'booked' });
    release.resolve();
    await house.pass(100);
    expect(house.ledger.promises({ open: true })).toMatchObject([{ op }]);
    house.calendar.down = null;
    await house.pass(60_000);
    await house.engine.sweep();
    expect(house.ledger.get(op)).toMatchObject({ state: 'verified' });
    expect(house.calendar.records()).toHaveLength(1);
  });
});

describe('a ledger that takes nothing', () => {
  it('leads to an apology and never to a claim', async () => {
    const house = await createHouse({
      ledger: () => ({
        accept: () => {
          throw new AppError('disk_full', 'no space left');
        },
      }),
    });
    const { call } = await house.dial();
    await house.says(call, ...BOOKING_LINES);
    const said = await house.says(call, 'yes');
    expect(said).toMatch(/could not|sorry/i);
    expect(claims(said)).toBe(false);
    expect(house.kinds()).toContain('apology');
    expect(house.kinds()).not.toContain('commitment');
    expect(house.kinds()).not.toContain('pending');
    expect(house.calendar.writes).toEqual([]);
    expect(house.log.lines).toContainEqual({ level: 'error', message: 'intent not accepted' });
  });
});
