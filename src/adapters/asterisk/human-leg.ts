import { randomUUID } from 'node:crypto';
import { asChannelId, type HumanRing } from '../../ports/switch.ts';
import type { Logger } from '../../ports/logger.ts';
import { withTimeout } from '../../base/scope.ts';
import type { AriClient } from './ari-client.ts';
import type { Bridges } from './bridges.ts';

/** Asterisk ends the ringing itself; this much later we stop waiting for its word, in milliseconds. */
const GRACE_MS = 2000;

/**
 * Rings the practice's telephone and joins it with the caller when it answers. The call's id and a short context travel as SIP
 * headers. Nobody registered, busy, declined and not answered are all `nobody`.
 */
export async function ringHuman(
  deps: { readonly ari: AriClient; readonly bridges: Bridges; readonly log: Logger },
  request: HumanRing,
  options: { readonly signal: AbortSignal },
): Promise<'answered' | 'nobody'> {
  const human = asChannelId(`human-${randomUUID()}`);
  const answered = deps.bridges.awaitHuman(request.channel, human);
  const abandon = (): void => {
    deps.bridges.channelGone(human);
    deps.ari.request({ method: 'DELETE', path: `/channels/${human}` }, { signal: AbortSignal.timeout(GRACE_MS) }).catch(() => undefined);
  };
  try {
    await deps.ari.request(
      {
        method: 'POST',
        path: `/channels/${human}`,
        query: {
          endpoint: request.endpoint,
          app: 'vestibule-legs',
          timeout: Math.ceil(request.ringTimeoutMs / 1000),
          ...(request.callerNumber === null ? {} : { callerId: request.callerNumber }),
        },
        body: { variables: { 'PJSIP_HEADER(add,X-Vestibule-Context)': request.context } },
      },
      options,
    );
    return (await withTimeout(answered, request.ringTimeoutMs + GRACE_MS, 'ringing a human', options.signal)) ? 'answered' : 'nobody';
  } catch (error) {
    deps.log.info('nobody answered', { reason: error instanceof Error ? error.message : String(error) });
    abandon();
    return 'nobody';
  }
}
