import { describeFaultHarness } from '../support/fault-harness.ts';

describeFaultHarness('tryton', 20_261_128);
