import { describe, expect, test } from 'vitest';
import { lookAtFindings, lookAtReconciliation } from '../../../src/app/reconciliation-look.ts';
import type { FindingType } from '../../../src/domain/writeback/reconcile.ts';
import type { FindingView, ReconciliationView } from '../../../src/ports/reconcile-store.ts';

const MINUTE_MS = 60_000;
const NOW = Date.UTC(2026, 2, 2);

const finding = (type: FindingType): FindingView => {
  const times = { foundAtEpochMs: NOW, seenAtEpochMs: NOW, endedAtEpochMs: null, alertedAtEpochMs: null };
  return { op: `op-${type}`, call: null, type, destination: 'calendar', ...times };
};
const looked = (...types: readonly FindingType[]): string => lookAtFindings({ findings: () => types.map(finding) });
const ended = (agoMs: number | null): string =>
  lookAtReconciliation(
    {
      lastReconciliation: (scope): ReconciliationView | null =>
        agoMs === null ? null : { scope, startedAtEpochMs: 0, endedAtEpochMs: NOW - agoMs, checked: 1, findings: 0, unreachable: 0 },
    },
    NOW,
  );

describe('what doctor says of records', () => {
  test('all agree', () => expect(looked()).toBe('agree with the destinations'));

  test('what a person changed is told, and is not bad', () => expect(looked('field_diff', 'recorded_not_said')).toMatch(/^2 differ/));

  test.each([
    ['said_not_recorded', 'said_not_recorded'],
    ['duplicate', 'record_duplicate'],
    ['orphan_remote', 'record_orphan'],
  ] as const)('%s is bad, with the code %s', (type, code) => {
    expect(() => looked('field_diff', type)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(`op-${type}`) }));
  });

  test('a comparison that is long ago is late; one that never was is not', () => {
    expect(ended(null)).toMatch(/^not yet/);
    expect(ended(14 * MINUTE_MS)).toBe('14 minutes ago');
    expect(() => ended(16 * MINUTE_MS)).toThrow(expect.objectContaining({ code: 'reconciliation_late' }));
  });
});
