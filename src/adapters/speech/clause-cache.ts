/** Rendered clauses in memory: least recently used ones go first when the limit is reached. */
export interface ClauseCache {
  get(clause: string): Int16Array | null;
  set(clause: string, pcm: Int16Array): void;
}

/** `samplesMax` bounds the audio kept: 8000 samples are 16 kB and one second. */
export function createClauseCache(samplesMax: number): ClauseCache {
  const clauses = new Map<string, Int16Array>();
  let samples = 0;
  const drop = (clause: string): void => {
    samples -= clauses.get(clause)?.length ?? 0;
    clauses.delete(clause);
  };
  return {
    get: (clause) => {
      const pcm = clauses.get(clause);
      if (pcm === undefined) return null;
      clauses.delete(clause);
      clauses.set(clause, pcm);
      return pcm;
    },
    set: (clause, pcm) => {
      drop(clause);
      clauses.set(clause, pcm);
      samples += pcm.length;
      for (const oldest of clauses.keys()) {
        if (samples <= samplesMax) break;
        drop(oldest);
      }
    },
  };
}
