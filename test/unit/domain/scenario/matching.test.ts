import { describe, expect, it } from 'vitest';
import { hasWords, matchesText, matchesUtterance, parsePattern, plainText, wasHeard } from '../../../../src/domain/scenario/matching.ts';
import { bearsOutStart, contradictions, isReadBack, isSameStart } from '../../../../src/domain/scenario/spoken-details.ts';

const ANY = { kinds: [], asks: [], templates: [], texts: [] };
const utterance = { kind: 'prompt', template: 'ask_time', asks: 'time', text: "What time suits you? I've got ten thirty." };

describe('texts are compared', () => {
  it('in lower case, without punctuation, with straight apostrophes', () => {
    expect(plainText('  “You’re booked”, for a CHECK-UP: 10:30!  ')).toBe("you're booked for a check up 10 30");
  });

  it('by whole words', () => {
    expect(hasWords('You are rebooked', 'booked')).toBe(false);
    expect(hasWords('You are booked.', 'Booked!')).toBe(true);
  });

  it('by regular expressions between slashes', () => {
    expect(matchesText(parsePattern('/ten (thirty|forty)/'), 'At Ten, thirty')).toBe(true);
    expect(matchesText(parsePattern('/^thirty/'), 'ten thirty')).toBe(false);
  });
});

describe('a hear matcher', () => {
  it.each([
    [{ ...ANY }, true],
    [{ ...ANY, kinds: ['legal', 'prompt'] as const }, true],
    [{ ...ANY, kinds: ['legal'] as const }, false],
    [{ ...ANY, asks: ['day', 'time'] as const }, true],
    [{ ...ANY, asks: ['day'] as const }, false],
    [{ ...ANY, kinds: ['prompt'] as const, asks: ['day'] as const }, false],
    [{ ...ANY, templates: ['ask_time'] }, true],
    [{ ...ANY, texts: [parsePattern('eleven'), parsePattern('ten thirty')] }, true],
  ])('%j is met: %s', (matcher, expected) => {
    expect(matchesUtterance(matcher, utterance)).toBe(expected);
  });

  it('for a slot is not met by a sentence that asks nothing', () => {
    expect(matchesUtterance({ ...ANY, asks: ['time'] }, { ...utterance, asks: null })).toBe(false);
  });

  it('looks only at what was heard', () => {
    expect(wasHeard({ type: 'text', pattern: parsePattern('ten thirty') }, [{ ...utterance, text: 'What time' }])).toBe(false);
    expect(wasHeard({ type: 'utterance', matcher: { ...ANY, kinds: ['commitment'] } }, [utterance])).toBe(false);
  });
});

describe('a read-back', () => {
  const booking = { service: 'check-up', start: '2026-03-05T10:30', name: 'Laura Becker', phone: '+493055501234' };
  const practice = { timeZone: 'Europe/Berlin', serviceName: 'a check-up' };
  const phone = 'zero three zero, five five five, zero one two three four';

  it.each([
    [`So that's a check-up on Thursday the fifth of March at ten thirty for Laura Becker, phone ${phone}. Is that right?`, []],
    ['A check-up on Thursday, March 5th, at half past ten for Laura Becker?', []],
    ['A check-up on Friday the sixth of March at ten thirty for Laura Becker?', ['day']],
    ['A check-up on Thursday the twelfth of March at ten thirty for Laura Becker?', ['day']],
    ['A check-up on Thursday the fifth of March at eleven o’clock for Laura Becker?', ['time']],
    ['A check-up on Thursday at ten thirty for Laura Baker?', ['name']],
    ['A vaccination on Thursday at ten thirty for Laura Becker?', ['service']],
    [`A check-up on Thursday at ten thirty for Laura Becker, phone zero three zero, five five five, nine nine nine nine nine?`, ['phone']],
    ['Shall I put you through?', []],
    [`Your message is: call me back. Phone number ${phone}. Shall I pass that on?`, []],
  ])('%j contradicts in %j', (text, expected) => {
    expect(contradictions(text, booking, practice)).toEqual(expected);
  });

  it('is told from other questions by its day and time', () => {
    expect(isReadBack('a check-up on Thursday at ten thirty')).toBe(true);
    expect(isReadBack('Which day suits you?')).toBe(false);
  });
});

describe('a commitment', () => {
  it.each([
    ["You're booked for a check-up on Thursday the fifth of March at ten thirty.", true],
    ["You're booked for a check-up on Thursday the fifth of March at eleven o'clock.", false],
    ["You're booked for Wednesday at ten thirty.", false],
    ["You're booked. Goodbye.", true],
  ])('%j fits an entry at half past ten on Thursday: %s', (text, expected) => {
    expect(bearsOutStart(text, '2026-03-05T09:30:00Z', 'Europe/Berlin')).toBe(expected);
  });

  it('knows a start with and without offset as the same', () => {
    expect(isSameStart('2026-03-05T10:30', '2026-03-05T09:30:00Z', 'Europe/Berlin')).toBe(true);
    expect(isSameStart('2026-07-05T10:30', '2026-07-05T09:30:00Z', 'Europe/Berlin')).toBe(false);
  });
});
