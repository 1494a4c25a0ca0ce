// Token ids of every line of a text file, as sherpa-onnx's espeak front end produces them: phonemes.ts ECHO_VOICE_DIR SENTENCES OUTPUT.json
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

interface OfflineTts {
  generateAsync(request: object): Promise<{ readonly samples: Float32Array }>;
}
interface Sherpa {
  readonly OfflineTts: new (config: object) => OfflineTts;
}

const [voiceDir = '', sentencesFile = '', outputFile = ''] = process.argv.slice(2);
const sherpa = createRequire(import.meta.url)('sherpa-onnx-node') as Sherpa;
const tts = new sherpa.OfflineTts({
  model: {
    vits: {
      model: `${voiceDir}/voice.onnx`,
      tokens: `${voiceDir}/tokens.txt`,
      dataDir: process.env['ESPEAK_DATA_DIR'] ?? '/usr/lib/x86_64-linux-gnu/espeak-ng-data',
    },
    numThreads: 1,
    provider: 'cpu',
    debug: 0,
  },
  maxNumSentences: 1,
});

const ids: number[][] = [];
for (const text of readFileSync(sentencesFile, 'utf8').trimEnd().split('\n')) {
  const { samples } = await tts.generateAsync({
    text,
    sid: 0,
    speed: 1,
    enableExternalBuffer: false,
    generationConfig: { silenceScale: 1 },
  });
  ids.push(Array.from(samples, (sample) => Math.round(sample * 1024)));
}
writeFileSync(outputFile, JSON.stringify(ids));
