import { anyOf } from './words.ts';

const SELF_HARM = anyOf(
  '(?:kill|hurt|harm|cut|hang)(?:ed|ing)? myself',
  '(?:tried|tries|try|trying|wants?|wanted|going|threatening|threatens) to (?:kill|hurt|harm|cut|hang) (?:him|her|them)sel(?:f|ves)',
  '(?:hung|hanged|killed|killing) (?:him|her)self',
  'suicid(?:e|al)',
  '(?:end|ending) (?:my life|it all)',
  'thoughts of (?:ending|killing|dying)',
  '(?:wants?|wish|going) to die',
  "(?:don't|do not) want to (?:live|be (?:here|alive|around) any ?(?:more|longer)|go on living)",
  "(?:don't|do not) want to go on$",
  "can't take it any ?more",
  'want it all to (?:stop|end)',
  'no point in (?:my life|living|going on)',
  'better off (?:dead|without me)',
  'nothing (?:left )?to live for',
  'do something to myself',
  '(?:pills|tablets|gun|knife|rope) (?:right )?in front of me',
  "(?:i'm|i am) (?:sitting|standing) on (?:the|a) (?:roof|bridge|ledge|edge)",
  "can't go on(?: any ?(?:more|longer))?$",
  'no point (?:to|in) (?:my life|living)',
  'want it all to be over',
  'throw myself (?:off|under|in front)',
  '(?:wants|want) to end it',
  'thoughts about ending',
  "don't want to go on any ?(?:more|longer)",
);

/** Whether a caller speaks of ending their life, or of somebody who tries to. `said` is normalised. */
export const isSelfHarm = (said: string): boolean => SELF_HARM.test(said);
