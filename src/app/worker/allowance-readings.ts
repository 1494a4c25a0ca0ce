import type { Destination } from '../../ports/destination.ts';
import type { Reading } from '../../ports/metrics.ts';

/** How much of their allowance is left at the destinations that requests go to. */
export function allowanceReadings(destinations: Iterable<Destination>): readonly Reading[] {
  return [...destinations].flatMap((destination): readonly Reading[] => {
    const free = destination.allowance?.();
    return free === undefined ? [] : [{ name: 'ratelimit_free_ratio', labels: { destination: destination.id }, value: free }];
  });
}
