import { join } from 'node:path';
import { createIpcServer } from '../adapters/ipc/peer.ts';
import { partOf, verifyModel } from '../adapters/speech/model-pack.ts';
import { createRecognizerEngine } from '../adapters/speech/recognizer-engine.ts';
import { createRecognizerHost } from '../adapters/speech/recognizer-host.ts';
import type { PracticeProfile } from '../domain/hours/practice.ts';
import { buildGraphsAside } from './graph-builder.ts';
import { runProcess } from './process-main.ts';

/** What callers of this practice say beside what everybody says. */
function vocabularyOf(profile: PracticeProfile): {
  readonly words: readonly string[];
  readonly sentences: readonly string[];
  readonly names: readonly string[];
} {
  return {
    words: profile.vocabulary,
    sentences: [
      profile.spokenName,
      ...profile.services.flatMap((service) => [service.spokenName, ...service.phrases]),
      ...profile.questions.flatMap((question) => question.phrases),
    ],
    names: profile.people,
  };
}

/** The recogniser process: streaming recognition with one decoding graph per expectation. */
await runProcess('recogniser', async ({ config, logger, scope }) => {
  const model = verifyModel({ manifestPath: config.paths.modelsManifest, pack: config.models.pack, role: 'recogniser' });
  const inputs = {
    vocabulary: vocabularyOf(config.profile),
    grammarPath: partOf(model, 'grammar'),
    tokensPath: partOf(model, 'tokens'),
    outDir: join(config.paths.cache, 'graphs'),
  };
  const graphs = await buildGraphsAside(inputs, scope.signal);
  const engine = createRecognizerEngine({ model: partOf(model, 'model'), tokens: partOf(model, 'tokens') }, graphs);
  const host = createRecognizerHost(engine, logger);
  const server = await createIpcServer({ path: config.paths.sockets.recogniser, onPeer: (peer) => host.serve(peer) });
  return () => server.close();
});
