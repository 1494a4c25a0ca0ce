import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFaultProxy, type FaultProxy, type ProxiedRequest } from '../../../src/adapters/fault-proxy/fault-proxy.ts';
import type { BookingPayload, RecordKind, RecordPayload } from '../../../src/domain/writeback/intent.ts';
import { isSameRecord } from '../../../src/domain/writeback/same-record.ts';
import type { FaultKind } from '../../../src/domain/scenario/scenario.ts';
import type { Destination } from '../../../src/ports/destination.ts';
import { freePort } from '../../support/servers.ts';
import { sampleBooking, sampleMessage } from '../../support/writeback-samples.ts';

/** A running system with the adapter in front of it, and what a person can do there beside us. */
export interface RecordSubject {
  readonly destination: Destination;
  /** Records under this key that stand in the system, asked for without the adapter. */
  count(key: string, kind: RecordKind): Promise<number>;
  /** A person changes a field that the adapter wrote. Null where nobody can (a message that was sent). */
  readonly edit: ((key: string, kind: RecordKind) => Promise<void>) | null;
  close(): Promise<void>;
}

export interface RecordSuite {
  readonly name: string;
  /** Starts the system (once for the suite). */
  start(): Promise<{ readonly host: string; readonly port: number }>;
  /** An adapter that speaks to the system at this loopback port, which is a fault proxy's. */
  connect(port: number): Promise<RecordSubject>;
  stop(): Promise<void>;
  /** Kinds that the system can take away again; the others are refused. */
  readonly cancellable: readonly RecordKind[];
  /** Which requests write, for systems whose questions are POSTs too; by method when absent. */
  readonly isWrite?: (request: ProxiedRequest) => boolean;
  /** Read-backs are answered from the words of the receiver that we keep, so that a receiver which is away cannot show in them. */
  readonly keepsWords?: boolean;
  /** The system answers a key that it knows from memory, also when the record is gone since. */
  readonly remembersAnswers?: boolean;
  /** Time for which the adapter may run into a server that never answers, in milliseconds. */
  readonly timeoutMs?: number;
}

const SAMPLES: Readonly<Record<RecordKind, (seq: number) => RecordPayload>> = {
  booking: (seq) =>
    sampleBooking({ start: new Date(Date.UTC(2027, 0, 4, 9, 0) + seq * 7_200_000).toISOString(), name: `Zoë O'Neil-${seq}` }),
  message: (seq) => sampleMessage({ text: `Please renew "it" <${seq}> & call back.` }),
  contact: (seq) => ({ kind: 'contact', name: `Laura Becker-${seq}`, phone: `+49305550${String(1000 + seq)}` }),
  note: (seq) => ({ kind: 'note', title: `Call ${seq}`, text: 'Booked a check-up.', phone: '+493055501234' }),
  notice: (seq) => ({
    kind: 'notice',
    channel: 'sms',
    to: `+49305550${String(1000 + seq)}`,
    subject: 'Your appointment',
    text: `No. ${seq}`,
  }),
};

let last = 0;
const fresh = (kind: RecordKind): readonly [key: string, payload: RecordPayload] => {
  last += 1;
  return [`v1.demo.call-${last}.1.${kind}`, SAMPLES[kind](last)];
};

/** Every rule that a destination of records keeps, against the real system or a stand-in that behaves as its documents say. */
export function describeRecordDestination(suite: RecordSuite, kinds: readonly RecordKind[]): void {
  describe(`record destination (${suite.name})`, () => {
    let proxy: FaultProxy;
    let subject: RecordSubject;
    const options = (): { readonly signal: AbortSignal } => ({ signal: AbortSignal.timeout(suite.timeoutMs ?? 10_000) });
    const arm = (kind: FaultKind, times: number | null = 1): void =>
      proxy.arm([{ type: 'destination', destination: 'calendar', kind, times, forSeconds: null, delayMs: 0 }]);
    beforeAll(async () => {
      proxy = await createFaultProxy(await suite.start(), suite.isWrite);
      subject = await suite.connect(proxy.port);
    }, 240_000);
    afterAll(async () => {
      await subject.close();
      await proxy.close();
      await suite.stop();
    }, 60_000);

    test('it declares the kinds that it is used for, and can be reached', async () => {
      expect([...subject.destination.capabilities.kinds].toSorted()).toEqual([...kinds].toSorted());
      await expect(subject.destination.check(options())).resolves.toBeUndefined();
    });

    describe.each(kinds)('%s', (kind) => {
      const create = (key: string, payload: RecordPayload) => subject.destination.create(key, payload, options());
      const isThere = async (key: string, payload: RecordPayload): Promise<void> => {
        const back = await subject.destination.readBack(key, payload, options());
        if (back.type !== 'found') throw new Error(`read back: ${back.type}`);
        expect(isSameRecord(payload, back.payload)).toBe(true);
        expect(await subject.count(key, kind)).toBe(1);
      };

      test('what was created is read back as it was agreed', async () => {
        const [key, payload] = fresh(kind);
        expect(await subject.destination.readBack(key, payload, options())).toEqual({ type: 'absent' });
        expect(await create(key, payload)).toMatchObject({ type: 'committed' });
        await isThere(key, payload);
      });

      test('a repeat under the same key makes no second record', async () => {
        const [key, payload] = fresh(kind);
        for (let times = 0; times < 3; times += 1) expect(await create(key, payload)).toMatchObject({ type: 'committed' });
        await isThere(key, payload);
      });

      test('of many writes at once under one key one record comes', async () => {
        const [key, payload] = fresh(kind);
        const results = await Promise.all(Array.from({ length: 5 }, () => create(key, payload)));
        expect(results.some(({ type }) => type === 'committed')).toBe(true);
        for (const { type } of results) expect(['committed', 'unknown', 'retry']).toContain(type);
        await isThere(key, payload);
      });

      test.each(['reset_after', 'status_500_after_commit'] as const)(
        'an answer lost by %s is unknown; the record is found and a repeat is harmless',
        async (fault) => {
          const [key, payload] = fresh(kind);
          arm(fault);
          expect(await create(key, payload)).toMatchObject({ type: 'unknown' });
          expect(proxy.hits()[0]?.hits).toBe(1);
          await create(key, payload);
          await isThere(key, payload);
        },
      );

      test.each(['status_429', 'status_503'] as const)('%s with Retry-After is obeyed, and nothing was written', async (fault) => {
        const [key, payload] = fresh(kind);
        arm(fault);
        expect(await create(key, payload)).toMatchObject({ type: 'retry', afterMs: 1000 });
        expect(await subject.count(key, kind)).toBe(0);
      });

      test('a login page with status 200 is not believed', async () => {
        const [key, payload] = fresh(kind);
        arm('html_200');
        expect(await create(key, payload)).toMatchObject({ type: 'unknown', code: 'destination_misbehaved' });
      });

      test('a connection that breaks before the request arrived leaves it open, and a repeat writes it once', async () => {
        const [key, payload] = fresh(kind);
        arm('reset_before');
        expect(['unknown', 'retry']).toContain((await create(key, payload)).type);
        expect(await create(key, payload)).toMatchObject({ type: 'committed' });
        await isThere(key, payload);
      });

      test('a server that is away is told as such, for writes, read-backs and checks', async () => {
        const [key, payload] = fresh(kind);
        const nobody = await suite.connect(await freePort());
        expect(await nobody.destination.create(key, payload, options())).toEqual({
          type: 'retry',
          code: 'destination_unreachable',
          afterMs: null,
        });
        const back = await nobody.destination.readBack(key, payload, options());
        expect(back).toEqual(suite.keepsWords === true ? { type: 'absent' } : { type: 'unavailable', code: 'destination_unreachable' });
        await expect(nobody.destination.check(options())).rejects.toMatchObject({ code: 'destination_unreachable' });
        await nobody.close();
      });

      test('a record is taken away once, and again without error; where that cannot be it is refused', async () => {
        const [key, payload] = fresh(kind);
        await create(key, payload);
        const cancelled = await subject.destination.cancel(key, payload, options());
        if (!suite.cancellable.includes(kind)) {
          expect(cancelled).toMatchObject({ type: 'rejected' });
          return;
        }
        expect(cancelled).toMatchObject({ type: 'committed' });
        expect(await subject.destination.cancel(key, payload, options())).toMatchObject({ type: 'committed' });
        expect(await subject.destination.readBack(key, payload, options())).toEqual({ type: 'absent' });
      });

      test('what a person edited is seen, and never taken away', async () => {
        if (subject.edit === null) return;
        const [key, payload] = fresh(kind);
        await create(key, payload);
        await subject.edit(key, kind);
        const back = await subject.destination.readBack(key, payload, options());
        expect(back.type === 'differs' || (back.type === 'found' && !isSameRecord(payload, back.payload))).toBe(true);
        if (!suite.cancellable.includes(kind)) return;
        expect(await subject.destination.cancel(key, payload, options())).toEqual({ type: 'conflict', reason: 'changed' });
        expect(await subject.count(key, kind)).toBe(1);
      });

      // Tests of what only some kinds can do are not there for the others: a skipped one would count as missing.
      const whenFound = kind === 'contact' || kind === 'booking' ? test : null;
      whenFound?.('a caller is found by the telephone number', async () => {
        const [key, payload] = fresh(kind);
        const phone = `+4930555${String(70_000 + last)}`;
        const mine = { ...payload, phone } as RecordPayload;
        expect(await subject.destination.find(phone, options())).toEqual([]);
        await create(key, mine);
        const found = await subject.destination.find(phone, options());
        expect(found).toHaveLength(1);
        expect(found[0]).toMatchObject({ isEntered: false, payload: { kind } });
      });

      // The key of a contact is that of the person, who may call again after a plan was given up.
      const whenShared = kind === 'contact' && suite.cancellable.includes(kind) && suite.remembersAnswers !== true ? test : null;
      whenShared?.('one that was taken away is written again for the next call of the same person', async () => {
        const [key, payload] = fresh(kind);
        for (let calls = 0; calls < 2; calls += 1) {
          await create(key, payload);
          await isThere(key, payload);
          expect(await subject.count(key, kind)).toBe(1);
          expect(await subject.destination.cancel(key, payload, options())).toMatchObject({ type: 'committed' });
          expect(await subject.count(key, kind)).toBe(0);
        }
      });

      const whenMoved = kind === 'booking' ? test : null;
      whenMoved?.('a move claims the new time and frees the old one', async () => {
        const [key, payload] = fresh(kind);
        const [newKey] = fresh(kind);
        await create(key, payload);
        const booking = payload as BookingPayload;
        const moved = { ...booking, start: new Date(Date.parse(booking.start) + 3_600_000).toISOString() };
        for (let times = 0; times < 2; times += 1)
          expect(await subject.destination.update(newKey, moved, { key, payload: booking }, options())).toMatchObject({
            type: 'committed',
          });
        await isThere(newKey, moved);
        expect(await subject.destination.readBack(key, payload, options())).toEqual({ type: 'absent' });
      });
    });

    test('a kind that it does not hold is refused for good', async () => {
      const other = (['booking', 'message', 'contact', 'note', 'notice'] as const).find((kind) => !kinds.includes(kind));
      if (other === undefined) return;
      const [key, payload] = fresh(other);
      expect(await subject.destination.create(key, payload, options())).toMatchObject({ type: 'rejected' });
    });
  });
}
