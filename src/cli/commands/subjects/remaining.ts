import type { RemainingRecord } from '../../../ports/erasure.ts';
import type { CliDeps } from '../../deps.ts';
import { formatInstant } from '../../output.ts';

/** Records in other systems that only a person can take away, as a table. */
export function printRemaining(remaining: readonly RemainingRecord[], { output, config }: CliDeps): void {
  const { timeZone } = config().profile;
  output.table(
    ['destination', 'kind', 'record', 'key', 'state', 'sent', 'operation'],
    remaining.map((one) => [
      one.destination,
      one.kind,
      one.remoteId ?? '-',
      one.key,
      one.state,
      formatInstant(one.sentAtEpochMs, timeZone),
      one.op,
    ]),
  );
}
