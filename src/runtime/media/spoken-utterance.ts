import { padToFrames } from '../../audio/framing.ts';
import { samplesToMs } from '../../base/units.ts';
import type { UtteranceId } from '../../base/ids.ts';
import type { Voice } from '../../ports/voice.ts';

/** One clause on its way: asked from the voice, then sent frame by frame. */
export interface SpokenClause {
  pcm: Int16Array | null;
  failed: boolean;
  /** Monotonic time since which playout waits for the audio. */
  dueSinceMs: number | null;
  sentSamples: number;
}

/** An utterance in the playout queue, until its last mark came back. */
export interface SpokenUtterance {
  readonly id: UtteranceId;
  readonly clauses: readonly SpokenClause[];
  readonly renders: AbortController;
  clausesSent: number;
  clausesPlayed: number;
  started: boolean;
  failed: boolean;
  /** The last mark that came back: how much of the clause after `clausesPlayed` was heard, and when that was known. */
  heard: { readonly samples: number; readonly atMs: number } | null;
}

/** Asks the voice for every clause at once, in order; `onRendered` is called whenever one has come or failed. */
export function startUtterance(id: UtteranceId, clauses: readonly string[], voice: Voice, onRendered: () => void): SpokenUtterance {
  const renders = new AbortController();
  const render = (text: string): SpokenClause => {
    const clause: SpokenClause = { pcm: null, failed: false, dueSinceMs: null, sentSamples: 0 };
    voice.render(text, { signal: renders.signal, priority: 'now' }).then(
      (pcm) => {
        clause.pcm = padToFrames(pcm);
        onRendered();
      },
      () => {
        clause.failed = true;
        onRendered();
      },
    );
    return clause;
  };
  return { id, clauses: clauses.map(render), renders, clausesSent: 0, clausesPlayed: 0, started: false, failed: false, heard: null };
}

/** Milliseconds of the current clause that the caller has heard at `nowMs`: the last mark, and the time since, up to what was sent. */
export function heardMs(utterance: SpokenUtterance, nowMs: number): number {
  const clause = utterance.clauses[utterance.clausesPlayed];
  if (clause === undefined || utterance.heard === null) return 0;
  const sentMs = samplesToMs(clause.sentSamples);
  return Math.round(Math.min(sentMs, samplesToMs(utterance.heard.samples) + (nowMs - utterance.heard.atMs)));
}
