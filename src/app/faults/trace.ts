import type { OpId } from '../../base/ids.ts';

/** Lines kept of one story, and of what belongs to none. */
const LINES_MAX = 300;
const NOBODYS = -1;

/** What happened in a run, story by story, and how often each fault fired. */
export interface Trace {
  /** Leaves a line; a story of null concerns the whole run. */
  note(story: number | null, text: string): void;
  /** Lines of the worker about this operation belong to the story. */
  belongs(op: OpId, story: number): void;
  /** A line of a worker's log: what it says about an operation is kept with its story. */
  workerLine(line: string, worker: string): { readonly message: string; readonly op: string | null };
  /** Errors that workers have logged, by message and code. */
  readonly complaints: () => Readonly<Record<string, number>>;
  fired(point: string): void;
  readonly counts: () => Readonly<Record<string, number>>;
  /** The lines of a story between those that concern everyone, in order. */
  of(story: number): readonly string[];
}

const sorted = (counts: ReadonlyMap<string, number>): Readonly<Record<string, number>> =>
  Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
const countUp = (counts: Map<string, number>, name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);

interface Line {
  readonly atMs: number;
  readonly text: string;
}

function parsed(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return { msg: line };
  }
}

export function createTrace(nowMs: () => number): Trace {
  const lines = new Map<number, Line[]>();
  const stories = new Map<string, number>();
  const counts = new Map<string, number>();
  const complaints = new Map<string, number>();
  const startedAtMs = nowMs();
  const note: Trace['note'] = (story, text) => {
    const own = lines.get(story ?? NOBODYS) ?? [];
    lines.set(story ?? NOBODYS, own);
    if (own.length >= LINES_MAX) own.shift();
    own.push({ atMs: Math.round(nowMs() - startedAtMs), text });
  };
  return {
    note,
    belongs: (op, story) => void stories.set(op, story),
    workerLine: (line, worker) => {
      const { msg, op, level, time: _time, process: _process, ...rest } = parsed(line);
      const message = typeof msg === 'string' ? msg : '';
      if (level === 'error') countUp(complaints, `${message} (${String(rest['code'])})`);
      const story = typeof op === 'string' ? stories.get(op) : undefined;
      if (story !== undefined) note(story, `${worker}: ${message} ${JSON.stringify(rest)}`);
      else if (level !== 'info' && message !== '') note(null, `${worker}: ${message} ${JSON.stringify({ op, ...rest })}`);
      return { message, op: typeof op === 'string' ? op : null };
    },
    complaints: () => sorted(complaints),
    fired: (point) => countUp(counts, point),
    counts: () => sorted(counts),
    of: (story) => {
      const own = lines.get(story) ?? [];
      const [from = 0, to = 0] = [own[0]?.atMs, own.at(-1)?.atMs];
      const around = (lines.get(NOBODYS) ?? []).filter(({ atMs }) => atMs >= from && atMs <= to);
      return [...own, ...around].sort((a, b) => a.atMs - b.atMs).map(({ atMs, text }) => `${String(atMs).padStart(7)} ${text}`);
    },
  };
}
