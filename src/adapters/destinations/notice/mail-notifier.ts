import type { Clock } from '../../../base/clock.ts';
import { ERROR_CODES, type ErrorCode, type ErrorCodeEntry } from '../../../base/error-codes.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { Alert, Notifier } from '../../../ports/notifier.ts';
import { createBoundedNotifier } from './bounded-notifier.ts';
import { createMailSender, type MailAccess } from './mail-sender.ts';

export interface MailNotifierOptions {
  readonly access: MailAccess;
  /** Whoever looks after the appliance. */
  readonly to: string;
  readonly clock: Clock;
  readonly log: Logger;
}

function textOf({ code, subject, atEpochMs }: Alert): string {
  const entry: ErrorCodeEntry | undefined = Object.hasOwn(ERROR_CODES, code) ? ERROR_CODES[code as ErrorCode] : undefined;
  const lines = [`${code}: ${subject}`, new Date(atEpochMs).toISOString()];
  return [...lines, ...(entry === undefined ? [] : ['', entry.meaning, `What to do: ${entry.remedy}`])].join('\n');
}

/** Sends alerts by e-mail. A repeat after a lost answer has the same Message-ID; an alert that comes twice is better than none. */
export function createMailNotifier({ access, to, clock, log }: MailNotifierOptions): Notifier {
  const sender = createMailSender(access);
  return createBoundedNotifier({
    name: 'mail',
    clock,
    log,
    send: async (alert, { id, signal }) => {
      const mail = { id, to, subject: `Vestibule: ${alert.code}`, text: textOf(alert), dateEpochMs: alert.atEpochMs };
      const result = await sender.send(mail, { signal });
      if (result.type === 'accepted') return { type: 'delivered' };
      return { type: result.type === 'refused' ? 'refused' : 'again', code: result.code };
    },
  });
}
