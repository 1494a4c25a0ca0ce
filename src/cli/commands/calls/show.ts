import type { Command } from 'commander';
import { AppError } from '../../../base/app-error.ts';
import { asCallId } from '../../../base/ids.ts';
import type { JournalEntry } from '../../../ports/journal.ts';
import type { CliDeps, JsonOption } from '../../deps.ts';
import { formatInstant } from '../../output.ts';

interface Body {
  readonly text?: string;
  readonly outcome?: string;
  readonly utterance?: { readonly id: string; readonly kind: string; readonly clauses: readonly string[] } | string;
  readonly clausesPlayed?: number;
  readonly cause?: string;
}

export interface TranscriptLine {
  readonly who: 'agent' | 'caller';
  readonly text: string;
  readonly atEpochMs: number;
}

/** The conversation as it was heard: agent's clauses that were played, caller's final texts. */
export function transcriptOf(entries: readonly JournalEntry[]): readonly TranscriptLine[] {
  const planned = new Map<string, readonly string[]>();
  const lines: TranscriptLine[] = [];
  for (const entry of entries) {
    const body = (entry.body ?? {}) as Body;
    if (entry.type === 'play_utterance' && typeof body.utterance === 'object') planned.set(body.utterance.id, body.utterance.clauses);
    if (entry.type === 'agent.speech_ended' && typeof body.utterance === 'string') {
      const clauses = planned.get(body.utterance) ?? [];
      const text = clauses.slice(0, body.cause === 'played' ? undefined : (body.clausesPlayed ?? 0)).join(' ');
      if (text !== '') lines.push({ who: 'agent', text, atEpochMs: entry.atEpochMs });
    }
    if (entry.type === 'caller.text_final' && body.text !== undefined && body.text !== '')
      lines.push({ who: 'caller', text: body.text, atEpochMs: entry.atEpochMs });
  }
  return lines;
}

export function runCallsShow(id: string, options: JsonOption, deps: CliDeps): void {
  const entries = deps.journalIfThere()?.read(asCallId(id)) ?? [];
  if (entries.length === 0) throw new AppError('not_found', `no call ${id}`);
  const transcript = transcriptOf(entries);
  const operations = deps.ledgerIfThere()?.list({ call: asCallId(id), limit: 100 }) ?? [];
  if (options.json === true) return deps.output.json({ call: id, transcript, operations, entries });
  const { timeZone } = deps.config().profile;
  for (const line of transcript) deps.output.line(`${formatInstant(line.atEpochMs, timeZone)}  ${line.who.padEnd(6)}  ${line.text}`);
  deps.output.table(
    ['operation', 'kind', 'state', 'attempts'],
    operations.map((row) => [row.op, row.kind, row.state, String(row.attempts)]),
  );
  return undefined;
}

export function registerCallsShow(calls: Command, deps: CliDeps): void {
  calls
    .command('show <call>')
    .description('what was said and done in a call')
    .option('--json', 'print JSON')
    .action((id: string, options: JsonOption) => runCallsShow(id, options, deps));
}
