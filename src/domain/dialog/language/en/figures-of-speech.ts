import { everyOf } from './words.ts';

const HARMLESS = everyOf(
  'dying (?:for|to (?:know|see|meet|hear|try))',
  '(?:phone|battery|plant|laptop|mobile|line|tree) is (?:\\w+ )?(?:dying|dead)',
  '(?:drowning|choking|suffocating) (?:in|on|under) (?:\\w+ )?(?:paperwork|work|emails?|forms|debt)',
  '(?:nearly|almost|practically) (?:\\w+ ){0,2}(?:a heart attack|fainted|died|a stroke|a fit)',
  'laugh(?:ed|ing)(?: \\w+){0,3} (?:breathe|collapsed)',
  '(?:collapsed|choking|crying) laughing',
  'ambulance (?:service|chasers?|driver|outside)',
  '(?:drives?|drove|hear|heard) an ambulance',
  'bleeding (?:money|nuisance|obvious|typical)',
  'stopped bleeding (?:ages|days|weeks|now|last|yesterday)',
  'stroke of (?:luck|genius)',
  '(?:table|tent|shelf|roof|chair|bed|wall|talks?|deal|business|company)(?: has| have| just)* collapsed',
  'poison that (?:coffee|stuff)',
  'gums? (?:\\w+ )?bleed(?:ing|s)?',
  'laugh(?:ed|ing) till (?:\\w+ )*\\w+',
  "(?:i'm|am) not awake",
  'accident (?:\\w+ )*nothing (?:bad|serious)',
  'not (?:a matter of )?life (?:and|or) death',
  'accident (?:at work )?(?:\\w+ )*(?:compensation|lawyer|solicitor|claim|advice)',
  "(?:not|isn't|no|never|wasn't) (?:really |actually )?(?:an? )?emergency",
  'no (?:chest pain|bleeding|accident)',
  'not (?:bleeding|dying|poisoned)',
  'without (?:an )?(?:emergency|accident)',
  'in case of (?:an )?emergency',
  'emergency (?:contact|number)',
);

/**
 * A normalised text without the words of danger that nobody is in: figures of speech, things that break, what is long over, what is
 * denied. The rest of the sentence stays: who says that nothing is bleeding may say next that somebody does not breathe.
 */
export const withoutFiguresOfSpeech = (said: string): string => said.replaceAll(HARMLESS, ' ').replaceAll(/\s+/g, ' ').trim();
