import type { CallerVoices } from '../../adapters/caller-voice/caller-voice.ts';
import type { IncomingCall } from '../../adapters/phone/incoming-call.ts';
import { createPhone } from '../../adapters/phone/phone.ts';
import { asCallId, type CallId } from '../../base/ids.ts';

/** A person at the practice's own telephone, who takes calls that are put through. */
export interface FrontDesk {
  /** Registers the telephone, so that it rings. */
  open(): Promise<void>;
  /** Takes the telephone off the switch. */
  leave(): Promise<void>;
  /** Tells of every call taken: its id from the header, or null when the switch itself put it through. */
  onTaken(listener: (call: CallId | null) => void): () => void;
  close(): Promise<void>;
}

/** A person lets it ring this long before answering, in milliseconds. */
const RING_MS = 1000;
const GREETING = 'Front desk, good morning, how can I help you?';
const CONTEXT_HEADER = 'X-Vestibule-Context';

export async function createFrontDesk(options: {
  readonly bindHost: string;
  readonly registrar: { readonly host: string; readonly port: number };
  readonly password: string;
  readonly voices: CallerVoices;
  readonly signal: AbortSignal;
}): Promise<FrontDesk> {
  const voice = await options.voices.open({ engine: 'flite', name: 'awb' }, { signal: options.signal });
  const greeting = await voice.speak(GREETING, { signal: options.signal });
  const listeners = new Set<(call: CallId | null) => void>();
  const take = async (incoming: IncomingCall): Promise<void> => {
    incoming.answer();
    await incoming.handle.answered;
    const context = incoming.header(CONTEXT_HEADER);
    const call = /(?:^|;)call=([^;]+)/.exec(context)?.[1];
    // The caller knows that they were put through once they hear a person.
    await incoming.handle.sendPcm(greeting);
    for (const listener of listeners) listener(call === undefined ? null : asCallId(call));
  };
  const phone = await createPhone({
    bindHost: options.bindHost,
    onIncoming: (incoming) => {
      setTimeout(() => void take(incoming).catch(() => undefined), RING_MS);
    },
  });
  let registration: Awaited<ReturnType<typeof phone.register>> | null = null;
  return {
    open: async () => {
      registration ??= await phone.register({
        registrar: options.registrar,
        credentials: { user: 'frontdesk', password: options.password },
      });
    },
    leave: async () => {
      await registration?.remove();
      registration = null;
    },
    onTaken: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => phone.close(),
  };
}
