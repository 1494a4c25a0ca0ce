import type { Command } from 'commander';
import { AppError } from '../../../base/app-error.ts';
import { asOpId } from '../../../base/ids.ts';
import type { OpHistory } from '../../../ports/ledger-desk.ts';
import type { CliDeps, JsonOption } from '../../deps.ts';
import { formatInstant } from '../../output.ts';
import { findingTable } from './findings.ts';

/** How the names of instants end. */
const INSTANT = 'AtEpochMs';

export function runLedgerShow(id: string, options: JsonOption, deps: CliDeps): void {
  const history = deps.ledgerIfThere()?.history(asOpId(id));
  if (history === undefined || history === null) throw new AppError('not_found', `no operation ${id}`);
  const { op, ...rest } = history;
  if (options.json === true) return deps.output.json({ ...op, ...rest });
  const { timeZone } = deps.config().profile;
  for (const [key, value] of Object.entries(op)) deps.output.line(fieldLine(key, value, timeZone));
  showPlan(history, deps);
  showTold(history, deps);
  return undefined;
}

/** A field as people read it: an instant in local time, what is not there as a dash. */
function fieldLine(key: string, value: unknown, timeZone: string): string {
  const line = (name: string, shown: string): string => `${name.padEnd(20)}  ${shown}`;
  if (key.endsWith(INSTANT)) return line(key.slice(0, -INSTANT.length), formatInstant(typeof value === 'number' ? value : null, timeZone));
  if (value === null) return line(key, '-');
  return line(key, typeof value === 'string' ? value : JSON.stringify(value));
}

function section(title: string, rows: readonly unknown[], deps: CliDeps): boolean {
  if (rows.length > 0) deps.output.line(`\n${title}`);
  return rows.length > 0;
}

function showPlan({ plan, steps, attempts }: OpHistory, deps: CliDeps): void {
  const { timeZone } = deps.config().profile;
  if (section(plan === null ? 'steps' : `steps of a plan that is ${plan.state}`, steps, deps))
    deps.output.table(
      ['operation', 'step', 'role', 'kind', 'destination', 'state', 'code'],
      steps.map((one) => [one.op, one.step ?? '-', one.role, one.kind, one.destination, one.state, one.errorCode ?? '-']),
    );
  if (section('attempts', attempts, deps))
    deps.output.table(
      ['at', 'what', 'outcome', 'code', 'ms'],
      attempts.map(({ startedAtEpochMs, endedAtEpochMs, phase, outcome, code }) => [
        formatInstant(startedAtEpochMs, timeZone),
        phase,
        outcome,
        code ?? '-',
        String(endedAtEpochMs - startedAtEpochMs),
      ]),
    );
}

function showTold({ said, promise, findings, resolution }: OpHistory, deps: CliDeps): void {
  const { timeZone } = deps.config().profile;
  if (section('said to the caller', said, deps))
    deps.output.table(
      ['at', 'claim', 'state then', 'utterance'],
      said.map((one) => [formatInstant(one.audioStartedAtEpochMs, timeZone), one.claim, one.opState, one.utterance]),
    );
  if (promise !== null && section('promise', [promise], deps))
    deps.output.table(['channel', 'state', 'until'], [[promise.channel, promise.state, formatInstant(promise.deadlineEpochMs, timeZone)]]);
  if (section('findings', findings, deps)) findingTable(findings, deps);
  if (resolution !== null && section('decided by a person', [resolution], deps))
    deps.output.table(
      ['at', 'by', 'as', 'note'],
      [[formatInstant(resolution.atEpochMs, timeZone), resolution.by, resolution.as, resolution.note]],
    );
}

export function registerLedgerShow(ledger: Command, deps: CliDeps): void {
  ledger
    .command('show <operation>')
    .description('one operation: payload, read-back, plan, attempts, what was said, promised and found')
    .option('--json', 'print JSON')
    .action((id: string, options: JsonOption) => runLedgerShow(id, options, deps));
}
