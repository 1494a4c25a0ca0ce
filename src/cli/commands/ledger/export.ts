import type { Command } from 'commander';
import { instantOf } from '../../../app/written-instant.ts';
import { AppError } from '../../../base/app-error.ts';
import type { OpId } from '../../../base/ids.ts';
import type { OpView } from '../../../domain/writeback/intent.ts';
import type { CliDeps } from '../../deps.ts';

interface ExportOptions {
  readonly since?: string;
  readonly csv?: boolean;
  /** False with `--no-personal`. */
  readonly personal: boolean;
  readonly json?: boolean;
}

const PAGE_ROWS = 500;
const COLUMNS = [
  'op',
  'call',
  'kind',
  'destination',
  'step',
  'role',
  'key',
  'state',
  'attempts',
  'acceptedAtEpochMs',
  'verifiedAtEpochMs',
  'errorCode',
] as const;
/** The fingerprint too: who knows what may have been agreed can tell whether it was. */
const PERSONAL = ['fingerprint', 'payload', 'readBack'] as const;

/** RFC 4180; what a spreadsheet would take for a formula is told apart by a leading apostrophe. */
function csvCell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const safe = /^[=+\-@\t]/.test(text) && typeof value !== 'number' ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The columns of a row, those that name the caller only when they are wanted. */
export function exported(row: OpView, isPersonal: boolean): Readonly<Record<string, unknown>> {
  const all: Readonly<Record<string, unknown>> = { ...row };
  return Object.fromEntries([...COLUMNS, ...(isPersonal ? PERSONAL : [])].map((column) => [column, all[column] ?? null]));
}

function sinceOf(text: string, timeZone: string): number {
  const epochMs = instantOf(text, timeZone);
  if (epochMs === null)
    throw new AppError('usage', `--since is a date such as 2026-03-01, or 2026-03-01T08:00, not ${text === '' ? 'nothing' : text}`);
  return epochMs;
}

export function runLedgerExport(options: ExportOptions, deps: CliDeps): void {
  if (options.csv === true && options.json === true) throw new AppError('usage', 'either --csv or --json');
  const sinceEpochMs = options.since === undefined ? 0 : sinceOf(options.since, deps.config().profile.timeZone);
  const columns = [...COLUMNS, ...(options.personal ? PERSONAL : [])];
  if (options.csv === true) deps.output.line(columns.join(','));
  const ledger = deps.ledgerIfThere();
  if (ledger === null) return;
  let after: OpId | null = null;
  do {
    const page: { readonly rows: readonly OpView[]; readonly next: OpId | null } = ledger.page({ sinceEpochMs, after, limit: PAGE_ROWS });
    for (const row of page.rows) {
      const cells = exported(row, options.personal);
      if (options.csv === true) deps.output.line(columns.map((column) => csvCell(cells[column])).join(','));
      else deps.output.json(cells);
    }
    after = page.next;
  } while (after !== null && !deps.signal.aborted);
}

export function registerLedgerExport(ledger: Command, deps: CliDeps): void {
  ledger
    .command('export')
    .description('operations, oldest first, as JSON lines or CSV on stdout')
    .option('--since <date>', 'those accepted since then: 2026-03-01, or with a time, 2026-03-01T08:00')
    .option('--csv', 'CSV instead of JSON lines')
    .option('--no-personal', 'without what names the caller')
    .option('--json', 'JSON lines, which is the default')
    .action((options: ExportOptions) => runLedgerExport(options, deps));
}
