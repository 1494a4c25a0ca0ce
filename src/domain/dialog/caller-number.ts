import { readDigits } from './language/en/parse-phone.ts';

/** The number of a caller as E.164, whether the trunk sends it so or as it is dialled in the practice's country; as it came if it is neither. */
export function callerE164(number: string, country: string): string {
  return readDigits(number, country)?.e164 ?? number;
}
