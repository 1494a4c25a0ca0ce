import type { OpId } from '../../base/ids.ts';
import type { BookingPayload, OpState, OpView, TaskView } from '../../domain/writeback/intent.ts';
import { isFinal } from '../../domain/writeback/reduce-op.ts';
import { judgeSteps, strangers, type StepFacts } from './judge-steps.ts';
import { isEntryOf, type PlayedOp, type PlayedStory } from './played.ts';
import { bookingOf, type PlannedCaller, type StoryKind } from './story.ts';
import type { Entry } from './target.ts';

/** What can be wrong at the end of a run; every one has to be zero. */
export const FAILURES = ['duplicated', 'lost', 'falseClaims', 'promisesBroken', 'orphans', 'doubleBooked'] as const;
export type Failure = (typeof FAILURES)[number];

export interface Finding {
  readonly failure: Failure;
  /** Null when it belongs to no story. */
  readonly story: number | null;
  readonly what: string;
}

/** What ledger, people and destination show when everything is over. */
export interface FinalFacts extends StepFacts {
  readonly rows: ReadonlyMap<OpId, OpView>;
  readonly openPromises: ReadonlySet<OpId>;
  readonly entries: readonly Entry[];
  /** Messages in the inbox, by their operation. */
  readonly messages: readonly OpId[];
}

/** Stories in which a refusal is what the rules ask for, and of which request. */
const MAY_CONFLICT: Readonly<Partial<Record<StoryKind, 'booking' | 'later'>>> = {
  two_callers: 'booking',
  overlapping_callers: 'booking',
  calls_again: 'booking',
  human_first: 'booking',
  human_meanwhile: 'booking',
  human_edits: 'later',
  human_edits_meanwhile: 'later',
  human_deletes: 'later',
  human_takes_new_time: 'later',
};
/** A task of these kinds asks a person to do what could not be done; `confirm_booking` only passes on that it was. */
const ASKS_A_PERSON: ReadonlySet<TaskView['reason']> = new Set(['needs_human', 'callback', 'conflict_after_promise']);

/** The same, with the entries of each telephone number at hand. */
type Facts = FinalFacts & { readonly entriesOf: (phone: string) => readonly Entry[] };

function indexed(facts: FinalFacts): Facts {
  const byPhone = new Map<string, Entry[]>();
  for (const entry of facts.entries) if (entry.phone !== null) byPhone.set(entry.phone, [...(byPhone.get(entry.phone) ?? []), entry]);
  return { ...facts, entriesOf: (phone) => byPhone.get(phone) ?? [] };
}

type Report = (failure: Failure, what: string) => void;

/** The appointment that a caller should have in the end, as the decided operations and the human of the story left it. */
interface Standing {
  readonly booking: BookingPayload | null;
  readonly isEdited: boolean;
  /** An operation of the caller ended with a person: what stands is that person's business. */
  readonly isHumans: boolean;
}

const stateOf = ({ op }: PlayedOp, { rows }: FinalFacts): OpState | null => (op === null ? null : (rows.get(op)?.state ?? null));

function standingOf(story: PlayedStory, caller: PlannedCaller, facts: FinalFacts): Standing {
  let booking: BookingPayload | null = null;
  let isHumans = false;
  for (const [index, played] of story.ops.filter((one) => one.caller === caller).entries()) {
    const state = stateOf(played, facts);
    isHumans ||= state === 'needs_human' || state === 'dead';
    if (index > 0 && story.human === 'deleted') booking = null;
    if (state !== 'verified') continue;
    const { payload } = played.intent;
    if (payload.kind === 'booking') booking = bookingOf(caller);
    if (payload.kind === 'cancel') booking = null;
    if (payload.kind === 'reschedule' && booking !== null) booking = { ...booking, start: payload.start };
  }
  return { booking: story.human === 'deleted' && story.ops.length === 1 ? null : booking, isEdited: story.human === 'edited', isHumans };
}

/** Whether a person was asked about a request of the caller. */
function hasTask(story: PlayedStory, caller: PlannedCaller, { tasks }: FinalFacts): boolean {
  return story.ops.some(
    (played) => played.caller === caller && played.op !== null && (tasks.get(played.op) ?? []).some((reason) => ASKS_A_PERSON.has(reason)),
  );
}

function judgeEntries(story: PlayedStory, caller: PlannedCaller, facts: Facts, report: Report): void {
  const own = facts.entriesOf(caller.phone);
  const { booking, isEdited, isHumans } = standingOf(story, caller, facts);
  const where = own.map((entry) => entry.where).join(', ');
  if (own.length > 1) report('duplicated', `${own.length} entries of one caller: ${where}`);
  if (isEdited && !own.some((entry) => entry.isEdited)) report('lost', 'what a human wrote is gone');
  if (isHumans) return;
  if (booking === null) {
    const wasCancelled = story.ops.some((played) => played.intent.payload.kind === 'cancel' && stateOf(played, facts) === 'verified');
    if (own.length > 0) report(wasCancelled ? 'lost' : 'orphans', `nothing should stand, and there is ${where}`);
    return;
  }
  if (own.some((entry) => isEntryOf(entry, booking)) || (own.length === 0 && hasTask(story, caller, facts))) return;
  report('lost', own.length === 0 ? 'the appointment is verified, and nothing stands' : `what stands is not what was agreed: ${where}`);
}

/** A step before the request is for a person to look at, who is asked: nothing after it is carried out. */
function isStopped({ plan }: PlayedStory, { intent }: PlayedOp, { plans, tasks }: FinalFacts): boolean {
  return (plans.get(plan.index) ?? []).some(
    ({ op, call, role, state }) =>
      call === intent.call && role === 'before' && (state === 'dead' || state === 'needs_human') && (tasks.get(op) ?? []).length > 0,
  );
}

/** A request ends in its effect, in a refusal that the rules ask for, or with a person. */
function judgeState(story: PlayedStory, played: PlayedOp, facts: Facts, report: Report): void {
  const state = stateOf(played, facts);
  const { payload } = played.intent;
  if (played.op === null) return;
  if (state === null || !isFinal(state)) return report('lost', `${payload.kind} is never decided, but ${state ?? 'gone'}`);
  const tasks = facts.tasks.get(played.op) ?? [];
  if ((state === 'dead' || state === 'needs_human') && !tasks.some((reason) => ASKS_A_PERSON.has(reason)))
    return report('lost', `${payload.kind} is ${state}, and no person was asked`);
  if (state === 'conflict' || state === 'rejected' || state === 'compensated') {
    const expected = MAY_CONFLICT[story.plan.kind] === (payload.kind === 'booking' ? 'booking' : 'later');
    const hasNoTarget = payload.kind !== 'booking' && story.ops.some((one) => one !== played && stateOf(one, facts) !== 'verified');
    if (!expected && !hasNoTarget && !(state === 'compensated' && isStopped(story, played, facts)))
      report('lost', `${payload.kind} was refused without a reason: ${facts.rows.get(played.op)?.errorCode}`);
  }
}

/** A delivered message is in the inbox once, unless the plan sends it elsewhere. */
function judgeMessage(played: PlayedOp, facts: Facts, report: Report): void {
  if (played.intent.payload.kind !== 'message' || played.op === null || facts.records !== null) return;
  const count = facts.messages.filter((op) => op === played.op).length;
  if (count > 1) report('duplicated', `a message stands ${count} times in the inbox`);
  if (count === 0 && stateOf(played, facts) === 'verified') report('lost', 'the message is delivered, and it is not in the inbox');
}

function judgeTelling(played: PlayedOp, facts: Facts, report: Report): void {
  const { op, told, wasTrue, isPromised } = played;
  if (op === null) return;
  const state = stateOf(played, facts);
  if (told?.claim === 'committed' && wasTrue === false) report('falseClaims', `told ${JSON.stringify(told.details)}, which did not stand`);
  if (told?.claim === 'committed' && state !== 'verified') report('falseClaims', `told that it stands, and it is ${state}`);
  const tasks = facts.tasks.get(op) ?? [];
  const isOpen = facts.openPromises.has(op);
  if (isOpen) report('promisesBroken', 'the promise is still open');
  else if (tasks.length > 1) report('promisesBroken', `ends more than once: ${tasks.join(', ')}`);
  else if (isPromised && tasks.length === 0) report('promisesBroken', 'a promise ended without anything coming of it');
  else if (told !== null && !isPromised && told.claim !== 'committed' && told.claim !== 'failed' && tasks.length === 0)
    report('promisesBroken', `the caller was told ${told.claim}, and nobody calls back`);
}

const overlap = (a: Entry, b: Entry): boolean =>
  a.startEpochMs < b.startEpochMs + b.minutes * 60_000 && b.startEpochMs < a.startEpochMs + a.minutes * 60_000;

/** Stories in which two requests want exactly the same time: one of them gets it. */
const ONE_GETS_IT: ReadonlySet<StoryKind> = new Set<StoryKind>(['two_callers', 'calls_again']);

/** One time for one caller: of several who want it at most one has it, and of two requests for exactly the same one is carried out. */
function judgeSlot(story: PlayedStory, facts: Facts, report: Report): void {
  const { kind, callers } = story.plan;
  const [first = [], second = []] = callers.map(({ phone }) => facts.entriesOf(phone));
  if (first.some((a) => second.some((b) => overlap(a, b)))) report('doubleBooked', 'both callers stand in the same time');
  if (story.human === 'entered_first' && first.length > 0) report('doubleBooked', 'ours stands where a human had entered something before');
  const isAccepted = story.ops.some(({ op }) => op !== null);
  const hasNobody = ONE_GETS_IT.has(kind) && isAccepted && first.length + second.length === 0;
  if (hasNobody && !callers.some((caller) => hasTask(story, caller, facts)))
    report('lost', 'of two requests for one time none is carried out');
}

/** Compares what callers were told and promised with what stands in the end. */
export function judge(stories: readonly PlayedStory[], final: FinalFacts): readonly Finding[] {
  const facts = indexed(final);
  const findings: Finding[] = [];
  const known = new Set(stories.flatMap(({ plan }) => plan.callers.map(({ phone }) => phone)));
  for (const story of stories) {
    const report: Report = (failure, what) => findings.push({ failure, story: story.plan.index, what });
    for (const caller of story.plan.callers) judgeEntries(story, caller, facts, report);
    for (const played of story.ops) {
      judgeState(story, played, facts, report);
      judgeMessage(played, facts, report);
      judgeTelling(played, facts, report);
    }
    judgeSlot(story, facts, report);
    judgeSteps(story, facts, report);
  }
  for (const { where } of strangers(facts, known)) findings.push({ failure: 'orphans', story: null, what: `nobody asked for ${where}` });
  for (const { phone, where } of facts.entries)
    if (phone !== null && !known.has(phone)) findings.push({ failure: 'orphans', story: null, what: `nobody asked for ${where}` });
  return findings;
}
