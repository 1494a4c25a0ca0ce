/**
 * A cancelled appointment that stands again. A write that was begun can leave long after that: its worker was frozen between the question
 * and the write (a machine that swaps, a paused virtual machine), or the question before it was answered late. By then the next worker,
 * or the next attempt, had made the entry, and the caller had taken it back; the slot's address was free, and the old write filled it.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { answerCaller } from '../../src/app/faults/answer-caller.ts';
import { openDestination, openHouse, type FaultHouse } from '../../src/app/faults/house.ts';
import { planFaults } from '../../src/app/faults/plan.ts';
import { bookingOf, intentOf, type PlannedStory } from '../../src/app/faults/story.ts';
import type { RequestFault } from '../../src/adapters/fault-proxy/misbehave.ts';
import type { OpId } from '../../src/base/ids.ts';
import type { Intent } from '../../src/domain/writeback/intent.ts';
import { opKey } from '../../src/domain/writeback/op-key.ts';
import { eventually } from '../support/eventually.ts';

let house: FaultHouse;
const plan = planFaults(1, 2);
const [story] = plan.stories;
const [caller] = story?.callers ?? [];
if (story === undefined || caller === undefined) throw new Error('the plan has a story');

beforeEach(async () => {
  house = await openHouse(await openDestination(plan, 'caldav'));
}, 60_000);
afterEach(() => house.close({ keep: false }));

/** A caller's yes, and the fate of it once it is decided. */
async function agree(intent: Intent): Promise<OpId> {
  house.target.expect(opKey(intent), 0);
  const { op } = await answerCaller(house.daemon, intent);
  if (op === null) throw new Error('not accepted');
  await eventually('the operation is verified', () => house.daemon.ledger.get(op)?.state === 'verified', 20_000);
  return op;
}

const book = (of: PlannedStory): Promise<OpId> => agree(intentOf(of, 1, 1, bookingOf(caller)));
const takeBack = (of: PlannedStory, target: OpId): Promise<OpId> => agree(intentOf(of, 2, 1, { kind: 'cancel', target }));

describe('an appointment that was taken back stays so', () => {
  test('when the worker that had begun on it was frozen before its write and goes on long after', async () => {
    const asked = Promise.withResolvers<void>();
    house.proxy.direct(({ method }) => {
      if (method !== 'REPORT') return null;
      asked.resolve();
      house.proxy.direct(null);
      return { kind: 'slow', delayMs: 600 };
    });
    const booking = book(story);
    await asked.promise;
    const frozen = house.keeper.freeze(8000);
    await takeBack(story, await booking);
    await frozen;
    expect(await house.target.look(story)).toEqual([]);
  });

  test('when its first write left late, lost its connection and arrived within the time that a request may be on its way', async () => {
    const faults: Record<string, RequestFault | undefined> = {
      REPORT: { kind: 'answer_late', delayMs: 2500 },
      PUT: { kind: 'arrives_late', delayMs: 1500 },
    };
    house.proxy.direct(({ method }) => {
      const fault = faults[method] ?? null;
      faults[method] = undefined;
      return fault;
    });
    await takeBack(story, await book(story));
    await house.proxy.quiet();
    expect(await house.target.look(story)).toEqual([]);
  });
});
