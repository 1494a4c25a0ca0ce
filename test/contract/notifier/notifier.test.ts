import { afterEach, describe, expect, test } from 'vitest';
import { createSystemClock } from '../../../src/adapters/clock/system-clock.ts';
import type { MailAccess } from '../../../src/adapters/destinations/notice/mail-sender.ts';
import { createMailNotifier } from '../../../src/adapters/destinations/notice/mail-notifier.ts';
import { createWebhookNotifier } from '../../../src/adapters/destinations/notice/webhook-notifier.ts';
import { createFakeNotifier } from '../../support/fake-notifier.ts';
import { createKeptLogger } from '../../support/kept-logger.ts';
import { startJsonServer, type JsonAnswer, type JsonRequest } from '../../support/stand-ins/json-server.ts';
import { startMailServer, type MailServer } from '../../support/stand-ins/smtp/mail-server.ts';
import { verifySignature } from '../../support/stand-ins/verify-signature.ts';
import { describeNotifier, type NotifierSubject } from './notifier-suite.ts';

// Waits between attempts are cut short.
const clock = { ...createSystemClock(), sleep: () => Promise.resolve() };
const alert = { code: 'ledger_not_durable', subject: 'ledger', atEpochMs: Date.UTC(2026, 2, 5, 9, 30) };
const signal = new AbortController().signal;

describeNotifier('fake', async () => {
  const log = createKeptLogger();
  const fake = createFakeNotifier(log);
  return {
    notifier: fake,
    log,
    received: () => fake.alerts.map((one) => JSON.stringify({ ...one, at: new Date(one.atEpochMs).toISOString() })),
    refuse: () => {
      fake.down = true;
    },
    hold: () => fake.hold(),
    release: () => fake.release(),
    close: () => Promise.resolve(),
  };
});

interface AlertReceiver extends NotifierSubject {
  readonly requests: JsonRequest[];
  /** Answers that come before the usual one. */
  readonly answers: JsonAnswer[];
}

async function webhookSubject(): Promise<AlertReceiver> {
  const requests: JsonRequest[] = [];
  const answers: JsonAnswer[] = [];
  const secret = 'a secret of both';
  let refuses = false;
  let held: Promise<void> = Promise.resolve();
  let release = (): void => undefined;
  const server = await startJsonServer(async (request) => {
    await held;
    if (refuses) return { status: 403, body: {} };
    const { headers, text } = request;
    if (verifySignature({ secret, headers, text, nowEpochMs: clock.epochMs() }) !== 'valid') return { status: 401, body: {} };
    requests.push(request);
    return answers.shift() ?? { status: 204, body: null };
  });
  const log = createKeptLogger();
  const access = { url: `http://127.0.0.1:${server.port}/alerts`, signingSecret: () => secret };
  const notifier = createWebhookNotifier({ access, clock, log });
  return {
    notifier,
    log,
    requests,
    answers,
    received: () => requests.map(({ text }) => text),
    refuse: () => {
      refuses = true;
    },
    hold: () => {
      held = new Promise((resolve) => {
        release = resolve;
      });
    },
    release: () => release(),
    close: async () => {
      release();
      await notifier.close();
      await server.close();
    },
  };
}

function mailAccess(server: MailServer): MailAccess {
  return {
    host: 'localhost',
    port: server.port,
    security: 'starttls',
    auth: { user: server.user, password: () => server.password },
    from: { name: 'Vestibule', address: 'vestibule@practice.example' },
    ca: () => server.certificate,
  };
}

async function mailSubject(): Promise<NotifierSubject & { readonly server: MailServer }> {
  const server = await startMailServer();
  const log = createKeptLogger();
  let to = 'desk@practice.example';
  const access = mailAccess(server);
  const good = createMailNotifier({ access, to, clock, log });
  const bad = createMailNotifier({ access, to: 'nobody@practice.example', clock, log });
  return {
    server,
    notifier: { notify: (one, options) => (to === 'nobody' ? bad : good).notify(one, options) },
    log,
    received: () => server.mails.map(({ data }) => data),
    refuse: () => {
      to = 'nobody';
    },
    hold: () => server.hold(),
    release: () => server.release(),
    close: () => server.close(),
  };
}

describeNotifier('webhook', webhookSubject);
describeNotifier('mail', mailSubject);

describe('alerts', () => {
  let open: NotifierSubject | undefined;
  afterEach(() => open?.close());

  test('a webhook that is busy gets the alert again, under the same key', async () => {
    const subject = await webhookSubject();
    open = subject;
    subject.answers.push({ status: 503, body: {} });
    await subject.notifier.notify(alert, { signal });
    const keys = subject.requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
    expect(subject.log.lines).toEqual([]);
  });

  test('a mail whose answer was lost comes again with the same Message-ID, and says what to do', async () => {
    const subject = await mailSubject();
    open = subject;
    subject.server.breakNext('after_message');
    await subject.notifier.notify(alert, { signal });
    const ids = subject.server.mails.map(({ data }) => /^Message-ID: (.*)$/im.exec(data)?.[1]);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
    expect(subject.server.mails[0]?.data).toContain('What to do: Report it');
  });
});
