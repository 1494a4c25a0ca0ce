import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createActScorer } from '../../../src/adapters/llm/act-scorer.ts';
import type { Act } from '../../../src/domain/dialog/act.ts';
import type { Slot } from '../../../src/domain/utterance/utterance.ts';

/** One labelled turn of an evaluation set. */
interface LabelledTurn {
  readonly asked: Slot | null;
  readonly text: string;
  readonly act: Act;
}

export interface SetReport {
  readonly turns: number;
  readonly accuracy: number;
  /** Share of each act's turns that were recognised as it. */
  readonly recall: Readonly<Partial<Record<Act, number>>>;
  /** Of the turns above the shipped thresholds: their share, and how many of them were right. */
  readonly confident: { readonly share: number; readonly accuracy: number };
  readonly latencyMs: { readonly p50: number; readonly p95: number };
}

export interface ActReport {
  readonly heldOutTemplates: SetReport;
  readonly handWritten: SetReport;
}

export interface EvaluateOptions {
  readonly model: string;
  readonly description: string;
}

const STARTER = join(import.meta.dirname, '..', '..', 'starter', 'act');
export const STARTER_ACT: EvaluateOptions = { model: join(STARTER, 'act.gguf'), description: join(STARTER, 'act.json') };

function readTurns(file: string): readonly LabelledTurn[] {
  const lines = readFileSync(join(import.meta.dirname, file), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as LabelledTurn);
}

const rounded = (value: number): number => Math.round(value * 10_000) / 10_000;

function quantile(sorted: readonly number[], share: number): number {
  return rounded(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN);
}

/** Scores both evaluation sets through the product's own runtime. */
export async function evaluateActModel(options: EvaluateOptions = STARTER_ACT): Promise<ActReport> {
  const scorer = await createActScorer(options);
  const { signal } = new AbortController();
  const { thresholds } = scorer.description;
  const reportOn = async (turns: readonly LabelledTurn[]): Promise<SetReport> => {
    const total = new Map<Act, number>();
    const right = new Map<Act, number>();
    const latenciesMs: number[] = [];
    let confident = 0;
    let confidentRight = 0;
    for (const { asked, text, act } of turns) {
      const startedMs = performance.now();
      const verdict = await scorer.score({ asked, text, signal });
      latenciesMs.push(performance.now() - startedMs);
      const hit = verdict.act === act ? 1 : 0;
      total.set(act, (total.get(act) ?? 0) + 1);
      right.set(act, (right.get(act) ?? 0) + hit);
      if (verdict.probability >= thresholds.probability && verdict.margin >= thresholds.margin) {
        confident += 1;
        confidentRight += hit;
      }
    }
    latenciesMs.sort((a, b) => a - b);
    const recall = Object.fromEntries([...total].map(([act, count]) => [act, rounded((right.get(act) ?? 0) / count)]));
    const hits = [...right.values()].reduce((sum, count) => sum + count, 0);
    return {
      turns: turns.length,
      accuracy: rounded(hits / turns.length),
      recall,
      confident: { share: rounded(confident / turns.length), accuracy: rounded(confidentRight / Math.max(1, confident)) },
      latencyMs: { p50: quantile(latenciesMs, 0.5), p95: quantile(latenciesMs, 0.95) },
    };
  };
  try {
    const heldOutTemplates = await reportOn(readTurns('heldout-templates.jsonl'));
    return { heldOutTemplates, handWritten: await reportOn(readTurns('heldout.jsonl')) };
  } finally {
    await scorer.close();
  }
}

if (import.meta.main) {
  const [model, description] = process.argv.slice(2);
  const given = model === undefined || description === undefined ? STARTER_ACT : { model, description };
  process.stdout.write(`${JSON.stringify(await evaluateActModel(given))}\n`);
}
