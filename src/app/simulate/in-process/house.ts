import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInboxDestination } from '../../../adapters/destinations/inbox/inbox.ts';
import type { TimedFeedEvent } from '../../../adapters/feed/event-feed.ts';
import { createCounters } from '../../../adapters/metrics/counters.ts';
import { createInboxStore } from '../../../adapters/sqlite/inbox-store.ts';
import { openJournal } from '../../../adapters/sqlite/journal.ts';
import { openLedgerDb } from '../../../adapters/sqlite/ledger-db.ts';
import { createLedger } from '../../../adapters/sqlite/ledger.ts';
import { createOpStore } from '../../../adapters/sqlite/op-store.ts';
import { AppError } from '../../../base/app-error.ts';
import { createScope, type Scope } from '../../../base/scope.ts';
import type { Config } from '../../../config/config.ts';
import type { PracticeProfile } from '../../../domain/hours/practice.ts';
import type { Intent, OpView } from '../../../domain/writeback/intent.ts';
import type { Bookings } from '../../../ports/bookings.ts';
import type { Journal } from '../../../ports/journal.ts';
import type { Ledger } from '../../../ports/ledger.ts';
import { createSwitchboard } from '../../../runtime/call/switchboard.ts';
import { createBreaker } from '../../../runtime/write-back/breaker.ts';
import { createWriteBackEngine } from '../../../runtime/write-back/engine.ts';
import { englishBrain } from '../../brain.ts';
import { quietLog } from '../sandbox.ts';
import type { Scenario } from '../scenario.ts';
import { createMemoryCalendar, type MemoryCalendar } from './memory-calendar.ts';
import { createMemoryTelephony, type MemoryTelephony } from './memory-telephony.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

/** The product in one process: the real call, dialog, ledger and write-back; telephony and calendar in memory. */
export interface House {
  readonly clock: VirtualClock;
  readonly telephony: MemoryTelephony;
  readonly calendar: MemoryCalendar;
  readonly ledger: Omit<Ledger, 'close'>;
  readonly journal: Journal;
  /** Accepts a request as if that had been so long ago. */
  acceptEarlier(intent: Intent, agoMs: number): OpView;
  watch(listener: (event: TimedFeedEvent) => void): () => void;
  close(): void;
}

const DEFAULT_RANDOM = 0.5;

function bookingsOf(
  calendar: MemoryCalendar,
  ledger: Omit<Ledger, 'close'>,
  wake: (op: Parameters<Bookings['settle']>[0]) => Promise<void>,
): Bookings {
  return {
    freeSlots: async (query, { signal }) => ({ slots: await calendar.availability(query, { signal }), ageMs: 0 }),
    settle: async (op) => {
      await wake(op);
      const row = ledger.get(op);
      if (row === null) throw new AppError('invariant_broken', 'an accepted operation is in the ledger');
      return row;
    },
    close: () => Promise.resolve(),
  };
}

function startWriteBack(parts: {
  readonly store: ReturnType<typeof openLedgerDb>;
  readonly calendar: MemoryCalendar;
  readonly clock: VirtualClock;
  readonly scope: Scope;
}): ReturnType<typeof createWriteBackEngine> {
  const { store, calendar, clock, scope } = parts;
  const inbox = createInboxDestination(createInboxStore(store), clock);
  const engine = createWriteBackEngine({
    store: createOpStore(store),
    destinations: new Map([
      ['calendar', calendar],
      [inbox.id, inbox],
    ]),
    breaker: createBreaker(clock),
    clock,
    random: () => DEFAULT_RANDOM,
    log: quietLog(() => undefined),
    metrics: createCounters(),
    owner: 'in-process',
    onChanged: () => undefined,
  });
  void engine.runUntil(scope.signal);
  return engine;
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
  const engine = startWriteBack({ store, calendar, clock, scope });
  const telephony = createMemoryTelephony({ clock, scope, people: scenario.people });
  const listeners = new Set<(event: TimedFeedEvent) => void>();
  let calls = 0;
  const { call, people } = config;
  const switchboard = createSwitchboard(
    {
      phone: telephony.phone,
      audio: telephony.audio,
      language: {
        scoreAct: () => Promise.reject(new AppError('speech_failed', 'there is no language model in this process')),
        close: () => Promise.resolve(),
      },
      bookings: bookingsOf(calendar, ledger, engine.wake),
      ledger: { ...ledger, close: () => undefined },
      journal,
      feed: { publish: (event) => listeners.forEach((listener) => listener({ ...event, atEpochMs: clock.epochMs() })) },
      metrics: createCounters(),
      clock,
      log: quietLog(() => undefined),
      brain: englishBrain,
      settings: {
        tenant: config.tenant,
        limits: { fillerAfterMs: call.fillerAfterMs, noInputMs: call.noInputMs, lengthMsMax: call.lengthMsMax },
        answerBudgetMs: call.answerBudgetMs,
        promiseDeadlineMs: call.promiseDeadlineMs,
        concurrentMax: call.concurrentMax,
        humanEndpoint: people.endpoint,
        ringTimeoutMs: people.ringTimeoutMs,
      },
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
