import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Alert, Notifier } from '../../../src/ports/notifier.ts';
import { eventually } from '../../support/eventually.ts';
import type { KeptLogger } from '../../support/kept-logger.ts';

/** A notifier with a receiver behind it. */
export interface NotifierSubject {
  readonly notifier: Notifier;
  readonly log: KeptLogger;
  /** What the receiver got, as text, one entry for each alert. */
  received(): readonly string[];
  /** From now on the receiver refuses everything. */
  refuse(): void;
  /** The receiver gives no answer until `release`. */
  hold(): void;
  release(): void;
  close(): Promise<void>;
}

/** More alerts than any notifier keeps under way. */
const MANY = 40;

/** Rules that every notifier keeps; whoever raises an alert is never held up by a throw. */
export function describeNotifier(name: string, start: () => Promise<NotifierSubject>): void {
  describe(`notifier (${name})`, () => {
    let subject: NotifierSubject;
    const alert = (seq = 1): Alert => ({
      code: 'destination_unreachable',
      subject: `op-${seq}`,
      atEpochMs: Date.UTC(2026, 2, 5, 9, 30, seq),
    });
    const notify = (seq = 1, signal = new AbortController().signal): Promise<void> => subject.notifier.notify(alert(seq), { signal });
    const lines = (message: string): number =>
      subject.log.lines.filter((line) => line.message === message && line.level === 'error').length;
    beforeEach(async () => {
      subject = await start();
    });
    afterEach(() => subject.close());

    test('an alert arrives once, with its code, its subject and its time', async () => {
      await notify();
      expect(subject.received()).toHaveLength(1);
      for (const part of ['destination_unreachable', 'op-1', '2026-03-05T09:30:01']) expect(subject.received()[0]).toContain(part);
      expect(subject.log.lines).toEqual([]);
    });

    test('an alert that cannot be delivered is logged, and nobody hears a throw', async () => {
      subject.refuse();
      await expect(notify()).resolves.toBeUndefined();
      expect(subject.received()).toEqual([]);
      expect(lines('alert not delivered')).toBe(1);
    });

    test('an abort ends it, with a line in the log', async () => {
      await expect(notify(1, AbortSignal.abort())).resolves.toBeUndefined();
      expect(subject.received()).toEqual([]);
      expect(lines('alert not delivered')).toBe(1);
    });

    test('of more alerts than it keeps under way the rest is dropped, with a line each', async () => {
      subject.hold();
      const all = Array.from({ length: MANY }, (_none, seq) => notify(seq));
      await eventually('alerts are dropped', () => lines('alert dropped') > 0);
      const dropped = lines('alert dropped');
      subject.release();
      await Promise.all(all);
      expect(subject.received()).toHaveLength(MANY - dropped);
      await notify(MANY);
      expect(subject.received()).toHaveLength(MANY - dropped + 1);
    });
  });
}
