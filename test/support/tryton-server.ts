import { createKillableTryton, type KillableTryton } from '../../src/app/faults/tryton/killable-tryton.ts';

/** A real Tryton for tests; the fault harness starts the same. */
export type TestTryton = KillableTryton;
export const testTryton = createKillableTryton;
