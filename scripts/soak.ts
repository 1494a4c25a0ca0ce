/**
 * `make soak`: the scenarios through real SIP again and again for SOAK_MINUTES (60 unless given), each round on a stack of its own.
 * Ends early after a round with failures. The last line on stdout is `N passed, N failed`.
 */
import { runScenarios } from './testing/scenario-run.ts';
import { type Tally, sum } from './testing/tally.ts';

const MINUTES_DEFAULT = 60;

const minutes = Number(process.env['SOAK_MINUTES'] ?? MINUTES_DEFAULT);
if (!Number.isFinite(minutes) || minutes <= 0) {
  process.stderr.write('SOAK_MINUTES: expected a number above 0\n');
  process.exit(2);
}

const until = performance.now() + minutes * 60_000;
const rounds: Tally[] = [];
do {
  const round = await runScenarios();
  rounds.push(round);
  process.stderr.write(`soak: round ${rounds.length}: ${round.passed} passed, ${round.failed} failed\n`);
  for (const problem of round.problems) process.stderr.write(`soak: ${problem}\n`);
  if (round.failed > 0 || round.passed === 0) break;
} while (performance.now() < until);

const total = sum(rounds);
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
