import type { Question, Service } from '../hours/practice.ts';
import type { DialogContext } from './dialog.ts';
import { asKnown } from './known-name.ts';
import { parseDay, type DayReading } from './language/en/parse-day.ts';
import { parseName, type NameReading } from './language/en/parse-name.ts';
import { parsePhone, type PhoneReading } from './language/en/parse-phone.ts';
import { parseTime, type TimeReading } from './language/en/parse-time.ts';
import { isAsking, parseQuestion, parseService } from './language/en/parse-topic.ts';
import { parseYesNo, type YesNoReading } from './language/en/parse-yes-no.ts';
import { plainAct, type PlainAct } from './language/en/plain-acts.ts';
import { hardRule, type HardRule } from './language/en/rules.ts';
import { isTakenBack } from './language/en/taken-back.ts';
import { askedSlot, type DialogState } from './state.ts';

/** Everything that rules and parsers find in a caller's words, in the light of what was asked. */
export interface Hearing {
  readonly text: string;
  readonly rule: HardRule | null;
  readonly act: PlainAct | null;
  readonly yesNo: YesNoReading | null;
  readonly service: Service | null;
  readonly day: DayReading | null;
  readonly time: TimeReading | null;
  readonly name: NameReading | null;
  readonly phone: PhoneReading | null;
  readonly question: Question | null;
  readonly isAsking: boolean;
}

const PHONE_DIGITS_UNASKED_MIN = 7;
const INTRODUCTION =
  /\b(?:(?:my|the) (?:last )?name is|this is|name's|name should be)\s+([a-z' ]+?)(?:\s+(?:and|i|can|could|here|speaking|calling)\b|$)/;

function nameIn(text: string, asked: string | null, known: readonly string[]): NameReading | null {
  const name = nameSaid(text, asked);
  return name === null || name.spelled ? name : { ...name, name: asKnown(name.name, known) };
}

function nameSaid(text: string, asked: string | null): NameReading | null {
  if (asked === 'name') return parseName(text);
  const introduced = INTRODUCTION.exec(text)?.[1];
  return introduced === undefined || introduced.split(' ').length > 3 ? null : parseName(introduced);
}

/** "no, five" to a read-back names an hour. */
const NO_HOUR = /^(?:oh |um )?no,? (?:(?:i )?(?:said|meant|wanted|want) |at )?\w+$/;

export function hear(text: string, state: DialogState, context: DialogContext): Hearing {
  const { practice, nowEpochMs } = context;
  const asked = askedSlot(state);
  // Dictated digits are no days and no times, and a name like "May" is no month; a correction of them begins with "no" or the like.
  const isDictating = (asked === 'phone' || asked === 'name') && !isTakenBack(text);
  const phone = parsePhone(text, practice.phoneCountry);
  const isNumber = phone !== null && (asked === 'phone' || phone.digits.length >= PHONE_DIGITS_UNASKED_MIN);
  const dayContext = { nowEpochMs, timeZone: practice.timeZone };
  return {
    text,
    rule: hardRule(text),
    act: plainAct(text),
    yesNo: parseYesNo(text),
    service: parseService(text, practice),
    day: isDictating || isNumber ? null : parseDay(text, dayContext),
    time:
      isDictating || isNumber
        ? null
        : parseTime(text, { bare: asked === 'time' || asked === 'datetime' || (asked === 'confirm' && NO_HOUR.test(text)) }),
    name: nameIn(text, asked, context.knownNames),
    phone: isNumber ? phone : null,
    question: parseQuestion(text, practice),
    isAsking: isAsking(text),
  };
}
