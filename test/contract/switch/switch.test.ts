import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAsteriskSwitch } from '../../../src/adapters/asterisk/asterisk-switch.ts';
import { createPhone, type Phone } from '../../../src/adapters/phone/phone.ts';
import { type AsteriskInstance, spawnAsterisk } from '../../../src/adapters/process/spawn-asterisk.ts';
import { AppError } from '../../../src/base/app-error.ts';
import { isVersionAtLeast } from '../../../src/base/version.ts';
import { assertAsteriskVersion } from '../../../src/adapters/process/asterisk-version.ts';
import { asCallId } from '../../../src/base/ids.ts';
import { createScope, type Scope } from '../../../src/base/scope.ts';
import type { Switch, SwitchEvent } from '../../../src/ports/switch.ts';
import { createFakeSwitch } from '../../support/fake-switch.ts';
import { createKeptLogger } from '../../support/kept-logger.ts';
import { asteriskInstance } from '../process/asterisk-instance.ts';
import { makeScratchDir, removeDir, startReady, stopAll } from '../process/started-server.ts';

/** A switch with a caller who can dial it. */
interface Rig {
  readonly phone: Switch;
  dial(from: string | null): Promise<{ hangUp(): Promise<void>; press(digit: string): Promise<void> }>;
}

const DID = '+493055500100';
const signal = (): { readonly signal: AbortSignal } => ({ signal: AbortSignal.timeout(8000) });

let instance: AsteriskInstance;
let caller: Phone;
let dir = '';
let scope: Scope = createScope('switch');

beforeAll(async () => {
  dir = makeScratchDir();
  instance = await asteriskInstance(dir, 31_000);
  await startReady(await spawnAsterisk(instance));
  caller = await createPhone({ bindHost: '127.0.0.1' });
}, 60_000);
afterAll(async () => {
  await caller.close();
  await stopAll();
  removeDir(dir);
});
afterEach(() => {
  scope.dispose();
  scope = createScope('switch');
});

const address = (password: string) => ({ host: '127.0.0.1', port: instance.httpPort, user: 'vestibule', password });
const realPassword = (): string => readFileSync(instance.ariPasswordFile, 'utf8').trim();

const rigs: readonly { readonly name: string; readonly make: () => Rig; readonly refused: () => Switch }[] = [
  {
    name: 'the switch in memory',
    make: () => {
      const phone = createFakeSwitch();
      return {
        phone,
        dial: (from) => {
          const channel = phone.dial({ did: DID, from });
          return Promise.resolve({
            hangUp: () => Promise.resolve(phone.hangUpCaller(channel)),
            press: (digit) => Promise.resolve(phone.press(channel, digit)),
          });
        },
      };
    },
    refused: () => createFakeSwitch({ refused: true }),
  },
  {
    name: 'Asterisk',
    make: () => ({
      phone: createAsteriskSwitch({ address: address(realPassword()), assertVersion: assertAsteriskVersion, log: createKeptLogger() }),
      dial: async (from) => {
        const call = await caller.call({ target: `sip:${DID}@127.0.0.1:${instance.sipPort}`, from, signal: scope.signal });
        return {
          hangUp: async () => {
            await call.hangUp();
          },
          press: async (digit) => {
            await call.answered;
            call.sendDtmf(digit);
          },
        };
      },
    }),
    refused: () => createAsteriskSwitch({ address: address('wrong'), assertVersion: assertAsteriskVersion, log: createKeptLogger() }),
  },
];

describe.each(rigs)('$name', ({ make, refused }) => {
  /** Starts the rig and lets tests wait for events by type. */
  async function started() {
    const rig = make();
    const seen: SwitchEvent[] = [];
    const waiting = new Set<() => void>();
    await rig.phone.start({
      signal: scope.signal,
      onEvent: (event) => {
        seen.push(event);
        for (const look of waiting) look();
      },
    });
    const next = <T extends SwitchEvent['type']>(type: T): Promise<SwitchEvent & { type: T }> =>
      new Promise((resolve) => {
        const look = (): void => {
          const index = seen.findIndex((event) => event.type === type);
          if (index < 0) return;
          waiting.delete(look);
          resolve(seen.splice(index, 1)[0] as SwitchEvent & { type: T });
        };
        waiting.add(look);
        look();
      });
    return { ...rig, next };
  }

  it('announces itself with its version', async () => {
    const { next, phone } = await started();
    expect(isVersionAtLeast((await next('switch.connected')).version, '22.10.1')).toBe(true);
    await phone.close();
  });

  it('refuses a wrong password at the start', async () => {
    await expect(refused().start({ signal: scope.signal, onEvent: () => undefined })).rejects.toMatchObject({ code: 'ari_unauthorized' });
  });

  it('announces a caller with number and DID, answers, gives an audio address, and finds the call again', async () => {
    const { next, phone, dial } = await started();
    const line = await dial('+493055501234');
    const { channel, did, callerNumber } = await next('call.arrived');
    expect({ did, callerNumber }).toEqual({ did: DID, callerNumber: '+493055501234' });
    expect(await phone.keepAlive(channel, 7, signal())).toBe('done');
    expect(await phone.answer(channel, signal())).toBe('done');
    expect(await phone.openLeg(channel, asCallId('call-1'), signal())).toMatchObject({ codec: 'slin' });
    expect(await phone.liveCalls(signal())).toEqual([{ channel, call: 'call-1', did: DID, callerNumber: '+493055501234' }]);
    await line.hangUp();
    await next('channel.hung_up');
    await phone.close();
  });

  it('does not know the number of an anonymous caller', async () => {
    const { next, phone, dial } = await started();
    const line = await dial(null);
    expect((await next('call.arrived')).callerNumber).toBeNull();
    await line.hangUp();
    await next('channel.hung_up');
    await phone.close();
  });

  it('says that a channel is gone instead of failing', async () => {
    const { next, phone, dial } = await started();
    const line = await dial('+493055501234');
    const { channel } = await next('call.arrived');
    await phone.answer(channel, signal());
    await line.hangUp();
    await next('channel.hung_up');
    const gone: readonly (readonly [string, Promise<unknown>])[] = [
      ['answer', phone.answer(channel, signal())],
      ['openLeg', phone.openLeg(channel, asCallId('x'), signal())],
      ['keepAlive', phone.keepAlive(channel, 7, signal())],
    ];
    for (const [name, work] of gone) expect(await work, name).toBe('gone');
    await phone.hangUp(channel, signal());
    await phone.close();
  });

  it('reports pressed keys', async () => {
    const { next, phone, dial } = await started();
    const line = await dial('+493055501234');
    const { channel } = await next('call.arrived');
    await phone.answer(channel, signal());
    await line.press('5');
    expect(await next('dtmf.received')).toMatchObject({ channel, digit: '5' });
    await phone.hangUp(channel, signal());
    await next('channel.hung_up');
    await phone.close();
  });

  it('tells that nobody is there when no telephone of the practice is registered', async () => {
    const { next, phone, dial } = await started();
    await dial('+493055501234');
    const { channel } = await next('call.arrived');
    await phone.answer(channel, signal());
    const ring = { channel, endpoint: 'PJSIP/frontdesk', callerNumber: null, ringTimeoutMs: 2000, context: 'call=c' };
    expect(await phone.ringHuman(ring, signal())).toBe('nobody');
    await phone.hangUp(channel, signal());
    await next('channel.hung_up');
    await phone.close();
  });
});

describe('an Asterisk that is too old', () => {
  it('answers no call: the start is refused with what was found', async () => {
    const assertVersion = (version: string): void => {
      throw new AppError('asterisk_too_old', `found ${version}`);
    };
    const old = createAsteriskSwitch({ address: address(realPassword()), assertVersion, log: createKeptLogger() });
    const started = old.start({ signal: scope.signal, onEvent: () => undefined });
    await expect(started).rejects.toMatchObject({ code: 'asterisk_too_old', message: expect.stringContaining('22.') });
    await old.close();
  });
});

/** Commands we send, as Asterisk's own description names them: a renamed parameter must not be found out by a caller. */
const USED: readonly {
  readonly resource: string;
  readonly path: string;
  readonly method: string;
  readonly parameters: readonly string[];
}[] = [
  { resource: 'channels', path: '/channels/{channelId}/answer', method: 'POST', parameters: [] },
  { resource: 'channels', path: '/channels/{channelId}', method: 'DELETE', parameters: ['reason_code'] },
  {
    resource: 'channels',
    path: '/channels/{channelId}',
    method: 'POST',
    parameters: ['endpoint', 'app', 'timeout', 'callerId', 'variables'],
  },
  { resource: 'channels', path: '/channels/{channelId}/variable', method: 'POST', parameters: ['variable', 'value'] },
  { resource: 'channels', path: '/channels/{channelId}/continue', method: 'POST', parameters: ['context', 'extension', 'priority'] },
  {
    resource: 'channels',
    path: '/channels/externalMedia',
    method: 'POST',
    parameters: ['app', 'transport', 'encapsulation', 'connection_type', 'format', 'transport_data', 'variables'],
  },
  { resource: 'bridges', path: '/bridges', method: 'POST', parameters: ['type', 'name'] },
  { resource: 'bridges', path: '/bridges/{bridgeId}/addChannel', method: 'POST', parameters: ['channel', 'inhibitConnectedLineUpdates'] },
  { resource: 'bridges', path: '/bridges/{bridgeId}', method: 'DELETE', parameters: [] },
  { resource: 'asterisk', path: '/asterisk/info', method: 'GET', parameters: ['only'] },
];

interface ApiDescription {
  readonly apis: readonly {
    readonly path: string;
    readonly operations: readonly { readonly httpMethod: string; readonly parameters?: readonly { readonly name: string }[] }[];
  }[];
}

describe("Asterisk's own description of ARI", () => {
  it.each(USED)('has $method $path with what we send', async ({ resource, path, method, parameters }) => {
    const authorization = `Basic ${Buffer.from(`vestibule:${realPassword()}`).toString('base64')}`;
    const answer = await fetch(`http://127.0.0.1:${instance.httpPort}/ari/api-docs/${resource}.json`, { headers: { authorization } });
    const description = (await answer.json()) as ApiDescription;
    const operation = description.apis.find((api) => api.path === path)?.operations.find(({ httpMethod }) => httpMethod === method);
    expect(operation, `${method} ${path}`).toBeDefined();
    expect((operation?.parameters ?? []).map(({ name }) => name)).toEqual(expect.arrayContaining([...parameters]));
  });
});
