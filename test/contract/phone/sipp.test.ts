import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { IncomingCall } from '../../../src/adapters/phone/incoming-call.ts';
import { createPhone, type Phone, type PhoneOptions } from '../../../src/adapters/phone/phone.ts';
import { freeUdpPort } from '../../../src/adapters/process/free-port.ts';

const HOST = '127.0.0.1';
const phones: Phone[] = [];
const children: ChildProcess[] = [];

/** Debian's SIPp, whose SIP is not ours. */
function startSipp(...args: readonly string[]): { readonly child: ChildProcess; readonly exit: Promise<number | null> } {
  const child = spawn('sipp', [...args, '-i', HOST, '-nostdin', '-timeout', '20s'], {
    stdio: 'ignore',
    env: { ...process.env, TERM: 'xterm' },
  });
  children.push(child);
  return { child, exit: once(child, 'exit').then(([code]) => code as number | null) };
}

async function openPhone(options: Partial<PhoneOptions> = {}): Promise<Phone> {
  const phone = await createPhone({ bindHost: HOST, ...options });
  phones.push(phone);
  return phone;
}

afterEach(async () => {
  await Promise.all(phones.splice(0).map((phone) => phone.close()));
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function tone(ms: number): Int16Array {
  return Int16Array.from({ length: ms * 8 }, (_, i) => Math.round(8000 * Math.sin((2 * Math.PI * 440 * i) / 8000)));
}

describe('the phone and SIPp', () => {
  it.each(['alaw', 'ulaw'] as const)('calls, is answered, hears its own %s audio come back, and hangs up', async (codec) => {
    const port = await freeUdpPort();
    const sipp = startSipp('-sn', 'uas', '-p', String(port), '-rtp_echo', '-mi', HOST, '-mp', String(await freeUdpPort()), '-m', '1');
    const phone = await openPhone();
    const call = await phone.call({
      target: `sip:100@${HOST}:${port}`,
      from: '+493055501234',
      line: { codec, noiseDbfs: null, lossPct: 0, delayMs: 0 },
      signal: AbortSignal.timeout(20_000),
    });
    await call.answered;
    const spoken = await call.sendPcm(tone(400));
    expect(spoken.complete).toBe(true);
    expect(spoken.endedAtMs - spoken.startedAtMs).toBeGreaterThan(350);
    // SIPp's built-in callee offers µ-law only; the echo carries whatever was sent.
    const heard = await new Promise<number>((resolve) => {
      call.received.onPacket(() => {
        const at = call.received.lastAudibleAt();
        if (at !== null && at - (call.received.firstAudibleAt(0) ?? at) > 350) resolve(at);
      });
      const at = call.received.lastAudibleAt();
      if (at !== null && at - (call.received.firstAudibleAt(0) ?? at) > 350) resolve(at);
    });
    expect(heard).toBeGreaterThan(spoken.startedAtMs);
    expect(Math.abs((call.received.firstAudibleAt(0) ?? 0) - spoken.startedAtMs)).toBeLessThan(200);
    await call.hangUp();
    expect(await call.ended).toMatchObject({ by: 'local' });
    expect(await sipp.exit).toBe(0);
  });

  it('gives up a call that is never answered', async () => {
    const phone = await openPhone({ onIncoming: () => undefined });
    const caller = await openPhone();
    const call = await caller.call({ target: `sip:100@${HOST}:${phone.port}`, from: null, signal: AbortSignal.timeout(20_000) });
    const refused = expect(call.answered).rejects.toMatchObject({ code: 'cancelled' });
    await call.hangUp();
    await refused;
    expect(await call.ended).toMatchObject({ by: 'local', status: 487 });
  });

  it('answers a call that rings here, and notices that the caller hangs up', async () => {
    const rung = Promise.withResolvers<IncomingCall>();
    const phone = await openPhone({ onIncoming: rung.resolve });
    const sipp = startSipp(
      '-sn',
      'uac',
      `${HOST}:${phone.port}`,
      '-p',
      String(await freeUdpPort()),
      '-m',
      '1',
      '-d',
      '300',
      '-mp',
      String(await freeUdpPort()),
    );
    const incoming = await rung.promise;
    incoming.answer();
    expect(incoming.header('from')).toContain('sipp');
    expect(await incoming.handle.ended).toMatchObject({ by: 'remote' });
    expect(await sipp.exit).toBe(0);
  });

  it('refuses as busy when nobody is there to answer', async () => {
    const phone = await openPhone();
    const caller = await openPhone();
    const call = await caller.call({ target: `sip:100@${HOST}:${phone.port}`, from: '+493055501234', signal: AbortSignal.timeout(20_000) });
    await expect(call.answered).rejects.toMatchObject({ code: 'cancelled' });
    expect(await call.ended).toMatchObject({ by: 'remote', status: 486 });
  });

  it('is told by the other phone that it hung up, and audio has flowed both ways', async () => {
    const rung = Promise.withResolvers<IncomingCall>();
    const callee = await openPhone({ onIncoming: rung.resolve });
    const caller = await openPhone();
    const call = await caller.call({
      target: `sip:100@${HOST}:${callee.port}`,
      from: '+493055501234',
      signal: AbortSignal.timeout(20_000),
    });
    const incoming = await rung.promise;
    incoming.answer();
    await call.answered;
    expect(incoming.header('from')).toContain('+493055501234');
    await Promise.all([call.sendPcm(tone(200)), incoming.handle.sendPcm(tone(200))]);
    await incoming.handle.hangUp();
    expect(await call.ended).toMatchObject({ by: 'remote' });
    expect(call.received.firstAudibleAt(0)).not.toBeNull();
    expect(incoming.handle.received.firstAudibleAt(0)).not.toBeNull();
  });
});
