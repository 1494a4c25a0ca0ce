import { createActScorer } from '../../../src/adapters/llm/act-scorer.ts';
import { toAppError } from '../../../src/base/app-error.ts';

/** Loads a model in a process of its own and tells its parent how that went. */
const [model = '', description = ''] = process.argv.slice(2);
try {
  const scorer = await createActScorer({ model, description });
  const { act } = await scorer.score({
    asked: null,
    text: 'book an appointment',
    signal: new AbortController().signal,
  });
  await scorer.close();
  process.stdout.write(`${JSON.stringify({ act })}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ code: toAppError(error, 'invariant_broken').code })}\n`);
  process.exitCode = 1;
}
