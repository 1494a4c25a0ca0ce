/**
 * The part of the daemon that a caller waits for, in a process of its own: it speaks through the media process, submits what was agreed to
 * the ledger, and speaks on. `stalled-daemon.ts LEG BOOKING`; the configuration is the product's. One JSON line per event on standard output;
 * `control` has been spoken once before, and says what the line sounds like when nothing is written.
 */
import { createCounters } from '../../src/adapters/metrics/counters.ts';
import { createCallAudioClient } from '../../src/adapters/media/call-audio-client.ts';
import { createSystemClock } from '../../src/adapters/clock/system-clock.ts';
import { createBookings } from '../../src/app/bookings.ts';
import { callSettings } from '../../src/app/call-settings.ts';
import { createLedgerStore } from '../../src/app/storage.ts';
import { asCallId, asTurn, asUtteranceId } from '../../src/base/ids.ts';
import { createScope } from '../../src/base/scope.ts';
import { loadConfig } from '../../src/config/config.ts';
import type { BookingPayload } from '../../src/domain/writeback/intent.ts';
import type { AudioEvent } from '../../src/ports/call-audio.ts';
import type { Logger } from '../../src/ports/logger.ts';
import { submitIntent } from '../../src/runtime/call/submit.ts';
import { promiseUntold } from '../../src/runtime/call/untold.ts';

const [leg = '', bookings = '[]', ...clauses] = process.argv.slice(2);
const config = loadConfig();
const tell = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const at = (level: string) => (message: string, fields?: object) => tell({ log: level, message, ...fields });
const log: Logger = { debug: () => undefined, info: at('info'), warn: at('warn'), error: at('error'), child: () => log };
const { signal } = new AbortController();
const call = asCallId('call-on-a-slow-disk');
const clock = createSystemClock();

const events: AudioEvent[] = [];
let wake: () => void = () => undefined;
const audio = createCallAudioClient({ path: config.paths.sockets.media, log });
await audio.start({
  signal,
  onEvent: (event) => {
    events.push(event);
    wake();
  },
});
/** Waits for an event of an utterance, or of the leg. */
async function heard(type: AudioEvent['type'], utterance: string | null = null): Promise<AudioEvent> {
  for (;;) {
    const found = events.find(
      (event) => event.type === type && (utterance === null || ('utterance' in event && event.utterance === utterance)),
    );
    if (found !== undefined) return found;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
}
const speak = (name: string): void => audio.play({ call, utterance: asUtteranceId(name), clauses });

audio.open(call, { transport: 'asterisk_websocket', url: leg });
await heard('leg.opened');
speak('control');
await heard('agent.speech_ended', 'control');
tell({ spoken: 'control' });

const ledger = createLedgerStore(config);
const worker = createBookings({ config, ledger, clock, log, signal });
const deps = {
  ledger,
  bookings: worker,
  settings: callSettings(config),
  clock,
  metrics: createCounters(),
  feed: { publish: () => undefined },
  log,
  practice: () => config.profile,
};
speak('during');
await heard('agent.speech_started', 'during');
for (const [index, payload] of (JSON.parse(bookings) as readonly BookingPayload[]).entries()) {
  const effect = { type: 'submit_intent', turn: asTurn(index + 1), seq: index + 1, payload } as const;
  tell({ submitting: effect.seq });
  await submitIntent(deps, { call, callerNumber: null, traceparent: null }, effect, (event) => {
    if (event.type === 'intent.settled') tell({ settled: effect.seq, as: event.result.state });
  });
}
await heard('agent.speech_ended', 'during');
tell({ spoken: 'during' });
await promiseUntold({ over: call }, deps, createScope('call'));
tell({ over: true });
process.exit(0);
