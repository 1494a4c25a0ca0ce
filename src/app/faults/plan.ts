import { REQUEST_FAULT_KINDS, type RequestFault, type RequestFaultKind } from '../../adapters/fault-proxy/misbehave.ts';
import { FAULT_POINTS, type FaultPoint } from '../../base/fault-point.ts';
import { createDice, type Dice } from './dice.ts';
import {
  DAEMON_DEATHS,
  dayOfStory,
  phoneOf,
  STORY_KINDS,
  STORY_OPS,
  type PlannedCaller,
  type PlannedStory,
  type StoryKind,
} from './story.ts';

/** What happens to processes and servers while callers call. */
export const DISTURBANCES = [
  'redis_killed',
  'redis_flushed',
  'redis_frozen',
  'worker_killed',
  'worker_frozen',
  'destination_killed',
] as const;
export type DisturbanceKind = (typeof DISTURBANCES)[number];

export interface PlannedDisturbance {
  readonly kind: DisturbanceKind;
  /** Comes when this story begins. */
  readonly atStory: number;
  /** How long what was killed stays away, or what was frozen stays so, in milliseconds. */
  readonly downMs: number;
}

/** A worker that kills itself at a fault point, at the first occasion after this story has begun. */
export interface PlannedDeath {
  readonly point: FaultPoint;
  readonly atStory: number;
}

/** Everything that is random in a run, made of its seed alone. */
export interface FaultPlan {
  readonly seed: number;
  readonly ops: number;
  readonly stories: readonly PlannedStory[];
  /** The first stories run before anything misbehaves, and show what a healthy destination gets. */
  readonly calmStories: number;
  readonly deaths: readonly PlannedDeath[];
  readonly disturbances: readonly PlannedDisturbance[];
}

/** Share of operations before the faults begin. */
const CALM_SHARE = 0.1;
const CALM_OPS_MIN = 2;
/** Share of stories whose writes are hit once every kind has had its turn, and whose readings are. */
const WRITE_FAULT_SHARE = 0.25;
const READ_FAULT_SHARE = 0.1;
/** Chance that the next write of a story that was hit is hit too, and the most that are hit in a row. */
const AGAIN_SHARE = 0.35;
const IN_A_ROW_MAX = 3;
const OPS_PER_DEATH = 25;
const OPS_PER_ROUND_OF_DISTURBANCES = 150;
/** Share of the stories after the calm ones in which workers die; what is left over is time for the last deaths to happen. */
const DYING_SHARE = 0.85;

/** How often each kind comes once every one has come. */
const WEIGHTS: Readonly<Record<StoryKind, number>> = {
  book: 60,
  two_callers: 5,
  overlapping_callers: 3,
  calls_again: 3,
  human_first: 4,
  human_meanwhile: 4,
  human_edits: 3,
  human_edits_meanwhile: 2,
  human_deletes: 3,
  human_takes_new_time: 3,
  cancel: 5,
  move: 6,
  second_thoughts: 3,
  three_calls: 1,
  message: 3,
  daemon_dies: 2,
};

const WORKER_POINTS = FAULT_POINTS.filter((point) => point !== 'after_accept');
/** What can go wrong with a question: its answer says nothing, or nothing yet. */
const READ_FAULT_KINDS: readonly RequestFaultKind[] = [
  'reset_before',
  'timeout_before_commit',
  'status_429',
  'status_503',
  'html_200',
  'truncated_answer',
  'slow',
  'answer_late',
];
const FIRST_NAMES = ['Laura', 'Ali', 'Zoë', 'Björn', 'Marie-Luise', "D'Arcy", 'Œuvre', 'Łucja'];
/** With what a calendar's text format has to escape. */
const LAST_NAMES = ['Becker', 'Kaya, Dr.', 'Müller; geb. Öz', 'van der Berg', 'O"Neill', 'Back\\slash', 'Smith: senior', '李'];

/** How late what is late comes, in milliseconds: a request, an answer beyond the answer budget, an answer within it. */
function delayMsOf(kind: RequestFaultKind, dice: Dice): number {
  if (kind === 'arrives_late') return dice.int(200, 1900);
  return kind === 'answer_late' ? dice.int(2000, 6000) : dice.int(200, 1200);
}

const faultOf = (kind: RequestFaultKind, dice: Dice): RequestFault => ({ kind, delayMs: delayMsOf(kind, dice) });

/** Kinds of stories for exactly `ops` operations: calm ones, one of each, and then by weight. */
function kindsFor(ops: number, calmOps: number, dice: Dice): readonly StoryKind[] {
  const calm: StoryKind[] = Array.from({ length: calmOps }, () => 'book');
  const everyKind: StoryKind[] = [...dice.shuffled(STORY_KINDS), 'daemon_dies'];
  const rest: StoryKind[] = [];
  for (let left = ops - calmOps; left > 0;) {
    const kind = everyKind.pop() ?? dice.weighed(WEIGHTS);
    const fitting = STORY_OPS[kind] <= left ? kind : 'book';
    rest.push(fitting);
    left -= STORY_OPS[fitting];
  }
  return [...calm, ...dice.shuffled(rest)];
}

function callersOf(index: number, kind: StoryKind, dice: Dice): readonly PlannedCaller[] {
  const hour = dice.int(8, 13);
  const minute = dice.pick([0, 30]);
  const at = (plusMinutes: number): string => {
    const clock = hour * 60 + minute + plusMinutes;
    const two = (value: number): string => String(value).padStart(2, '0');
    return `${dayOfStory(index)}T${two(Math.floor(clock / 60))}:${two(clock % 60)}:00+00:00`;
  };
  const caller = (number: number, plusMinutes: number): PlannedCaller => ({
    name: `${dice.pick(FIRST_NAMES)} ${dice.pick(LAST_NAMES)}`,
    phone: phoneOf(index, number),
    start: at(plusMinutes),
  });
  if (kind === 'two_callers') return [caller(0, 0), caller(1, 0)];
  return kind === 'overlapping_callers' ? [caller(0, 0), caller(1, 15)] : [caller(0, 0)];
}

type Faults = PlannedStory['faults'];

/** Stories that may come to nothing before they write anything to the destination, or never do. */
const MAY_NOT_WRITE: ReadonlySet<StoryKind> = new Set<StoryKind>(['human_first', 'human_meanwhile']);
/** Share of stories that get a reading fault while some kind has not had its turn. */
const OWED_READ_SHARE = 0.5;

/** Deals the faults of single requests: at first every kind once, where it is sure to fire, and then by share. */
function createFaultDealer(dice: Dice, takesMessages: boolean): (kind: StoryKind) => Faults {
  const dealWrite = dice.deck(REQUEST_FAULT_KINDS);
  const dealRead = dice.deck(READ_FAULT_KINDS);
  let owedWrites = REQUEST_FAULT_KINDS.length;
  let owedReads = READ_FAULT_KINDS.length;
  const writes = (kind: StoryKind): Faults['write'] => {
    if (kind === 'message' ? !takesMessages : MAY_NOT_WRITE.has(kind)) return [];
    const isOwed = owedWrites > 0;
    if (!isOwed && !dice.chance(WRITE_FAULT_SHARE)) return [];
    if (isOwed) owedWrites -= 1;
    const hits = [faultOf(dealWrite(), dice)];
    if (isOwed) return hits;
    while (hits.length < IN_A_ROW_MAX && dice.chance(AGAIN_SHARE)) hits.push(faultOf(dice.pick(REQUEST_FAULT_KINDS), dice));
    return STORY_OPS[kind] > 1 && dice.chance(0.5) ? [null, ...hits] : hits;
  };
  const reads = (kind: StoryKind): Faults['read'] => {
    if (kind === 'message' && !takesMessages) return [];
    const isOwed = owedReads > 0 && (owedWrites === 0 || dice.chance(OWED_READ_SHARE));
    if (!isOwed && !dice.chance(READ_FAULT_SHARE)) return [];
    if (isOwed) owedReads -= 1;
    const hit = faultOf(dealRead(), dice);
    return isOwed || dice.chance(0.5) ? [hit] : [null, hit];
  };
  return (kind) => ({ write: writes(kind), read: reads(kind) });
}

function createStoryMaker(seed: number, takesMessages: boolean): (kind: StoryKind, index: number, isCalm: boolean) => PlannedStory {
  const dice = createDice(seed, 'stories');
  const deal = createFaultDealer(createDice(seed, 'requests'), takesMessages);
  const dealDeath = createDice(seed, 'daemon').deck(DAEMON_DEATHS);
  return (kind, index, isCalm) => ({
    index,
    kind,
    day: dayOfStory(index),
    callers: callersOf(index, kind, dice),
    movedTo: `${dayOfStory(index)}T${dice.pick(['15:00', '15:30', '16:00', '16:30'])}:00+00:00`,
    then: dice.pick(['cancel', 'reschedule']),
    delayMs: dice.int(0, 400),
    daemon: kind === 'daemon_dies' ? { dies: dealDeath(), then: dice.pick(['readopted', 'hung_up']) } : null,
    faults: isCalm ? { write: [], read: [] } : deal(kind),
  });
}

/** Stories that something can happen at: from the first that is not calm to before `end`. */
interface Span {
  readonly first: number;
  readonly end: number;
}

/** `count` moments, spread evenly over a span, each somewhere in its part. */
function spread(count: number, { first, end }: Span, dice: Dice): readonly number[] {
  const step = (end - first) / count;
  return Array.from({ length: count }, (_, index) => Math.min(end - 1, first + Math.floor((index + dice.int(0, 99) / 100) * step)));
}

function deathsFor(ops: number, seed: number, { first, end }: Span): readonly PlannedDeath[] {
  const dice = createDice(seed, 'workers');
  const dealPoint = dice.deck(WORKER_POINTS);
  const count = Math.max(WORKER_POINTS.length, Math.round(ops / OPS_PER_DEATH));
  const last = first + Math.ceil((end - first) * DYING_SHARE);
  return spread(count, { first, end: last }, dice).map((atStory) => ({ point: dealPoint(), atStory }));
}

/** Rounds of all disturbances, spread evenly over the stories after the calm ones. */
function disturbancesFor(ops: number, seed: number, span: Span): readonly PlannedDisturbance[] {
  const dice = createDice(seed, 'disturbances');
  const rounds = Math.max(1, Math.round(ops / OPS_PER_ROUND_OF_DISTURBANCES));
  const kinds = Array.from({ length: rounds }, () => dice.shuffled(DISTURBANCES)).flat();
  const moments = spread(kinds.length, span, dice);
  return kinds.map((kind, index) => ({
    kind,
    atStory: moments[index] ?? span.first,
    downMs: kind === 'worker_frozen' ? dice.int(4000, 6000) : dice.int(300, 2500),
  }));
}

/** The plan of a run with `ops` operations. The same arguments give the same plan. `takesMessages`: messages go to the destination too. */
export function planFaults(seed: number, ops: number, { takesMessages } = { takesMessages: false }): FaultPlan {
  const calmOps = Math.min(ops, Math.max(CALM_OPS_MIN, Math.round(ops * CALM_SHARE)));
  const make = createStoryMaker(seed, takesMessages);
  const kinds = kindsFor(ops, calmOps, createDice(seed, 'kinds'));
  const stories = kinds.map((kind, index) => make(kind, index, index < calmOps));
  const span = { first: calmOps, end: stories.length };
  const hasFaults = span.end > span.first;
  return {
    seed,
    ops,
    stories,
    calmStories: calmOps,
    deaths: hasFaults ? deathsFor(ops, seed, span) : [],
    disturbances: hasFaults ? disturbancesFor(ops, seed, span) : [],
  };
}
