import { parseDay } from '../../../src/domain/dialog/language/en/parse-day.ts';
import { parsePhone } from '../../../src/domain/dialog/language/en/parse-phone.ts';
import { parseTime } from '../../../src/domain/dialog/language/en/parse-time.ts';
import { parseYesNo } from '../../../src/domain/dialog/language/en/parse-yes-no.ts';
import { hardRule } from '../../../src/domain/dialog/language/en/rules.ts';

/** What the product's own parsers read in a sentence, as a string to compare; null when they read nothing. */
const CONTEXT = { nowEpochMs: Date.parse('2026-03-02T09:00:00+01:00'), timeZone: 'Europe/Berlin' };

export const yesNoOf = (text: string): string | null => parseYesNo(text)?.answer ?? null;

export function dayTimeOf(text: string): string | null {
  const [day, time] = [parseDay(text, CONTEXT), parseTime(text, { bare: true })];
  return day === null && time === null ? null : JSON.stringify([day, time]);
}

/** All digits, so that one wrong digit is an error. */
export const phoneOf = (text: string): string | null => parsePhone(text, 'DE')?.digits ?? null;

const EMERGENCIES: ReadonlySet<string | null> = new Set(['emergency', 'self_harm']);
export const isEmergency = (text: string): boolean => EMERGENCIES.has(hardRule(text));
export const wantsHuman = (text: string): boolean => hardRule(text) === 'human';
