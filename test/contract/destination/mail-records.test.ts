import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSystemClock } from '../../../src/adapters/clock/system-clock.ts';
import { openDeliveryLog, type DeliveryLog } from '../../../src/adapters/destinations/delivery-log.ts';
import { createMailSender, type MailAccess } from '../../../src/adapters/destinations/notice/mail-sender.ts';
import { createMailDestination } from '../../../src/adapters/destinations/notice/mail.ts';
import type { NoticePayload } from '../../../src/domain/writeback/intent.ts';
import { remoteIdOf } from '../../../src/domain/writeback/op-key.ts';
import { freePort } from '../../support/servers.ts';
import { startAuthorizationServer, type AuthorizationServer } from '../../support/stand-ins/oauth/authorization-server.ts';
import { connectOauth, sampleClient } from '../../support/stand-ins/oauth/connect-oauth.ts';
import { startMailServer, type Break, type MailServer } from '../../support/stand-ins/smtp/mail-server.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const clock = createSystemClock();
const options = () => ({ signal: AbortSignal.timeout(5000) });
const notice: NoticePayload = {
  kind: 'notice',
  channel: 'email',
  to: 'laura@example.org',
  subject: 'Your appointment – Thursday',
  text: 'See you.\n.\nNo. 1',
};

function accessTo(server: MailServer, security: MailAccess['security'] = 'starttls'): MailAccess {
  return {
    host: 'localhost',
    port: server.port,
    security,
    auth: { user: server.user, password: () => server.password },
    from: { name: 'Practice', address: 'desk@practice.example' },
    ca: () => server.certificate,
  };
}

const connect = (access: MailAccess, deliveries?: DeliveryLog) =>
  createMailDestination({ access, clock, sandbox: true, rate: null, ...(deliveries === undefined ? {} : { deliveries }) });

describe('notices by e-mail', () => {
  const folder = temporaryFolder();
  let server: MailServer;
  let last = 0;
  const nextKey = (): string => {
    last += 1;
    return `v1.demo.call-${last}.1.notice`;
  };
  beforeEach(async () => {
    server = await startMailServer();
  });
  afterEach(async () => {
    await server.close();
    folder.remove();
  });

  test('SMTP cannot be asked, so that doubt is a case for a person', () => {
    expect(connect(accessTo(server)).capabilities).toMatchObject({ kinds: ['notice'], idempotence: 'none', exactlyOnce: 'human_check' });
  });

  test('a notice goes out once, encrypted, with a Message-ID made of its key, and the word of the server counts as its proof', async () => {
    const destination = connect(accessTo(server));
    const key = nextKey();
    expect(await destination.readBack(key, notice, options())).toEqual({ type: 'absent' });
    const messageId = `<${remoteIdOf(key)}@practice.example>`;
    for (let times = 0; times < 3; times += 1)
      expect(await destination.create(key, notice, options())).toEqual({ type: 'committed', remoteId: messageId, etag: null });
    expect(server.mails).toHaveLength(1);
    const [mail] = server.mails;
    expect(mail).toMatchObject({ from: 'desk@practice.example', to: 'laura@example.org', encrypted: true });
    expect(mail?.data).toContain(`Message-ID: ${messageId}`);
    expect(mail?.data).toContain('Auto-Submitted: auto-generated');
    expect(mail?.data).toContain('See you.\r\n.\r\nNo. 1');
    expect(await destination.readBack(key, notice, options())).toMatchObject({ type: 'found', remoteId: messageId });
    expect(await destination.readBack(key, { ...notice, text: 'another' }, options())).toMatchObject({ type: 'differs' });
    expect(await destination.create(key, { ...notice, text: 'another' }, options())).toEqual({
      type: 'conflict',
      reason: 'exists_differently',
    });
  });

  test('a subject cannot bring headers of its own', async () => {
    await connect(accessTo(server)).create(nextKey(), { ...notice, subject: 'Hello\r\nBcc: eve@example.org\r\n\r\nBody' }, options());
    const [head = ''] = server.mails[0]?.data.split('\r\n\r\n') ?? [];
    expect(head).not.toMatch(/^Bcc:/im);
    expect(head).toMatch(/^Content-Type:/im);
  });

  test('of many at once under one key one goes out', async () => {
    const destination = connect(accessTo(server));
    const key = nextKey();
    await Promise.all(Array.from({ length: 5 }, () => destination.create(key, notice, options())));
    expect(server.mails).toHaveLength(1);
  });

  test.each<Break>(['greeting', 'before_message'])(
    'a connection that breaks at the %s has sent nothing, and it goes out later',
    async (at) => {
      const destination = connect(accessTo(server));
      const key = nextKey();
      server.breakNext(at);
      expect(await destination.create(key, notice, options())).toMatchObject({ type: 'retry', code: 'destination_unreachable' });
      expect(await destination.readBack(key, notice, options())).toEqual({ type: 'absent' });
      expect(await destination.create(key, notice, options())).toMatchObject({ type: 'committed' });
      expect(server.mails).toHaveLength(1);
    },
  );

  test.each<Break>(['within_message', 'after_message'])(
    'a connection that breaks %s leaves it open for ever: it is not sent again, also not after a restart',
    async (at) => {
      const path = join(folder.path, 'deliveries.jsonl');
      const key = nextKey();
      server.breakNext(at);
      const deliveries = openDeliveryLog(path);
      const destination = connect(accessTo(server), deliveries);
      expect(await destination.create(key, notice, options())).toEqual({ type: 'unknown', code: 'destination_unreachable' });
      expect(await destination.create(key, notice, options())).toEqual({ type: 'unknown', code: 'destination_unreachable' });
      deliveries.close();
      const restarted = connect(accessTo(server), openDeliveryLog(path));
      expect(await restarted.create(key, notice, options())).toEqual({ type: 'unknown', code: 'destination_unreachable' });
      expect(await restarted.readBack(key, notice, options())).toEqual({ type: 'absent' });
      expect(server.sessions()).toBe(1);
    },
  );

  test.each([
    ['END', '451 4.7.1 Greylisted', { type: 'retry', code: 'destination_unreachable', afterMs: 60_000 }],
    ['END', '554 5.7.1 Looks like spam', { type: 'rejected', code: 'destination_rejected' }],
    ['END', '421 4.3.2 Shutting down', { type: 'unknown', code: 'destination_unreachable' }],
    ['RCPT', '550 5.1.1 No such mailbox', { type: 'rejected', code: 'destination_rejected' }],
    ['RCPT', '452 4.2.2 Mailbox full', { type: 'retry', code: 'destination_unreachable', afterMs: 60_000 }],
    ['MAIL', '530 5.7.0 Log in first', { type: 'retry', code: 'destination_unauthorized', afterMs: null }],
    ['AUTH', '535 5.7.8 Wrong user or password', { type: 'retry', code: 'destination_unauthorized', afterMs: null }],
    ['AUTH', '454 4.7.0 Too many login attempts', { type: 'retry', code: 'destination_unreachable', afterMs: 60_000 }],
    ['GREETING', '554 5.3.2 No service', { type: 'retry', code: 'destination_misbehaved', afterMs: null }],
  ])('a server that answers %s with "%s" is taken at its word', async (command, reply, expected) => {
    server.answerNext(command, reply);
    expect(await connect(accessTo(server)).create(nextKey(), notice, options())).toEqual(expected);
    expect(server.mails).toHaveLength(0);
  });

  test('an abort while the server looks at the message waits for its word', async () => {
    const cancel = new AbortController();
    server.hold();
    const sending = connect(accessTo(server)).create(nextKey(), notice, { signal: cancel.signal });
    await expect.poll(() => server.mails.length).toBe(1);
    cancel.abort();
    server.release();
    expect(await sending).toMatchObject({ type: 'committed' });
  });

  test('a password that is mended takes effect by itself', async () => {
    let password = 'wrong';
    const destination = connect({ ...accessTo(server), auth: { user: server.user, password: () => password } });
    await expect(destination.check(options())).rejects.toMatchObject({ code: 'destination_unauthorized' });
    password = server.password;
    await expect(destination.check(options())).resolves.toBeUndefined();
    expect(server.mails).toHaveLength(0);
  });

  test('a server with an unknown certificate gets nothing', async () => {
    const { ca: _ca, ...access } = accessTo(server);
    expect(await connect(access).create(nextKey(), notice, options())).toMatchObject({ type: 'retry' });
    expect(server.mails).toHaveLength(0);
  });

  test.each(['tls', 'none'] as const)('a server with security %s is spoken to as it wants', async (security) => {
    const other = await startMailServer({ security });
    expect(await connect(accessTo(other, security)).create(nextKey(), notice, options())).toMatchObject({ type: 'committed' });
    expect(other.mails[0]?.encrypted).toBe(security === 'tls');
    await other.close();
  });

  test('a server that offers no encryption gets nothing, unless it is on this machine and that was said', async () => {
    const plain = await startMailServer({ security: 'none' });
    expect(await connect(accessTo(plain, 'starttls')).create(nextKey(), notice, options())).toMatchObject({ type: 'retry' });
    expect(plain.mails).toHaveLength(0);
    expect(() => createMailSender({ ...accessTo(plain, 'none'), host: 'mail.practice.example' })).toThrow(/expected tls or starttls/);
    await plain.close();
  });

  test('a server that is away is told as such', async () => {
    const destination = connect({ ...accessTo(server), port: await freePort() });
    expect(await destination.create(nextKey(), notice, options())).toEqual({
      type: 'retry',
      code: 'destination_unreachable',
      afterMs: null,
    });
    await expect(destination.check(options())).rejects.toMatchObject({ code: 'destination_unreachable' });
  });

  test.each(['laura@example.org, eve@example.org', 'laura', 'Laura <laura@example.org>', 'laura@example.org\r\nBcc: eve@example.org'])(
    'an address that is not exactly one is refused: %s',
    async (to) => {
      expect(await connect(accessTo(server)).create(nextKey(), { ...notice, to }, options())).toMatchObject({ type: 'rejected' });
      expect(server.sessions()).toBe(0);
    },
  );
});

describe.each([true, false])('a mail server that takes access tokens (and explains refusals: %s)', (explains) => {
  let tokenServer: AuthorizationServer;
  let server: MailServer;
  let isRefusing = false;
  let last = 0;
  const nextKey = (): string => `v1.demo.call-${(last += 1)}.2.notice`;
  const connected = () => connect({ ...accessTo(server), auth: { user: server.user, tokens: connectOauth(tokenServer, clock) } });
  beforeEach(async () => {
    isRefusing = false;
    tokenServer = await startAuthorizationServer({ client: sampleClient, now: clock.epochMs });
    const isLive = (token: string): boolean => !isRefusing && tokenServer.isLive(token);
    server = await startMailServer({ security: 'starttls', tokens: { isLive, explains } });
  });
  afterEach(async () => {
    await server.close();
    await tokenServer.close();
  });

  test('one token serves many mails', async () => {
    const destination = connected();
    for (let times = 0; times < 2; times += 1)
      expect(await destination.create(nextKey(), notice, options())).toMatchObject({ type: 'committed' });
    expect(server.mails).toHaveLength(2);
    expect(tokenServer.requests()).toBe(1);
  });

  test('a token that is refused is fetched once anew, and the mail goes out once', async () => {
    const destination = connected();
    await destination.check(options());
    tokenServer.revokeAll();
    expect(await destination.create(nextKey(), notice, options())).toMatchObject({ type: 'committed' });
    expect(server.mails).toHaveLength(1);
    expect(server.sessions()).toBe(3);
    expect(tokenServer.requests()).toBe(2);
  });

  test('a server that refuses the new one too is told as such after one more try, and nothing was sent', async () => {
    const destination = connected();
    isRefusing = true;
    const key = nextKey();
    expect(await destination.create(key, notice, options())).toEqual({ type: 'retry', code: 'destination_unauthorized', afterMs: null });
    expect(server.sessions()).toBe(2);
    await expect(destination.check(options())).rejects.toMatchObject({
      code: 'destination_unauthorized',
      message: 'the mail server refused the login',
    });
    isRefusing = false;
    expect(await destination.create(key, notice, options())).toMatchObject({ type: 'committed' });
    expect(server.mails).toHaveLength(1);
  });

  test('a token that cannot be had is told apart from one that the server refuses, and the server is left alone', async () => {
    const destination = connected();
    tokenServer.answerNext({ status: 400, body: { error: 'invalid_grant' } });
    await expect(destination.check(options())).rejects.toMatchObject({
      code: 'destination_unauthorized',
      message: expect.stringMatching(/token endpoint.*invalid_grant/),
    });
    tokenServer.answerNext({ status: 429, body: {}, headers: { 'retry-after': '7' } });
    expect(await destination.create(nextKey(), notice, options())).toEqual({
      type: 'retry',
      code: 'destination_unreachable',
      afterMs: 7000,
    });
    expect(server.sessions()).toBe(0);
  });

  test('a login that is to be tried later keeps the token', async () => {
    const destination = connected();
    server.answerNext('AUTH', '454 4.7.0 Too many login attempts');
    expect(await destination.create(nextKey(), notice, options())).toMatchObject({ code: 'destination_unreachable' });
    expect(await destination.create(nextKey(), notice, options())).toMatchObject({ type: 'committed' });
    expect(tokenServer.requests()).toBe(1);
  });
});

test('a mail server that takes no access tokens is told as such, and asked once', async () => {
  const tokenServer = await startAuthorizationServer({ client: sampleClient, now: clock.epochMs });
  const server = await startMailServer();
  const destination = connect({ ...accessTo(server), auth: { user: server.user, tokens: connectOauth(tokenServer, clock) } });
  await expect(destination.check(options())).rejects.toMatchObject({ code: 'destination_misbehaved' });
  expect(server.sessions()).toBe(1);
  await server.close();
  await tokenServer.close();
});
