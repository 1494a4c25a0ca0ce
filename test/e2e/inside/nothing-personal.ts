/**
 * Runs in a network with nothing but loopback: the whole product takes the demo call, a booking by Laura Becker, and what it has left on
 * disk and told as measures is searched for her. Prints one JSON line. Started by nothing-personal.test.ts.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { openJournal } from '../../../src/adapters/sqlite/journal.ts';
import { clauseFolder } from '../../../src/adapters/speech/clause-disk-cache.ts';
import { createErasure } from '../../../src/app/erasure.ts';
import { runProduct } from '../../../src/app/run-product.ts';
import { createLedgerStore } from '../../../src/app/storage.ts';
import { makeConfig } from '../../../src/config/config.ts';

const PHONE = '+493055501234';
const PERSONAL = /becker|3055501234|04930555|laura/;
const MONITORING_PORT = 29_464;

const folder = process.argv[2] ?? '';
const config = makeConfig({ dataDir: join(folder, 'var'), monitoring: { port: MONITORING_PORT } }, { file: null, base: folder });
const { data } = config.paths;

/** The recogniser's vocabulary and compiled code, which hold names that every installation knows, and the voice of the simulated caller. */
const NOT_OF_CALLS = ['cache/graphs/', 'cache/compiled/', 'cache/caller/'];

/** Files whose name or content tells of her. */
function tellingFiles(): readonly string[] {
  return readdirSync(data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => {
      const name = relative(data, path);
      if (NOT_OF_CALLS.some((folder) => name.startsWith(folder))) return false;
      return PERSONAL.test(`${name}\n${readFileSync(path, 'latin1')}`.toLowerCase());
    })
    .map((path) => relative(data, path));
}

const get = async (path: string): Promise<string> => (await fetch(`http://127.0.0.1:${MONITORING_PORT}${path}`)).text();

/** What can be read while everything runs, and again when it has stopped. */
let metrics = '';
let whileRunning: readonly string[] = [];
const stop = new AbortController();
const look = async (): Promise<void> => {
  try {
    metrics = await get('/metrics');
    whileRunning = tellingFiles();
  } finally {
    stop.abort();
  }
};
const report = await runProduct({
  config,
  demo: true,
  stay: true,
  line: (text) => {
    if (text.startsWith('Call it yourself')) void look();
  },
  note: (text) => process.stderr.write(`${text}\n`),
  signal: stop.signal,
});
const afterStop = tellingFiles();
const erasure = createErasure(config);
const erased = erasure.erase({ phones: [PHONE] }, 'test');
erasure.close();
const afterErasure = tellingFiles();
const ledger = createLedgerStore(config);
const journal = openJournal({ path: config.paths.journal, keyFile: config.secrets.keyFile });
const bodies = journal.list({ limit: 10 }).flatMap(({ call }) => journal.read(call).map(({ body }) => body));
const clauses = readdirSync(clauseFolder(config.paths.cache)).length;
const left = {
  clauses,
  operations: ledger.list({ limit: 10 }).length,
  entries: bodies.length,
  readable: bodies.filter((body) => body !== null).length,
};
journal.close();
ledger.close();
const metricsTell = PERSONAL.test(metrics.toLowerCase());
const answer = {
  outcome: report?.outcome,
  files: { whileRunning, afterStop, afterErasure },
  metrics: metrics.length,
  metricsTell,
  erased,
  left,
};
process.stdout.write(`${JSON.stringify(answer)}\n`);
process.exit(0);
