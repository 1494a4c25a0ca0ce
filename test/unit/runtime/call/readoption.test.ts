import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../src/base/app-error.ts';
import { BOOKING_LINES, createHouse } from './call-house.ts';
import { createFakeJournal } from '../../../support/fake-journal.ts';

describe('a daemon that is restarted during a call', () => {
  it('takes the call up where it was: new leg, a word of apology, and what was said is still known', async () => {
    const house = await createHouse();
    const { call } = await house.dial();
    await house.says(call, ...BOOKING_LINES);
    const before = house.played().length;
    await house.restart();
    await house.quiet();
    expect(house.board().live()).toBe(1);
    expect(house.phone.failedOver).toEqual([]);
    expect(house.audio.commands.filter(({ method }) => method === 'open')).toHaveLength(2);
    expect(house.types(call)).toContain('call.readopted');
    expect(house.played().slice(before).length).toBeGreaterThan(0);
    await house.says(call, 'yes');
    expect(house.ledger.list({ limit: 5 })).toMatchObject([{ call, state: 'verified', payload: { name: 'Laura Becker' } }]);
    expect(house.calendar.records()).toHaveLength(1);
    expect(house.kinds()).toContain('commitment');
  });

  it('asks again for a write whose fate the caller has not heard, and tells it', async () => {
    const never = Promise.withResolvers<void>();
    let isFirst = true;
    const house = await createHouse({
      beforeWrite: () => {
        if (!isFirst) return Promise.resolve();
        isFirst = false;
        return never.promise;
      },
    });
    const { call } = await house.dial();
    await house.says(call, ...BOOKING_LINES, 'yes');
    const [accepted] = house.ledger.list({ limit: 5 });
    expect(accepted).toMatchObject({ state: 'accepted' });
    expect(house.types(call)).not.toContain('intent.settled');
    await house.restart();
    await house.quiet();
    const rows = house.ledger.list({ limit: 5 });
    expect(rows).toMatchObject([{ op: accepted?.op, state: 'verified' }]);
    expect(house.calendar.writes).toHaveLength(1);
    expect(house.types(call)).toContain('intent.settled');
    expect(house.kinds().filter((kind) => kind === 'commitment')).toHaveLength(1);
    expect(house.said).toMatchObject([{ op: accepted?.op, claim: 'committed', opState: 'verified' }]);
    never.resolve();
  });

  it('does not ask again for a write whose fate was told', async () => {
    const house = await createHouse();
    const { call } = await house.dial();
    await house.says(call, ...BOOKING_LINES, 'yes');
    await house.restart();
    await house.quiet();
    expect(house.types(call).filter((type) => type === 'submit_intent')).toHaveLength(1);
    expect(house.types(call).filter((type) => type === 'intent.settled')).toHaveLength(1);
    expect(house.calendar.writes).toHaveLength(1);
    await house.says(call, 'no thank you');
    await house.quiet();
    expect(house.feed.at(-1)).toEqual({ type: 'call.ended', call, outcome: 'booked' });
  });

  it('may be restarted twice', async () => {
    const house = await createHouse();
    const { call } = await house.dial();
    await house.says(call, BOOKING_LINES[0]);
    await house.restart();
    await house.quiet();
    await house.restart();
    await house.quiet();
    await house.says(call, 'laura becker', 'yes', 'yes');
    expect(house.ledger.list({ limit: 5 })).toMatchObject([{ state: 'verified' }]);
  });

  it('watches over the call again', async () => {
    const house = await createHouse();
    const { channel } = await house.dial();
    const before = house.phone.refreshes.length;
    await house.restart();
    await house.pass(4500);
    expect(house.phone.refreshes.slice(before)).toEqual(Array.from({ length: 3 }, () => ({ channel, limitS: 7 })));
  });

  it('gives a call whose journal is not there to the human dialplan', async () => {
    const house = await createHouse();
    const { channel } = await house.dial();
    await house.restart({ journal: createFakeJournal() });
    await house.pass(100);
    expect(house.phone.failedOver).toEqual([channel]);
    expect(house.board().live()).toBe(0);
  });

  it('gives a call that was erased meanwhile to the human dialplan', async () => {
    const house = await createHouse();
    const { channel } = await house.dial();
    const { journal } = house;
    await house.restart({ journal: { ...journal, read: (call) => journal.read(call).map((entry) => ({ ...entry, body: null })) } });
    await house.pass(100);
    expect(house.phone.failedOver).toEqual([channel]);
    expect(house.board().live()).toBe(0);
  });

  it('takes up the other calls when what the journal of one holds cannot be replayed', async () => {
    const house = await createHouse();
    const broken = await house.dial();
    const sound = await house.dial();
    const { journal } = house;
    // An event that an earlier version knew.
    const garbled = { type: 'caller.sneezed' };
    await house.restart({
      journal: {
        ...journal,
        read: (call) => journal.read(call).map((entry, index) => (call === broken.call && index > 0 ? { ...entry, body: garbled } : entry)),
      },
    });
    await house.pass(100);
    expect(house.phone.failedOver).toEqual([broken.channel]);
    await house.says(sound.call, ...BOOKING_LINES, 'yes');
    expect(house.ledger.list({ limit: 1 })).toMatchObject([{ call: sound.call, state: 'verified' }]);
  });

  it('takes up the other calls when the journal of one cannot be read', async () => {
    const house = await createHouse();
    const unreadable = await house.dial();
    const sound = await house.dial();
    const { journal } = house;
    await house.restart({
      journal: {
        ...journal,
        read: (call) => {
          if (call === unreadable.call) throw new AppError('journal_unreadable', 'not decrypted');
          return journal.read(call);
        },
      },
    });
    await house.pass(100);
    expect(house.phone.failedOver).toEqual([unreadable.channel]);
    await house.says(sound.call, ...BOOKING_LINES, 'yes');
    expect(house.ledger.list({ limit: 1 })).toMatchObject([{ call: sound.call, state: 'verified' }]);
  });
});
