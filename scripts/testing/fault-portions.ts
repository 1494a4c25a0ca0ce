import { join } from 'node:path';
import { HOME, runCommand } from './run-command.ts';
import type { Tally } from './tally.ts';

/** Operations of one run of the fault harness: enough for every fault to come several times, and for one seed to replay in minutes. */
const PORTION_OPS = 500;
/** What one portion may come to. The share is that of calls before the faults begin; times in milliseconds. */
const BARS = { answerP95Ms: 2000, recoveryMs: 10_000, bookedInTimeMin: 0.99 } as const;
const ZEROS = ['duplicated', 'lost', 'falseClaims', 'promisesBroken', 'orphans', 'doubleBooked'] as const;

/** One run of the fault harness. */
export interface Portion {
  readonly destination: string;
  readonly ops: number;
  readonly seed: number;
}

/** The figures of a portion, as the harness prints them; what else it prints is kept. */
export type Figures = Readonly<Record<(typeof ZEROS)[number], number>> & {
  readonly destination: string;
  readonly ops: number;
  readonly faultsFired: number;
  readonly kills: number;
  readonly answerP95Ms: number;
  readonly calm: { readonly bookedInTime: number };
  readonly recoveryMsMax: Readonly<Record<string, number | null>>;
  readonly unfired: readonly string[];
};

/** `ops` operations for each destination in portions with successive seeds, the destinations by turns. */
export function portionsOf(destinations: readonly string[], ops: number, firstSeed: number): readonly Portion[] {
  const rounds = Math.ceil(ops / PORTION_OPS);
  return Array.from({ length: rounds }, (_, round) => round).flatMap((round) =>
    destinations.map((destination) => ({
      destination,
      ops: Math.min(PORTION_OPS, ops - round * PORTION_OPS),
      seed: firstSeed + round,
    })),
  );
}

/** What is wrong with a portion, a line each; nothing when it met every bar. */
export function shortcomingsOf(figures: Figures): readonly string[] {
  const { answerP95Ms, calm, recoveryMsMax, unfired } = figures;
  const found = ZEROS.filter((name) => figures[name] !== 0).map((name) => `${name}: ${figures[name]}`);
  if (answerP95Ms > BARS.answerP95Ms) found.push(`answerP95Ms: ${answerP95Ms}, at most ${BARS.answerP95Ms}`);
  if (calm.bookedInTime < BARS.bookedInTimeMin) found.push(`calm.bookedInTime: ${calm.bookedInTime}, at least ${BARS.bookedInTimeMin}`);
  for (const [what, ms] of Object.entries(recoveryMsMax))
    if (ms !== null && ms > BARS.recoveryMs) found.push(`recoveryMsMax.${what}: ${ms}, at most ${BARS.recoveryMs}`);
  if (unfired.length > 0) found.push(`planned and not fired: ${unfired.join(', ')}`);
  return found;
}

function figuresIn(stdout: string): Figures | null {
  try {
    return JSON.parse(stdout) as Figures;
  } catch {
    return null;
  }
}

/** Runs a portion. It counts as one test; its figures are null when there were none. `again`: arguments that repeat it. */
export async function runPortion(
  portion: Portion,
): Promise<{ readonly figures: Figures | null; readonly again: string; readonly tally: Tally }> {
  const again = `--ops ${portion.ops} --seed ${portion.seed} --destination ${portion.destination}`;
  const main = join(HOME, 'src', 'app', 'faults', 'faults.ts');
  const { exitCode, stdout } = await runCommand(join(HOME, 'bin', 'node'), [main, ...again.split(' ')], { capture: true });
  const figures = figuresIn(stdout);
  const found = figures === null ? [`ended with ${exitCode} and printed no figures`] : shortcomingsOf(figures);
  const problems = found.map((what) => `faults ${again}: ${what}`);
  return { figures, again, tally: { passed: found.length === 0 ? 1 : 0, failed: found.length === 0 ? 0 : 1, problems } };
}

/** The figures of many portions of one destination taken together: counts added up, times at their worst. */
export function summaryOf(all: readonly Figures[]): Readonly<Record<string, Readonly<Record<string, number>>>> {
  const names = [...new Set(all.map(({ destination }) => destination))];
  return Object.fromEntries(
    names.map((name) => {
      const own = all.filter(({ destination }) => destination === name);
      const total = (of: (figures: Figures) => number): number => own.reduce((sum, figures) => sum + of(figures), 0);
      const worst = (of: (figures: Figures) => number): number => Math.max(...own.map(of));
      return [
        name,
        {
          portions: own.length,
          ops: total(({ ops }) => ops),
          faultsFired: total(({ faultsFired }) => faultsFired),
          kills: total(({ kills }) => kills),
          ...Object.fromEntries(ZEROS.map((zero) => [zero, total((figures) => figures[zero])])),
          answerP95MsMax: worst(({ answerP95Ms }) => answerP95Ms),
          recoveryMsMax: worst(({ recoveryMsMax }) => Math.max(0, ...Object.values(recoveryMsMax).map((ms) => ms ?? 0))),
          bookedInTimeMin: -worst(({ calm }) => -calm.bookedInTime),
        },
      ];
    }),
  );
}
