import { describe, expect, test } from 'vitest';
import { portionsOf, shortcomingsOf, summaryOf, type Figures } from '../../../scripts/testing/fault-portions.ts';

const good: Figures = {
  destination: 'caldav',
  ops: 500,
  faultsFired: 180,
  kills: 35,
  duplicated: 0,
  lost: 0,
  falseClaims: 0,
  promisesBroken: 0,
  orphans: 0,
  doubleBooked: 0,
  answerP95Ms: 1830,
  calm: { bookedInTime: 1 },
  recoveryMsMax: { worker: 3900, daemon: null, redis: 2400 },
  unfired: [],
};

describe('a soak', () => {
  test('gives every destination all operations, by turns and with successive seeds', () => {
    const portions = portionsOf(['caldav', 'fhir'], 1200, 7);
    expect(portions.map(({ destination, ops, seed }) => `${destination} ${ops} ${seed}`)).toEqual([
      'caldav 500 7',
      'fhir 500 7',
      'caldav 500 8',
      'fhir 500 8',
      'caldav 200 9',
      'fhir 200 9',
    ]);
    expect(portionsOf(['caldav'], 0, 7)).toEqual([]);
  });

  test('finds nothing wrong with a portion that met every bar', () => {
    expect(shortcomingsOf(good)).toEqual([]);
  });

  test.each<[string, Partial<Figures>]>([
    ['duplicated: 1', { duplicated: 1 }],
    ['doubleBooked: 2', { doubleBooked: 2 }],
    ['answerP95Ms: 2001, at most 2000', { answerP95Ms: 2001 }],
    ['calm.bookedInTime: 0.98, at least 0.99', { calm: { bookedInTime: 0.98 } }],
    ['recoveryMsMax.worker: 10001, at most 10000', { recoveryMsMax: { worker: 10_001, redis: null } }],
    ['planned and not fired: redis.killed', { unfired: ['redis.killed'] }],
  ])('finds %s', (what, parts) => {
    expect(shortcomingsOf({ ...good, ...parts })).toEqual([what]);
  });

  test('adds up what portions of a destination came to, and keeps the worst times', () => {
    const other: Figures = { ...good, lost: 1, answerP95Ms: 1900, calm: { bookedInTime: 0.995 }, recoveryMsMax: { redis: 5000 } };
    expect(summaryOf([good, other, { ...good, destination: 'fhir' }])).toMatchObject({
      caldav: { portions: 2, ops: 1000, lost: 1, answerP95MsMax: 1900, recoveryMsMax: 5000, bookedInTimeMin: 0.995 },
      fhir: { portions: 1, ops: 500, lost: 0 },
    });
  });
});
