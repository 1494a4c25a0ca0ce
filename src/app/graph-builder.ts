import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { buildGraphs, type BuildGraphsOptions, type BuiltGraph } from '../adapters/speech/graph/build-graphs.ts';
import type { Expectation } from '../domain/dialog/dialog.ts';

type Inputs = Omit<BuildGraphsOptions, 'signal'>;

/**
 * Builds the decoding graphs in a process that ends with the work: what it takes, some 300 MB of text, is not kept by the recogniser for as
 * long as it lives. Throws what `buildGraphs` throws.
 */
export async function buildGraphsAside(inputs: Inputs, signal: AbortSignal): Promise<ReadonlyMap<Expectation, BuiltGraph>> {
  const args = ['--disable-warning=ExperimentalWarning', import.meta.filename, JSON.stringify(inputs)];
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  const stop = (): void => void child.kill();
  signal.addEventListener('abort', stop, { once: true });
  // What went wrong there goes wrong again here, with its code; what went well is found by its content.
  await once(child, 'exit').catch(() => undefined);
  signal.removeEventListener('abort', stop);
  return buildGraphs({ ...inputs, signal });
}

if (import.meta.main) await buildGraphs({ ...(JSON.parse(process.argv[2] ?? '') as Inputs), signal: new AbortController().signal });
