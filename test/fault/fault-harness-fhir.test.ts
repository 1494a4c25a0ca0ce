import { describeFaultHarness } from '../support/fault-harness.ts';

describeFaultHarness('fhir', 20_261_127);
