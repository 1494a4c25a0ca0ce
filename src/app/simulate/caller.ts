import type { CallerVoice } from '../../adapters/caller-voice/caller-voice.ts';
import type { TimedFeedEvent } from '../../adapters/feed/event-feed.ts';
import type { CallHandle } from '../../adapters/phone/call-leg.ts';
import type { Phone } from '../../adapters/phone/phone.ts';
import { AppError } from '../../base/app-error.ts';
import { asCallId, type CallId } from '../../base/ids.ts';
import { withTimeout } from '../../base/scope.ts';
import type { CallObservation, HeardLine, SpokenLine } from '../../domain/scenario/observation.ts';
import { reduceScript } from '../../domain/scenario/reduce-script.ts';
import type { CallScript, Deed } from '../../domain/scenario/scenario.ts';
import { initialScript, SHRUG, type ScriptCommand, type ScriptEvent, type ScriptState } from '../../domain/scenario/script-state.ts';
import { createEar, type Ear } from './ear.ts';
import type { ScenarioCall } from './scenario.ts';

export interface CallerDeps {
  readonly phone: Phone;
  /** `sip:number@host:port`; the number is dialled by this call only, so that the product's reports can be told apart. */
  readonly target: string;
  readonly did: string;
  readonly voice: CallerVoice;
  readonly practice: { readonly timeZone: string; readonly serviceName: string | null };
  /** Follows what happens in all calls; returns how to stop. */
  readonly watch: (listener: (event: TimedFeedEvent) => void) => () => void;
  /** Resolves when a person has taken a call over; tells which, as far as it is known. */
  readonly onHandedOver: (listener: (call: CallId | null) => void) => () => void;
  readonly act: (deed: Deed) => Promise<void>;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Keeps the sound of the call when the script fails. */
  readonly onSound?: (handle: CallHandle) => void;
}

const TICK_MS = 20;
const ANSWER_MS_MAX = 20_000;
/** However a script goes on, a call is ended after this time. */
const CALL_MS_MAX = 600_000;
/** The product reports the end of a call within this time after the hang-up, or it is not there to report it. */
const END_REPORT_MS_MAX = 6000;
/** Sound on its way when the agent was stopped arrives within this time, in milliseconds. */
const AFTER_STOP_MS = 60;

/** Every sentence that may be said, rendered before the call: a caller does not wait for their own voice. */
async function renderAll(script: CallScript, voice: CallerVoice, signal: AbortSignal): Promise<ReadonlyMap<string, Int16Array>> {
  const texts = new Set([
    ...script.steps.flatMap((step) => (step.type === 'say' ? [step.text] : [])),
    ...Object.values(script.replies.bySlot).flat(),
    ...Object.values(script.replies.wrong),
    SHRUG,
  ]);
  const rendered = new Map<string, Int16Array>();
  for (const text of texts) rendered.set(text, await voice.speak(text, { signal }));
  return rendered;
}

interface Performance {
  readonly handle: CallHandle;
  readonly ear: Ear;
  readonly sounds: ReadonlyMap<string, Int16Array>;
  readonly spoken: SpokenLine[];
  readonly failures: string[];
  callerLeft: boolean;
}

/** Runs the script against the live call until it has finished. */
function perform(deps: CallerDeps, performance: Performance, script: CallScript, callId: () => CallId | null): Promise<void> {
  const { phone } = deps;
  const { handle, ear, sounds, spoken, failures } = performance;
  const finished = Promise.withResolvers<void>();
  let state: ScriptState = initialScript(script, deps.practice);
  const say = async (text: string): Promise<void> => {
    const asked = ear.asked();
    const span = await handle.sendPcm(sounds.get(text) ?? new Int16Array(0));
    spoken.push({ text, startedAtMs: span.startedAtMs, lastVoicedAtMs: span.lastVoicedAtMs, endedAtMs: span.endedAtMs, asked });
    feed({ type: 'said', atMs: span.lastVoicedAtMs });
  };
  const obey = (command: ScriptCommand): void => {
    switch (command.type) {
      case 'say':
        void say(command.text);
        return;
      case 'press':
        return handle.sendDtmf(command.digits);
      case 'act':
        deps.act(command.deed).then(
          () => feed({ type: 'acted', atMs: phone.nowMs() }),
          (error: unknown) => {
            failures.push(`do: ${error instanceof Error ? error.message : String(error)}`);
            finished.resolve();
          },
        );
        return;
      case 'hang_up':
        performance.callerLeft = true;
        void handle.hangUp();
        return;
      case 'fail':
        failures.push(command.reason);
        return;
      case 'finish':
        return finished.resolve();
    }
  };
  const feed = (event: ScriptEvent): void => {
    const result = reduceScript(state, event);
    state = result.state;
    result.commands.forEach(obey);
  };
  const ticking = setInterval(() => {
    for (const event of ear.look()) feed(event);
    const atMs = phone.nowMs();
    feed({ type: 'tick', atMs, quietSinceMs: ear.quietSinceMs(atMs) });
  }, TICK_MS);
  void handle.ended.then((end) => {
    for (const event of ear.look()) feed(event);
    feed({ type: 'over', atMs: end.atMs, by: end.by === 'remote' ? 'agent' : 'caller' });
  });
  const stopListening = deps.onHandedOver((call) => {
    if (call === null || call === callId()) feed({ type: 'over', atMs: phone.nowMs(), by: 'handed_over' });
  });
  feed({ type: 'answered', atMs: phone.nowMs() });
  return withTimeout(finished.promise, CALL_MS_MAX, 'the call', deps.signal).finally(() => {
    clearInterval(ticking);
    stopListening();
  });
}

interface Report {
  call: CallId | null;
  outcome: string | null;
  readonly ended: Promise<void>;
}

/** Finds this call in the product's reports by the number that was dialled. */
function followReports(deps: CallerDeps, onEvent: (event: TimedFeedEvent) => void): Report & { readonly stop: () => void } {
  const ended = Promise.withResolvers<void>();
  const report = { call: null as CallId | null, outcome: null as string | null, ended: ended.promise, stop: () => undefined as void };
  report.stop = deps.watch((event) => {
    if (event.type === 'call.started') {
      if (event.did === deps.did) report.call = asCallId(event.call);
    } else if (event.call !== report.call) return;
    else if (event.type === 'call.ended') {
      report.outcome = event.outcome;
      ended.resolve();
    }
    onEvent(event);
  });
  return report;
}

/** How long the agent went on after the caller had begun to speak over it, where it stopped before its end. */
function bargeInStops(heard: readonly HeardLine[], spoken: readonly SpokenLine[], handle: CallHandle): readonly number[] {
  return spoken.flatMap((line) => {
    const interrupted = heard.find(
      (other) =>
        other.startedAtMs < line.startedAtMs &&
        other.endedAtMs !== null &&
        other.endedAtMs > line.startedAtMs &&
        other.heardText !== other.text,
    );
    if (interrupted?.endedAtMs == null) return [];
    const lastMs = handle.received.lastAudibleAt(interrupted.endedAtMs + AFTER_STOP_MS);
    return lastMs === null || lastMs < line.startedAtMs ? [] : [Math.round(lastMs - line.startedAtMs)];
  });
}

/** Places one call and plays its script. Never throws for what the product does: that is what is observed. */
export async function playCall(deps: CallerDeps, call: ScenarioCall): Promise<CallObservation> {
  const { phone, signal } = deps;
  const sounds = await renderAll(call.script, deps.voice, signal);
  const early: TimedFeedEvent[] = [];
  let ear: Ear | null = null;
  const report = followReports(deps, (event) => (ear === null ? early.push(event) : ear.onFeed(event)));
  try {
    const handle = await phone.call({ target: deps.target, from: call.number, line: call.line, seed: deps.seed, signal });
    const answered = await withTimeout(handle.answered, ANSWER_MS_MAX, 'answering', signal).catch(() => null);
    const answeredAtMs = answered?.atMs ?? phone.nowMs();
    ear = createEar({ received: handle.received, answeredAtMs, toMs: (atEpochMs) => atEpochMs - phone.toEpochMs(0) });
    for (const event of early) ear.onFeed(event);
    const performance: Performance = { handle, ear, sounds, spoken: [], failures: [], callerLeft: false };
    if (answered === null) {
      await handle.hangUp();
      performance.failures.push('the call was not answered');
    } else
      await perform(deps, performance, call.script, () => report.call).catch((error: unknown) =>
        performance.failures.push(error instanceof AppError ? `${error.code}: ${error.message}` : String(error)),
      );
    await handle.hangUp();
    if (performance.failures.length > 0) deps.onSound?.(handle);
    // Without a call there is nobody to report its end.
    if (report.call !== null) await withTimeout(report.ended, END_REPORT_MS_MAX, 'the end of the call').catch(() => undefined);
    const end = await handle.ended;
    return {
      call: report.call,
      outcome: report.outcome,
      answeredAtMs,
      endedAtMs: end.atMs,
      heard: ear.heard(),
      spoken: performance.spoken,
      understood: ear.understood(),
      scriptFailures: performance.failures,
      callerLeft: performance.callerLeft,
      transfer: null,
      bargeInStopMs: bargeInStops(ear.heard(), performance.spoken, handle),
      lateFrames: handle.received.gaps().length,
    };
  } finally {
    report.stop();
  }
}
