import type { Config } from '../config/config.ts';
import type { CallSettings } from '../runtime/call/deps.ts';

/** What the configuration says about calls. */
export function callSettings({ call, people, tenant }: Config): CallSettings {
  return {
    tenant,
    limits: { fillerAfterMs: call.fillerAfterMs, noInputMs: call.noInputMs, lengthMsMax: call.lengthMsMax },
    answerBudgetMs: call.answerBudgetMs,
    promiseDeadlineMs: call.promiseDeadlineMs,
    concurrentMax: call.concurrentMax,
    humanEndpoint: people.endpoint,
    ringTimeoutMs: people.ringTimeoutMs,
  };
}
