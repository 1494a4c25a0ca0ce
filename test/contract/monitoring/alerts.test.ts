import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { METRICS } from '../../../src/ports/metric-catalogue.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const HOME = join(import.meta.dirname, '..', '..', '..');
const RULES = join(HOME, 'monitoring', 'alerts.yaml');
const folder = temporaryFolder();
afterAll(() => folder.remove());

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly runbook: string };
}

const rules = (parse(readFileSync(RULES, 'utf8')) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);

/** Series in promtool's notation, one sample a minute from minute 0. */
type SeriesText = Readonly<Record<string, string>>;

interface Case {
  readonly bad: SeriesText;
  readonly good: SeriesText;
  /** When it must have fired, in minutes. */
  readonly atMinute: number;
}

const buckets = (name: string, labels: string, counts: Readonly<Record<string, string>>): SeriesText =>
  Object.fromEntries([
    ...Object.entries(counts).map(([le, values]) => [`vestibule_${name}_bucket{${labels},le="${le}"}`, values]),
    [`vestibule_${name}_count{${labels}}`, counts['+Inf'] ?? ''],
  ]);
const commits = (counts: Readonly<Record<string, string>>): SeriesText =>
  buckets('writeback_commit_seconds', 'destination="calendar",kind="booking",path="inline",process="worker"', counts);
const turns = (counts: Readonly<Record<string, string>>): SeriesText =>
  buckets('turn_response_seconds', 'kind="prompt",process="daemon"', counts);
const transactions = (counts: Readonly<Record<string, string>>): SeriesText =>
  buckets('ledger_commit_seconds', 'store="ledger",process="worker"', counts);
const gates = (blocked: string, refused: string): SeriesText => ({
  'vestibule_speech_gate_blocked_total{gate="audio",process="daemon"}': blocked,
  'vestibule_call_gate_refused_total{process="daemon"}': refused,
});
const writes = (ambiguous: string, all: string): SeriesText => ({
  'vestibule_writeback_ambiguous_total{destination="crm",resolved="present",process="worker"}': ambiguous,
  'vestibule_writeback_attempt_seconds_count{destination="crm",phase="write",outcome="committed",process="worker"}': all,
});

/** For every rule: numbers at which it fires, and numbers of a day on which all is well, as near to them as makes sense. */
const CASES: Readonly<Record<string, Case>> = {
  VestibuleSaidNotRecorded: {
    bad: { 'vestibule_recon_mismatch{type="duplicate",process="worker"}': '0 1x5' },
    good: { 'vestibule_recon_mismatch{type="duplicate",process="worker"}': '0x5', 'vestibule_recon_mismatch{type="field_diff"}': '3x5' },
    atMinute: 2,
  },
  VestibulePromisePastDeadline: {
    bad: { 'vestibule_writeback_past_deadline_ops{process="worker"}': '1x5' },
    good: { 'vestibule_writeback_past_deadline_ops{process="worker"}': '0 0 1 0 0 0' },
    atMinute: 3,
  },
  VestibuleOperationStuck: {
    bad: { 'vestibule_writeback_oldest_open_seconds{destination="calendar",process="worker"}': '0+60x20' },
    good: { 'vestibule_writeback_oldest_open_seconds{destination="calendar",process="worker"}': '0+60x14 0x5' },
    atMinute: 17,
  },
  VestibuleReconciliationStale: {
    bad: { 'vestibule_recon_last_success_timestamp_seconds{scope="recent",process="worker"}': '0x30' },
    good: { 'vestibule_recon_last_success_timestamp_seconds{scope="recent",process="worker"}': '0+60x30' },
    atMinute: 20,
  },
  VestibuleLedgerNotDurable: {
    bad: { 'vestibule_ledger_synchronous_mode{process="worker"}': '1x5' },
    good: { 'vestibule_ledger_synchronous_mode{process="worker"}': '2x5' },
    atMinute: 1,
  },
  VestibuleRecordsDiffer: {
    bad: { 'vestibule_recon_mismatch{type="orphan_remote",process="worker"}': '1x10' },
    good: { 'vestibule_recon_mismatch{type="orphan_remote",process="worker"}': '0 1 0x10' },
    atMinute: 8,
  },
  VestibuleDeadLetters: {
    bad: { 'vestibule_dead_letter_ops{destination="crm",process="worker"}': '1x5' },
    good: { 'vestibule_dead_letter_ops{destination="crm",process="worker"}': '0x5' },
    atMinute: 1,
  },
  VestibuleSpeechGateBlocked: { bad: gates('0 0 1x60', '0x60'), good: gates('2x60', '0x60'), atMinute: 10 },
  VestibuleDestinationLeftAlone: {
    bad: { 'vestibule_circuit_state{destination="calendar",process="worker"}': '2 1 2 2 1 2' },
    good: { 'vestibule_circuit_state{destination="calendar",process="worker"}': '2 1 0 2 1 0' },
    atMinute: 4,
  },
  VestibuleCommitsSlow: {
    bad: commits({ '1': '0+1x20', '2': '0+1x20', '3': '0+2x20', '+Inf': '0+2x20' }),
    good: commits({ '1': '0+2x20', '2': '0+2x20', '3': '0+2x20', '+Inf': '0+2x20' }),
    atMinute: 15,
  },
  VestibuleWritesAmbiguous: { bad: writes('0+1x60', '0+10x60'), good: writes('0 1x60', '0+10x60'), atMinute: 50 },
  VestibuleRateLimited: {
    bad: { 'vestibule_http_client_request_duration_seconds_count{method="POST",status="429",process="worker"}': '0+1x20' },
    good: { 'vestibule_http_client_request_duration_seconds_count{method="POST",status="429",process="worker"}': '0 1x20' },
    atMinute: 12,
  },
  VestibuleAllowanceSpent: {
    bad: { 'vestibule_ratelimit_free_ratio{destination="crm",process="worker"}': '1 0.05x20' },
    good: { 'vestibule_ratelimit_free_ratio{destination="crm",process="worker"}': '1 0.05 0 0 0.9 0 0 0 0.2 0 0 0.05 0 0.5 0 0 0 0.3 0 0' },
    atMinute: 15,
  },
  VestibuleDown: { bad: { 'up{job="vestibule"}': '0x5' }, good: { 'up{job="vestibule"}': '1 0 1x5' }, atMinute: 3 },
  VestibuleProcessDown: {
    bad: { 'vestibule_process_up{process="worker"}': '1 0x5' },
    good: { 'vestibule_process_up{process="worker"}': '1 0 1x5' },
    atMinute: 4,
  },
  VestibuleDiskNearlyFull: {
    bad: { 'vestibule_disk_free_ratio{process="worker"}': '0.09x10' },
    good: { 'vestibule_disk_free_ratio{process="worker"}': '0.11x10' },
    atMinute: 8,
  },
  VestibuleAnswersSlow: {
    bad: turns({ '0.8': '0+1x30', '1': '0+1x30', '1.5': '0+2x30', '+Inf': '0+2x30' }),
    good: turns({ '0.8': '0+2x30', '1': '0+2x30', '1.5': '0+2x30', '+Inf': '0+2x30' }),
    atMinute: 20,
  },
  VestibuleAudioLate: {
    bad: { 'vestibule_audio_late_frames_total{process="media"}': '0+2x20' },
    good: { 'vestibule_audio_late_frames_total{process="media"}': '0 3x20' },
    atMinute: 12,
  },
  VestibuleLedgerSlow: {
    bad: transactions({ '0.25': '0+5x20', '0.5': '0+10x20', '+Inf': '0+10x20' }),
    good: transactions({ '0.25': '0+10x20', '0.5': '0+10x20', '+Inf': '0+10x20' }),
    atMinute: 12,
  },
  VestibuleLedgerLogLarge: {
    bad: { 'vestibule_ledger_wal_bytes{process="worker"}': '70000000x20' },
    good: { 'vestibule_ledger_wal_bytes{process="worker"}': '4200000x20' },
    atMinute: 14,
  },
};

/** What promtool says about a file of tests; its own words when it fails. */
function promtool(...args: readonly string[]): string {
  try {
    return execFileSync('promtool', [...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string };
    throw new Error(`promtool (of the Debian package prometheus) failed: ${stdout}${stderr}`, { cause: error });
  }
}

/** One test of promtool: whether the alert, and how many of all alerts, fire with these series. */
function suite(alert: string, series: SeriesText, isBad: boolean, atMinute: number): object {
  const firing = (which: string): string => `count(ALERTS{${which}alertstate="firing"}) or vector(0)`;
  const value = isBad ? 1 : 0;
  return {
    name: `${alert} ${isBad ? 'fires' : 'is silent'}`,
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      { expr: firing(`alertname="${alert}",`), eval_time: `${atMinute}m`, exp_samples: [{ labels: '{}', value }] },
      // What is wrong in one place does not ring at the others.
      { expr: firing(isBad ? `alertname!="${alert}",` : ''), eval_time: `${atMinute}m`, exp_samples: [{ labels: '{}', value: 0 }] },
    ],
  };
}

const usedBy = (text: string): readonly string[] => [...text.matchAll(/\bvestibule_[a-z0-9_]+/g)].map(([name]) => name);

/** The name as it is in the catalogue; null when the catalogue has none such. */
function known(name: string): string | null {
  if (name === 'vestibule_process_up') return 'process_up';
  const own = name.replace(/^vestibule_/, '');
  if (Object.hasOwn(METRICS, own)) return own;
  const base = own.replace(/_(?:bucket|count|sum)$/, '');
  return Object.hasOwn(METRICS, base) && METRICS[base as keyof typeof METRICS].type === 'histogram' ? base : null;
}

describe('the alert rules', () => {
  test('are rules that Prometheus takes', () => {
    expect(promtool('check', 'rules', RULES)).toContain('SUCCESS');
  });

  test('each have numbers at which they fire, and numbers at which they are silent', () => {
    expect(rules.map(({ alert }) => alert).toSorted()).toEqual(Object.keys(CASES).toSorted());
  });

  test('fire alone at the first and are all silent at the second', () => {
    const file = join(folder.path, 'alerts-test.yaml');
    const tests = Object.entries(CASES).flatMap(([alert, { bad, good, atMinute }]) => [
      suite(alert, bad, true, atMinute),
      suite(alert, good, false, atMinute),
    ]);
    writeFileSync(file, stringify({ rule_files: [RULES], evaluation_interval: '1m', tests }));
    expect(promtool('test', 'rules', file)).toContain('SUCCESS');
  });

  test('say how urgent they are, and where to read on', () => {
    const page = readFileSync(join(HOME, 'docs', 'MONITORING.md'), 'utf8');
    for (const { alert, labels, annotations } of rules) {
      expect(['page', 'warning']).toContain(labels.severity);
      expect(annotations.runbook).toBe(`docs/MONITORING.md#${alert.toLowerCase()}`);
      expect(page).toContain(`### ${alert}\n`);
    }
    expect([...page.matchAll(/^### (Vestibule\w+)$/gm)].map(([, name = '']) => name).toSorted()).toEqual(
      rules.map(({ alert }) => alert).toSorted(),
    );
  });
});

describe('what is drawn and what rings', () => {
  const dashboard = join(HOME, 'monitoring', 'grafana-dashboard.json');

  test('uses only measures that there are', () => {
    expect(existsSync(dashboard)).toBe(true);
    const used = [...usedBy(readFileSync(RULES, 'utf8')), ...usedBy(readFileSync(dashboard, 'utf8'))];
    expect(used.length).toBeGreaterThan(40);
    expect(used.filter((name) => known(name) === null)).toEqual([]);
  });

  test('the dashboard asks Prometheus for nothing that it cannot parse', () => {
    const { panels } = JSON.parse(readFileSync(dashboard, 'utf8')) as {
      readonly panels: readonly { readonly targets?: readonly { readonly expr: string }[] }[];
    };
    const queries = panels.flatMap(({ targets }) => (targets ?? []).map(({ expr }) => expr));
    expect(queries.length).toBeGreaterThan(10);
    const file = join(folder.path, 'queries.yaml');
    const record = queries.map((expr, at) => ({ record: `vestibule:query${at}`, expr: expr.replaceAll('$__rate_interval', '5m') }));
    writeFileSync(file, stringify({ groups: [{ name: 'dashboard', rules: record }] }));
    expect(promtool('check', 'rules', file)).toContain('SUCCESS');
  });

  test('every measure stands in the documentation, and no other', () => {
    const page = readFileSync(join(HOME, 'docs', 'MONITORING.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `vestibule_([a-z0-9_]+)` \|/gm)].map(([, name = '']) => name);
    expect(rows.toSorted()).toEqual([...Object.keys(METRICS), 'process_up'].toSorted());
  });
});
