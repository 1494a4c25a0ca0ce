import { afterEach, beforeEach } from 'vitest';
import type { Planner } from '../../src/domain/writeback/plan.ts';
import { createFakeLedger, type FakeLedger } from './fake-ledger.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';
import { openRealLedger } from './real-ledger.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** What a contract test of the ledger works on, the fake and the real one by turns; made anew for every test and closed after it. */
export interface BothLedgers {
  /** For `describe.each`: the name of a ledger, and what opens it. */
  readonly kinds: readonly (readonly ['fake' | 'sqlite', () => FakeLedger])[];
  readonly clock: ManualClock;
}

/** Registers the hooks of the file that calls it. Without a planner the ledgers make the product's own plans. */
export function bothLedgers(planner?: Planner): BothLedgers {
  let folder: ReturnType<typeof temporaryFolder>;
  let clock: ManualClock;
  let opened: FakeLedger | null = null;
  beforeEach(() => {
    folder = temporaryFolder();
    clock = createManualClock();
  });
  afterEach(() => {
    opened?.ledger.close();
    opened = null;
    folder.remove();
  });
  const keep = (ledger: FakeLedger): FakeLedger => {
    opened = ledger;
    return ledger;
  };
  return {
    kinds: [
      ['fake', () => keep(createFakeLedger(clock, planner))],
      ['sqlite', () => keep(openRealLedger(folder.path, clock, planner === undefined ? {} : { planner }))],
    ],
    get clock() {
      return clock;
    },
  };
}
