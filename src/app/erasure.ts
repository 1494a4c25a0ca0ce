import { createSystemClock } from '../adapters/clock/system-clock.ts';
import { clauseFolder, clearClauses } from '../adapters/speech/clause-disk-cache.ts';
import { openErasure } from '../adapters/sqlite/erasure.ts';
import { AppError } from '../base/app-error.ts';
import type { Config } from '../config/config.ts';
import { callerE164 } from '../domain/dialog/caller-number.ts';
import type { Erasure } from '../ports/erasure.ts';

/** A number as people write it. */
const NUMBER = /^\+?\d{6,20}$/;
const PUNCTUATION = /[\s()/.-]/g;

/** Erasing in this installation; the daemon and the worker may run. Throws what opening a ledger throws that must exist. */
export function createErasure(config: Config): Erasure {
  const erasure = openErasure({
    ledgerPath: config.paths.ledger,
    journalPath: config.paths.journal,
    keyFile: config.secrets.keyFile,
    clock: createSystemClock(),
  });
  return {
    ...erasure,
    erase: (target, by) => {
      const report = erasure.erase(target, by);
      clearClauses(clauseFolder(config.paths.cache));
      return report;
    },
  };
}

/** The forms under which a typed number may be kept: as E.164 and as a trunk may have sent it. Throws `usage`. */
export function numbersOf(typed: readonly string[], { profile }: Pick<Config, 'profile'>): readonly string[] {
  const numbers = typed.map((one) => one.replace(PUNCTUATION, ''));
  if (!numbers.every((number) => NUMBER.test(number))) throw new AppError('usage', 'a number has to be in the form +493055501234');
  return [...new Set(numbers.flatMap((number) => [callerE164(number, profile.phoneCountry), number]))];
}
