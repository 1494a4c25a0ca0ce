import { describe, expect, test } from 'vitest';
import { createCounters } from '../../../../src/adapters/metrics/counters.ts';
import { expose } from '../../../../src/adapters/metrics/exposition.ts';

describe('the text for Prometheus', () => {
  test('says of every process whether it answered, and names who measured', () => {
    const counters = createCounters();
    counters.count('calls_total');
    const text = expose([
      { process: 'daemon', series: counters.series() },
      { process: 'worker', series: null },
    ]);
    expect(text).toContain('vestibule_process_up{process="daemon"} 1\n');
    expect(text).toContain('vestibule_process_up{process="worker"} 0\n');
    expect(text).toContain('# TYPE vestibule_calls_total counter\nvestibule_calls_total{process="daemon"} 1\n');
  });

  test('counts a timing in its bucket and in all above it, in seconds', () => {
    const counters = createCounters();
    for (const ms of [90, 450, 470, 60_000]) counters.observeMs('turn_response_seconds', ms, { kind: 'prompt' });
    const text = expose([{ process: 'daemon', series: counters.series() }]);
    const at = (le: string): string | undefined =>
      new RegExp(`vestibule_turn_response_seconds_bucket\\{kind="prompt",process="daemon",le="${le}"\\} (\\d+)`).exec(text)?.[1];
    expect([at('0\\.1'), at('0\\.45'), at('0\\.6'), at('5'), at('\\+Inf')]).toEqual(['1', '2', '3', '3', '4']);
    expect(text).toMatch(/vestibule_turn_response_seconds_sum\{.*\} 61\.01\n/);
    expect(text).toMatch(/vestibule_turn_response_seconds_count\{.*\} 4\n/);
  });
});
