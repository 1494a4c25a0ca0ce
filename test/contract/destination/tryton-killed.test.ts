import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TrytonDestination } from '../../../src/adapters/destinations/tryton/tryton.ts';
import type { WriteResult } from '../../../src/domain/writeback/answer.ts';
import type { RecordPayload } from '../../../src/domain/writeback/intent.ts';
import { isSameRecord } from '../../../src/domain/writeback/same-record.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { testTryton } from '../../support/tryton-server.ts';
import { countIn, DESK, trytonAt, trytonPerson } from '../../support/tryton-subject.ts';

const KILLS = 12;
/** The server dies this much later after the writes of each further round: before, in the middle of and after their transactions. */
const STEP_MS = 20;
const RUN_MS_MAX = 120_000;

interface Write {
  readonly key: string;
  readonly payload: RecordPayload;
}

const folder = temporaryFolder();
const server = await testTryton(folder.path);
const tryton: TrytonDestination = trytonAt(server, server.port);
const options = () => ({ signal: AbortSignal.timeout(20_000) });

beforeAll(async () => {
  await server.start();
  const person = trytonPerson(server);
  await person.ask('model.party.party.create', [{ code: DESK, name: 'The practice' }]);
  await person.close();
}, RUN_MS_MAX);
afterAll(async () => {
  await tryton.close();
  await server.kill();
  folder.remove();
});

const writesOf = (round: number): readonly Write[] => [
  ...[1, 2, 3].map((seq): Write => {
    const phone = `+4930777${String(round * 10 + seq).padStart(5, '0')}`;
    return { key: `v1.demo.killed-${round}.${seq}.contact`, payload: { kind: 'contact', name: `Laura Becker-${round}-${seq}`, phone } };
  }),
  {
    key: `v1.demo.killed-${round}.4.note`,
    payload: { kind: 'note', title: `Call ${round}`, text: 'Booked a check-up.', phone: '+493077799999' },
  },
];

/** What the write-back engine does with a write: an open fate is settled by a read-back, what is absent is written again. */
async function settle({ key, payload }: Write, first: WriteResult): Promise<void> {
  const seen = await tryton.readBack(key, payload, options());
  if (first.type === 'committed') expect(seen.type).toBe('found');
  if (seen.type === 'absent') expect(await tryton.create(key, payload, options())).toMatchObject({ type: 'committed' });
  else expect(seen.type === 'found' && isSameRecord(seen.payload, payload)).toBe(true);
}

test(
  `a server that is killed ${KILLS} times in the middle of its writes holds every record exactly once in the end`,
  async () => {
    const results: WriteResult['type'][] = [];
    for (let round = 0; round < KILLS; round += 1) {
      const writes = writesOf(round);
      const begun = writes.map(({ key, payload }) => tryton.create(key, payload, options()));
      await delay(round * STEP_MS);
      await server.kill();
      const first = await Promise.all(begun);
      results.push(...first.map(({ type }) => type));
      await server.start();
      for (const [index, write] of writes.entries()) {
        const result = first[index];
        if (result !== undefined) await settle(write, result);
      }
    }
    for (let round = 0; round < KILLS; round += 1)
      for (const { key, payload } of writesOf(round)) expect([key, countIn(server, key, payload.kind)]).toEqual([key, 1]);
    // The kills did fall into writes, and not all of them.
    expect(new Set(results)).toContain('unknown');
    expect(new Set(results)).toContain('committed');
    expect(results.filter((type) => !['committed', 'unknown', 'retry'].includes(type))).toEqual([]);
  },
  RUN_MS_MAX,
);
