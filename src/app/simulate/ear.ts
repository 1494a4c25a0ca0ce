import type { TimedFeedEvent } from '../../adapters/feed/event-feed.ts';
import type { ReceivedAudio } from '../../adapters/phone/received-audio.ts';
import type { HeardLine, UnderstoodTurn } from '../../domain/scenario/observation.ts';
import type { ScriptEvent } from '../../domain/scenario/script-state.ts';

interface Line {
  readonly id: string;
  readonly kind: string;
  readonly template: string;
  readonly asks: string | null;
  readonly text: string;
  reportedAtMs: number | null;
  startedAtMs: number | null;
  endedAtMs: number | null;
  heardText: string | null;
}

/** Joins what the product says that it says with what the caller's telephone receives. */
export interface Ear {
  onFeed(event: TimedFeedEvent): void;
  /** Utterances that have become audible, or ended, since the last look. */
  look(): readonly ScriptEvent[];
  /** Since when nothing is heard; null while the agent speaks. */
  quietSinceMs(nowMs: number): number | null;
  heard(): readonly HeardLine[];
  understood(): readonly UnderstoodTurn[];
  /** What was asked for last. */
  asked(): string | null;
}

/** Sound of an utterance may reach the telephone this much before the word of it reaches us, in milliseconds. */
const REPORT_LAG_MS = 120;
/** An utterance whose end was never reported (the daemon is gone) is over after this much silence, in milliseconds. */
const UNREPORTED_END_MS = 1500;
/** A packet's sound counts as going on this long: jitter is no pause, in milliseconds. */
const SOUND_HOLD_MS = 60;

export function createEar(options: {
  readonly received: Pick<ReceivedAudio, 'firstAudibleAt' | 'lastAudibleAt'>;
  readonly toMs: (atEpochMs: number) => number;
  readonly answeredAtMs: number;
}): Ear {
  const { received, toMs } = options;
  const lines: Line[] = [];
  const turns: UnderstoodTurn[] = [];
  const ended: string[] = [];
  const find = (id: string): Line | undefined => lines.findLast((line) => line.id === id);
  const begin = (line: Line): ScriptEvent | null => {
    if (line.reportedAtMs === null || line.startedAtMs !== null) return null;
    const before = lines.findLast((other) => other !== line && other.endedAtMs !== null && other.endedAtMs <= (line.reportedAtMs ?? 0));
    const audibleAtMs = received.firstAudibleAt(Math.max(line.reportedAtMs - REPORT_LAG_MS, before?.endedAtMs ?? 0));
    if (audibleAtMs === null || (line.endedAtMs !== null && audibleAtMs > line.endedAtMs + REPORT_LAG_MS)) return null;
    line.startedAtMs = audibleAtMs;
    const { id, kind, template, asks, text } = line;
    return { type: 'utterance_began', atMs: audibleAtMs, id, utterance: { kind, template, asks, text } };
  };
  return {
    onFeed: (event) => {
      const atMs = toMs(event.atEpochMs);
      if (event.type === 'agent.utterance') {
        const { utterance: id, kind, template, asks, text } = event;
        lines.push({ id, kind, template, asks, text, reportedAtMs: null, startedAtMs: null, endedAtMs: null, heardText: null });
      } else if (event.type === 'agent.speech_started') {
        const line = find(event.utterance);
        if (line !== undefined) line.reportedAtMs ??= atMs;
      } else if (event.type === 'agent.speech_ended') {
        const line = find(event.utterance);
        if (line === undefined) return;
        line.endedAtMs = atMs;
        line.heardText = event.heardText;
        ended.push(line.id);
      } else if (event.type === 'caller.turn') {
        const known = turns.findLastIndex((turn) => turn.text === event.text && turn.act === null);
        if (event.act !== null && known >= 0) turns.splice(known, 1, { ...(turns[known] as UnderstoodTurn), act: event.act });
        else turns.push({ atMs, text: event.text, act: event.act, endpointMs: event.endpointMs });
      }
    },
    look: () => {
      const begun = lines.flatMap((line) => begin(line) ?? []);
      const over = ended.splice(0).flatMap((id): readonly ScriptEvent[] => {
        const line = find(id);
        return line?.endedAtMs == null ? [] : [{ type: 'utterance_ended', atMs: line.endedAtMs, id, isCut: line.heardText !== line.text }];
      });
      return [...begun, ...over];
    },
    quietSinceMs: (nowMs) => {
      const lastMs = received.lastAudibleAt() ?? options.answeredAtMs;
      const isOpen = lines.some((line) => line.startedAtMs !== null && line.endedAtMs === null);
      if (isOpen && nowMs - lastMs < UNREPORTED_END_MS) return null;
      return nowMs - lastMs < SOUND_HOLD_MS && received.lastAudibleAt() !== null ? null : lastMs;
    },
    heard: () =>
      lines
        .flatMap(({ startedAtMs, reportedAtMs: _reported, ...line }) => (startedAtMs === null ? [] : [{ ...line, startedAtMs }]))
        .toSorted((a, b) => a.startedAtMs - b.startedAtMs),
    understood: () => turns,
    asked: () => lines.findLast(({ startedAtMs, asks }) => startedAtMs !== null && asks !== null)?.asks ?? null,
  };
}
