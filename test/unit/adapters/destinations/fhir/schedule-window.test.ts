import { describe, expect, test } from 'vitest';
import type { Slot, Stored } from '../../../../../src/adapters/destinations/fhir/resources.ts';
import { isFreeOf, slotChain } from '../../../../../src/adapters/destinations/fhir/schedule-window.ts';

const time = (clock: string): number => Date.parse(`2026-03-05T${clock}:00Z`);
const slot = (from: string, to: string): Stored<Slot> => ({
  resourceType: 'Slot',
  id: `${from}-${to}`.replaceAll(':', ''),
  schedule: { reference: 'Schedule/1' },
  status: 'free',
  start: `2026-03-05T${from}:00Z`,
  end: `2026-03-05T${to}:00Z`,
});
const window = (from: string, to: string) => ({ startEpochMs: time(from), endEpochMs: time(to) });

describe('a chain of slots', () => {
  test.each([
    ['one that fits', [slot('09:00', '09:30')], ['0900-0930']],
    ['one that is longer', [slot('09:00', '10:00')], ['0900-1000']],
    ['two in a row, in whatever order they come', [slot('09:15', '09:30'), slot('09:00', '09:15')], ['0900-0915', '0915-0930']],
    ['the longer of two that begin together', [slot('09:00', '09:15'), slot('09:00', '09:30')], ['0900-0930']],
    ['the shorter of two that are too long', [slot('09:00', '11:00'), slot('09:00', '10:00')], ['0900-1000']],
    ['none with a gap', [slot('09:00', '09:15'), slot('09:20', '09:35')], null],
    ['none that begins earlier', [slot('08:45', '09:45')], null],
    ['none without length', [slot('09:00', '09:00')], null],
  ])('is %s', (_what, slots, expected) => {
    expect(slotChain(slots, window('09:00', '09:30'))?.map(({ id }) => id) ?? null).toEqual(expected);
  });
});

describe('a time', () => {
  test('is free up to the minute in which something else begins, and taken by what has no length', () => {
    const busy = [window('09:30', '10:00'), window('11:00', '11:00')];
    expect(isFreeOf(busy, window('09:00', '09:30'))).toBe(true);
    expect(isFreeOf(busy, window('10:00', '10:30'))).toBe(true);
    expect(isFreeOf(busy, window('09:45', '10:15'))).toBe(false);
    expect(isFreeOf(busy, window('10:45', '11:15'))).toBe(false);
  });
});
