import { DESTINATION_CODES } from './destination-codes.ts';
import { ERASURE_CODES } from './erasure-codes.ts';
import { RECONCILE_CODES } from './reconcile-codes.ts';

/**
 * The registry of every error code the product can show. `docs/ERRORS.md` lists the same codes; a test compares both ways.
 * `exitCode` follows sysexits-like groups: 1 failure, 2 usage, 3 environment, 4 configuration.
 */
export interface ErrorCodeEntry {
  readonly category:
    | 'configuration'
    | 'environment'
    | 'model'
    | 'telephony'
    | 'speech'
    | 'storage'
    | 'queue'
    | 'destination'
    | 'usage'
    | 'internal';
  readonly retryable: boolean;
  readonly exitCode: 1 | 2 | 3 | 4;
  /** One sentence: what went wrong, for the administrator. */
  readonly meaning: string;
  /** One sentence: what to do about it. */
  readonly remedy: string;
}

export const ERROR_CODES = {
  invariant_broken: {
    category: 'internal',
    retryable: false,
    exitCode: 1,
    meaning: 'A rule the program relies on did not hold; the call or command it belongs to was ended.',
    remedy: 'Keep the log line and report it; nothing needs to be repaired by hand.',
  },
  cancelled: {
    category: 'internal',
    retryable: true,
    exitCode: 1,
    meaning: 'The work was cancelled before it finished.',
    remedy: 'Nothing; it is repeated when it is needed again.',
  },
  timed_out: {
    category: 'internal',
    retryable: true,
    exitCode: 1,
    meaning: 'An answer did not come within its bound.',
    remedy: 'Look at the named process with `vestibule doctor`.',
  },
  usage: {
    category: 'usage',
    retryable: false,
    exitCode: 2,
    meaning: 'The command was called with arguments it does not know.',
    remedy: 'Run the command with --help.',
  },
  not_found: {
    category: 'usage',
    retryable: false,
    exitCode: 1,
    meaning: 'No record with that id exists.',
    remedy: 'List the records with the `list` verb of the same noun.',
  },
  config_invalid: {
    category: 'configuration',
    retryable: false,
    exitCode: 4,
    meaning: 'A configuration key is wrong, missing or unknown.',
    remedy: 'Mend the named keys and run `vestibule config check`.',
  },
  config_unreadable: {
    category: 'configuration',
    retryable: false,
    exitCode: 4,
    meaning: 'The configuration file cannot be read or is not YAML.',
    remedy: 'Check the path and the named line.',
  },
  secret_unreadable: {
    category: 'configuration',
    retryable: false,
    exitCode: 4,
    meaning: 'A secret file named in the configuration cannot be read.',
    remedy: 'Create the file, readable by the service user only (mode 0600), and run commands as that user.',
  },
  port_taken: {
    category: 'environment',
    retryable: false,
    exitCode: 3,
    meaning: 'Another program already listens on a port that is needed.',
    remedy: 'Stop that program or change the named port in config.yaml.',
  },
  process_failed: {
    category: 'environment',
    retryable: true,
    exitCode: 3,
    meaning: 'A process of the product did not become ready or ended by itself.',
    remedy: 'Read its log under var/log and run `vestibule doctor`.',
  },
  output_failed: {
    category: 'environment',
    retryable: false,
    exitCode: 3,
    meaning: 'What the command prints could not be written, so that some of it is missing.',
    remedy: 'Look at the disk or the program that its output goes to, and run the command again.',
  },
  program_missing: {
    category: 'environment',
    retryable: false,
    exitCode: 3,
    meaning: 'A program that set-up installs is missing.',
    remedy: 'Run `make setup`.',
  },
  asterisk_too_old: {
    category: 'environment',
    retryable: false,
    exitCode: 3,
    meaning: 'The Asterisk that was found is older than the supported version.',
    remedy: 'Run `make setup`, which builds a private Asterisk of the pinned version.',
  },
  peer_disconnected: {
    category: 'internal',
    retryable: true,
    exitCode: 1,
    meaning: 'The connection between two processes of the product broke.',
    remedy: 'Nothing; the supervisor restarts the process. Look at `vestibule doctor` if it repeats.',
  },
  ari_unauthorized: {
    category: 'telephony',
    retryable: false,
    exitCode: 3,
    meaning: 'Asterisk refused the ARI user or password.',
    remedy: 'Make the ari.passwordFile of config.yaml and ari.conf agree; `make run` writes both.',
  },
  ari_request_failed: {
    category: 'telephony',
    retryable: true,
    exitCode: 1,
    meaning: 'Asterisk answered a request with an error.',
    remedy: 'Look at the named request and at var/log/asterisk.',
  },
  media_leg_failed: {
    category: 'telephony',
    retryable: true,
    exitCode: 1,
    meaning: 'The audio connection of a call to Asterisk broke or could not be made.',
    remedy: 'The call gets a new leg by itself; look at the Asterisk log if it repeats.',
  },
  model_missing: {
    category: 'model',
    retryable: false,
    exitCode: 3,
    meaning: 'A model file named in the manifest is not there.',
    remedy: 'Run `vestibule models verify`; restore the file or choose another pack.',
  },
  model_corrupt: {
    category: 'model',
    retryable: false,
    exitCode: 3,
    meaning: 'A model file does not match its checksum or cannot be loaded.',
    remedy: 'Restore the file; `vestibule models verify` names the expected checksum.',
  },
  sample_rate_wrong: {
    category: 'speech',
    retryable: false,
    exitCode: 3,
    meaning: 'Audio or a model has another sample rate than the one required.',
    remedy: 'Use a model of the sample rate that the message names.',
  },
  speech_failed: {
    category: 'speech',
    retryable: true,
    exitCode: 1,
    meaning: 'A speech process could not do what it was asked.',
    remedy: 'The call goes on with what is cached; look at the process log if it repeats.',
  },
  utterance_refused: {
    category: 'internal',
    retryable: false,
    exitCode: 1,
    meaning: 'A sentence was about to claim something that the ledger does not bear out; it was not spoken.',
    remedy: 'Nothing was said wrongly; report the log line.',
  },
  ledger_unavailable: {
    category: 'storage',
    retryable: true,
    exitCode: 3,
    meaning: 'The ledger could not be opened or written within its bound.',
    remedy: 'Try again; then check that the disk of var/ledger is writable and not full, and that var/keys belongs to this installation.',
  },
  ledger_missing: {
    category: 'storage',
    retryable: false,
    exitCode: 3,
    meaning: 'There is no ledger where the configuration says; nothing was made or changed.',
    remedy: 'Check which configuration and dataDir the command reads; the ledger is made when the services start for the first time.',
  },
  keys_lost: {
    category: 'storage',
    retryable: false,
    exitCode: 3,
    meaning: 'The keys are gone with which the ledger and the journal were sealed; no new ones were made beside them.',
    remedy:
      'Restore var/keys from its copy. Without one nobody can read what is there: move var/ledger, var/journal, and kek.bin and subjects.db in var/keys away.',
  },
  disk_full: {
    category: 'storage',
    retryable: true,
    exitCode: 3,
    meaning: 'There is no space left for the ledger or the journal.',
    remedy: 'Free space on the disk that holds var/; open requests are kept and go on by themselves.',
  },
  ledger_not_durable: {
    category: 'storage',
    retryable: false,
    exitCode: 3,
    meaning: 'The ledger does not run with synchronous=FULL.',
    remedy: 'Report it; the product refuses to run on a ledger that can forget.',
  },
  payload_invalid: {
    category: 'storage',
    retryable: false,
    exitCode: 1,
    meaning: 'A request does not have the form that the ledger accepts; nothing was written.',
    remedy: 'Report it with the place that the message names; the caller was told that the request could not be taken.',
  },
  key_reused: {
    category: 'storage',
    retryable: false,
    exitCode: 1,
    meaning: 'The same operation key came with another content.',
    remedy: 'Report it; the first content stands and nothing was overwritten.',
  },
  journal_unreadable: {
    category: 'storage',
    retryable: false,
    exitCode: 3,
    meaning: 'An entry of the journal cannot be decrypted or parsed.',
    remedy: 'Check that var/keys belongs to this installation.',
  },
  redis_unavailable: {
    category: 'queue',
    retryable: true,
    exitCode: 3,
    meaning: 'Redis does not answer.',
    remedy: 'The worker goes on without it; restart Redis or look at var/log/redis.',
  },
  redis_policy_wrong: {
    category: 'queue',
    retryable: false,
    exitCode: 3,
    meaning: 'Redis may evict or forget jobs: maxmemory-policy is not noeviction or appendonly is off.',
    remedy: 'Set `maxmemory-policy noeviction` and `appendonly yes` in redis.conf.',
  },
  ...DESTINATION_CODES,
  ...RECONCILE_CODES,
  ...ERASURE_CODES,
  destination_not_sandbox: {
    category: 'configuration',
    retryable: false,
    exitCode: 4,
    meaning: 'A simulation was pointed at a destination that is not a sandbox.',
    remedy: 'Run simulations with their own stack; never against a practice calendar.',
  },
  scenario_invalid: {
    category: 'usage',
    retryable: false,
    exitCode: 2,
    meaning: 'A scenario file has an unknown key or a wrong value.',
    remedy: 'Mend the named key; the format stands in docs/SCENARIOS.md.',
  },
  voice_unknown: {
    category: 'usage',
    retryable: false,
    exitCode: 2,
    meaning: 'A scenario names a voice that the speech engine does not have.',
    remedy: 'List the voices with `espeak-ng --voices` or `flite -lv`.',
  },
} as const satisfies Record<string, ErrorCodeEntry>;

export type ErrorCode = keyof typeof ERROR_CODES;
