import type { OpView } from '../writeback/intent.ts';
import { remoteIdOf } from '../writeback/op-key.ts';
import { turnLatencies } from './latency.ts';
import { describePattern, hasWords, wasHeard, type AgentUtterance } from './matching.ts';
import type { AfterwardsObservation, DestinationEntry, HeardLine, CallObservation } from './observation.ts';
import { epochOf } from './practice-time.ts';
import type { BookingExpectation, Expectations, Fault } from './scenario.ts';
import { bearsOutStart } from './spoken-details.ts';

export interface Practice {
  readonly timeZone: string;
}

export interface Judged {
  readonly expect: Expectations;
  readonly calls: readonly CallObservation[];
  readonly order: 'at_once' | 'in_turn';
  readonly after: AfterwardsObservation;
  readonly practice: Practice;
}

/** What was heard, as text to be searched: what reached the caller, or all of it when that is not known. */
const asHeard = (line: HeardLine): AgentUtterance => ({
  kind: line.kind,
  template: line.template,
  asks: line.asks,
  text: line.heardText ?? line.text,
});

function judgeOutcome({ expect, calls, order }: Judged): readonly string[] {
  if (expect.outcomes.length === 0) return [];
  const judged = order === 'at_once' ? calls : calls.slice(-1);
  return judged.flatMap(({ outcome }) =>
    outcome !== null && (expect.outcomes as readonly string[]).includes(outcome)
      ? []
      : [`outcome: expected ${expect.outcomes.join(' or ')}, got ${outcome ?? 'none'}`],
  );
}

function differences(wanted: BookingExpectation, entry: DestinationEntry, practice: Practice): readonly string[] {
  const found: string[] = [];
  if (wanted.start !== undefined && epochOf(wanted.start, practice.timeZone) !== entry.startEpochMs)
    found.push(`start is ${new Date(entry.startEpochMs).toISOString()}, not ${wanted.start}`);
  if (wanted.service !== undefined && entry.service !== wanted.service)
    found.push(`service is ${entry.service ?? 'not named'}, not ${wanted.service}`);
  if (wanted.name !== undefined && entry.name?.toLowerCase() !== wanted.name.toLowerCase())
    found.push(`name is ${entry.name ?? 'not given'}, not ${wanted.name}`);
  if (wanted.phone !== undefined && entry.phone !== wanted.phone) found.push(`phone is ${entry.phone ?? 'not given'}, not ${wanted.phone}`);
  return found;
}

function judgeDestination({ expect, after, practice }: Judged): readonly string[] {
  const failures: string[] = [];
  if (expect.entries !== null && after.entries.length !== expect.entries)
    failures.push(`destination: expected ${expect.entries} entries, found ${after.entries.length}`);
  if (Object.values(expect.booking).every((value) => value === undefined)) return failures;
  const compared = after.entries.map((entry) => differences(expect.booking, entry, practice));
  if (compared.some((found) => found.length === 0)) return failures;
  const closest = compared.toSorted((a, b) => a.length - b.length)[0];
  return [...failures, closest === undefined ? 'booking: there is no entry' : `booking: ${closest.join('; ')}`];
}

function judgeInbox({ expect, after }: Judged): readonly string[] {
  const failures: string[] = [];
  const { message } = expect;
  if (message !== null) {
    if (message.count !== undefined && after.messages.length !== message.count)
      failures.push(`message: expected ${message.count}, found ${after.messages.length}`);
    const wantsContent = message.phone !== undefined || message.mentions.length > 0;
    const fits = after.messages.some(
      ({ phone, text }) =>
        (message.phone === undefined || phone === message.phone) && message.mentions.every((words) => hasWords(text, words)),
    );
    if (wantsContent && !fits)
      failures.push(
        `message: none ${[message.phone === undefined ? '' : `from ${message.phone}`, message.mentions.length === 0 ? '' : `mentioning ${message.mentions.join(', ')}`].filter((part) => part !== '').join(' ')}`,
      );
  }
  if (expect.openTasks !== null && after.openTasks.length !== expect.openTasks)
    failures.push(`tasks: expected ${expect.openTasks} open, found ${after.openTasks.length}`);
  return failures;
}

function judgeSpeech({ expect, calls }: Judged): readonly string[] {
  const heard = calls.flatMap((call) => call.heard.map(asHeard));
  return [
    ...expect.said.filter((pattern) => !wasHeard(pattern, heard)).map((pattern) => `said: ${describePattern(pattern)} was not heard`),
    ...expect.neverSaid.filter((pattern) => wasHeard(pattern, heard)).map((pattern) => `neverSaid: ${describePattern(pattern)} was heard`),
  ];
}

function judgeLatency({ expect, calls }: Judged): readonly string[] {
  const { first, every } = expect.heardWithin;
  const turns = calls.flatMap(turnLatencies);
  if (turns.length === 0 && (first !== null || every !== null)) return ['heardWithin: no answer was heard'];
  const late =
    every === null
      ? []
      : turns
          .filter(({ contentMs }) => contentMs > every)
          .map(({ contentMs }) => `heardWithin: an answer took ${contentMs} ms, more than ${every}`);
  const [opening] = turns;
  return first !== null && opening !== undefined && opening.contentMs > first
    ? [`heardWithin: the first answer took ${opening.contentMs} ms, more than ${first}`, ...late]
    : late;
}

function judgeTransfer({ expect, calls }: Judged): readonly string[] {
  if (expect.transferContext === null) return [];
  const transfer = calls.findLast((call) => call.transfer !== null)?.transfer ?? null;
  if (transfer === null) return ['transferContext: nobody was given the call'];
  const { transcript, intent, sentiment } = expect.transferContext;
  return [
    ...(transcript && transfer.transcriptLines === 0 ? ['transferContext: no transcript'] : []),
    ...(intent && transfer.intent === '' ? ['transferContext: no intent'] : []),
    ...(sentiment && transfer.sentiment === '' ? ['transferContext: no sentiment'] : []),
  ];
}

const describeFault = (fault: Fault): string => (fault.type === 'process' ? `${fault.process} down` : `${fault.destination} ${fault.kind}`);

function judgeFaults({ after, calls }: Judged): readonly string[] {
  const leftBeforeWrite = after.writes === 0 && calls.some((call) => call.callerLeft);
  return after.faults
    .filter(({ hits }) => hits === 0 && !leftBeforeWrite)
    .map(({ fault }) => `faults: ${describeFault(fault)} never fired`);
}

const entryOf = (op: OpView, after: AfterwardsObservation): DestinationEntry | undefined =>
  after.entries.find(({ uid }) => uid === remoteIdOf(op.key));

/** Whether an operation has done what its kind says, as the destination shows it. */
function isDone(op: OpView, text: string, { after, practice }: Judged): boolean {
  if (op.state !== 'verified') return false;
  const { payload } = op;
  if (payload.kind === 'message') return after.messages.some((message) => message.op === op.op);
  if (payload.kind === 'cancel') {
    const target = after.operations.find((other) => other.op === payload.target);
    return target !== undefined && entryOf(target, after) === undefined;
  }
  if (payload.kind !== 'booking' && payload.kind !== 'reschedule') return true;
  if (!bearsOutStart(text, payload.start, practice.timeZone)) return false;
  const wasReplaced = after.operations.some(
    (later) => later.state === 'verified' && 'target' in later.payload && later.payload.target === op.op,
  );
  return wasReplaced || entryOf(op, after)?.startEpochMs === Date.parse(payload.start);
}

/** What holds in every scenario: no commitment without its record, no record without its ledger row. */
function judgeAlways(judged: Judged): readonly string[] {
  const { calls, after } = judged;
  const unborne = calls.flatMap((call) => {
    const own = after.operations.filter((op) => op.call === call.call);
    return call.heard
      .filter(({ kind }) => kind === 'commitment')
      .map((line) => (line.heardText === null || line.heardText === '' ? line.text : line.heardText))
      .filter((text) => !own.some((op) => isDone(op, text, judged)))
      .map((text) => `always: "${text}" was heard, but the destination does not bear it out`);
  });
  const uids = new Set(after.operations.map((op) => remoteIdOf(op.key)));
  const strays = after.entries.filter(({ uid }) => !uids.has(uid));
  const orphans = after.messages.filter((message) => !after.operations.some((op) => op.op === message.op));
  return [
    ...unborne,
    ...strays.map(({ uid }) => `always: the entry ${uid} has no row in the ledger`),
    ...orphans.map(({ id }) => `always: the message ${id} has no row in the ledger`),
  ];
}

/** Every expectation that does not hold, in words; empty when the scenario has passed. */
export function judge(judged: Judged): readonly string[] {
  return [
    ...judged.calls.flatMap((call) => call.scriptFailures),
    ...judgeOutcome(judged),
    ...judgeDestination(judged),
    ...judgeInbox(judged),
    ...judgeSpeech(judged),
    ...judgeLatency(judged),
    ...judgeTransfer(judged),
    ...judgeFaults(judged),
    ...judgeAlways(judged),
  ];
}
