/** What the caller's sentence means, strictly enough that one wrong word counts as an error. */

const YES = /\b(yes|yeah|yep|sure|okay|ok|alright|correct|exactly|right|works|good|perfect|absolutely|fine|great|definitely|certainly|indeed|mhm|course)\b/;
const NO = /\b(no|nope|nah|not|wrong|incorrect|don't|isn't|never|doesn't|can't)\b/;

export function yesNoOf(text: string): 'yes' | 'no' | null {
  if (NO.test(text)) return 'no';
  return YES.test(text) ? 'yes' : null;
}

const WHEN = new Set(
  `monday tuesday wednesday thursday friday saturday sunday today tomorrow january february march april may june july august september october november december
  first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth
  one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty oh hundred
  half quarter past to noon midday am pm morning afternoon evening lunch next this week weeks month days after before between early late later earlier end beginning day`.split(/\s+/),
);

export function dayTimeOf(text: string): string | null {
  const words = text.split(' ').filter((word) => WHEN.has(word));
  return words.length === 0 ? null : words.join(' ');
}

const DIGITS: Readonly<Record<string, string>> = { zero: '0', oh: '0', o: '0', one: '1', two: '2', three: '3', four: '4', five: '5', six: '6', seven: '7', eight: '8', nine: '9', plus: '+' };

export function phoneOf(text: string): string | null {
  let digits = '';
  let times = 1;
  for (const word of text.split(' ')) {
    const digit = DIGITS[word];
    if (word === 'double') times = 2;
    else if (word === 'triple') times = 3;
    else if (digit !== undefined) {
      digits += digit.repeat(times);
      times = 1;
    }
  }
  return digits === '' ? null : digits;
}

const EMERGENCY = /emergency|chest|can't breathe|cannot breathe|can not breathe|hardly breathe|not breathing|stopped breathing|bleeding|unconscious|collapsed|fainted|passed out|ambulance|heart attack|stroke|kill|suicid|want to die|overdose|too many pills|poison|seizure|choking|don't want to live|hurt myself/;
export const isEmergency = (text: string): boolean => EMERGENCY.test(text);

const HUMAN = /\b(human|real person|person|someone real|operator|receptionist|front desk|live person|member of staff)\b/;
export const wantsHuman = (text: string): boolean => HUMAN.test(text) && !/are you|is this|am i/.test(text);
