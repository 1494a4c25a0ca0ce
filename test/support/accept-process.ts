import { createSystemClock } from '../../src/adapters/clock/system-clock.ts';
import { openLedger } from '../../src/adapters/sqlite/ledger.ts';
import { installFaultSwitch } from '../../src/app/worker/fault-switch.ts';
import { asCallId } from '../../src/base/ids.ts';
import type { IntentPayload } from '../../src/domain/writeback/intent.ts';

/** A daemon that dies right after it accepted what a caller agreed to: `accept-process.ts LEDGER KEYFILE RUNDIR CALL PAYLOAD`. */
const [path = '', keyFile = '', runDir = '', call = '', payload = ''] = process.argv.slice(2);
installFaultSwitch('after_accept', runDir);
const ledger = openLedger({ path, keyFile, clock: createSystemClock() });
ledger.accept({ call: asCallId(call), tenant: 'demo', seq: 1, payload: JSON.parse(payload) as IntentPayload });
