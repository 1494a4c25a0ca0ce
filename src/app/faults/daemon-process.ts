import { createBookings } from '../bookings.ts';
import { runProcess } from '../process-main.ts';
import { createLedgerStore } from '../storage.ts';
import { markFired } from '../worker/fault-switch.ts';
import { createSystemClock } from '../../adapters/clock/system-clock.ts';
import { installFaultHandler } from '../../base/fault-point.ts';
import type { Intent } from '../../domain/writeback/intent.ts';
import { answerCaller } from './answer-caller.ts';
import { daemonMarker, type DaemonDeath } from './story.ts';

/** A daemon that is killed in the middle of a call: `daemon-process.ts INTENT MOMENT DELAYMS`. */
await runProcess('daemon', async ({ config, logger, scope }) => {
  const [intent = '{}', moment = '', delayMs = '0'] = process.argv.slice(2);
  const dies = moment as DaemonDeath;
  const clock = createSystemClock();
  const ledger = createLedgerStore(config);
  const bookings = createBookings({ config, ledger, clock, log: logger, signal: scope.signal });
  const die = (at: DaemonDeath): void => {
    markFired(config.paths.run, daemonMarker(at));
    process.kill(process.pid, 'SIGKILL');
  };
  if (dies === 'after_accept')
    installFaultHandler((point) => {
      if (point === 'after_accept') die(dies);
    });
  await answerCaller({ ledger, bookings, clock, practice: config.profile }, JSON.parse(intent) as Intent, {
    onAccepted: () => {
      if (dies === 'while_waiting') setTimeout(() => die(dies), Number(delayMs));
    },
    onBeforeSaying: () => {
      if (dies === 'before_saying') die(dies);
    },
    onAfterSaying: () => die('after_saying'),
  });
  return () => Promise.resolve();
});
