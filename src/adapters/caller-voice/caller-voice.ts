import { AppError } from '../../base/app-error.ts';
import { openSpeechCache, readWavAt8k, runProgram, synthesise } from './render.ts';
import {
  checkVoiceName,
  parseEspeakVariants,
  parseEspeakVoices,
  parseFliteVoices,
  type CallerVoiceSpec,
  type SpokenVoiceSpec,
  type VoiceLists,
} from './voice-name.ts';

export type { CallerVoiceSpec } from './voice-name.ts';

/** A voice that is known to exist. */
export interface CallerVoice {
  /** 8 kHz audio of a text; a recording says the same whatever the text is. Throws `speech_failed`; observes `signal`. */
  speak(text: string, options: { readonly signal: AbortSignal }): Promise<Int16Array>;
}

export interface CallerVoices {
  /** Throws `voice_unknown` for a name that the engine does not have or ignores, before anything is said. */
  open(spec: CallerVoiceSpec, options: { readonly signal: AbortSignal }): Promise<CallerVoice>;
}

/** Said by a voice with and without its variant: equal samples mean that the engine ignored the variant. */
const PROBE = 'hello there';

async function readLists(signal: AbortSignal): Promise<VoiceLists> {
  const [voices, english, variants, flite] = await Promise.all([
    runProgram('espeak-ng', ['--voices'], '', signal),
    runProgram('espeak-ng', ['--voices=en'], '', signal),
    runProgram('espeak-ng', ['--voices=variant'], '', signal),
    runProgram('flite', ['-lv'], '', signal),
  ]);
  return {
    espeak: new Set([...parseEspeakVoices(voices), ...parseEspeakVoices(english)]),
    espeakVariants: parseEspeakVariants(variants),
    flite: parseFliteVoices(flite),
  };
}

const isSame = (a: Int16Array, b: Int16Array): boolean => a.length === b.length && a.every((sample, index) => sample === b[index]);

async function checkVariantIsHeard(spec: SpokenVoiceSpec, folder: string, signal: AbortSignal): Promise<void> {
  const base = spec.name.split('+')[0] ?? '';
  if (spec.engine !== 'espeak-ng' || base === spec.name) return;
  const [withVariant, without] = await Promise.all([
    synthesise(spec, PROBE, { folder, signal }),
    synthesise({ ...spec, name: base }, PROBE, { folder, signal }),
  ]);
  if (isSame(withVariant, without))
    throw new AppError('voice_unknown', `espeak-ng ignores the variant of "${spec.name}": the samples are those of "${base}"`, {
      details: { name: spec.name },
    });
}

/** Voices of espeak-ng, flite and recordings, rendered once and kept under `cacheDir`. */
export function createCallerVoices(options: { readonly cacheDir: string }): CallerVoices {
  const cache = openSpeechCache(options.cacheDir);
  let lists: Promise<VoiceLists> | null = null;
  return {
    open: async (spec, { signal }) => {
      if ('file' in spec) {
        const pcm = await readWavAt8k(spec.file).catch((cause: unknown) => {
          throw new AppError(
            'voice_unknown',
            `the recording ${spec.file} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`,
            { cause },
          );
        });
        return { speak: () => Promise.resolve(pcm) };
      }
      lists ??= readLists(signal);
      checkVoiceName(spec, await lists);
      await checkVariantIsHeard(spec, cache.folder, signal);
      return { speak: (text, say) => cache.get(spec, text, say) };
    },
  };
}
