import type { CallEvent } from '../../domain/call/event.ts';
import type { CallState } from '../../domain/call/state.ts';
import type { Metrics } from '../../ports/metrics.ts';
import { traceIdOf, type Span, type Tracer } from '../../ports/tracer.ts';

/** Follows a call for those who look after the appliance: how long answers take, and the trace of the call and its turns. */
export interface CallWatch {
  /** Trace id, for log lines; null when nothing is traced. */
  readonly traceId: string | null;
  /** What the journal keeps of an event: with the trace context of the call, or of the turn, that it may begin. */
  journaled(event: CallEvent): unknown;
  /** Told after every event. */
  changed(before: CallState, event: CallEvent, after: CallState): void;
  /** Trace context of what happens now; null when nothing is traced. */
  traceparent(): string | null;
  ended(outcome: string): void;
}

export interface WatchOptions {
  readonly metrics: Metrics;
  readonly tracer: Tracer | undefined;
  readonly call: string;
  /** Trace context of the call in its life before the daemon was restarted. */
  readonly earlier: string | null;
}

/** The trace context that the journal has kept with an event; null when it has none. */
export function journaledContext(body: unknown): string | null {
  if (typeof body !== 'object' || body === null || !('traceparent' in body)) return null;
  return typeof body.traceparent === 'string' ? body.traceparent : null;
}

function mayBeginTurn(event: CallEvent): boolean {
  if (event.type === 'timer.fired') return event.timer === 'no_input' || event.timer === 'dtmf';
  return event.type === 'caller.text_final' || event.type === 'caller.pressed';
}

interface Turn {
  readonly span: Span | null;
  /** End of the caller's voice on the clock of the leg; null once the agent has begun to answer, and when there was no voice. */
  voiceEndedAtMs: number | null;
}

export function watchCall({ metrics, tracer, call, earlier }: WatchOptions): CallWatch {
  const whole = tracer?.start('call', { parent: earlier, attributes: { 'vestibule.call.id': call } }) ?? null;
  let turn: Turn = { span: null, voiceEndedAtMs: null };
  /** The context that the next turn will have; it is journaled with the event that may begin the turn. */
  let next: string | null = null;
  const begin = (event: CallEvent, before: CallState, number: number): void => {
    turn.span?.end();
    const attributes = { 'vestibule.call.id': call, 'vestibule.turn.number': number };
    const span =
      tracer === undefined || whole === null
        ? null
        : tracer.start('turn', { parent: whole.traceparent, attributes, ...(next === null ? {} : { as: next }) });
    next = null;
    turn = { span, voiceEndedAtMs: event.type === 'caller.text_final' ? (before.speech?.endedAtMs ?? null) : null };
  };
  const answered = (event: CallEvent & { readonly type: 'agent.speech_started' }, before: CallState): void => {
    if (turn.voiceEndedAtMs === null) return;
    const afterMs = Math.max(0, event.atMs - turn.voiceEndedAtMs);
    turn.voiceEndedAtMs = null;
    const kind = before.speaking.find(({ utterance }) => utterance.id === event.utterance)?.utterance.kind ?? 'other';
    metrics.observeMs('turn_response_seconds', afterMs, { kind });
    turn.span?.note({ 'vestibule.turn.response_ms': Math.round(afterMs) });
  };
  return {
    traceId: traceIdOf(whole?.traceparent ?? null),
    journaled: (event) => {
      if (tracer === undefined || whole === null) return event;
      if (event.type === 'call.arrived') return { ...event, traceparent: whole.traceparent };
      if (!mayBeginTurn(event)) return event;
      next ??= tracer.fresh(whole.traceparent);
      return { ...event, traceparent: next };
    },
    changed: (before, event, after) => {
      if (after.turn > before.turn) begin(event, before, after.turn);
      if (event.type === 'agent.speech_started') answered(event, before);
    },
    traceparent: () => (turn.span ?? whole)?.traceparent ?? null,
    ended: (outcome) => {
      turn.span?.end();
      whole?.note({ 'vestibule.call.outcome': outcome });
      whole?.end();
    },
  };
}
