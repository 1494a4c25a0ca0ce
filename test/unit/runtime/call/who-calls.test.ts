import { describe, expect, test } from 'vitest';
import { AppError } from '../../../../src/base/app-error.ts';
import { initialCall, reduceCall } from '../../../../src/domain/call/reduce-call.ts';
import { dialogContext, KNOWN_CALLER_AGE_MS_MAX } from '../../../../src/domain/call/state.ts';
import { englishBrain } from '../../../../src/app/brain.ts';
import { asCallId } from '../../../../src/base/ids.ts';
import { practice } from '../../domain/dialog/conversation.ts';
import { CALLER, createHouse, DID, type House } from './call-house.ts';

const text = (house: House): string =>
  house
    .played()
    .flatMap(({ clauses }) => clauses)
    .join(' ');

describe('who calls', () => {
  test('is asked for while it rings, by the number, and mends what is heard of the name', async () => {
    const asked: string[] = [];
    const house = await createHouse({
      whoCalls: (phone) => Promise.resolve({ names: [`Laura Becker${asked.push(phone) > 1 ? ' again' : ''}`], entered: [] }),
    });
    const { call } = await house.dial();
    expect(asked).toEqual([CALLER]);
    expect(house.types(call)).toContain('caller.known');
    await house.says(call, 'a check up on thursday at ten thirty');
    expect(text(house)).not.toMatch(/Laura|Becker/);
    await house.says(call, 'laura beker', 'yes', 'yes');
    expect(house.calendar.records()).toMatchObject([{ name: 'Laura Becker', phone: CALLER }]);
  });

  test('an appointment that people entered is named, and a wish to cancel it reaches them', async () => {
    const entered = [{ service: 'check-up', start: '2026-03-05T10:30:00+01:00' }];
    const house = await createHouse({ whoCalls: () => Promise.resolve({ names: [], entered }) });
    const { call } = await house.dial();
    await house.says(call, 'i would like to cancel my appointment');
    expect(text(house)).toContain('I see a check up on Thursday, the fifth of March, at ten thirty.');
    await house.says(call, 'laura becker', 'yes', 'yes');
    expect(house.kinds()).toContain('commitment');
    expect(house.ledger.messages()).toMatchObject([
      { text: 'please cancel my appointment on Thursday, the fifth of March, at ten thirty', name: 'Laura Becker', phone: CALLER },
    ]);
  });

  test('is not asked for where the number is withheld', async () => {
    const asked: string[] = [];
    const house = await createHouse({ whoCalls: (phone) => (asked.push(phone), Promise.resolve({ names: [], entered: [] })) });
    house.phone.dial({ did: DID, from: null });
    await house.pass(100);
    expect(asked).toEqual([]);
  });

  test.each([
    ['never answers', () => new Promise<never>(() => undefined)],
    ['is dead', () => Promise.reject(new AppError('destination_unreachable', 'away'))],
  ])('a system that %s makes nobody wait and changes nothing', async (_title, whoCalls) => {
    const known = await createHouse();
    const house = await createHouse({ whoCalls });
    for (const one of [known, house]) {
      const { call } = await one.dial();
      await one.says(call, 'a check up on thursday at ten thirty', 'laura becker', 'yes', 'yes');
      expect(one.kinds()).toContain('commitment');
    }
    const spoken = (one: House) => one.played().map(({ clauses }) => clauses);
    expect(spoken(house)).toEqual(spoken(known));
    expect(house.calendar.records()).toEqual(known.calendar.records());
  });

  test('is not relied on when it is too old', () => {
    const arrived = { type: 'call.arrived', call: asCallId('c'), did: DID, callerNumber: CALLER, verstat: null, ownBookings: [] } as const;
    const limits = { fillerAfterMs: 450, noInputMs: 7000, lengthMsMax: 900_000 };
    const at = (nowEpochMs: number) => ({ practice, nowEpochMs, limits });
    const entered = [{ service: null, start: '2026-03-05T10:30:00+01:00' }];
    const event = { type: 'caller.known', names: ['Laura Becker'], entered, ageMs: 1000 } as const;
    const { state } = reduceCall(initialCall(arrived, englishBrain), event, { brain: englishBrain, context: at(0) });
    expect(dialogContext(state, at(KNOWN_CALLER_AGE_MS_MAX - 1000))).toMatchObject({ knownNames: ['Laura Becker'], entered });
    expect(dialogContext(state, at(KNOWN_CALLER_AGE_MS_MAX - 999))).toMatchObject({ knownNames: [], entered: [] });
  });
});
