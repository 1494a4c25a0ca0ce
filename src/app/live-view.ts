import type { TimedFeedEvent } from '../adapters/feed/event-feed.ts';

/** Shows a call as it happens, one line for each thing said, heard or written. */
export function createLiveView(line: (text: string) => void): (event: TimedFeedEvent) => void {
  let turnEndedAtEpochMs: number | null = null;
  return (event) => {
    switch (event.type) {
      case 'call.started':
        turnEndedAtEpochMs = null;
        return line(`\n── call from ${event.callerNumber ?? 'a withheld number'} ──`);
      case 'agent.utterance':
        return line(`  agent   ${event.text}`);
      case 'caller.turn':
        if (event.act !== null) return line(`          (act: ${event.act})`);
        turnEndedAtEpochMs = event.atEpochMs - event.endpointMs;
        return line(`  caller  ${event.text}`);
      case 'agent.speech_started': {
        if (turnEndedAtEpochMs === null) return undefined;
        const afterMs = Math.round(event.atEpochMs - turnEndedAtEpochMs);
        turnEndedAtEpochMs = null;
        return line(`          (answered ${afterMs} ms after the last syllable)`);
      }
      case 'op.changed':
        return line(`  ledger  ${event.kind} ${event.op}: ${event.state}`);
      case 'human.ringing':
        return line('  ringing the front desk');
      case 'call.ended':
        return line(`── call ended: ${event.outcome} ──`);
      default:
        return undefined;
    }
  };
}
