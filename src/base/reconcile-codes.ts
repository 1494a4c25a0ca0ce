import type { ErrorCodeEntry } from './error-codes.ts';

/** Part of the registry: what people decide about the ledger, and what comparing it with destinations brings to light. */
export const RECONCILE_CODES = {
  operation_state_wrong: {
    category: 'usage',
    retryable: false,
    exitCode: 1,
    meaning: 'The operation is in a state in which this cannot be done.',
    remedy: 'Look at it with `vestibule ledger show`; what is under way is decided by the worker, a conflict by a person.',
  },
  worker_not_running: {
    category: 'environment',
    retryable: true,
    exitCode: 3,
    meaning: 'The worker does not run, and nobody else may ask destinations.',
    remedy: 'Start the product (`vestibule run`) and try again; `vestibule doctor` tells what runs.',
  },
  said_not_recorded: {
    category: 'destination',
    retryable: false,
    exitCode: 1,
    meaning: 'A caller was told that something stands, and it is gone from the destination or was never there.',
    remedy: 'Look with `vestibule ledger show`, call back or enter it again, then `vestibule ledger resolve`.',
  },
  record_duplicate: {
    category: 'destination',
    retryable: false,
    exitCode: 1,
    meaning: 'A destination holds two records of one request.',
    remedy: 'Take one of them away in that system; the finding ends at the next full reconciliation.',
  },
  record_orphan: {
    category: 'destination',
    retryable: false,
    exitCode: 1,
    meaning: 'A destination holds a record of ours that nothing in the ledger stands behind.',
    remedy: 'Find out what it is, take it away or keep it in that system, then `vestibule ledger resolve` with its key.',
  },
  reconciliation_late: {
    category: 'destination',
    retryable: true,
    exitCode: 1,
    meaning: 'The worker runs, and has not compared ledger and destinations for a while.',
    remedy: 'Look at the log of the worker; `vestibule reconcile` compares now.',
  },
} as const satisfies Readonly<Record<string, ErrorCodeEntry>>;
