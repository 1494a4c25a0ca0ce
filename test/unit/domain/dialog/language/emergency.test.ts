import { describe, expect, test } from 'vitest';
import { hardRule } from '../../../../../src/domain/dialog/language/en/rules.ts';

const DANGER = [
  "he's not breathing",
  "my little girl can't get her breath",
  "he's fighting for breath",
  'her lips are turning purple',
  'my baby has gone all floppy',
  "i'm having an asthma attack",
  "there's a crushing pressure on my chest",
  'the pain is going down my left arm',
  "i can't find a pulse",
  'his heart has stopped',
  'she is in cardiac arrest',
  "there's so much blood",
  "she's been vomiting blood",
  "he's out cold on the kitchen floor",
  "i can't wake my husband",
  'she keeps losing consciousness',
  'my son is having a convulsion',
  "she's foaming at the mouth",
  'his speech is all slurred',
  'his face has dropped on one side',
  "i can't move my right arm",
  "she's taken all of her sleeping pills",
  'my toddler swallowed a battery',
  "there's a grape stuck in his throat",
  'her throat is closing up after a sting',
  "she's pregnant and there is blood everywhere",
  'the baby is coming',
  'my mum fell off a ladder',
  "he's been hit by a car",
  'the kitchen is on fire',
  'someone is trying to break in',
  'can you call the police',
  'she took a whole bottle',
  'my phone is dying and my husband has collapsed',
  "it's not an emergency but she is not breathing",
  'i can hardly speak',
  'i can barely days',
  'please call nine nine nine',
];

const SELF_HARM = [
  'my daughter tried to kill herself',
  "i don't want to be here any more",
  "i've got nothing left to live for",
  'i have pills in front of me',
  'everybody would be better off without me',
];

const HARMLESS = [
  "i'm dying for a coffee",
  "he's dying to know the result",
  'my phone is dying',
  "i'm drowning in paperwork",
  'i nearly had a heart attack when i saw the bill',
  'my husband drives an ambulance',
  'it was a stroke of luck',
  'the table has collapsed',
  "it's not a matter of life and death",
  "i'm not awake yet",
  'i fell off a ladder last week and my knee still hurts',
  'i had a car accident two months ago',
  'my gums keep bleeding',
  "you're not making sense",
  "i can't take this any more i want a person",
  'the dinner is burning',
  'i can hardly hear you',
  'i can hardly walk',
  'i can hardly wait for my appointment',
  'you can call nine nine nine four two seven one',
  'my heart is set on friday',
  'my daughter is a real handful',
];

describe('what an emergency is', () => {
  test.each(DANGER)('"%s" is one', (text) => expect(hardRule(text)).toBe('emergency'));

  test.each(SELF_HARM)('"%s" speaks of ending a life', (text) => expect(hardRule(text)).toBe('self_harm'));

  test.each(HARMLESS)('"%s" is none', (text) => expect(['emergency', 'self_harm']).not.toContain(hardRule(text)));
});

describe('who wants a person on the line', () => {
  test.each([
    "i don't like talking to machines",
    'can you pass me on to a colleague',
    'put somebody on please',
    'reception please',
    "i can't get on with this machine",
    'i want the manager',
    "i'd like a quick word with the nurse",
    "can i talk to whoever's in charge",
    'i need to speak with an accident',
    "i'd like to talk to misses park",
  ])('"%s"', (text) => expect(hardRule(text)).toBe('human'));

  test.each([
    "i'm not a morning person",
    "i'm an agent for the bank",
    'it is human nature',
    'i need somebody to look at my back',
    "you don't need to put me through",
    'the person before me was rude',
    'sorry i was talking to someone else',
    'i want to talk to you about my bill',
    'i want to book a talk with the team',
  ])('not "%s"', (text) => expect(hardRule(text)).not.toBe('human'));
});
