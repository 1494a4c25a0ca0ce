import type { ErrorCodeEntry } from './error-codes.ts';

/** Part of the registry: what systems that are written to say, or do not say. */
export const DESTINATION_CODES = {
  destination_unreachable: {
    category: 'destination',
    retryable: true,
    exitCode: 1,
    meaning: 'A destination system does not answer.',
    remedy: 'Requests wait in the ledger and are written once it is back; look at its address, its certificate and the network.',
  },
  destination_unauthorized: {
    category: 'destination',
    retryable: false,
    exitCode: 3,
    meaning: 'A destination, or the token endpoint before it, refused the credential.',
    remedy: 'Mend the file with the password, token, secret or key of that destination; waiting requests then go on.',
  },
  refresh_token_replaced: {
    category: 'destination',
    retryable: false,
    exitCode: 3,
    meaning: 'A token endpoint gives a new refresh token with each answer, and the product keeps none.',
    remedy: 'Let it stop replacing them for this client and put a new one into the refreshTokenFile, or use client_credentials.',
  },
  destination_misbehaved: {
    category: 'destination',
    retryable: true,
    exitCode: 1,
    meaning: 'A destination answered with something it should not, such as an HTML page.',
    remedy: 'Check the url of the destination; waiting requests are kept.',
  },
  destination_rejected: {
    category: 'destination',
    retryable: false,
    exitCode: 1,
    meaning: 'A destination refused a request for good.',
    remedy: 'See `vestibule tasks list`; a person has to decide.',
  },
  destination_conflict: {
    category: 'destination',
    retryable: false,
    exitCode: 1,
    meaning: 'The slot or record was taken or changed by someone else.',
    remedy: 'The caller is offered an alternative; nothing needs to be done.',
  },
  destination_unknown: {
    category: 'configuration',
    retryable: true,
    exitCode: 4,
    meaning: 'A request waits for a destination that the configuration does not name any more.',
    remedy: 'Name that destination again, or decide with `vestibule ledger resolve`; after a day it becomes a task.',
  },
} as const satisfies Record<string, ErrorCodeEntry>;
