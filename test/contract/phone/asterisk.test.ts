import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IncomingCall } from '../../../src/adapters/phone/incoming-call.ts';
import { createPhone, type Phone } from '../../../src/adapters/phone/phone.ts';
import { asteriskSecretFiles, spawnAsterisk } from '../../../src/adapters/process/spawn-asterisk.ts';
import { asteriskInstance } from '../process/asterisk-instance.ts';
import { makeScratchDir, removeDir, startReady, stopAll, type Started } from '../process/started-server.ts';

const HOST = '127.0.0.1';
let dir = '';
let asterisk: Started;
let registrar = { host: HOST, port: 0 };
let password = '';

beforeAll(async () => {
  dir = makeScratchDir();
  const instance = await asteriskInstance(dir, 30_300);
  registrar = { host: HOST, port: instance.sipPort };
  asterisk = await startReady(await spawnAsterisk(instance));
  password = readFileSync(asteriskSecretFiles(instance.keysDir).frontdesk, 'utf8').trim();
});

afterAll(async () => {
  await asterisk.stop();
  await stopAll();
  removeDir(dir);
});

const tone = Int16Array.from({ length: 4000 }, (_, i) => Math.round(8000 * Math.sin((2 * Math.PI * 440 * i) / 8000)));

/** Resolves when the phone has heard sound for 300 ms. */
function hears({ received }: IncomingCall['handle']): Promise<void> {
  const isHeard = (): boolean => (received.lastAudibleAt() ?? 0) - (received.firstAudibleAt(0) ?? 0) > 300;
  return new Promise((resolve) => {
    const stop = received.onPacket(() => {
      if (!isHeard()) return;
      stop();
      resolve();
    });
  });
}

async function withPhones(work: (desk: Phone, caller: Phone, rung: Promise<IncomingCall>) => Promise<void>): Promise<void> {
  const rung = Promise.withResolvers<IncomingCall>();
  const desk = await createPhone({ bindHost: HOST, onIncoming: rung.resolve });
  const caller = await createPhone({ bindHost: HOST });
  try {
    await work(desk, caller, rung.promise);
  } finally {
    await caller.close();
    await desk.close();
  }
}

describe('the phone and Asterisk', () => {
  it('is not registered with a wrong password', async () => {
    await withPhones(async (desk) => {
      await expect(desk.register({ registrar, credentials: { user: 'frontdesk', password: 'wrong' } })).rejects.toMatchObject({
        code: 'cancelled',
        details: { status: 401 },
      });
    });
  });

  it('registers with digest credentials, is rung by a caller, and both hear each other', async () => {
    await withPhones(async (desk, caller, rung) => {
      await desk.register({ registrar, credentials: { user: 'frontdesk', password } });
      // Without a daemon the switch puts every caller through to the people.
      const call = await caller.call({
        target: `sip:+493055500100@${HOST}:${registrar.port}`,
        from: '+493055501234',
        signal: AbortSignal.timeout(25_000),
      });
      const incoming = await rung;
      expect(incoming.header('from')).toContain('+493055501234');
      incoming.answer();
      await call.answered;
      const bothHear = Promise.all([hears(incoming.handle), hears(call)]);
      await Promise.all([call.sendPcm(tone), incoming.handle.sendPcm(tone)]);
      await bothHear;
      await call.hangUp();
      expect(await incoming.handle.ended).toMatchObject({ by: 'remote' });
      expect(await call.ended).toMatchObject({ by: 'local' });
    });
  });

  it('gives up a call that still rings', async () => {
    await withPhones(async (desk, caller, rung) => {
      await desk.register({ registrar, credentials: { user: 'frontdesk', password } });
      const call = await caller.call({
        target: `sip:+493055500100@${HOST}:${registrar.port}`,
        from: null,
        signal: AbortSignal.timeout(25_000),
      });
      const incoming = await rung;
      await call.hangUp();
      expect(await incoming.handle.ended).toMatchObject({ by: 'remote', status: 487 });
    });
  });
});
