import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CallerVoice, CallerVoices } from '../../adapters/caller-voice/caller-voice.ts';
import type { CallHandle } from '../../adapters/phone/call-leg.ts';
import type { Phone } from '../../adapters/phone/phone.ts';
import { openJournal } from '../../adapters/sqlite/journal.ts';
import { openLedger } from '../../adapters/sqlite/ledger.ts';
import { encodeWav } from '../../audio/wav.ts';
import { AppError } from '../../base/app-error.ts';
import type { CallId, OpId } from '../../base/ids.ts';
import { SAMPLE_RATE_HZ } from '../../base/units.ts';
import type { AfterwardsObservation, CallObservation, TransferObservation } from '../../domain/scenario/observation.ts';
import type { Deed, Fault } from '../../domain/scenario/scenario.ts';
import type { Ledger } from '../../ports/ledger.ts';
import { isSettled, judgedReport, leftInLedger, toldToPerson } from './aftermath.ts';
import { playCall } from './caller.ts';
import type { FrontDesk } from './front-desk.ts';
import { heardBefore, previousRequests } from './previous-bookings.ts';
import type { ScenarioReport } from './report.ts';
import type { Sandbox } from './sandbox.ts';
import type { Scenario, ScenarioCall } from './scenario.ts';

/** What scenarios are played with. */
export interface Stage {
  readonly sandbox: Sandbox;
  readonly phone: Phone;
  readonly frontDesk: FrontDesk;
  readonly voices: CallerVoices;
  /** Folder for the sound of calls that failed, or null. */
  readonly soundDir: string | null;
  readonly signal: AbortSignal;
}

const POLL_MS = 100;
/** Calls of a scenario that are looked for in the journal. */
const CALLS_MAX = 1000;
/** Time for `given.previous` to arrive in the destination, in milliseconds. */
const PREVIOUS_MS_MAX = 15_000;

const openLedgerAt = (sandbox: Sandbox, agoMs = 0): Ledger => {
  const { paths, secrets } = sandbox.config;
  const clock = {
    monotonicMs: () => performance.now(),
    epochMs: () => Date.now() - agoMs,
    businessEpochMs: () => Date.now(),
    sleep: () => Promise.reject(new AppError('invariant_broken', 'nothing sleeps here')),
  };
  return openLedger({ path: paths.ledger, keyFile: secrets.keyFile, clock });
};

function withLedger<T>(sandbox: Sandbox, work: (ledger: Ledger) => T, agoMs = 0): T {
  const ledger = openLedgerAt(sandbox, agoMs);
  try {
    return work(ledger);
  } finally {
    ledger.close();
  }
}

/** Polls until `isDone`; false when the time is up. */
async function waitUntil(isDone: () => boolean, limitMs: number, signal: AbortSignal): Promise<boolean> {
  const endMs = performance.now() + limitMs;
  while (!isDone()) {
    if (performance.now() > endMs) return false;
    await delay(POLL_MS, undefined, { signal });
  }
  return true;
}

async function seedPrevious(stage: Stage, scenario: Scenario): Promise<readonly OpId[]> {
  const { sandbox, signal } = stage;
  const requests = previousRequests(scenario, sandbox.config);
  const ops = requests.map((request) =>
    withLedger(
      sandbox,
      (ledger) => {
        const { op } = ledger.accept(request.intent);
        if (request.isAwaited) ledger.recordSaid(heardBefore(op, request));
        return op;
      },
      request.agoMs,
    ),
  );
  const awaited = ops.filter((_op, index) => requests[index]?.isAwaited === true);
  const isThere = await waitUntil(
    () => withLedger(sandbox, (ledger) => awaited.every((op) => ledger.get(op)?.state === 'verified')),
    PREVIOUS_MS_MAX,
    signal,
  );
  if (!isThere) throw new AppError('timed_out', 'given.previous did not arrive in the calendar');
  return ops;
}

async function prepare(stage: Stage, scenario: Scenario): Promise<readonly OpId[]> {
  const { sandbox, frontDesk, signal } = stage;
  sandbox.setBusinessTime({ now: scenario.now, holidays: scenario.holidays });
  for (const entry of scenario.busy) await sandbox.calendar.add(entry, { signal });
  const previous = await seedPrevious(stage, scenario);
  if (scenario.people === 'answers') await frontDesk.open();
  else await frontDesk.leave();
  sandbox.proxy.arm(scenario.faults.filter((fault) => fault.type === 'destination'));
  for (const fault of scenario.faults) if (fault.type === 'process') await sandbox.hold(fault.process);
  return previous;
}

function act(stage: Stage, deed: Deed): Promise<void> {
  const { sandbox, signal } = stage;
  if (deed.type === 'calendar_add') return sandbox.calendar.add(deed.entry, { signal });
  if (deed.type === 'kill') sandbox.kill(deed.process);
  else sandbox.freeze(deed.process);
  return Promise.resolve();
}

function keepSound(stage: Stage, name: string, handle: CallHandle): void {
  if (stage.soundDir === null) return;
  mkdirSync(stage.soundDir, { recursive: true });
  const from = handle.sent()[0]?.atMs ?? 0;
  const until = stage.phone.nowMs();
  writeFileSync(
    join(stage.soundDir, `${name}-heard.wav`),
    encodeWav({ sampleRateHz: SAMPLE_RATE_HZ, pcm: handle.received.timeline(from, until) }),
  );
}

async function placeCalls(stage: Stage, scenario: Scenario, voices: readonly CallerVoice[]): Promise<readonly CallObservation[]> {
  const { sandbox, phone, frontDesk } = stage;
  const { sip, profile } = sandbox.config;
  const service = profile.services.find(({ id }) => id === scenario.expect.booking.service);
  const place = async (call: ScenarioCall, index: number): Promise<CallObservation> => {
    const voice = voices[index];
    if (voice === undefined) throw new AppError('invariant_broken', 'every call has its voice');
    // A number of its own for every call: the product names it in its reports.
    const did = `+4930555${String(1000 + index)}`;
    return playCall(
      {
        phone,
        target: `sip:${did}@${sip.host}:${sip.port}`,
        did,
        voice,
        practice: { timeZone: profile.timeZone, serviceName: service?.spokenName ?? null },
        watch: sandbox.watch,
        onHandedOver: frontDesk.onTaken,
        act: (deed) => act(stage, deed),
        seed: index + 1,
        signal: stage.signal,
        onSound: (handle) => keepSound(stage, `call-${index + 1}`, handle),
      },
      call,
    );
  };
  if (scenario.order === 'at_once') return Promise.all(scenario.calls.map(place));
  const observed: CallObservation[] = [];
  for (const [index, call] of scenario.calls.entries()) observed.push(await place(call, index));
  return observed;
}

/** What the journal says about a call: its outcome, and what a person was told. */
function fromJournal(
  sandbox: Sandbox,
  observed: CallObservation,
): { readonly outcome: string | null; readonly transfer: TransferObservation | null } {
  if (observed.call === null) return { outcome: null, transfer: null };
  const journal = openJournal({ path: sandbox.config.paths.journal, keyFile: sandbox.config.secrets.keyFile });
  try {
    const { call } = observed;
    return {
      outcome: journal.list({ limit: CALLS_MAX }).find((summary) => summary.call === call)?.outcome ?? null,
      transfer: toldToPerson(journal, call),
    };
  } finally {
    journal.close();
  }
}

function completed(stage: Stage, taken: ReadonlySet<CallId | null>): (observed: CallObservation) => CallObservation {
  return (observed) => {
    const known = fromJournal(stage.sandbox, observed);
    // A person had the call without the product's doing, or nobody of the product was there to end it: the switch took it over.
    const outcome = observed.outcome ?? known.outcome ?? (observed.answeredAtMs < observed.endedAtMs ? 'failed_over' : null);
    return { ...observed, outcome, transfer: taken.has(observed.call) ? known.transfer : null };
  };
}

async function lookAfterwards(stage: Stage, scenario: Scenario, previous: readonly OpId[]): Promise<AfterwardsObservation> {
  const { sandbox, signal } = stage;
  await waitUntil(() => withLedger(sandbox, isSettled), scenario.expect.withinSeconds * 1000, signal);
  const items = await sandbox.calendar.list({ signal });
  const hits = sandbox.proxy.hits();
  const faults = scenario.faults.map((fault): { fault: Fault; hits: number } => ({
    fault,
    hits: fault.type === 'process' ? 1 : (hits.find((hit) => hit.fault === fault)?.hits ?? 0),
  }));
  return {
    ...withLedger(sandbox, leftInLedger),
    entries: items.filter(({ isHuman }) => !isHuman),
    previous,
    faults,
    writes: sandbox.proxy.writes(),
  };
}

/** Plays one scenario on a stack that has forgotten the one before, and judges it. Throws only when the scenario cannot be played at all. */
export async function playScenario(stage: Stage, scenario: Scenario): Promise<ScenarioReport> {
  const { sandbox, signal } = stage;
  const voices = await Promise.all(scenario.calls.map((call) => stage.voices.open(call.voice, { signal })));
  const taken = new Set<CallId | null>();
  const stop = stage.frontDesk.onTaken((call) => taken.add(call));
  try {
    const previous = await prepare(stage, scenario);
    const observed = await placeCalls(stage, scenario, voices);
    await sandbox.proxy.relent();
    await sandbox.restore();
    const after = await lookAfterwards(stage, scenario, previous);
    const calls = observed.map(completed(stage, taken));
    return judgedReport(scenario, calls, after, sandbox.config.profile.timeZone);
  } finally {
    stop();
    await sandbox.proxy.disarm();
    await sandbox.restore();
  }
}
