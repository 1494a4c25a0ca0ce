import type { TimedFeedEvent } from '../../../adapters/feed/event-feed.ts';
import { asCallId, type CallId } from '../../../base/ids.ts';
import type { CallObservation, SpokenLine } from '../../../domain/scenario/observation.ts';
import { reduceScript } from '../../../domain/scenario/reduce-script.ts';
import type { Deed } from '../../../domain/scenario/scenario.ts';
import { initialScript, type ScriptCommand, type ScriptEvent, type ScriptState } from '../../../domain/scenario/script-state.ts';
import { toldToPerson } from '../aftermath.ts';
import { createEar, type Ear } from '../ear.ts';
import type { ScenarioCall } from '../scenario.ts';
import type { House } from './house.ts';

/** One caller: fed by the house's reports, moved on by {@link tick}. */
export interface Caller {
  tick(): void;
  readonly isDone: () => boolean;
  /** Ends the call if it is still up. */
  leave(): void;
  observe(): CallObservation;
}

interface CallProgress {
  call: CallId | null;
  ear: Ear | null;
  outcome: string | null;
  answeredAtMs: number | null;
  endedAtMs: number | null;
  isOver: boolean;
  callerLeft: boolean;
  isDone: boolean;
  state: ScriptState;
  readonly channel: string;
  readonly did: string;
  readonly spoken: SpokenLine[];
  readonly failures: string[];
}

/** What a script is compared with. */
export interface Facts {
  readonly timeZone: string;
  readonly serviceName: string | null;
}

function earOf(house: House, call: CallId): Ear {
  const { clock, telephony } = house;
  // Text has no packets: what is reported is heard.
  const received = { firstAudibleAt: (atMs: number) => atMs, lastAudibleAt: () => telephony.lastSoundAtMs(call) };
  return createEar({ received, answeredAtMs: clock.monotonicMs(), toMs: (atEpochMs) => atEpochMs - clock.baseEpochMs });
}

async function say(house: House, progress: CallProgress, text: string): Promise<void> {
  const asked = progress.ear?.asked() ?? null;
  if (progress.call === null) return;
  const { startedAtMs, endedAtMs } = await house.telephony.say(progress.call, text);
  progress.spoken.push({ text, startedAtMs, lastVoicedAtMs: endedAtMs, endedAtMs, asked });
  feedScript(house, progress, { type: 'said', atMs: endedAtMs });
}

function act(house: House, progress: CallProgress, deed: Deed): void {
  if (deed.type === 'calendar_add') house.calendar.add(deed.entry);
  else if (deed.type === 'freeze' && deed.process === 'worker') house.worker.freeze();
  feedScript(house, progress, { type: 'acted', atMs: house.clock.monotonicMs() });
}

function obey(house: House, progress: CallProgress, command: ScriptCommand): void {
  switch (command.type) {
    case 'say':
      say(house, progress, command.text).catch((error: unknown) => progress.failures.push(String(error)));
      return;
    case 'press':
      for (const digit of command.digits) house.telephony.press(progress.channel, digit);
      return;
    case 'act':
      queueMicrotask(() => act(house, progress, command.deed));
      return;
    case 'hang_up':
      progress.callerLeft = true;
      return house.telephony.hangUp(progress.channel);
    case 'fail':
      progress.failures.push(command.reason);
      return;
    case 'finish':
      progress.isDone = true;
  }
}

function feedScript(house: House, progress: CallProgress, event: ScriptEvent): void {
  const result = reduceScript(progress.state, event);
  progress.state = result.state;
  for (const command of result.commands) obey(house, progress, command);
}

function onFeed(house: House, progress: CallProgress, event: TimedFeedEvent): void {
  if (event.type === 'call.started') {
    if (event.did !== progress.did) return;
    progress.call = asCallId(event.call);
    progress.ear = earOf(house, progress.call);
    progress.answeredAtMs = house.clock.monotonicMs();
    return feedScript(house, progress, { type: 'answered', atMs: progress.answeredAtMs });
  }
  if (event.call !== progress.call) return undefined;
  if (event.type === 'call.ended') progress.outcome = event.outcome;
  return progress.ear?.onFeed(event);
}

function tick(house: House, progress: CallProgress): void {
  const { clock, telephony } = house;
  const { channel, ear } = progress;
  for (const event of ear?.look() ?? []) feedScript(house, progress, event);
  const atMs = clock.monotonicMs();
  const by = telephony.ended.has(channel) ? 'agent' : telephony.handedOver.has(channel) ? 'handed_over' : null;
  if (by !== null && !progress.isOver) {
    progress.isOver = true;
    if (by === 'agent') progress.endedAtMs = atMs;
    feedScript(house, progress, { type: 'over', atMs, by });
  }
  feedScript(house, progress, { type: 'tick', atMs, quietSinceMs: ear?.quietSinceMs(atMs) ?? null });
}

function observe(house: House, progress: CallProgress): CallObservation {
  const { ear, answeredAtMs } = progress;
  return {
    call: progress.call,
    outcome: progress.outcome ?? (answeredAtMs === null ? null : 'failed_over'),
    answeredAtMs: answeredAtMs ?? 0,
    endedAtMs: progress.endedAtMs ?? house.clock.monotonicMs(),
    heard: ear?.heard() ?? [],
    spoken: progress.spoken,
    understood: ear?.understood() ?? [],
    scriptFailures: progress.failures,
    callerLeft: progress.callerLeft,
    transfer:
      progress.call !== null && house.telephony.handedOver.has(progress.channel) ? toldToPerson(house.journal, progress.call) : null,
    bargeInStopMs: [],
    lateFrames: 0,
  };
}

/** Places a call in the house; time is moved on by whoever ticks. */
export function startCaller(house: House, plan: ScenarioCall, index: number, facts: Facts): Caller {
  const progress: CallProgress = {
    call: null,
    ear: null,
    outcome: null,
    answeredAtMs: null,
    endedAtMs: null,
    isOver: false,
    callerLeft: false,
    isDone: false,
    state: initialScript(plan.script, facts),
    channel: `caller-${index + 1}`,
    did: `+4930555${String(1000 + index)}`,
    spoken: [],
    failures: [],
  };
  const stop = house.watch((event) => onFeed(house, progress, event));
  house.telephony.arrive({ channel: progress.channel, did: progress.did, number: plan.number });
  return {
    tick: () => tick(house, progress),
    isDone: () => progress.isDone,
    leave: () => house.telephony.hangUp(progress.channel),
    observe: () => {
      stop();
      return observe(house, progress);
    },
  };
}
