import { assert, property, stringMatching } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePhone } from '../../../../../src/domain/dialog/language/en/parse-phone.ts';
import { sayPhone } from '../../../../../src/domain/dialog/language/en/say.ts';

const NUMBERS: readonly (readonly [string, string])[] = [
  ['oh three oh, five five five, oh one two three four', '+493055501234'],
  ['zero three zero five five five zero one two three four', '+493055501234'],
  ['oh three oh triple five oh one two three four', '+493055501234'],
  ['oh three oh double five five oh one two three four', '+493055501234'],
  ['o three o five five five o one two three for', '+493055501234'],
  ['plus four nine three oh five five five oh one two three four', '+493055501234'],
  ['plus four nine oh three oh five five five oh one two three four', '+493055501234'],
  ['double oh four nine three oh five five five oh one two three four', '+493055501234'],
  ['zero zero four nine three oh five five five oh one two three four', '+493055501234'],
  ['three oh five five five oh one two three four', '+493055501234'],
  ['my number is oh one seven one two three four five six seven eight', '+491712345678'],
  ['it is oh one seven one twenty three forty five sixty seven eight', '+491712345678'],
  ['oh one seven one twenty three forty five six seven eight', '+491712345678'],
  ['plus four four two oh seven nine four six oh nine five eight', '+442079460958'],
  ['you can reach me at oh three oh five five five oh one two three four thank you', '+493055501234'],
  ['no it is oh three oh five five five oh one two three four', '+493055501234'],
  ['oh three oh five five six sorry oh three oh five five five oh one two three four', '+493055501234'],
  ['030 555 01234', '+493055501234'],
  ['+49 30 55501234', '+493055501234'],
  ['oh three oh five five five oh won too three four', '+493055501234'],
];

describe('a telephone number as dictated', () => {
  test.each(NUMBERS)('"%s" is %s', (text, e164) => {
    expect(parsePhone(text, 'DE')).toMatchObject({ e164, complete: true });
  });

  test.each(['oh three oh', 'oh three oh five five five', 'plus four nine three oh'])('"%s" is a beginning', (text) => {
    expect(parsePhone(text, 'DE')).toMatchObject({ complete: false });
  });

  test.each(['yes please', 'this number', 'thursday at ten', 'i want to talk to someone'])('"%s" holds no number', (text) => {
    expect(parsePhone(text, 'DE')).toBeNull();
  });

  test('every number is understood as it is spoken', () => {
    const national = stringMatching(/^[1-9][0-9]{8,10}$/);
    assert(
      property(national, (digits) => {
        const e164 = `+49${digits}`;
        expect(parsePhone(sayPhone(e164, '49'), 'DE')).toMatchObject({ e164, complete: true });
      }),
    );
  });
});
