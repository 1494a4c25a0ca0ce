/**
 * The journal takes nothing more once too much waits for a full disk. The call that met this was to be given to a human; but its last entry
 * is one for the journal too, and the error of that ended the daemon, with all other calls.
 */
import { expect, test } from 'vitest';
import { AppError } from '../../../../src/base/app-error.ts';
import { createFakeJournal } from '../../../support/fake-journal.ts';
import { createHouse } from './call-house.ts';

test('a journal that takes nothing more gives the call to a human, and the next caller is served again', async () => {
  const journal = createFakeJournal();
  let isFull = false;
  const house = await createHouse({
    parts: {
      journal: {
        ...journal,
        append: (entry) => {
          if (isFull) throw new AppError('disk_full', 'too many entries wait for the disk');
          journal.append(entry);
        },
      },
    },
  });
  const { call, channel } = await house.dial();
  isFull = true;
  await house.says(call, 'hello');
  expect(house.board().live()).toBe(0);
  expect(house.phone.failedOver).toEqual([channel]);

  isFull = false;
  await house.dial();
  expect(house.board().live()).toBe(1);
});
