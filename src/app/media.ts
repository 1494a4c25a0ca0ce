import { openWebSocketMediaLeg } from '../adapters/asterisk/websocket-media-leg.ts';
import { createSystemClock } from '../adapters/clock/system-clock.ts';
import { connectIpc } from '../adapters/ipc/peer.ts';
import { serveCallAudio } from '../adapters/media/call-audio-host.ts';
import { partOf, verifyModel } from '../adapters/speech/model-pack.ts';
import { createRecognizerClient } from '../adapters/speech/recognizer-client.ts';
import { createSileroVad } from '../adapters/speech/silero-vad.ts';
import { createVoiceClient } from '../adapters/speech/voice-client.ts';
import { AppError } from '../base/app-error.ts';
import { watchLegPace } from '../runtime/media/leg-pace.ts';
import { createMediaDesk, type OpenLeg } from '../runtime/media/media-desk.ts';
import { measureRecognizer, measureVoice } from './measured-speech.ts';
import { runProcess } from './process-main.ts';

/** The media process: the audio of calls, between Asterisk, the recogniser and the voice. */
await runProcess('media', async ({ config, logger, scope, metrics }) => {
  const model = verifyModel({ manifestPath: config.paths.modelsManifest, pack: config.models.pack, role: 'vad' });
  const vad = await createSileroVad(partOf(model, 'model'));
  const { signal } = scope;
  const recognizer = createRecognizerClient(
    (handlers) => connectIpc({ ...handlers, path: config.paths.sockets.recogniser, signal }),
    logger,
  );
  const voice = createVoiceClient((handlers) => connectIpc({ ...handlers, path: config.paths.sockets.voice, signal }), logger);
  const clock = createSystemClock();
  const openLeg: OpenLeg = async (address, handlers, options) => {
    if (address.transport === 'asterisk_websocket') {
      const leg = await openWebSocketMediaLeg({ url: address.url, handlers, logger, signal: options.signal });
      return watchLegPace(leg, clock.monotonicMs, () => metrics.count('audio_late_frames_total'));
    }
    throw new AppError('media_leg_failed', `the media process has no ${address.transport} legs`);
  };
  const parts = { clock, vad, recognizer: measureRecognizer(recognizer, metrics), voice: measureVoice(voice, metrics), logger };
  const host = await serveCallAudio({
    path: config.paths.sockets.media,
    logger,
    makeDesk: (onEvent) => createMediaDesk({ ...parts, onEvent }, openLeg, { signal }),
  });
  return async () => {
    await host.close();
    await Promise.all([recognizer.close(), voice.close(), vad.close()]);
  };
});
