import type { PracticeProfile } from '../../../hours/practice.ts';
import type { Slot } from '../../../utterance/utterance.ts';
import { parseDay, type DayContext } from './parse-day.ts';
import { parseName } from './parse-name.ts';
import { parsePhone } from './parse-phone.ts';
import { parseTime } from './parse-time.ts';
import { parseService } from './parse-topic.ts';
import { parseYesNo } from './parse-yes-no.ts';
import { plainAct } from './plain-acts.ts';
import { hardRule } from './rules.ts';

export interface SlotContext {
  readonly practice: PracticeProfile;
  readonly nowEpochMs: number;
}

/** A yes is all there is to it; a bare no is usually the beginning of what is wrong: "no, Thursday". */
function confirmProgress(text: string, context: DayContext): 'absent' | 'partial' | 'complete' {
  const answer = parseYesNo(text);
  if (answer === null) return plainAct(text) === 'goodbye' ? 'complete' : 'absent';
  if (answer.answer === 'yes') return 'complete';
  return parseDay(answer.rest, context) !== null || parseTime(answer.rest, { bare: false }) !== null ? 'complete' : 'partial';
}

/** How a text reads as the answer to an asked slot: nothing of it, a beginning, or all of it. Drives the end of the turn. */
export function slotProgress(slot: Slot | null, text: string, context: SlotContext): 'absent' | 'partial' | 'complete' {
  if (text === '' || slot === null) return 'absent';
  const { practice, nowEpochMs } = context;
  const dayContext = { nowEpochMs, timeZone: practice.timeZone };
  if (hardRule(text) !== null) return 'complete';
  switch (slot) {
    case 'confirm':
      return confirmProgress(text, dayContext);
    case 'more':
      // "no" is often "no, thank you", and "yes" the beginning of a wish.
      return plainAct(text) === 'goodbye' ? 'complete' : parseYesNo(text)?.answer === 'yes' ? 'partial' : 'absent';
    case 'day':
      return parseDay(text, dayContext) === null ? 'absent' : 'complete';
    case 'time':
    case 'datetime': {
      const time = parseTime(text, { bare: slot === 'time' });
      if (time === null) return parseDay(text, dayContext) === null ? 'absent' : 'partial';
      return 'complete';
    }
    case 'phone':
    case 'birthdate': {
      const answer = parseYesNo(text);
      const phone = parsePhone(text, practice.phoneCountry);
      if (phone === null) return answer === null ? 'absent' : answer.answer === 'yes' ? 'complete' : 'partial';
      return phone.complete ? 'complete' : 'partial';
    }
    case 'name': {
      const name = parseName(text);
      if (name === null) return 'absent';
      return name.spelled || name.name.includes(' ') ? 'complete' : 'partial';
    }
    case 'service':
      return parseService(text, practice) === null ? 'absent' : 'complete';
    case 'intent':
    case 'reason':
    case 'message':
      return 'absent';
    default:
      return 'absent';
  }
}
