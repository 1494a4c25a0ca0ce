import { expect, test } from 'vitest';
import { WORKER_METHODS } from '../../../../src/adapters/bookings/worker-protocol.ts';
import { createRpcHandlers } from '../../../../src/app/worker/rpc-handlers.ts';
import { createFakeDestination } from '../../../support/fake-destination.ts';
import { createKeptLogger } from '../../../support/kept-logger.ts';
import { createManualClock } from '../../../support/manual-clock.ts';

const SLOT = { start: '2026-03-05T10:30:00+01:00', minutes: 30 };
const nobody = (): Promise<never> => Promise.reject(new Error('nobody asks for this here'));

test('free slots are asked of the system that tells them, and the calendar beside it is not', async () => {
  const calendar = createFakeDestination('calendar', [{ ...SLOT, start: '2026-03-05T11:00:00+01:00' }]);
  const practice = createFakeDestination('practice', [SLOT]);
  const handlers = createRpcHandlers({
    engine: { wake: nobody, sweep: nobody, runUntil: nobody, isBusy: () => false },
    reconciler: { run: nobody },
    calendar,
    freeSlotsFrom: practice,
    askedWhoCalls: () => [],
    destinations: new Map([calendar, practice].map((one) => [one.id, one])),
    clock: createManualClock(),
    log: createKeptLogger(),
  });
  const query = { service: 'check-up', fromDay: '2026-03-05', toDay: '2026-03-05' };
  const ask = handlers[WORKER_METHODS.availability];
  expect(await ask?.(query, { signal: AbortSignal.timeout(5000) })).toEqual({ slots: [SLOT], ageMs: 0 });
});
