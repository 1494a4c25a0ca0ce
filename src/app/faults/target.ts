import type { ProxiedRequest } from '../../adapters/fault-proxy/fault-proxy.ts';
import type { KillableServer } from './killable-server.ts';
import type { PlannedCaller, PlannedStory } from './story.ts';

/** An entry of a destination as anyone who looks into it would see it. */
export interface Entry {
  /** Where it stands, for reports. */
  readonly where: string;
  readonly startEpochMs: number;
  readonly minutes: number;
  readonly service: string;
  readonly name: string;
  /** E.164; names the operation, since nobody else in the run has it. Null in what humans entered. */
  readonly phone: string | null;
  /** Carries the mark that a human of the harness leaves. */
  readonly isEdited: boolean;
}

/** A record of another kind than an appointment, as anyone who looks into the destination would see it. */
export interface HeldRecord {
  readonly kind: 'contact' | 'note' | 'message';
  /** Where it stands, for reports. */
  readonly where: string;
  /** The short form of the key that it carries; null when it carries none. */
  readonly uid: string | null;
  /** E.164. */
  readonly phone: string | null;
  /** The name of a contact; everything that a note or a message says. */
  readonly text: string;
}

/** A kind of destination, before one is made. */
export interface FaultTargetKind {
  /** `stories` are spread over as many collections as the server needs to be quick. */
  create(folder: string, stories: number): Promise<FaultTarget>;
  /** Messages go there, and not into the inbox. */
  readonly takesMessages: boolean;
}

/** What a human came to who wanted to change or delete an entry in the version that they had seen. */
export type HumanResult = 'done' | 'changed_meanwhile' | 'gone';

/**
 * A destination of the fault harness: a real server, reached by the worker through the fault proxy and by the harness directly, so that
 * what the adapter believes about it is never the evidence.
 */
export interface FaultTarget {
  readonly id: string;
  readonly server: KillableServer;
  /** Calls at the same time, one after the other without a pause; a healthy server answers them all in time. */
  readonly callsAtOnce: number;
  /** Where the server listens. */
  readonly upstream: { readonly host: string; readonly port: number };
  /** What the configuration of the worker says about it, given the port of the proxy. */
  configuration(proxyPort: number): Readonly<Record<string, unknown>>;
  /** Makes everything that has to be there before the first operation. */
  prepare(): Promise<void>;
  /** The story that a request belongs to. */
  storyOf(request: ProxiedRequest): number | null;
  isWrite(request: ProxiedRequest): boolean;
  /** The path that a request is passed on under. */
  route(request: ProxiedRequest): string;
  /** Requests about this key belong to the story. */
  expect(key: string, story: number): void;
  /** Entries of the day of a story. */
  look(story: PlannedStory): Promise<readonly Entry[]>;
  /** Everything there is. */
  list(): Promise<readonly Entry[]>;
  /** What stands there beside appointments; absent where the plans write none. */
  readonly records?: () => Promise<readonly HeldRecord[]>;
  /** What people do who use the destination without us. */
  readonly human: {
    add(story: PlannedStory, startEpochMs: number, minutes: number): Promise<void>;
    /** Marks the entry of a telephone number. */
    edit(story: PlannedStory, phone: string): Promise<HumanResult>;
    remove(story: PlannedStory, phone: string): Promise<HumanResult>;
  };
  /** Writes a booking as a program without any care would, with a new id for every try: the status, null when there was no answer. */
  plainWrite(port: number, caller: PlannedCaller, options: { readonly tries: number; readonly timeoutMs: number }): Promise<number | null>;
  /** Ends what was started beside the server. */
  readonly close?: () => Promise<void>;
}
