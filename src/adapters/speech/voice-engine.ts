import { AppError } from '../../base/app-error.ts';
import { SAMPLE_RATE_HZ } from '../../base/units.ts';
import { finishClause } from '../../audio/loudness.ts';
import { resample } from '../../audio/resample.ts';
import { toInt16 } from '../../audio/sample.ts';
import { loadSherpa } from './sherpa.ts';

/** Longest clause that is spoken, in characters; templates are far below it. */
export const CLAUSE_CHARACTERS_MAX = 400;
/** A clause is plain text: letters of any script, digits, and the signs that a voice can read. */
const SPEAKABLE = /^[\p{L}\p{M}\p{N}\p{Zs}.,;:!?'"’‘“”()\-–—/%&+€$£@#]+$/u;
const HAS_WORD = /[\p{L}\p{N}]/u;

export interface VoiceModel {
  /** VITS in the Piper contract, phonemes through espeak. */
  readonly model: string;
  readonly tokens: string;
  /** Folder of espeak-ng's data (phontab, phonindex, phondata, intonations). */
  readonly espeakData: string;
}

/** Turns one clause into 8 kHz audio of a fixed loudness. */
export interface VoiceEngine {
  /** Throws `speech_failed` for text that cannot be spoken, before the native library sees it. */
  synthesize(text: string): Promise<Int16Array>;
}

/** The one form of a clause that is rendered and cached: spaces folded. Throws `speech_failed` when it cannot be spoken. */
export function speakable(text: string): string {
  const clause = text.replace(/\s+/gu, ' ').trim();
  if (clause.length > CLAUSE_CHARACTERS_MAX)
    throw new AppError('speech_failed', `a clause of ${clause.length} characters is over the limit of ${CLAUSE_CHARACTERS_MAX}`);
  if (!HAS_WORD.test(clause) || !SPEAKABLE.test(clause))
    throw new AppError('speech_failed', 'a clause has nothing that can be spoken, or signs that cannot');
  return clause;
}

/** Loads the voice. The files must have been verified. One clause at a time: the caller queues. */
export async function createVoiceEngine(model: VoiceModel): Promise<VoiceEngine> {
  const tts = await loadSherpa().OfflineTts.createAsync({
    model: { vits: { model: model.model, tokens: model.tokens, dataDir: model.espeakData }, numThreads: 1, provider: 'cpu', debug: 0 },
    maxNumSentences: 1,
  });
  return {
    synthesize: async (text) => {
      const clause = speakable(text);
      let audio: { readonly samples: Float32Array; readonly sampleRate: number };
      try {
        // Never the synchronous form: it ends the process when the front end finds no phonemes.
        audio = await tts.generateAsync({
          text: clause,
          sid: 0,
          speed: 1,
          enableExternalBuffer: false,
          generationConfig: { silenceScale: 1 },
        });
      } catch (cause) {
        throw new AppError('speech_failed', 'the voice made no audio', { cause });
      }
      const finished = finishClause(toInt16(resample(audio.samples, audio.sampleRate, SAMPLE_RATE_HZ)));
      if (finished.length === 0) throw new AppError('speech_failed', 'the voice made silence');
      return finished;
    },
  };
}
