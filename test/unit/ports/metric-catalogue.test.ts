import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCounters } from '../../../src/adapters/metrics/counters.ts';
import { allowedLabels, METRICS, type MetricEntry, type MetricName } from '../../../src/ports/metric-catalogue.ts';

const entries = Object.entries(METRICS) as [MetricName, MetricEntry][];

/** The only labels that a measure may have. A new one is added here on purpose, and after a thought about what it could give away. */
const ALLOWED_LABELS = [
  'channel',
  'claim',
  'destination',
  'gate',
  'kind',
  'method',
  'outcome',
  'path',
  'phase',
  'priority',
  'reason',
  'resolved',
  'scope',
  'state',
  'status',
  'store',
  'type',
];

/** Values of one label at most; `destination` is bounded by the configuration. */
const VALUES_MAX = 20;
const DESTINATIONS = 5;
/** Series that one measure can have on an installation with five destinations. */
const SERIES_MAX = 300;

describe('the catalogue of measures', () => {
  test('has no label that is not on the list', () => {
    const labels = new Set(entries.flatMap(([, entry]) => Object.keys(entry.labels)));
    expect([...labels].toSorted()).toEqual(ALLOWED_LABELS.toSorted());
  });

  test('bounds every label, and the number of series', () => {
    for (const [name, entry] of entries) {
      const sizes = Object.values(entry.labels).map((rule) => (rule === 'destination' ? DESTINATIONS : rule.length));
      for (const size of sizes) expect(size, name).toBeLessThanOrEqual(VALUES_MAX);
      expect(
        sizes.reduce((product, size) => product * size, 1),
        name,
      ).toBeLessThanOrEqual(SERIES_MAX);
    }
  });

  test('names its measures as Prometheus does: base units, and _total for what only counts up', () => {
    for (const [name, { type, buckets }] of entries) {
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
      expect(name, name).not.toMatch(/_(?:ms|millis|kb|mb|percent)(?:_|$)/);
      expect(buckets !== undefined, name).toBe(type === 'histogram');
      if (type === 'histogram') expect(name).toMatch(/_seconds$/);
      expect([...(buckets ?? [])], name).toEqual([...(buckets ?? [])].toSorted((a, b) => a - b));
    }
  });

  test.each([
    ['a number', '+493055501234'],
    ['a number without its plus', '493055501234'],
    ['a name', 'Laura Becker'],
    ['the id of a call', '01HZX3M5R8W5J5Q9V3Z7K2T1AB'],
    ['the key of an operation', 'demo.01HZX3M5R8.1.booking'],
    ['an address', 'laura@example.org'],
  ])('lets %s of a caller be no value of any label', (_what, personal) => {
    for (const [name, entry] of entries) {
      const given = Object.fromEntries(Object.keys(entry.labels).map((label) => [label, personal]));
      expect(
        Object.values(allowedLabels(name, given)).every((value) => value === 'other'),
        name,
      ).toBe(true);
    }
  });

  test('whatever is given, only labels of the catalogue with values of the catalogue are kept', () => {
    fc.assert(
      fc.property(fc.constantFrom(...entries), fc.dictionary(fc.string(), fc.string()), ([name, entry], given) => {
        const labels = allowedLabels(name, given);
        expect(Object.keys(labels)).toEqual(Object.keys(entry.labels));
        for (const [label, value] of Object.entries(labels)) {
          const rule = entry.labels[label];
          expect(value === 'other' || rule === 'destination' || rule?.includes(value) === true).toBe(true);
        }
      }),
    );
  });
});

describe('the measures of a process', () => {
  test('are bounded however many names of destinations come along, and say what was left out', () => {
    const counters = createCounters();
    for (let n = 0; n < 5000; n += 1) counters.count('writeback_ambiguous_total', { destination: `d-${n}`, resolved: 'present' });
    expect(counters.series().length).toBeLessThanOrEqual(1001);
    expect(counters.snapshot()['metrics_series_dropped_total']?.count).toBe(4000);
  });

  test('begin at zero where their labels are known beforehand, so that the first increase is seen', () => {
    const counters = createCounters('daemon');
    expect(counters.snapshot()['speech_gate_blocked_total{gate="audio"}']).toEqual({ count: 0, sumMs: 0 });
    expect(counters.snapshot()['promise_ended_total{state="kept"}']).toBeUndefined();
  });

  test('leave out the readings of what throws, and keep those of the others', () => {
    const counters = createCounters();
    counters.onLook(() => {
      throw new Error('locked');
    });
    counters.onLook(() => [{ name: 'ledger_wal_bytes', labels: { op: '01HZX' }, value: 7 }]);
    expect(counters.series()).toEqual([{ name: 'ledger_wal_bytes', labels: {}, value: 7 }]);
  });
});
