/** Data goes to stdout, words to stderr. `--json` prints one JSON value on one line. */
export interface Output {
  json(value: unknown): void;
  /** Rows as an aligned table, one line each; the header is left out when there is nothing. */
  table(header: readonly string[], rows: readonly (readonly string[])[]): void;
  line(text: string): void;
  note(text: string): void;
}

/** Control characters would break the line, or command the terminal. */
const CONTROL = /[\p{Cc}\u2028\u2029]+/gu;

export function createOutput(stdout: NodeJS.WritableStream, stderr: NodeJS.WritableStream): Output {
  return {
    json: (value) => stdout.write(`${JSON.stringify(value)}\n`),
    line: (text) => stdout.write(`${text}\n`),
    note: (text) => stderr.write(`${text}\n`),
    table: (header, cells) => {
      if (cells.length === 0) return;
      const rows = cells.map((row) => row.map((cell) => cell.replaceAll(CONTROL, ' ')));
      const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
      for (const row of [header, ...rows])
        stdout.write(
          `${row
            .map((cell, column) => cell.padEnd(widths[column] ?? 0))
            .join('  ')
            .trimEnd()}\n`,
        );
    },
  };
}

/** Local date and time of an instant, for tables. */
export function formatInstant(epochMs: number | null, timeZone: string): string {
  if (epochMs === null) return '-';
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(epochMs);
}

/** Says where something was looked for that is not there yet. */
export function noteMissing(output: Pick<Output, 'note'>, what: string, path: string): null {
  output.note(`There is no ${what} yet: ${path} is made when the services start for the first time.`);
  return null;
}
