/** What a label may say: one of a list, or the name of a destination as the configuration has it. Anything else is told as `other`. */
export type LabelRule = readonly string[] | 'destination';

/** One measure of the product. Its name gets the prefix `vestibule_` where it is shown; units are base units (seconds, bytes). */
export interface MetricEntry {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: Readonly<Record<string, LabelRule>>;
  /** The process that measures it; `every` for what all of them do. */
  readonly from: 'daemon' | 'worker' | 'media' | 'every';
  /** Upper bounds, ascending. */
  readonly buckets?: readonly number[];
}

const COMMIT_BUCKETS_S = [0.1, 0.25, 0.5, 0.8, 1, 1.5, 2, 3, 5, 10, 30, 60, 300] as const;
const ANSWER_BUCKETS_S = [0.1, 0.25, 0.5, 0.8, 1, 1.5, 1.8, 2, 3, 5] as const;
const DISK_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1] as const;
const TURN_BUCKETS_S = [0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1, 1.5, 2, 3, 5] as const;
const SPEECH_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2] as const;
const REQUEST_BUCKETS_S = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 15] as const;

const OP_KINDS = ['booking', 'message', 'reschedule', 'cancel', 'contact', 'note', 'notice'] as const;
const ENDS = ['verified', 'rejected', 'conflict', 'dead', 'compensated', 'needs_human'] as const;
const OPEN_STATES = ['accepted', 'sending', 'unknown', 'committed'] as const;
const MISMATCHES = ['said_not_recorded', 'recorded_not_said', 'field_diff', 'duplicate', 'orphan_remote'] as const;
const UTTERANCE_KINDS = ['prompt', 'inform', 'pending', 'commitment', 'apology', 'filler', 'legal'] as const;
const ATTEMPT_OUTCOMES = [
  'committed',
  'conflict',
  'rejected',
  'retry',
  'unknown',
  'matches',
  'differs',
  'contested',
  'absent',
  'unavailable',
  'gone',
  'changed',
  'undecided',
] as const;
const REASONS = ['confirm_booking', 'needs_human', 'callback', 'conflict_after_promise', 'transfer_missed'] as const;

const happenings = (help: string) => ({ type: 'counter', help, labels: {}, from: 'daemon' }) as const;

/** Every measure there is. No label of any of them can hold an id, a name or a number of a caller. */
export const METRICS = {
  calls_total: happenings('Calls that were taken.'),
  call_stale_turn_total: happenings('Answers that came for a turn that was over.'),
  call_filler_total: happenings('Fillers spoken because nothing was ready.'),
  call_barge_in_total: happenings('Times a caller interrupted the agent.'),
  call_backchannel_total: happenings('Short sounds of listening that did not interrupt the agent.'),
  call_echo_total: happenings('Utterances taken for an echo of the agent.'),
  call_held_dropped_total: happenings('Things said during a write that could not be kept for afterwards.'),
  call_gate_refused_total: happenings('Sentences that were refused when they were made: they claimed what they may not claim.'),
  speech_gate_blocked_total: {
    type: 'counter',
    help: 'Confirmations that the ledger did not bear out when their audio was asked for, or had started.',
    labels: { gate: ['audio', 'started'] },
    from: 'daemon',
  },
  turn_response_seconds: {
    type: 'histogram',
    help: "From the end of the caller's voice to the start of the agent's, by the kind of what is said first.",
    labels: { kind: UTTERANCE_KINDS },
    from: 'daemon',
    buckets: TURN_BUCKETS_S,
  },
  writeback_answer_seconds: {
    type: 'histogram',
    help: 'From the yes of a caller to what may be said about it, by what that is.',
    labels: { claim: ['committed', 'will_confirm', 'failed'] },
    from: 'daemon',
    buckets: ANSWER_BUCKETS_S,
  },
  language_score_seconds: {
    type: 'histogram',
    help: "The language model's act for what a caller said.",
    labels: {},
    from: 'daemon',
    buckets: SPEECH_BUCKETS_S,
  },
  recogniser_final_seconds: {
    type: 'histogram',
    help: 'The final text of an utterance, from when it was asked for.',
    labels: {},
    from: 'media',
    buckets: SPEECH_BUCKETS_S,
  },
  voice_render_seconds: {
    type: 'histogram',
    help: 'A clause until it can be spoken, those that were kept included; now for what a caller waits for.',
    labels: { priority: ['now', 'prepare'] },
    from: 'media',
    buckets: SPEECH_BUCKETS_S,
  },
  audio_late_frames_total: {
    type: 'counter',
    help: 'Times that audio reached the switch more than 60 ms after everything before it had been played.',
    labels: {},
    from: 'media',
  },
  writeback_ops_total: {
    type: 'counter',
    help: 'Operations that were decided, by how.',
    labels: { destination: 'destination', kind: OP_KINDS, outcome: ENDS },
    from: 'worker',
  },
  writeback_commit_seconds: {
    type: 'histogram',
    help: 'From acceptance to the verified record; inline for what a caller waits for, async for further steps.',
    labels: { destination: 'destination', kind: OP_KINDS, path: ['inline', 'async'] },
    from: 'worker',
    buckets: COMMIT_BUCKETS_S,
  },
  writeback_attempt_seconds: {
    type: 'histogram',
    help: 'One write, read-back or withdrawal at a destination, by what came of it.',
    labels: { destination: 'destination', phase: ['write', 'read_back', 'withdraw'], outcome: ATTEMPT_OUTCOMES },
    from: 'worker',
    buckets: REQUEST_BUCKETS_S,
  },
  writeback_ambiguous_total: {
    type: 'counter',
    help: 'Writes without a definitive answer whose fate a read-back has told.',
    labels: { destination: 'destination', resolved: ['present', 'absent'] },
    from: 'worker',
  },
  writeback_deferred_total: {
    type: 'counter',
    help: 'Wake-ups that were left to the next sweep because too much was under way.',
    labels: {},
    from: 'worker',
  },
  promise_ended_total: {
    type: 'counter',
    help: 'Promises that ended, by how.',
    labels: { state: ['kept', 'handed_to_human'] },
    from: 'worker',
  },
  http_client_request_duration_seconds: {
    type: 'histogram',
    help: 'Requests to destinations; lost is one that left and was not answered.',
    labels: {
      method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'REPORT', 'PROPFIND'],
      status: ['2xx', '3xx', '4xx', '429', '5xx', 'not_sent', 'lost'],
    },
    from: 'worker',
    buckets: REQUEST_BUCKETS_S,
  },
  writeback_open_ops: {
    type: 'gauge',
    help: 'Operations that are not decided.',
    labels: { destination: 'destination', state: OPEN_STATES },
    from: 'worker',
  },
  writeback_oldest_open_seconds: {
    type: 'gauge',
    help: 'Age of the oldest operation that is not decided.',
    labels: { destination: 'destination' },
    from: 'worker',
  },
  writeback_past_deadline_ops: {
    type: 'gauge',
    help: 'Operations whose promise to a caller is open beyond its deadline.',
    labels: {},
    from: 'worker',
  },
  dead_letter_ops: {
    type: 'gauge',
    help: 'Operations given up for which no person has finished a task.',
    labels: { destination: 'destination' },
    from: 'worker',
  },
  promise_open: {
    type: 'gauge',
    help: 'Promises to callers that are open.',
    labels: { channel: ['human_task', 'sms', 'email'] },
    from: 'worker',
  },
  task_open: { type: 'gauge', help: 'Tasks that wait for a person.', labels: { reason: REASONS }, from: 'worker' },
  recon_mismatch: {
    type: 'gauge',
    help: 'Findings of the reconciliation that have not ended.',
    labels: { type: MISMATCHES },
    from: 'worker',
  },
  recon_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When a reconciliation last reached every record it looked for.',
    labels: { scope: ['recent', 'full'] },
    from: 'worker',
  },
  circuit_state: {
    type: 'gauge',
    help: 'Whether a destination is asked: 0 yes, 1 by one attempt at a time, 2 not at present.',
    labels: { destination: 'destination' },
    from: 'worker',
  },
  ratelimit_free_ratio: {
    type: 'gauge',
    help: 'Part of the requests that may go to a destination at once and is left; 0 too while it wants to be left alone.',
    labels: { destination: 'destination' },
    from: 'worker',
  },
  ledger_commit_seconds: {
    type: 'histogram',
    help: 'Transactions of the ledger, the journal and the keys of people, waiting for the lock and the disk included.',
    labels: { store: ['ledger', 'journal', 'keys'] },
    from: 'every',
    buckets: DISK_BUCKETS_S,
  },
  ledger_synchronous_mode: { type: 'gauge', help: 'How SQLite waits for the disk; must be 2 (FULL).', labels: {}, from: 'worker' },
  ledger_wal_bytes: { type: 'gauge', help: 'Size of the write-ahead log of the ledger.', labels: {}, from: 'worker' },
  disk_free_ratio: { type: 'gauge', help: 'Free part of the disk that holds the data.', labels: {}, from: 'worker' },
  trace_spans_dropped_total: { type: 'counter', help: 'Spans that could not be handed to the collector.', labels: {}, from: 'every' },
  metrics_series_dropped_total: {
    type: 'counter',
    help: 'Measurements left out because a process has too many series.',
    labels: {},
    from: 'every',
  },
  process_cpu_seconds_total: { type: 'counter', help: 'Processor time used.', labels: {}, from: 'every' },
  process_resident_memory_bytes: { type: 'gauge', help: 'Memory in use.', labels: {}, from: 'every' },
  process_start_time_seconds: { type: 'gauge', help: 'When the process was started, in Unix time.', labels: {}, from: 'every' },
} as const satisfies Readonly<Record<string, MetricEntry>>;

export type MetricName = keyof typeof METRICS;

type NamesOf<Type extends MetricEntry['type']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['type'] extends Type ? Name : never;
}[MetricName];

export type CounterName = NamesOf<'counter'>;
export type HistogramName = NamesOf<'histogram'>;

/** The labels that a measure has, no more and no less. */
export type LabelsOf<Name extends MetricName> = { readonly [Label in keyof (typeof METRICS)[Name]['labels']]: string };

/** True for the name of a measure. */
export function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(METRICS, name);
}

/** Names of destinations: short, and never a telephone number. */
const DESTINATION_NAME = /^[a-z0-9][a-z0-9_-]{0,39}$/;
const DIGITS_IN_A_ROW = /\d{5}/;

/** The labels of a measure with values it may have; whatever else was given is told as `other` or left out. */
export function allowedLabels(name: MetricName, given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entry: MetricEntry = METRICS[name];
  const value = (label: string, rule: LabelRule): string => {
    const said = given[label] ?? '';
    const fits = rule === 'destination' ? DESTINATION_NAME.test(said) && !DIGITS_IN_A_ROW.test(said) : rule.includes(said);
    return fits ? said : 'other';
  };
  return Object.fromEntries(Object.entries(entry.labels).map(([label, rule]) => [label, value(label, rule)]));
}
