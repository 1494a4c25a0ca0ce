import { describe, expect, test } from 'vitest';
import type { Journal } from '../../../../src/ports/journal.ts';
import { createFakeJournal } from '../../../support/fake-journal.ts';
import { BOOKING_LINES, CALLER, createHouse, DID } from './call-house.ts';

/** A journal that remembers whom it was told about, among the types of its entries. */
function listeningJournal(): { readonly journal: Journal; readonly heard: string[] } {
  const journal = createFakeJournal();
  const heard: string[] = [];
  return {
    heard,
    journal: {
      ...journal,
      append: (entry) => (heard.push(entry.type), journal.append(entry)),
      concerns: (_call, phone) => void heard.push(phone),
    },
  };
}
const numbers = (heard: readonly string[]): readonly string[] => heard.filter((one) => one.startsWith('+'));

describe('the journal of a call', () => {
  test.each([CALLER, '03055501234'])('hears before its first entry of the line that the call comes from, as E.164: %s', async (from) => {
    const { journal, heard } = listeningJournal();
    const house = await createHouse({ parts: { journal } });
    house.phone.dial({ did: DID, from });
    await house.quiet();
    expect(heard.slice(0, 2)).toEqual([CALLER, 'call.arrived']);
    expect(numbers(heard)).toEqual([CALLER]);
  });

  test('hears of a number that is given in the call, once, before anything is asked for with it', async () => {
    const { journal, heard } = listeningJournal();
    const house = await createHouse({ parts: { journal } });
    const { call } = await house.dial();
    await house.says(call, BOOKING_LINES[0], BOOKING_LINES[1], 'no, it is oh three oh, five five five, oh nine nine nine nine');
    expect(numbers(heard)).toEqual([CALLER, '+493055509999']);
    await house.says(call, 'yes');
    expect(house.calendar.records()).toMatchObject([{ phone: '+493055509999' }]);
    expect(heard.indexOf('+493055509999')).toBeLessThan(heard.indexOf('submit_intent'));
    expect(numbers(heard)).toHaveLength(2);
  });
});
