import { ulid } from 'ulid';
import { createAsteriskSwitch } from '../adapters/asterisk/asterisk-switch.ts';
import { assertAsteriskVersion } from '../adapters/process/asterisk-version.ts';
import { createSimulationReader, createSystemClock } from '../adapters/clock/system-clock.ts';
import { createEventFeed } from '../adapters/feed/event-feed.ts';
import { createLanguageClient } from '../adapters/llm/language-client.ts';
import { createCallAudioClient } from '../adapters/media/call-audio-client.ts';
import { readSecret } from '../config/config.ts';
import { fixedClauses } from '../domain/dialog/language/en/fixed-clauses.ts';
import type { PracticeProfile } from '../domain/hours/practice.ts';
import type { CallDeps } from '../runtime/call/deps.ts';
import { createSwitchboard } from '../runtime/call/switchboard.ts';
import { createBookings } from './bookings.ts';
import { englishBrain } from './brain.ts';
import { callSettings } from './call-settings.ts';
import { measureLanguage } from './measured-speech.ts';
import { serveMonitoring } from './monitoring.ts';
import { runProcess } from './process-main.ts';
import { simulationFile } from './simulation-file.ts';
import { createCipheredJournal, createLedgerStore } from './storage.ts';

/** How long live calls may go on after SIGTERM, in milliseconds; then the dead-man's switch gives them to a human. */
const DRAIN_MS_MAX = 2000;

/** The daemon: call control, the dialog, the journal and the daemon's rows of the ledger. No audio, no native inference. */
await runProcess('daemon', async ({ config, logger, scope, metrics, tracer }) => {
  // First of all: a daemon that waits for something can be looked at.
  const stopMonitoring = await serveMonitoring({ config, logger, metrics, signal: scope.signal });
  const simulation = createSimulationReader(config.simulation.control ? simulationFile(config) : null);
  const clock = createSystemClock(simulation);
  const ledger = createLedgerStore(config);
  const journal = createCipheredJournal(config, { log: logger });
  const feed = createEventFeed({ clock });
  const address = {
    host: config.ari.host,
    port: config.ari.port,
    user: config.ari.user,
    password: readSecret(config.secrets.ariPasswordFile),
  };
  const phone = createAsteriskSwitch({ address, assertVersion: assertAsteriskVersion, log: logger });
  const audio = createCallAudioClient({ path: config.paths.sockets.media, log: logger });
  const language = measureLanguage(createLanguageClient({ path: config.paths.sockets.language, signal: scope.signal }), metrics);
  const bookings = createBookings({ config, ledger, clock, log: logger, signal: scope.signal });
  const practice = (): PracticeProfile => ({ ...config.profile, holidays: [...config.profile.holidays, ...simulation().holidays] });
  const deps: CallDeps = {
    phone,
    audio,
    language,
    bookings,
    ledger,
    journal,
    feed,
    metrics,
    tracer,
    clock,
    log: logger,
    brain: englishBrain,
    settings: callSettings(config),
    practice,
  };
  const switchboard = createSwitchboard(deps, scope.child('calls'), () => ulid());
  await audio.start({ signal: scope.signal, onEvent: switchboard.onAudioEvent });
  // What needs no values is rendered before the first call.
  audio.prepare(fixedClauses(config.profile));
  await phone.start({ signal: scope.signal, onEvent: switchboard.onSwitchEvent });
  // Whoever waits for this socket knows that calls are answered from here on.
  await feed.listen(config.paths.sockets.events);
  return async () => {
    await switchboard.drained({ signal: AbortSignal.timeout(DRAIN_MS_MAX) });
    await Promise.all([phone.close(), language.close(), bookings.close(), feed.close(), stopMonitoring()]);
    journal.close();
    ledger.close();
  };
});
