import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pollUntil } from '../../../src/adapters/process/poll.ts';
import { checkRedisPolicy } from '../../../src/adapters/process/spawn-redis.ts';
import { PROJECT_DIR } from '../process/started-server.ts';
import { createHouse, type House, type Program } from './house.ts';

const SCRIPT = join(PROJECT_DIR, 'scripts', 'run-server.ts');
let house: House;

beforeEach(async () => {
  house = await createHouse();
});
afterEach(() => house.close());

const server = (...args: readonly string[]): Program => house.node([SCRIPT, ...args]);
const soon = (): AbortSignal => AbortSignal.timeout(15_000);

describe('the command of a server unit', () => {
  test('writes the files of Redis and becomes it, with the policy the product needs', async () => {
    const redis = server('redis');
    const socket = join(house.data, 'run', 'redis.sock');
    await pollUntil(() => Promise.resolve(existsSync(socket) ? true : null), soon());
    await pollUntil(
      () =>
        checkRedisPolicy(socket, { signal: soon() }).then(
          () => true,
          () => null,
        ),
      soon(),
    );
    const second = await server('redis').ended;
    expect(second.output).toMatch(/^port_taken: /m);
    expect(second.exitCode).toBe(3);
    await redis.stop();
    expect((await redis.ended).exitCode).toBe(0);
  });

  test('is ready once the calendar exists', async () => {
    server('calendar');
    const password = join(house.data, 'keys', 'calendar.password');
    await pollUntil(() => Promise.resolve(existsSync(password) ? true : null), soon());
    const ready = await server('calendar', '--ready').ended;
    expect(ready).toEqual({ exitCode: 0, output: '' });
    expect(existsSync(join(house.data, 'calendar', 'collections', 'collection-root', 'practice', 'appointments'))).toBe(true);
  });

  test('refuses a server that the configuration gives to somebody else', async () => {
    house.configure({ redis: { managed: false } });
    const { exitCode, output } = await server('redis').ended;
    expect(output).toMatch(/^usage: /m);
    expect(exitCode).toBe(2);
  });
});
