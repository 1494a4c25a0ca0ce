import { describe, expect, test } from 'vitest';
import { parseYesNo } from '../../../../../src/domain/dialog/language/en/parse-yes-no.ts';

const YES = [
  'yes',
  'Yes, please.',
  'yeah',
  'yep',
  'sure',
  'okay',
  'correct',
  "that's right",
  'that is correct',
  'yes that works',
  'sounds good',
  'absolutely',
  'of course',
  'go ahead',
  "that's fine",
  'yes of course',
  'um yes',
  'yes you can use that number',
  'that would be great',
  'mhm',
  'uh huh',
  'it is',
  "that's it",
  'yes all of that is correct',
  'yeah okay that works',
  'yes indeed',
  "okay that's right",
  'absolutely yes',
  "right that's correct",
  "yes that's perfect thank you",
  'no problem',
  'yes no problem',
  'i agree',
  'i do',
  'you may',
  'please do',
  'perfect',
];
const NO = [
  'no',
  'No.',
  'no thank you',
  'nope',
  "that's wrong",
  'that is not right',
  "no that's not correct",
  'not really',
  "i don't think so",
  "that doesn't work",
  'wrong',
  'no wait',
  'never mind',
  "i'm afraid not",
  'nah',
  'not at all',
  'no you got that wrong',
  "no it's not right",
  "nope that's wrong",
  'no sorry that is not correct',
  "no i don't want that",
  'no that is not my number',
  'um no thanks',
  "no that's not it",
  'that is not it',
  'incorrect',
  'no not that one',
  "i'd rather not",
  'not today',
  'not yet',
];
const NEITHER = [
  'thursday',
  'ten thirty please',
  'laura becker',
  'what did you say',
  'oh three oh',
  'i am not sure sorry',
  "i'm not sure",
  'i do not know',
];

describe('yes and no', () => {
  test.each(YES)('"%s" is a yes', (text) => {
    expect(parseYesNo(text)?.answer).toBe('yes');
  });

  test.each(NO)('"%s" is a no', (text) => {
    expect(parseYesNo(text)?.answer).toBe('no');
  });

  test.each(NEITHER)('"%s" is neither', (text) => {
    expect(parseYesNo(text)).toBeNull();
  });

  test.each([
    ['no, Thursday', 'no', 'thursday'],
    ['no half past two', 'no', 'half past two'],
    ['yes please', 'yes', ''],
    ['no thank you', 'no', ''],
  ])('"%s" is a %s with the rest "%s"', (text, answer, rest) => {
    expect(parseYesNo(text)).toEqual({ answer, rest });
  });
});
