import { AppError } from '../../base/app-error.ts';
import { asCallId, asUtteranceId, type OpId } from '../../base/ids.ts';
import type { Config } from '../../config/config.ts';
import { epochOf, isoWithOffset } from '../../domain/scenario/practice-time.ts';
import type { Intent } from '../../domain/writeback/intent.ts';
import type { SaidRow } from '../../ports/ledger.ts';
import type { Scenario } from './scenario.ts';

/** A request that a caller made before the scenario's calls; it goes the real way, through ledger and worker. */
export interface PreviousRequest {
  readonly intent: Intent;
  /** How long ago it was accepted, in milliseconds. */
  readonly agoMs: number;
  /** Whether it has to be in the calendar before the first call. */
  readonly isAwaited: boolean;
}

/** The worker gives up on what is a day old. A booking made longer ago is dated to this age instead: to a caller both are old. */
const AGE_MS_MAX = 23 * 3_600_000;

/** What `given.previous` asks for. Throws `scenario_invalid` for a service that the practice does not have. */
export function previousRequests({ previous }: Scenario, { profile, tenant }: Config): readonly PreviousRequest[] {
  return previous.map(({ minutesAgo, number, state, booking }, index) => {
    const service = profile.services.find(({ id }) => id === booking.service);
    if (service === undefined)
      throw new AppError('scenario_invalid', `given.previous.${index}.booking.service: the practice has no service ${booking.service}`);
    const payload = {
      kind: 'booking',
      service: service.id,
      serviceName: service.spokenName,
      start: isoWithOffset(epochOf(booking.start, profile.timeZone), profile.timeZone),
      minutes: service.minutes,
      name: booking.name,
      phone: number,
      reason: null,
    } as const;
    return {
      intent: { call: asCallId(`previous-${index}`), tenant, seq: 1, payload },
      agoMs: Math.min(minutesAgo * 60_000, AGE_MS_MAX),
      isAwaited: state !== 'accepted',
    };
  });
}

/** What the earlier caller heard of a request that arrived: they know, and nobody calls them back. */
export const heardBefore = (op: OpId, { intent }: PreviousRequest): SaidRow => ({
  op,
  call: intent.call,
  utterance: asUtteranceId('u1'),
  claim: 'committed',
  opState: 'verified',
  audioStartedAtEpochMs: 0,
});
