import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createSystemClock } from '../../adapters/clock/system-clock.ts';
import { openLedger } from '../../adapters/sqlite/ledger.ts';
import { asCallId } from '../../base/ids.ts';
import { loadConfig } from '../../config/config.ts';

/** Accepts that are measured, one after the other: each is on disk before the next begins. */
const ACCEPTS = 2000;

/** Measures `accept` on the disk that holds the real ledger; prints `{ acceptsPerSecond, p50Ms, p99Ms }`. */
function measure(): { readonly acceptsPerSecond: number; readonly p50Ms: number; readonly p99Ms: number } {
  const { paths } = loadConfig();
  mkdirSync(paths.data, { recursive: true });
  const folder = mkdtempSync(join(paths.data, 'bench-'));
  const clock = createSystemClock();
  const ledger = openLedger({ path: join(folder, 'ledger.db'), keyFile: join(folder, 'kek.bin'), clock });
  try {
    const from = clock.monotonicMs();
    const tookMs = Array.from({ length: ACCEPTS }, (_, index) => {
      const start = clock.monotonicMs();
      const payload = {
        kind: 'booking',
        service: 'check-up',
        serviceName: 'a check-up',
        start: '2026-03-05T10:30:00+01:00',
        minutes: 30,
        name: 'Laura Becker',
        phone: '+493055501234',
        reason: null,
      } as const;
      ledger.accept({ call: asCallId(`bench-${index}`), tenant: 'bench', seq: 1, payload });
      return clock.monotonicMs() - start;
    }).sort((a, b) => a - b);
    const seconds = (clock.monotonicMs() - from) / 1000;
    const at = (share: number): number => Math.round((tookMs[Math.floor(share * (ACCEPTS - 1))] ?? 0) * 100) / 100;
    return { acceptsPerSecond: Math.round(ACCEPTS / seconds), p50Ms: at(0.5), p99Ms: at(0.99) };
  } finally {
    ledger.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

process.stdout.write(`${JSON.stringify(measure())}\n`);
