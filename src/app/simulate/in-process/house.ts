import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TimedFeedEvent } from '../../../adapters/feed/event-feed.ts';
import { createCounters } from '../../../adapters/metrics/counters.ts';
import { openJournal } from '../../../adapters/sqlite/journal.ts';
import { openLedgerDb } from '../../../adapters/sqlite/ledger-db.ts';
import { createLedger } from '../../../adapters/sqlite/ledger.ts';
import { AppError } from '../../../base/app-error.ts';
import { createScope } from '../../../base/scope.ts';
import type { Config } from '../../../config/config.ts';
import type { PracticeProfile } from '../../../domain/hours/practice.ts';
import type { Intent, OpView } from '../../../domain/writeback/intent.ts';
import type { Journal } from '../../../ports/journal.ts';
import type { Ledger } from '../../../ports/ledger.ts';
import { createSwitchboard } from '../../../runtime/call/switchboard.ts';
import { englishBrain } from '../../brain.ts';
import { callSettings } from '../../call-settings.ts';
import { quietLog } from '../sandbox.ts';
import type { Scenario } from '../scenario.ts';
import { createMemoryCalendar, type MemoryCalendar } from './memory-calendar.ts';
import { createMemoryTelephony, type MemoryTelephony } from './memory-telephony.ts';
import { createMemoryWorker, type MemoryWorker } from './memory-worker.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

/** The product in one process: the real call, dialog, ledger and write-back; telephony and calendar in memory. */
export interface House {
  readonly clock: VirtualClock;
  readonly telephony: MemoryTelephony;
  readonly calendar: MemoryCalendar;
  readonly worker: MemoryWorker;
  readonly ledger: Omit<Ledger, 'close'>;
  readonly journal: Journal;
  /** Accepts a request as if that had been so long ago. */
  acceptEarlier(intent: Intent, agoMs: number): OpView;
  watch(listener: (event: TimedFeedEvent) => void): () => void;
  close(): void;
}

/** Builds the product around a scenario. */
export async function buildHouse(config: Config, scenario: Scenario): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), 'vsim-'));
  const clock = createVirtualClock(scenario.now);
  const scope = createScope('in-process');
  const practice = (): PracticeProfile => ({ ...config.profile, holidays: [...config.profile.holidays, ...scenario.holidays] });
  const keyFile = join(folder, 'kek.bin');
  const store = openLedgerDb({ path: join(folder, 'ledger.db'), keyFile });
  const ledger = createLedger(store, clock);
  const journal = openJournal({ path: join(folder, 'journal.db'), keyFile });
  const calendar = createMemoryCalendar({ practice, clock });
  const worker = createMemoryWorker({ store, calendar, clock, scope });
  const telephony = createMemoryTelephony({ clock, scope, people: scenario.people });
  const listeners = new Set<(event: TimedFeedEvent) => void>();
  let calls = 0;
  const switchboard = createSwitchboard(
    {
      phone: telephony.phone,
      audio: telephony.audio,
      language: {
        scoreAct: () => Promise.reject(new AppError('speech_failed', 'there is no language model in this process')),
        close: () => Promise.resolve(),
      },
      bookings: worker.bookings,
      ledger: { ...ledger, close: () => undefined },
      journal,
      feed: { publish: (event) => listeners.forEach((listener) => listener({ ...event, atEpochMs: clock.epochMs() })) },
      metrics: createCounters(),
      clock,
      log: quietLog(() => undefined),
      brain: englishBrain,
      settings: callSettings(config),
      practice,
    },
    scope,
    () => `in-process-${(calls += 1)}`,
  );
  await telephony.audio.start({ signal: scope.signal, onEvent: switchboard.onAudioEvent });
  await telephony.phone.start({ signal: scope.signal, onEvent: switchboard.onSwitchEvent });
  return {
    clock,
    telephony,
    calendar,
    worker,
    ledger,
    journal,
    acceptEarlier: (intent, agoMs) => createLedger(store, { ...clock, epochMs: () => clock.epochMs() - agoMs }).accept(intent),
    watch: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => {
      scope.dispose();
      journal.close();
      store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
