import { serveRpc } from '../adapters/ipc/rpc.ts';
import { createActScorer } from '../adapters/llm/act-scorer.ts';
import { createLanguageHandlers } from '../adapters/llm/language-host.ts';
import { partOf, verifyModel } from '../adapters/speech/model-pack.ts';
import { runProcess } from './process-main.ts';

/** The language process: scores the act of a caller's turn for the daemon. */
await runProcess('language', async ({ config, logger }) => {
  const pack = verifyModel({ manifestPath: config.paths.modelsManifest, pack: config.models.pack, role: 'act' });
  const scorer = await createActScorer({
    model: partOf(pack, 'model'),
    description: partOf(pack, 'description'),
    logger,
  });
  const server = await serveRpc({ path: config.paths.sockets.language, handlers: createLanguageHandlers(scorer) });
  return async () => {
    await server.close();
    await scorer.close();
  };
});
