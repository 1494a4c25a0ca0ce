import type { ErrorCodeEntry } from './error-codes.ts';

/** Part of the registry: erasing what is kept about a person. */
export const ERASURE_CODES = {
  erasure_too_early: {
    category: 'usage',
    retryable: true,
    exitCode: 1,
    meaning: 'Requests of this person are not decided yet, so that nobody could tell what of them stands; nothing was erased.',
    remedy: 'Let the worker finish with them, or see `vestibule promises list` and `vestibule ledger show`, and erase again.',
  },
  subject_erased: {
    category: 'usage',
    retryable: false,
    exitCode: 1,
    meaning: 'What this belongs to was erased at the wish of the person it is about.',
    remedy: 'Nothing: what was erased is never carried out again. `vestibule subjects erased` lists what may still stand elsewhere.',
  },
} as const satisfies Record<string, ErrorCodeEntry>;
