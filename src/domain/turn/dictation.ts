import type { TurnEndStrategy } from './endpointing.ts';

/** People pause between groups of digits and letters. */
const DICTATION_SILENCE_MS = 1100;
/** A number or name that is complete may still go on: a shorter wait than in mid-dictation, longer than elsewhere. */
const DICTATED_SILENCE_MS = 900;

/** Numbers and spelled names are dictated in groups; yes/no answers to "may I use your number?" are not dictation. */
export const dictation: TurnEndStrategy = ({ asked, text, slot }) => {
  if (asked !== 'phone' && asked !== 'name') return null;
  if (asked === 'name' && !isSpelling(text)) return null;
  if (asked === 'phone' && !/\b(oh|zero|one|two|three|four|five|six|seven|eight|nine|plus|double)\b/.test(text)) return null;
  return slot === 'complete' ? DICTATED_SILENCE_MS : DICTATION_SILENCE_MS;
};

function isSpelling(text: string): boolean {
  return /(?:^| )(?:[a-z] ){1,}[a-z](?: |$)/.test(text) || / as in /.test(text);
}
