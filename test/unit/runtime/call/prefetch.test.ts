import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../src/base/app-error.ts';
import type { SlotQuery } from '../../../../src/domain/hours/free-slot.ts';
import type { Bookings } from '../../../../src/ports/bookings.ts';
import { CALLER, createHouse, DID } from './call-house.ts';

const MINUTE_MS = 60_000;

/** A worker of which only the free slots are asked; `ageMs` per question. */
function slotsOnly(answer: (query: SlotQuery, count: number) => ReturnType<Bookings['freeSlots']>) {
  const asked: SlotQuery[] = [];
  const bookings: Bookings = {
    freeSlots: (query) => answer(query, asked.push(query)),
    whoCalls: () => Promise.resolve({ names: [], entered: [] }),
    settle: () => Promise.reject(new AppError('timed_out', 'nothing is written here')),
    close: () => Promise.resolve(),
  };
  return { asked, bookings };
}

describe('while it still rings', () => {
  it('the free slots of the next days are read, one service after the other, and nobody waits for them', async () => {
    const never = Promise.withResolvers<never>();
    const { asked, bookings } = slotsOnly(() => never.promise);
    const house = await createHouse({ parts: { bookings } });
    await house.dial();
    expect(asked).toEqual([{ service: 'check-up', fromDay: '2026-03-02', toDay: '2026-03-15' }]);
    expect(house.kinds()).toContain('legal');
  });

  it('no more than four services are read', async () => {
    const { asked, bookings } = slotsOnly(() => Promise.resolve({ slots: [], ageMs: 0 }));
    const house = await createHouse({ parts: { bookings } });
    house.phone.dial({ did: DID, from: CALLER });
    await house.pass(40);
    expect(asked.map(({ service }) => service)).toEqual(['check-up', 'vaccination', 'blood-test', 'consultation']);
  });

  it.each([
    ['does not answer', () => Promise.reject(new AppError('destination_unreachable', 'away'))],
    ['gives only what it knew before', () => Promise.resolve({ slots: [], ageMs: MINUTE_MS })],
  ])('a calendar that %s is left alone', async (_title, answer) => {
    const { asked, bookings } = slotsOnly(answer);
    const house = await createHouse({ parts: { bookings } });
    house.phone.dial({ did: DID, from: CALLER });
    await house.pass(40);
    expect(asked).toHaveLength(1);
  });
});

describe('a calendar that goes away during the call', () => {
  it('leaves the times that were read while it rang: they are offered as what they are', async () => {
    const house = await createHouse();
    const { call } = await house.dial();
    await house.pass(5000);
    house.calendar.down = 'destination_unreachable';
    const said = await house.says(call, 'a check up on thursday');
    expect(said).toContain('I only know what was free a short while ago.');
    expect(said).toContain('On Thursday, the fifth of March,');
    expect(house.log.lines).toContainEqual({ level: 'warn', message: 'free slots from before are used' });
    await house.says(call, 'at ten thirty', 'laura becker', 'yes', 'yes');
    expect(house.kinds()).toContain('pending');
    expect(house.kinds()).not.toContain('commitment');
  });
});
