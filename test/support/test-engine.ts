import { createCounters } from '../../src/adapters/metrics/counters.ts';
import type { Destination } from '../../src/ports/destination.ts';
import { createBreaker } from '../../src/runtime/write-back/breaker.ts';
import { createWriteBackEngine, type WriteBackEngine } from '../../src/runtime/write-back/engine.ts';
import type { WriteBackDeps } from '../../src/runtime/write-back/run-op.ts';
import { createKeptLogger } from './kept-logger.ts';

type EngineParts = Pick<WriteBackDeps, 'store' | 'clock'> &
  Partial<Omit<WriteBackDeps, 'destinations'>> & { readonly destinations: readonly Destination[] };

/** The real engine, with a breaker and counters of its own, pauses of middle length, and nobody who listens; `parts` exchange any of these. */
export function testEngine({ destinations, ...parts }: EngineParts): WriteBackEngine {
  return createWriteBackEngine({
    breaker: createBreaker(parts.clock, parts.store),
    random: () => 0.5,
    log: createKeptLogger(),
    metrics: createCounters(),
    owner: 'worker',
    onChanged: () => undefined,
    ...parts,
    destinations: new Map(destinations.map((one) => [one.id, one])),
  });
}
