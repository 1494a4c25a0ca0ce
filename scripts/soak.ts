/**
 * `make soak`: first the scenarios through real SIP again and again for SOAK_MINUTES (60 unless given; 0 for none), each round on a stack of
 * its own, until one fails; then SOAK_OPS operations (10,000 unless given; 0 for none) under fault for each of SOAK_DESTINATIONS
 * (`caldav,fhir,tryton` unless given), in portions whose seeds follow SOAK_SEED (drawn unless given). A portion that went wrong is noted, and
 * the next one begins. On stdout a line of JSON for each portion, one for all of them, and at last `N passed, N failed`.
 */
import { randomInt } from 'node:crypto';
import { type Figures, portionsOf, runPortion, summaryOf } from './testing/fault-portions.ts';
import { runScenarios } from './testing/scenario-run.ts';
import { type Tally, sum } from './testing/tally.ts';

const MINUTES_DEFAULT = '60';
const OPS_DEFAULT = '10000';
const DESTINATIONS_DEFAULT = 'caldav,fhir,tryton';
const SEED_MAX = 2 ** 30;

const minutes = numberIn('SOAK_MINUTES', MINUTES_DEFAULT);
const ops = numberIn('SOAK_OPS', OPS_DEFAULT);
const firstSeed = numberIn('SOAK_SEED', String(randomInt(1, SEED_MAX)));
const destinations = (process.env['SOAK_DESTINATIONS'] ?? DESTINATIONS_DEFAULT).split(',').filter((name) => name !== '');

/** Whoever ends the soak ends what runs, and hears what it came to by then. */
const ending = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => ending.abort());

const tallies = [...(await soakScenarios()), ...(await soakFaults())];
const total = sum(tallies);
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;

function numberIn(name: string, otherwise: string): number {
  const text = process.env[name] ?? otherwise;
  if (/^\d{1,10}$/.test(text)) return Number(text);
  process.stderr.write(`${name}: got ${text}, expected a whole number\n`);
  process.exit(2);
}

function tell({ problems }: Tally): void {
  for (const problem of problems) process.stderr.write(`soak: ${problem}\n`);
}

async function soakScenarios(): Promise<readonly Tally[]> {
  const until = performance.now() + minutes * 60_000;
  const rounds: Tally[] = [];
  while (performance.now() < until && !ending.signal.aborted) {
    const round = await runScenarios();
    if (ending.signal.aborted) break;
    rounds.push(round);
    process.stderr.write(`soak: round ${rounds.length}: ${round.passed} passed, ${round.failed} failed\n`);
    tell(round);
    if (round.failed > 0 || round.passed === 0) break;
  }
  return rounds;
}

async function soakFaults(): Promise<readonly Tally[]> {
  const all: Figures[] = [];
  const portions: Tally[] = [];
  for (const portion of portionsOf(destinations, ops, firstSeed)) {
    if (ending.signal.aborted) break;
    const { figures, again, tally } = await runPortion(portion);
    // What was cut off says nothing.
    if (ending.signal.aborted && figures === null) break;
    portions.push(tally);
    tell(tally);
    if (figures === null) continue;
    all.push(figures);
    process.stdout.write(`${JSON.stringify({ again, ...figures })}\n`);
  }
  if (all.length > 0) process.stdout.write(`${JSON.stringify(summaryOf(all))}\n`);
  return portions;
}
