import { createIpcServer } from '../adapters/ipc/peer.ts';
import { clauseFolder, createClauseDiskCache } from '../adapters/speech/clause-disk-cache.ts';
import { findEspeakData, partOf, verifyModel } from '../adapters/speech/model-pack.ts';
import { createVoiceEngine } from '../adapters/speech/voice-engine.ts';
import { createVoiceHost } from '../adapters/speech/voice-host.ts';
import { runProcess } from './process-main.ts';

/** The voice process: turns clauses into audio for the media process. */
await runProcess('voice', async ({ config, logger }) => {
  const model = verifyModel({ manifestPath: config.paths.modelsManifest, pack: config.models.pack, role: 'voice' });
  const engine = await createVoiceEngine({ model: partOf(model, 'model'), tokens: partOf(model, 'tokens'), espeakData: findEspeakData() });
  const disk = createClauseDiskCache({ folder: clauseFolder(config.paths.cache), voice: model.sha256, logger });
  const host = createVoiceHost({ engine, disk, logger });
  const server = await createIpcServer({ path: config.paths.sockets.voice, onPeer: (peer) => host.serve(peer) });
  return () => server.close();
});
