import type { Clock } from '../../base/clock.ts';
import type { CallId } from '../../base/ids.ts';
import { FRAME_MS } from '../../base/units.ts';
import type { AudioEvent, CallAudio } from '../../ports/call-audio.ts';
import type { MediaLeg, MediaLegHandlers } from '../../ports/media-leg.ts';
import type { LegAddress } from '../../ports/switch.ts';
import { createMediaCall, type MediaCall, type MediaParts } from './media-call.ts';

/** Opens the audio leg at an address. Throws `media_leg_failed` or `sample_rate_wrong`; observes `signal`. */
export type OpenLeg = (address: LegAddress, handlers: MediaLegHandlers, options: { readonly signal: AbortSignal }) => Promise<MediaLeg>;

/** Clauses being prepared at once; more are left out, since preparing is only a favour. */
const PREPARING_MAX = 200;

/** All calls of a media process: commands in, events out. */
export interface MediaDesk extends Omit<CallAudio, 'start'> {
  openCalls(): number;
  /** Closes every call, without events. */
  closeAll(): void;
}

async function runTicks(clock: Clock, signal: AbortSignal, onTick: () => void): Promise<void> {
  let nextMs = clock.monotonicMs() + FRAME_MS;
  while (!signal.aborted) {
    await clock.sleep(Math.max(0, nextMs - clock.monotonicMs()), { signal });
    onTick();
    nextMs += FRAME_MS;
    // Ticks that were missed are left out: what is due is sent by position, not by count.
    if (nextMs < clock.monotonicMs()) nextMs = clock.monotonicMs() + FRAME_MS;
  }
}

export function createMediaDesk(parts: MediaParts, openLeg: OpenLeg, options: { readonly signal: AbortSignal }): MediaDesk {
  const calls = new Map<CallId, { readonly call: MediaCall; readonly opening: AbortController }>();
  let preparing = 0;
  const close = (id: CallId): void => {
    const found = calls.get(id);
    calls.delete(id);
    found?.opening.abort();
    found?.call.close();
  };
  const open = async (id: CallId, address: LegAddress): Promise<void> => {
    close(id);
    const opening = new AbortController();
    const call = createMediaCall(id, { ...parts, onEvent: (event: AudioEvent) => parts.onEvent(event) });
    calls.set(id, { call, opening });
    try {
      call.attach(await openLeg(address, call.handlers, { signal: opening.signal }));
    } catch (error) {
      if (opening.signal.aborted) return;
      parts.logger.warn('media: leg could not be opened', { call: id, reason: error instanceof Error ? error.message : String(error) });
      call.handlers.onClosed('leg could not be opened');
    }
  };
  const withCall = (id: CallId, action: (call: MediaCall) => void): void => {
    const found = calls.get(id);
    if (found === undefined) parts.logger.debug('media: command for a call that is not here', { call: id });
    else action(found.call);
  };
  const prepare = (clause: string): void => {
    if (preparing >= PREPARING_MAX) return parts.logger.debug('media: too much to prepare, a clause is left out');
    preparing += 1;
    void parts.voice
      .render(clause, { signal: options.signal, priority: 'prepare' })
      .catch((error: unknown) =>
        parts.logger.debug('media: a clause was not prepared', { reason: error instanceof Error ? error.message : String(error) }),
      )
      .finally(() => (preparing -= 1));
  };
  void runTicks(parts.clock, options.signal, () => {
    for (const { call } of calls.values()) call.tick();
  }).catch((error: unknown) => {
    if (!options.signal.aborted) parts.logger.error('media: the clock stopped', { reason: String(error) });
  });
  return {
    open: (id, address) => void open(id, address),
    expect: (id, expectation) => withCall(id, (call) => call.expect(expectation)),
    prepare: (clauses) => {
      for (const clause of clauses) prepare(clause);
    },
    play: (request) => withCall(request.call, (call) => call.play(request.utterance, request.clauses)),
    stop: (id) => withCall(id, (call) => call.stop()),
    duck: (id, gainDb) => withCall(id, (call) => call.duck(gainDb)),
    finishUtterance: (id) => withCall(id, (call) => call.finishUtterance()),
    discardUtterance: (id) => withCall(id, (call) => call.discardUtterance()),
    close,
    openCalls: () => calls.size,
    closeAll: () => {
      for (const id of calls.keys()) close(id);
    },
  };
}
