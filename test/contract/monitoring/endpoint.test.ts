import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSystemClock } from '../../../src/adapters/clock/system-clock.ts';
import { freeTcpPort } from '../../../src/adapters/process/free-port.ts';
import { openLedger } from '../../../src/adapters/sqlite/ledger.ts';
import { eventually } from '../../support/eventually.ts';
import { startOtlpCollector, type OtlpCollector } from '../../support/stand-ins/otlp/collector.ts';
import { sampleIntent, sampleMessage } from '../../support/writeback-samples.ts';
import { createHouse, type House } from '../daemon/house.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const TURN = 'b7ad6b7169203331';

let house: House;
let collector: OtlpCollector;
let port = 0;

beforeEach(async () => {
  house = await createHouse();
  collector = await startOtlpCollector();
  port = await freeTcpPort();
  const keys = join(house.data, 'keys');
  mkdirSync(keys, { recursive: true });
  for (const name of ['ari.password', 'calendar.password']) writeFileSync(join(keys, name), 'secret\n', { mode: 0o600 });
  house.configure({
    redis: { managed: false, socket: join(house.dir, 'no-redis.sock') },
    monitoring: { port, otlpUrl: collector.url },
  });
});
afterEach(async () => {
  await house.close();
  await collector.close();
  expect(collector.violations()).toEqual([]);
});

/** A caller's message in the ledger of this house, as the daemon accepts it. */
function acceptMessage(): void {
  const path = join(house.data, 'ledger', 'ledger.db');
  const ledger = openLedger({ path, keyFile: join(house.data, 'keys', 'kek.bin'), clock: createSystemClock() });
  ledger.accept(sampleIntent(sampleMessage(), { traceparent: `00-${TRACE}-${TURN}-01` }));
  ledger.close();
}

async function get(path: string): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: answer.status, text: await answer.text() };
  } catch {
    return { status: 0, text: '' };
  }
}

const metricsWith = (line: string): Promise<string> =>
  eventually(
    line,
    async () => {
      const { text } = await get('/metrics');
      return text.includes(line) ? text : null;
    },
    15_000,
  );

describe('the endpoint of running processes', () => {
  test('tells of all processes what Prometheus can read, traces what a worker does, and says nothing of a caller', async () => {
    acceptMessage();
    const worker = house.process('worker');
    house.process('daemon');
    const text = await metricsWith(
      'vestibule_writeback_ops_total{destination="inbox",kind="message",outcome="verified",process="worker"} 1',
    );

    expect(execFileSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })).toBe('');
    for (const line of [
      'vestibule_process_up{process="daemon"} 1',
      'vestibule_process_up{process="worker"} 1',
      'vestibule_process_up{process="media"} 0',
      'vestibule_writeback_open_ops{destination="calendar",state="unknown",process="worker"} 0',
      'vestibule_circuit_state{destination="inbox",process="worker"} 0',
      'vestibule_ratelimit_free_ratio{destination="calendar",process="worker"} 1',
      'vestibule_ledger_synchronous_mode{process="worker"} 2',
      'vestibule_ledger_commit_seconds_count{store="ledger",process="worker"}',
      'vestibule_process_resident_memory_bytes{process="daemon"}',
    ])
      expect(text).toContain(line);
    const health = await get('/healthz');
    expect(health.status).toBe(503);
    expect(JSON.parse(health.text)).toMatchObject({ status: 'degraded', processes: { daemon: 'up', worker: 'up', voice: 'down' } });
    expect((await get('/')).status).toBe(404);

    await eventually('the operation is traced', () => collector.spans.some(({ name }) => name === 'op'));
    const [whole] = collector.spans.filter(({ name }) => name === 'op');
    const attempts = collector.spans.filter(({ name }) => name === 'attempt');
    expect(whole).toMatchObject({ traceId: TRACE, parentSpanId: TURN, service: 'vestibule-worker' });
    expect(attempts).toHaveLength(2);
    for (const attempt of attempts) expect(attempt).toMatchObject({ traceId: TRACE, parentSpanId: whole?.spanId });
    expect(worker.output()).toContain(`"trace":"${TRACE}"`);
    for (const personal of ['Laura', 'Becker', '3055501234', 'prescription']) {
      expect(text).not.toContain(personal);
      expect(JSON.stringify(collector.spans)).not.toContain(personal);
      expect(worker.output()).not.toContain(personal);
    }

    await worker.stop();
    expect(await metricsWith('vestibule_process_up{process="worker"} 0')).not.toContain('vestibule_writeback_open_ops');
  });

  test('that has no port is missed by nobody who calls: the daemon says so and goes on', async () => {
    const taken = createServer().listen(port, '127.0.0.1');
    await once(taken, 'listening');
    mkdirSync(join(house.data, 'run'), { recursive: true });
    const media = createServer((socket) => void socket.resume()).listen(join(house.data, 'run', 'media.sock'));
    const goesOn = once(media, 'connection');
    const daemon = house.process('daemon');
    await eventually('the daemon says so', () => daemon.output().includes('measures are not served'));
    expect(daemon.output()).toContain('"code":"port_taken"');
    await goesOn;
    await daemon.stop();
    media.close();
    taken.close();
  });
});
