import type { Command } from 'commander';
import { createErasure, numbersOf } from '../../../app/erasure.ts';
import { AppError } from '../../../base/app-error.ts';
import { asCallId } from '../../../base/ids.ts';
import type { ErasureReport, ErasureTarget } from '../../../ports/erasure.ts';
import { accountName } from '../../account.ts';
import type { CliDeps, JsonOption } from '../../deps.ts';
import { printRemaining } from './remaining.ts';

interface EraseOptions extends JsonOption {
  readonly phone?: readonly string[];
  readonly call?: string;
  readonly yes?: boolean;
}

function targetOf({ phone, call }: EraseOptions, deps: CliDeps): ErasureTarget {
  if (phone !== undefined && call === undefined) return { phones: numbersOf(phone, deps.config()) };
  if (call !== undefined && phone === undefined) return { call: asCallId(call) };
  throw new AppError('usage', 'either --phone or --call says whom to erase');
}

const counted = ({ calls, operations, messages, tasks }: ErasureReport): string =>
  `calls ${calls.length}, operations ${operations}, messages ${messages}, open tasks ${tasks}`;

/** A call that nobody knows is `not_found`; a number may be of somebody who never called. */
const isUnknown = ({ calls, operations, messages, tasks }: ErasureReport): boolean => calls.length + operations + messages + tasks === 0;

export function runSubjectsErase(options: EraseOptions, deps: CliDeps): void {
  const target = targetOf(options, deps);
  const isErased = options.yes === true;
  const erasure = createErasure(deps.config());
  try {
    const report = isErased ? erasure.erase(target, accountName()) : erasure.preview(target);
    if (options.json === true) return deps.output.json({ erased: isErased, ...report });
    if (isUnknown(report)) {
      deps.output.note('Nothing is kept about anybody with such a number.');
      return undefined;
    }
    deps.output.note(`${isErased ? 'Erased' : 'Would be erased'}: ${counted(report)}.`);
    printRemaining(report.remaining, deps);
    if (report.remaining.length > 0) deps.output.note('These records may stand in other systems; a person has to take them away there.');
    if (!isErased) deps.output.note('Nothing was erased so far: the same command with --yes does it, and nobody can undo it.');
    return undefined;
  } finally {
    erasure.close();
  }
}

export function registerSubjectsErase(subjects: Command, deps: CliDeps): void {
  subjects
    .command('erase')
    .description('make everything that is kept about a person unreadable, in copies too; tells what stands in other systems')
    .option('--phone <number...>', 'everybody with one of these telephone numbers')
    .option('--call <call>', 'everybody whom a call is about, where no number is known')
    .option('--yes', 'erase; without it, only tell what would be erased')
    .option('--json', 'print JSON')
    .action((options: EraseOptions) => runSubjectsErase(options, deps));
}
