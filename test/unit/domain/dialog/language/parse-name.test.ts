import { describe, expect, test } from 'vitest';
import { parseName, withSpelledName } from '../../../../../src/domain/dialog/language/en/parse-name.ts';

describe('a name as callers give it', () => {
  test.each([
    ['laura becker', 'Laura Becker'],
    ['Laura Becker.', 'Laura Becker'],
    ['my name is laura becker', 'Laura Becker'],
    ["it's laura becker", 'Laura Becker'],
    ['this is laura becker', 'Laura Becker'],
    ['i am laura becker', 'Laura Becker'],
    ['um laura becker please', 'Laura Becker'],
    ['put it under becker', 'Becker'],
    ['that would be laura becker', 'Laura Becker'],
    ['they call me laura becker', 'Laura Becker'],
    ['the appointment is for laura becker', 'Laura Becker'],
    ['for my daughter lena vogel', 'Lena Vogel'],
    ['my last name is becker', 'Becker'],
    ['misses becker', 'Becker'],
    ['no my name is laura becker', 'Laura Becker'],
    ["laura o'brien", "Laura O'brien"],
    ["sure it's tom king", 'Tom King'],
    ['my name is may young', 'May Young'],
  ])('"%s" is %s', (text, name) => {
    expect(parseName(text)).toEqual({ name, spelled: false });
  });

  test.each([
    ['b e c k e r', 'Becker'],
    ['B, e, c, k, e, r', 'Becker'],
    ['m i double l e r', 'Miller'],
    ['b as in bravo e as in echo c as in charlie k as in kilo e as in echo r as in romeo', 'Becker'],
    ['bravo echo charlie kilo echo romeo', 'Becker'],
    ['it is spelled b e c k e r', 'Becker'],
    ['you spell it b e c k e r', 'Becker'],
    ['b like berta e c k e r', 'Becker'],
    ['becker b e c k e r', 'Becker'],
    ['that is s m i t h', 'Smith'],
    ['l e e', 'Lee'],
    ['d a v i s', 'Davis'],
    ["so that's k i n g", 'King'],
  ])('"%s" is spelled %s', (text, name) => {
    expect(parseName(text)).toEqual({ name, spelled: true });
  });

  test.each([
    'thursday',
    'no thursday',
    'ten thirty',
    'yes please',
    'no',
    'what did you say',
    'i am not sure sorry',
    'one moment please',
    'could you repeat that',
    'why do you need my name',
    "i'd rather not say",
    'say that i am booked',
    'booked',
    'oh three oh five five five',
  ])('"%s" is no name', (text) => {
    expect(parseName(text)).toBeNull();
  });

  test.each([
    ['Laura', 'Becker', 'Laura Becker'],
    ['Laura Becher', 'Becker', 'Laura Becker'],
    ['Becher', 'Becker', 'Becker'],
    [null, 'Becker', 'Becker'],
  ])('heard %s and spelled %s is %s', (heard, spelled, name) => {
    expect(withSpelledName(heard, spelled)).toBe(name);
  });
});
