import { createMailNotifier } from '../adapters/destinations/notice/mail-notifier.ts';
import { createWebhookNotifier } from '../adapters/destinations/notice/webhook-notifier.ts';
import type { Clock } from '../base/clock.ts';
import type { Config } from '../config/config.ts';
import type { Logger } from '../ports/logger.ts';
import type { Notifier } from '../ports/notifier.ts';
import { certificatesOf, mailAccess, secretOf } from './destination-access.ts';

/** Tells whoever looks after the appliance. */
export interface Alerts extends Notifier {
  close(): Promise<void>;
}

/** Every way of the configuration at once; an alert stands in the log in any case, and in `doctor` as long as its cause lasts. */
export function createAlerts(config: Config, { clock, log }: { readonly clock: Clock; readonly log: Logger }): Alerts {
  const { webhook, mail } = config.alerts;
  const parts = { config, clock };
  const hook =
    webhook === undefined
      ? null
      : createWebhookNotifier({
          access: { url: webhook.url, signingSecret: secretOf(parts, webhook.secretFile), ca: certificatesOf(parts, webhook) },
          clock,
          log,
        });
  const notifiers: readonly Notifier[] = [...(hook === null ? [] : [hook]), ...(mail === undefined ? [] : [mailNotifier(mail)])];

  function mailNotifier(server: NonNullable<typeof mail>): Notifier {
    return createMailNotifier({ access: mailAccess(parts, server), to: server.to, clock, log });
  }

  return {
    notify: async (alert, options) => {
      log.error('alert', { alert: alert.code, subject: alert.subject });
      await Promise.all(notifiers.map((notifier) => notifier.notify(alert, options)));
    },
    close: async () => {
      await hook?.close();
    },
  };
}
