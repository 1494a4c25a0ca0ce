import type { OpId } from '../../base/ids.ts';
import { invariant } from '../../base/invariant.ts';
import type { Intent, MessagePayload, OpState } from '../../domain/writeback/intent.ts';
import { opKey } from '../../domain/writeback/op-key.ts';
import { isFinal } from '../../domain/writeback/reduce-op.ts';
import { answerCaller, hangUp, type Told } from './answer-caller.ts';
import { letDaemonDie } from './daemon-death.ts';
import type { FaultHouse } from './house.ts';
import type { Lanes } from './lanes.ts';
import { isEntryOf, type HumanDeed, type PlayedOp, type PlayedStory } from './played.ts';
import type { Entry } from './target.ts';
import { bookingOf, intentOf, messageOf, MINUTES, type PlannedCaller, type PlannedStory } from './story.ts';

/** How long a caller waits before the next call about the same appointment, at most; looks in between. Milliseconds. */
const NEXT_CALL_MS_MAX = 240_000;
const LOOK_MS = 50;
/** Operations that one request comes to, with some room. */
const PLAN_OPS_MAX = 20;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The state of an operation once it is decided; the last one seen when that takes too long. */
async function decided({ daemon, clock }: FaultHouse, op: OpId | null): Promise<OpState | null> {
  const untilMs = clock.monotonicMs() + NEXT_CALL_MS_MAX;
  for (;;) {
    const state = op === null ? null : (daemon.ledger.get(op)?.state ?? null);
    if (state === null || isFinal(state) || clock.monotonicMs() > untilMs) return state;
    await pause(LOOK_MS);
  }
}

/** Whether a person finds a message. */
async function isDelivered({ target, daemon }: FaultHouse, op: OpId | null, { text }: MessagePayload): Promise<boolean> {
  const records = await target.records?.();
  if (records !== undefined) return records.some((record) => record.kind === 'message' && record.text.includes(text));
  return daemon.ledger.messages().some((message) => message.op === op && message.text === text);
}

/** Whether the destination, read directly, bears out what was just said; for a message, whether a person finds it. */
async function isBorneOut(house: FaultHouse, story: PlannedStory, caller: PlannedCaller, { op, details }: Told): Promise<boolean> {
  if (details?.kind === 'message') return isDelivered(house, op, details);
  const own = (await house.target.look(story)).filter(({ phone }) => phone === caller.phone);
  if (details?.kind === 'cancel') return own.length === 0;
  return details?.kind === 'booking' && own.some((entry) => isEntryOf(entry, details));
}

/** One request within a call; `isLast` ends the call. */
async function request(
  house: FaultHouse,
  story: PlannedStory,
  caller: PlannedCaller,
  { intent, isLast }: { readonly intent: Intent; readonly isLast: boolean },
): Promise<PlayedOp> {
  const { target, daemon, trace } = house;
  target.expect(opKey(intent), story.index);
  const told = await answerCaller(daemon, intent, { onAccepted: (op) => trace.belongs(op, story.index) });
  const wasTrue = told.claim === 'committed' ? await isBorneOut(house, story, caller, told) : null;
  const untold = isLast ? await hangUp(daemon, { over: intent.call }) : [];
  trace.note(
    story.index,
    `${intent.payload.kind} told ${told.claim} after ${Math.round(told.answerMs)} ms, ${Math.round(told.ownMs)} of them without waiting for the worker`,
  );
  return { intent, caller, op: told.op, told, wasTrue, isPromised: told.isPromised || (told.op !== null && untold.includes(told.op)) };
}

/** A story while it is played: its one or two callers, and the lanes that calls run in. */
interface Scene {
  readonly house: FaultHouse;
  readonly story: PlannedStory;
  readonly lanes: Lanes;
  readonly caller: PlannedCaller;
}

const book = ({ house, story, caller, lanes }: Scene): Promise<PlayedOp> =>
  lanes.run(() => request(house, story, caller, { intent: intentOf(story, 1, 1, bookingOf(caller)), isLast: true }));

/** A further call about an appointment, once the earlier request is decided; null when there is nothing to move or cancel. */
async function callAgain(
  { house, story, caller, lanes }: Scene,
  { op }: PlayedOp,
  what: { readonly kind: 'cancel' | 'reschedule'; readonly call: number },
): Promise<PlayedOp | null> {
  if (op === null || (await decided(house, op)) !== 'verified') return null;
  const payload =
    what.kind === 'cancel' ? { kind: 'cancel' as const, target: op } : { kind: 'reschedule' as const, target: op, start: story.movedTo };
  return lanes.run(() => request(house, story, caller, { intent: intentOf(story, what.call, 1, payload), isLast: true }));
}

const listed = (...ops: readonly (PlayedOp | null)[]): readonly PlayedOp[] => ops.flatMap((op) => op ?? []);
type Ending = Omit<PlayedStory, 'plan'>;

/** The caller takes it back in the same call, whether it stands yet or not. */
async function secondThoughts({ house, story, caller }: Scene): Promise<Ending> {
  const booked = await request(house, story, caller, { intent: intentOf(story, 1, 1, bookingOf(caller)), isLast: false });
  if (booked.op === null) return { ops: [booked], human: 'none' };
  const back = await request(house, story, caller, { intent: intentOf(story, 1, 2, { kind: 'cancel', target: booked.op }), isLast: false });
  const untold = await hangUp(house.daemon, { over: back.intent.call });
  const ops = [booked, back].map((one) => ({ ...one, isPromised: one.isPromised || (one.op !== null && untold.includes(one.op)) }));
  return { ops, human: 'none' };
}

async function enteredByHuman(scene: Scene): Promise<Ending> {
  const { house, story, caller } = scene;
  const enter = (): Promise<void> => house.target.human.add(story, Date.parse(caller.start), MINUTES);
  if (story.kind === 'human_first') {
    await enter();
    return { ops: [await book(scene)], human: 'entered_first' };
  }
  const [op] = await Promise.all([book(scene), pause(story.delayMs).then(enter)]);
  return { ops: [op], human: 'entered_meanwhile' };
}

/** A human lays hands on what was booked, before the caller's next call or during it. */
async function touchedByHuman(scene: Scene): Promise<Ending> {
  const { house, story, caller } = scene;
  const booked = await book(scene);
  // A person whose server is killed does not hear that it was done, and looks.
  const touch = async (): Promise<HumanDeed> => {
    const { human, look } = house.target;
    const own = async (): Promise<readonly Entry[]> => (await look(story)).filter(({ phone }) => phone === caller.phone);
    if (story.kind === 'human_deletes')
      return (await human.remove(story, caller.phone)) === 'done' || (await own()).length === 0 ? 'deleted' : 'none';
    const isDone = (await human.edit(story, caller.phone)) === 'done';
    return isDone || (await own()).some(({ isEdited }) => isEdited) ? 'edited' : 'none';
  };
  if ((await decided(house, booked.op)) !== 'verified') return { ops: [booked], human: 'none' };
  const next = (): Promise<PlayedOp | null> => callAgain(scene, booked, { kind: story.then, call: 2 });
  if (story.kind === 'human_edits_meanwhile') {
    const [again, human] = await Promise.all([next(), pause(story.delayMs).then(touch)]);
    return { ops: listed(booked, again), human };
  }
  const human = await touch();
  return { ops: listed(booked, await next()), human };
}

async function leaveMessage({ house, story, caller, lanes }: Scene): Promise<Ending> {
  const intent = intentOf(story, 1, 1, messageOf(caller));
  return { ops: [await lanes.run(() => request(house, story, caller, { intent, isLast: true }))], human: 'none' };
}

async function callsAgain(scene: Scene): Promise<Ending> {
  const { house, story, caller, lanes } = scene;
  const first = await book(scene);
  const again = await lanes.run(() => request(house, story, caller, { intent: intentOf(story, 2, 1, bookingOf(caller)), isLast: true }));
  return { ops: [first, again], human: 'none' };
}

/** The human does not know of the move, and the caller not of the human. */
async function newTimeTaken(scene: Scene): Promise<Ending> {
  const { house, story } = scene;
  const booked = await book(scene);
  if ((await decided(house, booked.op)) !== 'verified') return { ops: [booked], human: 'none' };
  const enter = (): Promise<void> => house.target.human.add(story, Date.parse(story.movedTo), MINUTES);
  const [moved] = await Promise.all([callAgain(scene, booked, { kind: 'reschedule', call: 2 }), pause(story.delayMs).then(enter)]);
  return { ops: listed(booked, moved), human: 'entered_meanwhile' };
}

async function threeCalls(scene: Scene): Promise<Ending> {
  const booked = await book(scene);
  const moved = await callAgain(scene, booked, { kind: 'reschedule', call: 2 });
  const cancelled = moved === null ? null : await callAgain(scene, moved, { kind: 'cancel', call: 3 });
  return { ops: listed(booked, moved, cancelled), human: 'none' };
}

async function twoCallers(scene: Scene): Promise<Ending> {
  const { house, story, lanes } = scene;
  const calls = (): readonly Promise<PlayedOp>[] =>
    story.callers.map((caller, index) =>
      request(house, story, caller, { intent: intentOf(story, index + 1, 1, bookingOf(caller)), isLast: true }),
    );
  return { ops: await lanes.run(() => Promise.all(calls())), human: 'none' };
}

function play(scene: Scene): Promise<Ending> {
  const { story } = scene;
  switch (story.kind) {
    case 'book':
      return book(scene).then((op) => ({ ops: [op], human: 'none' }));
    case 'two_callers':
    case 'overlapping_callers':
      return twoCallers(scene);
    case 'calls_again':
      return callsAgain(scene);
    case 'human_first':
    case 'human_meanwhile':
      return enteredByHuman(scene);
    case 'human_edits':
    case 'human_edits_meanwhile':
    case 'human_deletes':
      return touchedByHuman(scene);
    case 'human_takes_new_time':
      return newTimeTaken(scene);
    case 'cancel':
    case 'move':
      return book(scene).then(async (booked) => {
        const kind = story.kind === 'cancel' ? 'cancel' : 'reschedule';
        return { ops: listed(booked, await callAgain(scene, booked, { kind, call: 2 })), human: 'none' as const };
      });
    case 'message':
      return leaveMessage(scene);
    case 'second_thoughts':
      return scene.lanes.run(() => secondThoughts(scene));
    case 'three_calls':
      return threeCalls(scene);
    case 'daemon_dies':
      return daemonDies(scene);
  }
}

/** The next daemon either finds the call still there and asks for the same once more, or finds that it is over. */
async function daemonDies({ house, story, caller, lanes }: Scene): Promise<Ending> {
  const intent = intentOf(story, 1, 1, bookingOf(caller));
  house.target.expect(opKey(intent), story.index);
  return lanes.run(async (): Promise<Ending> => {
    await letDaemonDie(house, story, intent);
    if (story.daemon?.then === 'readopted') return { ops: [await request(house, story, caller, { intent, isLast: true })], human: 'none' };
    const { ledger } = house.daemon;
    await hangUp(house.daemon, { over: intent.call });
    const op = ledger.list({ call: intent.call, limit: PLAN_OPS_MAX }).find(({ role }) => role === 'pivot')?.op ?? null;
    if (op !== null) house.trace.belongs(op, story.index);
    const isPromised = ledger.promises({ open: true }).some((promise) => promise.op === op);
    return { ops: [{ intent, caller, op, told: null, wasTrue: null, isPromised }], human: 'none' };
  });
}

/** Plays a story to its end, as far as callers and humans go; what is still open then is the worker's. Throws what reading throws. */
export async function playStory(house: FaultHouse, story: PlannedStory, lanes: Lanes): Promise<PlayedStory> {
  const [caller] = story.callers;
  invariant(caller !== undefined, 'a story has a caller');
  return { plan: story, ...(await play({ house, story, lanes, caller })) };
}
