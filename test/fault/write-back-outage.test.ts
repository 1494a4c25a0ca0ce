import { createServer, type RequestListener, type Server } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpView } from '../../src/domain/writeback/intent.ts';
import { eventually } from '../support/eventually.ts';
import { createWriteBackRig, freshBooking, type WriteBackRig } from '../support/write-back-rig.ts';

let rig: WriteBackRig;
const signal = new AbortController().signal;
const BUDGET_MS = 1800;

beforeAll(async () => {
  rig = await createWriteBackRig();
}, 60_000);
afterEach(() => rig.killWorker());
afterAll(() => rig.close());

/** A server that stands where the calendar should be. */
async function impostor(answer: RequestListener): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}/practice/appointments/`, server };
}

const withError = (op: OpView, code: string): Promise<OpView> =>
  eventually(`operation shows ${code}`, () => {
    const row = rig.ledger.get(op.op);
    return row?.errorCode === code ? row : null;
  });

describe('Redis', () => {
  test('that is away for the whole call changes nothing: the booking is verified within the answer budget', async () => {
    await rig.startWorker();
    await rig.redis.kill();
    try {
      const booking = freshBooking();
      const op = rig.accept(booking);
      expect((await rig.bookings.settle(op.op, { signal, budgetMs: BUDGET_MS })).state).toBe('verified');
      expect(await rig.entries(booking)).toHaveLength(1);
    } finally {
      await rig.redis.start();
    }
  });

  test('that is away when the worker starts does not keep it from working', async () => {
    await rig.redis.kill();
    try {
      await rig.startWorker();
      const op = rig.accept(freshBooking());
      expect((await rig.bookings.settle(op.op, { signal, budgetMs: BUDGET_MS })).state).toBe('verified');
    } finally {
      await rig.redis.start();
    }
  });

  test('with a policy that may forget jobs stops the worker with redis_policy_wrong, and the row waits', async () => {
    const op = rig.accept(freshBooking());
    const { Redis } = await import('ioredis');
    const redis = new Redis({ path: rig.redis.socket });
    try {
      await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
      await rig.startWorker();
      await rig.workerDied();
      expect(rig.workerLog()).toContain('redis_policy_wrong');
      expect(rig.ledger.get(op.op)?.state).toBe('accepted');
    } finally {
      await redis.config('SET', 'maxmemory-policy', 'noeviction');
      redis.disconnect();
    }
    await rig.startWorker();
    await rig.reaches(op.op, ['verified']);
  });
});

describe('a calendar', () => {
  test('that is down leaves the row open, and the entry is made once it is back', async () => {
    await rig.startWorker();
    await rig.calendar.kill();
    const booking = freshBooking();
    const op = rig.accept(booking);
    const settled = await rig.bookings.settle(op.op, { signal, budgetMs: 600 });
    expect(['accepted', 'sending']).toContain(settled.state);
    expect((await withError(op, 'destination_unreachable')).readBack).toBeNull();
    await rig.calendar.start();
    await rig.reaches(op.op, ['verified']);
    expect(await rig.entries(booking)).toHaveLength(1);
  });

  test.each([
    ['answers 401', 'destination_unauthorized', 401, 'text/plain'],
    ['answers with an HTML page', 'destination_misbehaved', 200, 'text/html'],
    ['answers 207 with something that is not XML', 'destination_misbehaved', 207, 'application/xml'],
  ])('that %s is named by a code, and the row is kept and carried out later', async (_what, code, status, type) => {
    const { url, server } = await impostor((_request, response) => {
      response.writeHead(status, { 'content-type': type });
      response.end('<html><body>Please log in</body>');
    });
    const booking = freshBooking();
    const op = rig.accept(booking);
    try {
      await rig.startWorker({ calendarUrl: url });
      await withError(op, code);
      const query = { service: 'check-up', fromDay: '2027-03-01', toDay: '2027-03-02' };
      await expect(rig.bookings.freeSlots(query, { signal, limitMs: 3000 })).rejects.toMatchObject({ code });
    } finally {
      await rig.killWorker();
      server.closeAllConnections();
      server.close();
    }
    await rig.startWorker();
    await rig.reaches(op.op, ['verified']);
    expect(await rig.entries(booking)).toHaveLength(1);
  });

  test('whose answer to the write is lost is asked before anything is sent again', async () => {
    const methods: string[] = [];
    let isCut = false;
    const target = new URL(rig.calendar.url);
    const { request } = await import('node:http');
    const { url, server } = await impostor((from, to) => {
      methods.push(from.method ?? '');
      const chunks: Buffer[] = [];
      from.on('data', (chunk: Buffer) => chunks.push(chunk));
      from.on('end', () => {
        const onward = request(
          { host: target.hostname, port: target.port, method: from.method, path: from.url, headers: from.headers },
          (answer) => {
            if (from.method === 'PUT' && !isCut) {
              isCut = true;
              answer.resume();
              answer.on('end', () => to.socket?.destroy());
              return;
            }
            to.writeHead(answer.statusCode ?? 500, answer.headers);
            answer.pipe(to);
          },
        );
        onward.end(Buffer.concat(chunks));
      });
    });
    const booking = freshBooking();
    try {
      await rig.startWorker({ calendarUrl: url });
      const op = rig.accept(booking);
      const row = await rig.reaches(op.op, ['verified']);
      expect(isCut).toBe(true);
      expect(methods.filter((method) => method === 'PUT')).toHaveLength(1);
      expect(row.attempts).toBe(1);
      expect(await rig.entries(booking)).toHaveLength(1);
    } finally {
      await rig.killWorker();
      server.closeAllConnections();
      server.close();
    }
  });
});

describe('two callers', () => {
  test('for one slot: one is verified, the other hears of the conflict within the answer budget', async () => {
    await rig.startWorker();
    const booking = freshBooking();
    const ops = [rig.accept(booking), rig.accept({ ...booking, name: 'Ali Kaya', phone: '+493055509876' })];
    const rows = await Promise.all(ops.map(({ op }) => rig.bookings.settle(op, { signal, budgetMs: BUDGET_MS })));
    expect(rows.map(({ state }) => state).sort()).toEqual(['conflict', 'verified']);
    expect(await rig.entries(booking)).toHaveLength(1);
  });
});
