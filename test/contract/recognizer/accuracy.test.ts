import { join } from 'node:path';
import { expect, it } from 'vitest';
import { evaluateRecogniser } from '../../../models/training/stt/evaluate.ts';
import { HOME } from '../../../scripts/testing/run-command.ts';

const isFull = process.env['VESTIBULE_TEST_TIER'] === 'full';
/** Everything here is seeded and comes out the same every time. The long run measures as the page of the model does. */
const { count, floors } = isFull
  ? { count: 40, floors: { yesNo: 0.95, dayTime: 0.9, phone: 0.75, emergencyRecall: 0.9, humanRecall: 0.9, falseAlarms: 0.01 } }
  : { count: 10, floors: { yesNo: 0.8, dayTime: 0.8, phone: 0.7, emergencyRecall: 0.7, humanRecall: 0.8, falseAlarms: 0.03 } };

it('the starter recogniser hears voices and wording that it does not know as well as its page says', { timeout: 400_000 }, async () => {
  const rates = await evaluateRecogniser({
    modelDir: join(HOME, 'models/starter/stt'),
    workDir: join(HOME, 'var/stt-evaluation'),
    count,
    depth: 'slots',
    signal: new AbortController().signal,
  });
  expect(rates.n['dayTime']).toBe(3 * count);
  expect(rates.dayTime).toBeGreaterThanOrEqual(floors.dayTime);
  expect(rates.phone).toBeGreaterThanOrEqual(floors.phone);
  expect(rates.yesNo).toBeGreaterThanOrEqual(floors.yesNo);
  expect(rates.humanRecall).toBeGreaterThanOrEqual(floors.humanRecall);
  expect(rates.emergencyRecall).toBeGreaterThanOrEqual(floors.emergencyRecall);
  expect(rates.falseAlarms).toBeLessThanOrEqual(floors.falseAlarms);
});
