import type { CallEvent } from '../../domain/call/event.ts';
import type { CallState } from '../../domain/call/state.ts';
import type { EventFeed } from '../../ports/event-feed.ts';

/** Tells watchers what was said and heard, from the states before and after an event. */
export function publishTurns(feed: EventFeed, before: CallState, event: CallEvent, after: CallState): void {
  const { call } = after;
  if (event.type === 'agent.speech_started')
    feed.publish({ type: 'agent.speech_started', call, utterance: event.utterance, atMs: event.atMs });
  if (event.type === 'agent.speech_ended') {
    const playing = before.speaking.find(({ utterance }) => utterance.id === event.utterance);
    if (playing === undefined) return;
    const { clauses } = playing.utterance;
    const extent = event.cause === 'played' ? 'full' : event.clausesPlayed === 0 ? 'skipped' : 'partial';
    feed.publish({
      type: 'agent.speech_ended',
      call,
      utterance: event.utterance,
      extent,
      heardText: clauses.slice(0, event.cause === 'played' ? undefined : event.clausesPlayed).join(' '),
    });
  }
  if (event.type === 'caller.text_final' && after.turn > before.turn) {
    const endpointMs = before.speech?.endedAtMs === null || before.speech === null ? 0 : Math.max(0, event.atMs - before.speech.endedAtMs);
    feed.publish({ type: 'caller.turn', call, turn: after.turn, text: event.text, act: null, endpointMs });
  }
  if (event.type === 'act.scored' && event.act !== 'unavailable')
    feed.publish({ type: 'caller.turn', call, turn: event.turn, text: event.text, act: event.act.act, endpointMs: 0 });
}
