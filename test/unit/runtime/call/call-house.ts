import { join } from 'node:path';
import { createInboxDestination } from '../../../../src/adapters/destinations/inbox/inbox.ts';
import { createCounters, type Counters } from '../../../../src/adapters/metrics/counters.ts';
import { englishBrain } from '../../../../src/app/brain.ts';
import { asCallId, type CallId, type OpId } from '../../../../src/base/ids.ts';
import { createScope, type Scope } from '../../../../src/base/scope.ts';
import { loadPractice } from '../../../../src/config/config.ts';
import { addDays } from '../../../../src/domain/hours/local-date.ts';
import { slotGrid } from '../../../../src/domain/hours/slot-grid.ts';
import type { AudioEvent, PlayRequest } from '../../../../src/ports/call-audio.ts';
import type { FeedEvent } from '../../../../src/ports/event-feed.ts';
import type { Ledger, SaidRow } from '../../../../src/ports/ledger.ts';
import type { ChannelId, SwitchEvent } from '../../../../src/ports/switch.ts';
import type { CallDeps } from '../../../../src/runtime/call/deps.ts';
import { createSwitchboard, type Switchboard } from '../../../../src/runtime/call/switchboard.ts';
import type { WriteBackEngine } from '../../../../src/runtime/write-back/engine.ts';
import { createFakeBookings } from '../../../support/fake-bookings.ts';
import { createFakeCallAudio, type FakeCallAudio } from '../../../support/fake-call-audio.ts';
import { createFakeDestination, type FakeDestination } from '../../../support/fake-destination.ts';
import { createFakeJournal } from '../../../support/fake-journal.ts';
import { createFakeLanguage, type FakeLanguage } from '../../../support/fake-language.ts';
import { createFakeLedger } from '../../../support/fake-ledger.ts';
import { createFakeSwitch, type FakeSwitch } from '../../../support/fake-switch.ts';
import { createKeptLogger, type KeptLogger } from '../../../support/kept-logger.ts';
import { createManualClock } from '../../../support/manual-clock.ts';
import { testEngine } from '../../../support/test-engine.ts';

export const DID = '+493055500100';
export const CALLER = '+493055501234';
/** Monday. */
const NOW = Date.parse('2026-03-02T09:00:00+01:00');
const STEP_MS = 20;
const CLAUSE_MS = 300;
/** Longest wait for the agent, and how long it must have been silent to count as done; shorter than the repeated question. */
const QUIET_WITHIN_MS = 60_000;
const QUIET_MS = 1600;
const DAYS = 21;

const practice = loadPractice(join(import.meta.dirname, '..', '..', '..', '..', 'config', 'practice.demo.yaml'));
/** What a caller of the tests says to book, up to the question whether all of it is right. */
export const BOOKING_LINES = ['a check up on thursday at ten thirty', 'laura becker', 'yes'] as const;

export interface HouseOptions {
  readonly people?: 'answers' | 'nobody';
  readonly concurrentMax?: number;
  readonly parts?: Partial<CallDeps>;
  /** What the worker answers when it is asked who calls; nobody is known without it. */
  readonly whoCalls?: CallDeps['bookings']['whoCalls'];
  /** Exchanges methods of the ledger. */
  readonly ledger?: (real: Ledger) => Partial<Ledger>;
  /** Runs before the worker's part of a write. */
  readonly beforeWrite?: (op: OpId) => Promise<void>;
  /** False: callers who dial before `start` are there when the daemon comes. */
  readonly started?: boolean;
}

/** The call runtime with the real dialog, ledger rules and write-back engine; telephony, audio, calendar and time in memory. */
export interface House {
  readonly phone: FakeSwitch;
  readonly audio: FakeCallAudio;
  readonly language: FakeLanguage;
  readonly calendar: FakeDestination;
  readonly ledger: Ledger;
  readonly journal: CallDeps['journal'];
  readonly metrics: Counters;
  readonly log: KeptLogger;
  readonly feed: readonly FeedEvent[];
  readonly said: readonly SaidRow[];
  readonly engine: WriteBackEngine;
  board(): Switchboard;
  start(): Promise<void>;
  /** The daemon dies; nobody hears what happens until `start`. */
  kill(): void;
  /** The daemon is killed and a new one takes its place; `journal` exchanges what it finds. */
  restart(parts?: Partial<CallDeps>): Promise<void>;
  pass(ms: number): Promise<void>;
  /** Dials and hears the greeting out. */
  dial(): Promise<{ readonly call: CallId; readonly channel: ChannelId }>;
  /** The caller says each line, after the agent has finished; gives what the agent was asked to say to the last one. */
  says(call: CallId, ...lines: readonly string[]): Promise<string>;
  /** Until the agent has nothing more to say. */
  quiet(): Promise<void>;
  /** Everything that was handed to the voice, in order. */
  played(): readonly PlayRequest[];
  kinds(): readonly string[];
  types(call: CallId): readonly string[];
}

function freeSlots() {
  const services = practice.services;
  return Array.from({ length: DAYS }, (_value, index) => addDays('2026-03-02', index)).flatMap((day) =>
    services.slice(0, 1).flatMap((service) => slotGrid({ profile: practice, service, day, nowEpochMs: NOW })),
  );
}

const immediate = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function createWorker(ledger: ReturnType<typeof createFakeLedger>, clock: CallDeps['clock'], calendar: FakeDestination): WriteBackEngine {
  const inbox = createInboxDestination(ledger.inbox, clock);
  return testEngine({
    store: ledger.store,
    destinations: [calendar, inbox],
    clock,
  });
}

export async function createHouse(options: HouseOptions = {}): Promise<House> {
  const clock = createManualClock(NOW);
  const stored = createFakeLedger(clock);
  const said: SaidRow[] = [];
  const real: Ledger = { ...stored.ledger, recordSaid: (row) => (said.push(row), stored.ledger.recordSaid(row)) };
  const ledger: Ledger = { ...real, ...options.ledger?.(real) };
  const calendar = createFakeDestination('calendar', freeSlots());
  const engine = createWorker(stored, clock, calendar);
  const phone = createFakeSwitch(options.people === undefined ? {} : { people: options.people });
  const speaking = new Map<string, CallId>();
  const media = createFakeCallAudio(clock, () => CLAUSE_MS);
  const audio: FakeCallAudio = {
    ...media,
    close: (call) => {
      for (const [utterance, of] of speaking) if (of === call) speaking.delete(utterance);
      media.close(call);
    },
  };
  const language = createFakeLanguage();
  const metrics = createCounters();
  const log = createKeptLogger();
  const feed: FeedEvent[] = [];
  const worker = createFakeBookings({
    ledger: stored.ledger,
    calendar,
    carryOut: async (op) => {
      await options.beforeWrite?.(op);
      await engine.wake(op);
    },
  });
  const bookings = { ...worker, whoCalls: options.whoCalls ?? worker.whoCalls };
  const deps: CallDeps = {
    phone,
    audio,
    language,
    bookings,
    ledger,
    journal: createFakeJournal(),
    feed: { publish: (event) => feed.push(event) },
    metrics,
    clock,
    log,
    brain: englishBrain,
    settings: {
      tenant: 'demo',
      limits: { fillerAfterMs: 450, noInputMs: 7000, lengthMsMax: 900_000 },
      answerBudgetMs: 1800,
      promiseDeadlineMs: 900_000,
      concurrentMax: options.concurrentMax ?? 10,
      humanEndpoint: 'PJSIP/frontdesk',
      ringTimeoutMs: 20_000,
    },
    practice: () => practice,
    ...options.parts,
  };
  let scope: Scope = createScope('daemon');
  let board: Switchboard | null = null;
  let calls = 0;
  const pass = async (ms: number): Promise<void> => {
    await immediate();
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      clock.advance(STEP_MS);
      await immediate();
    }
  };
  const start = async (parts: Partial<CallDeps> = {}): Promise<void> => {
    scope = createScope('daemon');
    speaking.clear();
    const running = createSwitchboard({ ...deps, ...parts }, scope, () => `call-${(calls += 1)}`);
    board = running;
    const heard = (event: AudioEvent): void => {
      if (event.type === 'agent.speech_started') speaking.set(event.utterance, event.call);
      if (event.type === 'agent.speech_ended') speaking.delete(event.utterance);
      running.onAudioEvent(event);
    };
    const daemon = scope.signal;
    await audio.start({ signal: daemon, onEvent: heard });
    const told = (event: SwitchEvent): void => {
      if (!daemon.aborted) running.onSwitchEvent(event);
    };
    await phone.start({ signal: daemon, onEvent: told });
  };
  const quiet = async (): Promise<void> => {
    let silentMs = 0;
    for (let waited = 0; silentMs < QUIET_MS; waited += STEP_MS) {
      if (waited > QUIET_WITHIN_MS) throw new Error('the agent does not stop speaking');
      await pass(STEP_MS);
      silentMs = speaking.size === 0 ? silentMs + STEP_MS : 0;
    }
  };
  const played = (): readonly PlayRequest[] =>
    audio.commands.flatMap(({ method, argument }) => (method === 'play' ? [argument as PlayRequest] : []));
  if (options.started !== false) await start();
  return {
    phone,
    audio,
    language,
    calendar,
    ledger,
    journal: deps.journal,
    metrics,
    log,
    feed,
    said,
    engine,
    board: () => {
      if (board === null) throw new Error('the daemon was not started');
      return board;
    },
    start,
    kill: () => scope.dispose(),
    restart: async (parts) => {
      scope.dispose();
      await start(parts);
    },
    pass,
    quiet,
    played,
    kinds: () => feed.flatMap((event) => (event.type === 'agent.utterance' ? [event.kind] : [])),
    types: (call) => deps.journal.read(call).map(({ type }) => type),
    dial: async () => {
      const channel = phone.dial({ did: DID, from: CALLER });
      const call = asCallId(`call-${calls}`);
      await quiet();
      return { call, channel };
    },
    says: async (call, ...lines) => {
      let before = played().length;
      for (const line of lines) {
        before = played().length;
        const over = new AbortController();
        const speech = audio.callerSays(call, line, 60 * line.length).finally(() => over.abort());
        while (!over.signal.aborted) await pass(STEP_MS);
        await speech;
        await quiet();
      }
      return played()
        .slice(before)
        .flatMap(({ clauses }) => clauses)
        .join(' ');
    },
  };
}
