import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSystemClock } from '../../../src/adapters/clock/system-clock.ts';
import { asCallId, asUtteranceId } from '../../../src/base/ids.ts';
import type { OpState } from '../../../src/domain/writeback/intent.ts';
import { openRealLedger } from '../../support/real-ledger.ts';
import { sampleBooking, sampleIntent } from '../../support/writeback-samples.ts';
import { install, shell, type Installation } from './vestibule.ts';

const STATES = ['dead', 'needs_human', 'conflict', 'verified'] as const;
let home: Installation;
let ops: Readonly<Record<(typeof STATES)[number], string>>;

/** One operation in each state, with what was said and promised about the one that stands, which is gone from the calendar. */
function seed({ data }: Installation): void {
  const clock = createSystemClock();
  const { ledger, store, reconcile } = openRealLedger(data, clock);
  const made = STATES.map((state: OpState, index): string => {
    const payload = sampleBooking({ name: index === 0 ? '=Laura "B", Becker' : 'Laura Becker' });
    const { op } = ledger.accept(sampleIntent(payload, { call: asCallId(`01CALL${index}`) }));
    const nowEpochMs = clock.epochMs();
    const claimed = store.claim(op, { owner: 'worker', nowEpochMs, untilEpochMs: nowEpochMs + 1000 });
    if (claimed === null) throw new Error('not claimed');
    const attempt = {
      phase: 'write',
      startedAtEpochMs: nowEpochMs,
      endedAtEpochMs: nowEpochMs + 7,
      outcome: 'unknown',
      code: null,
    } as const;
    store.save(op, claimed.epoch, { progress: { ...claimed.progress, state, attempts: 1 }, atEpochMs: nowEpochMs, attempt });
    return op;
  });
  const [dead = '', stuck = '', conflict = '', verified = ''] = made;
  ops = { dead, needs_human: stuck, conflict, verified };
  const op = ledger.get(verified as Parameters<typeof ledger.get>[0]);
  if (op === null) throw new Error('not seeded');
  const said = { op: op.op, call: op.call, utterance: asUtteranceId('u7'), claim: 'committed', opState: 'verified' } as const;
  ledger.recordSaid({ ...said, audioStartedAtEpochMs: clock.epochMs() });
  ledger.openPromise(op.op, clock.epochMs() + 60_000);
  reconcile.conclude({ op: op.op, destination: 'calendar', verdict: 'said_not_recorded', listed: false }, clock.epochMs());
  store.addTasksForStuck(clock.epochMs());
  ledger.close();
}

beforeAll(() => {
  home = install();
  seed(home);
});
afterAll(() => home.remove());

describe('ledger', () => {
  test('show has everything about an operation', async () => {
    expect((await home.json('ledger', 'show', ops.verified)).value).toMatchObject({
      op: ops.verified,
      state: 'verified',
      plan: null,
      said: [{ claim: 'committed', utterance: 'u7' }],
      promise: { state: 'open' },
      attempts: [{ phase: 'write', outcome: 'unknown' }],
      findings: [{ type: 'said_not_recorded' }],
      resolution: null,
    });
    const { stdout } = await home.vestibule('ledger', 'show', ops.verified);
    for (const title of ['steps', 'attempts', 'said to the caller', 'promise', 'findings'])
      expect(stdout).toMatch(new RegExp(`^${title}$`, 'm'));
  });

  test(
    'export gives every operation as JSON lines, or CSV; without what names the caller where that is wanted',
    { timeout: 60_000 },
    async () => {
      const { stdout } = await home.vestibule('ledger', 'export');
      expect(
        stdout
          .trim()
          .split('\n')
          .map((line) => (JSON.parse(line) as { op: string }).op),
      ).toEqual(STATES.map((state) => ops[state]));
      const csv = await home.vestibule('ledger', 'export', '--csv');
      expect(csv.stdout.split('\n')[0]).toMatch(/^op,call,kind,.*,payload,readBack$/);
      expect(csv.stdout).toContain('"{""kind"":""booking""');
      const bare = await home.vestibule('ledger', 'export', '--no-personal');
      expect(bare.stdout).not.toMatch(/Becker|49305550/);
      expect((await home.vestibule('ledger', 'export', '--since', '2999-01-01')).stdout).toBe('');
      expect(await home.vestibule('ledger', 'export', '--since', '01.03.2026')).toMatchObject({ exitCode: 2, stdout: '' });
      expect(await home.vestibule('ledger', 'export', '--csv', '--json')).toMatchObject({ exitCode: 2, stdout: '' });
    },
  );

  test(
    'retry opens what is dead again, finishes its task, and refuses a conflict with its code and the remedy',
    { timeout: 60_000 },
    async () => {
      const { value } = await home.json('ledger', 'retry', ops.dead);
      expect(value).toMatchObject({ op: ops.dead, state: 'accepted', attempts: 1 });
      const tasks = (await home.json('tasks', 'list')).value as readonly { readonly op: string }[];
      expect(tasks.map(({ op }) => op)).toEqual([ops.needs_human]);
      const refused = await home.vestibule('ledger', 'retry', ops.conflict);
      expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
      expect(refused.stderr).toMatch(/^operation_state_wrong: .*somebody else/);
      expect(refused.stderr).toContain('What to do: ');
      expect((await home.vestibule('ledger', 'retry', 'nowhere')).stderr).toMatch(/^not_found: /);
    },
  );

  test('resolve needs to be told what was decided', { timeout: 60_000 }, async () => {
    expect(await home.vestibule('ledger', 'resolve', ops.needs_human, '--as', 'done')).toMatchObject({ exitCode: 2 });
    expect(await home.vestibule('ledger', 'resolve', ops.needs_human, '--as', 'maybe', '--note', 'x')).toMatchObject({ exitCode: 2 });
  });

  test('resolve keeps what a person decided', { timeout: 60_000 }, async () => {
    const { value } = await home.json('ledger', 'resolve', ops.needs_human, '--as', 'done', '--note', 'entered by hand');
    expect(value).toMatchObject({ op: ops.needs_human, as: 'done', state: 'needs_human', note: 'entered by hand' });
    const gone = await home.vestibule('ledger', 'resolve', ops.verified, '--as', 'dropped', '--note', 'cancelled at the desk');
    expect(gone).toMatchObject({ exitCode: 0, stdout: '' });
    expect(gone.stderr).toContain('the operation is compensated');
  });

  test('findings and promises that have ended are listed with --all', { timeout: 60_000 }, async () => {
    expect((await home.json('ledger', 'findings')).value).toEqual([]);
    expect((await home.json('ledger', 'findings', '--all')).value).toMatchObject([{ op: ops.verified, type: 'said_not_recorded' }]);
    // What was opened again above owes its caller an answer.
    const reopened = { op: ops.dead, state: 'open' };
    expect((await home.json('promises', 'list')).value).toMatchObject([reopened]);
    const all = (await home.json('promises', 'list', '--all')).value;
    expect(all).toHaveLength(2);
    expect(all).toEqual(
      expect.arrayContaining(
        [reopened, { op: ops.verified, state: 'handed_to_human' }].map((one) => expect.objectContaining(one) as unknown),
      ),
    );
  });
});

describe('reconcile', () => {
  test('says that the worker is not running, with the remedy', async () => {
    const ran = await home.vestibule('reconcile');
    expect(ran).toMatchObject({ exitCode: 3, stdout: '' });
    expect(ran.stderr).toMatch(/^worker_not_running: /);
    expect(ran.stderr).toContain('vestibule run');
  });

  test('is ended by whoever started it, and says so, while the worker has not answered', { timeout: 60_000 }, async () => {
    const pidFile = join(home.folder, 'pid');
    const end = (): void => void process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGTERM');
    // A look whether somebody listens sends nothing; the question does.
    const mute = createServer((socket) => socket.once('data', end).on('error', () => undefined));
    mkdirSync(join(home.data, 'run'), { recursive: true });
    await new Promise<void>((resolve) => {
      mute.listen(join(home.data, 'run', 'worker.sock'), resolve);
    });
    const ran = await shell(`"$VESTIBULE" reconcile & echo $! > ${pidFile}; wait $!`, home);
    mute.close();
    expect(ran).toMatchObject({ exitCode: 1, stdout: '' });
    expect(ran.stderr).toMatch(/^cancelled: /);
  });
});
