import { beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../../../../../src/base/app-error.ts';
import { createKeyedRecords, type KeyedRecord, type KeyedStore } from '../../../../../src/adapters/destinations/http/keyed-records.ts';
import type { MappingDocument } from '../../../../../src/adapters/destinations/http/mapping.ts';
import type { WriteResult } from '../../../../../src/domain/writeback/answer.ts';
import { remoteIdOf } from '../../../../../src/domain/writeback/op-key.ts';
import { createManualClock } from '../../../../support/manual-clock.ts';
import { sampleBooking } from '../../../../support/writeback-samples.ts';

const options = { signal: new AbortController().signal };
const KEY = 'v1.demo.call-1.1.booking';
const NEXT = 'v1.demo.call-1.2.reschedule';
const booking = sampleBooking();
const moved = { ...booking, start: '2026-03-05T12:30:00+01:00' };
const mapping: MappingDocument = {
  version: 1,
  destination: 'crm',
  records: {
    booking: {
      target: 'meetings',
      keyField: 'key',
      fields: {
        key: '{remoteKey}',
        from: '{startUtc}',
        to: '{endUtc}',
        body: 'Service: {serviceName}\nService id: {service}\nStart: {start}\nMinutes: {minutes}\nName: {name}\nPhone: {phone}',
      },
    },
  },
};

/** A system in memory; what happens between two of its requests is told by `before`. */
interface FakeStore extends KeyedStore {
  readonly held: Map<string, KeyedRecord>;
  before: (request: 'read' | 'write' | 'remove', key: string) => void;
  answer: WriteResult | 'held' | null;
}

function createFakeStore(): FakeStore {
  const held = new Map<string, KeyedRecord>();
  const store: FakeStore = {
    held,
    before: () => undefined,
    answer: null,
    read: async (_mapping, key) => {
      store.before('read', key);
      return held.get(key) ?? null;
    },
    write: async (_mapping, { key, fields }) => {
      store.before('write', key);
      if (store.answer !== null) return store.answer;
      held.set(key, { remoteId: key, fields, touched: false });
      return { type: 'committed', remoteId: key, etag: null };
    },
    remove: async (_mapping, remoteId) => {
      store.before('remove', remoteId);
      held.delete(remoteId);
      return { type: 'committed', remoteId, etag: null };
    },
    search: async () => [...held.values()],
  };
  return store;
}

let store: FakeStore;
let records: ReturnType<typeof createKeyedRecords>;
beforeEach(() => {
  store = createFakeStore();
  records = createKeyedRecords({ mapping, store, clock: createManualClock(), kept: [] });
});
const edit = (key: string): void => {
  const held = store.held.get(remoteIdOf(key));
  if (held !== undefined) store.held.set(remoteIdOf(key), { ...held, fields: { ...held.fields, from: '2026-03-05T08:00:00Z' } });
};
const down = new AppError('destination_unreachable', 'the system is away', { details: { retryAfterMs: 700 } });

describe('a move', () => {
  test('finds that a person edited the old record while the new one was written, and takes the new one back', async () => {
    await records.create(KEY, booking, options);
    store.before = (request) => (request === 'write' ? edit(KEY) : undefined);
    expect(await records.update(NEXT, moved, { key: KEY, payload: booking }, options)).toEqual({ type: 'conflict', reason: 'changed' });
    expect([...store.held.keys()]).toEqual([remoteIdOf(KEY)]);
  });

  test('is done when a person deleted the old record while the new one was written', async () => {
    await records.create(KEY, booking, options);
    store.before = (request) => (request === 'write' ? void store.held.delete(remoteIdOf(KEY)) : undefined);
    expect(await records.update(NEXT, moved, { key: KEY, payload: booking }, options)).toMatchObject({
      type: 'committed',
      remoteId: remoteIdOf(NEXT),
    });
  });

  test('is open when the system goes away before the old record is gone, and a repeat ends it', async () => {
    await records.create(KEY, booking, options);
    let isAway = false;
    store.before = (request) => {
      if (isAway) throw down;
      isAway = request === 'write';
    };
    expect(await records.update(NEXT, moved, { key: KEY, payload: booking }, options)).toEqual({
      type: 'unknown',
      code: 'destination_unreachable',
    });
    expect(store.held.size).toBe(2);
    store.before = () => undefined;
    expect(await records.update(NEXT, moved, { key: KEY, payload: booking }, options)).toMatchObject({ type: 'committed' });
    expect([...store.held.keys()]).toEqual([remoteIdOf(NEXT)]);
  });

  test('of a record whose mapping holds a part of what was agreed on is done, and not when a person edited that part', async () => {
    const fields = { key: '{remoteKey}', from: '{startUtc}', title: '{name}' };
    const short = { ...mapping, records: { booking: { target: 'meetings', keyField: 'key', fields } } };
    const sparse = createKeyedRecords({ mapping: short, store, clock: createManualClock(), kept: [] });
    await sparse.create(KEY, booking, options);
    edit(KEY);
    expect(await sparse.update(NEXT, moved, { key: KEY, payload: booking }, options)).toEqual({ type: 'conflict', reason: 'changed' });
    store.held.clear();
    await sparse.create(KEY, booking, options);
    expect(await sparse.update(NEXT, moved, { key: KEY, payload: booking }, options)).toMatchObject({ type: 'committed' });
    expect([...store.held.keys()]).toEqual([remoteIdOf(NEXT)]);
  });

  test('of a record that is gone is a conflict, unless it was moved already', async () => {
    expect(await records.update(NEXT, moved, { key: KEY, payload: booking }, options)).toEqual({ type: 'conflict', reason: 'changed' });
    await records.create(NEXT, moved, options);
    expect(await records.update(NEXT, moved, { key: KEY, payload: booking }, options)).toMatchObject({ type: 'committed' });
  });
});

test('a question that fails before a write wrote nothing, and the wish of the system to be left alone is kept', async () => {
  store.before = () => {
    throw down;
  };
  const later = { type: 'retry', code: 'destination_unreachable', afterMs: 700 };
  expect(await records.create(KEY, booking, options)).toEqual(later);
  expect(await records.cancel(KEY, booking, options)).toEqual(later);
  expect(await records.readBack(KEY, booking, options)).toEqual({ type: 'unavailable', code: 'destination_unreachable' });
});

test('a key that is taken by a record that cannot be seen is a conflict', async () => {
  store.answer = 'held';
  expect(await records.create(KEY, booking, options)).toEqual({ type: 'conflict', reason: 'changed' });
});

test('work under one key is done one piece after the other', async () => {
  const seen: string[] = [];
  store.before = (request) => void seen.push(request);
  await Promise.all([records.create(KEY, booking, options), records.create(KEY, booking, options)]);
  expect(seen).toEqual(['read', 'write', 'read']);
});

describe('appointments of a telephone number', () => {
  const withPhone: MappingDocument = {
    ...mapping,
    records: { booking: { target: 'meetings', keyField: 'key', fields: { ...mapping.records.booking?.fields, tel: '{phone}' } } },
  };

  test.each([
    ['with our key', { key: remoteIdOf(KEY) }, false],
    ['with an empty key', { key: null }, true],
    ['of a system that does not tell its key', {}, false],
  ])('one %s', async (_title, key, isEntered) => {
    const store = createFakeStore();
    const records = createKeyedRecords({ mapping: withPhone, store, clock: createManualClock(0), kept: [] });
    await records.create(KEY, booking, options);
    for (const [id, { fields, ...held }] of store.held) {
      const { key: _written, ...others } = fields;
      store.held.set(id, { ...held, fields: { ...others, ...key } });
    }
    expect(await records.find(booking.phone, options)).toMatchObject([{ isEntered, payload: { kind: 'booking' } }]);
  });
});
