import { AppError, toAppError } from '../../base/app-error.ts';
import type { RenderPriority } from '../../ports/voice.ts';

/** Clauses that may wait; beyond it those to be prepared are refused first. */
const WAITING_MAX = 500;

interface Waiter {
  readonly resolve: (pcm: Int16Array) => void;
  readonly reject: (error: AppError) => void;
  readonly signal: AbortSignal;
}
interface Job {
  readonly clause: string;
  priority: RenderPriority;
  readonly waiters: Waiter[];
}

/** Renders one clause at a time: those a caller waits for before those prepared ahead, equals in order, the same clause once. */
export interface RenderQueue {
  /** Throws `speech_failed`, or `cancelled` when `signal` aborts. */
  render(clause: string, priority: RenderPriority, signal: AbortSignal): Promise<Int16Array>;
}

export function createRenderQueue(synthesize: (clause: string) => Promise<Int16Array>): RenderQueue {
  const jobs = new Map<string, Job>();
  let running = false;
  const next = (): Job | undefined => {
    for (const job of jobs.values()) {
      if (job.waiters.every((waiter) => waiter.signal.aborted)) jobs.delete(job.clause);
    }
    return [...jobs.values()].find((job) => job.priority === 'now') ?? jobs.values().next().value;
  };
  const runAll = async (): Promise<void> => {
    for (let job = next(); job !== undefined; job = next()) {
      try {
        const pcm = await synthesize(job.clause);
        for (const waiter of job.waiters) waiter.resolve(pcm);
      } catch (error) {
        for (const waiter of job.waiters) waiter.reject(toAppError(error, 'speech_failed'));
      }
      jobs.delete(job.clause);
    }
    running = false;
  };
  return {
    render: (clause, priority, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(new AppError('cancelled', 'the clause is not wanted any more'));
        const known = jobs.get(clause);
        if (known === undefined && jobs.size >= WAITING_MAX)
          return reject(new AppError('speech_failed', `${WAITING_MAX} clauses are waiting`));
        const job: Job = known ?? { clause, priority, waiters: [] };
        if (priority === 'now') job.priority = 'now';
        job.waiters.push({ resolve, reject, signal });
        signal.addEventListener('abort', () => reject(new AppError('cancelled', 'the clause is not wanted any more')), { once: true });
        jobs.set(clause, job);
        if (running) return;
        running = true;
        void runAll();
      }),
  };
}
