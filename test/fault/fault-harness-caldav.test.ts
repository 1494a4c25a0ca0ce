import { describeFaultHarness } from '../support/fault-harness.ts';

describeFaultHarness('caldav', 20_261_126);
