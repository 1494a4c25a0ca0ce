/** One request as it goes out. */
export interface WatchedRequest {
  readonly method: string;
  readonly url: URL;
  /** Path with placeholders instead of values, where the adapter knows one; paths themselves may be personal. */
  readonly template?: string | undefined;
  readonly traceparent?: string | undefined;
}

/** How it ended: the status of the answer, or none; `sent` false when the server never saw the request. */
export type RequestEnd = { readonly status: number } | { readonly sent: boolean };

/** Told about every request of a process. */
export interface RequestWatch {
  /** Gives the trace context that the request carries, and what to call when it is over. */
  begin(request: WatchedRequest): { readonly traceparent: string | undefined; readonly end: (end: RequestEnd) => void };
}

const UNWATCHED = { end: (): void => undefined };

let installed: RequestWatch | null = null;

/** Sets who watches the requests of this process; null for nobody. Only composition roots and tests call it. */
export function installRequestWatch(watch: RequestWatch | null): void {
  installed = watch;
}

/** Reports a request that is about to be sent. */
export function beginRequest(request: WatchedRequest): ReturnType<RequestWatch['begin']> {
  return installed?.begin(request) ?? { ...UNWATCHED, traceparent: request.traceparent };
}
