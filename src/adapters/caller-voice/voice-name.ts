import { AppError } from '../../base/app-error.ts';

/** How a caller speaks. Exactly the `voice` of a scenario. */
export type CallerVoiceSpec =
  | { readonly engine: 'espeak-ng' | 'flite'; readonly name: string; readonly wordsPerMinute?: number | undefined }
  | { readonly file: string };

export type SpokenVoiceSpec = Exclude<CallerVoiceSpec, { readonly file: string }>;

/** The names that an engine knows, as it lists them. */
export interface VoiceLists {
  /** Languages and voice names of espeak-ng, lower case. */
  readonly espeak: ReadonlySet<string>;
  /** Variants of espeak-ng; their case counts. */
  readonly espeakVariants: ReadonlySet<string>;
  readonly flite: ReadonlySet<string>;
}

/** Reads `espeak-ng --voices`: the second and fourth column and the file name all name a voice. */
export function parseEspeakVoices(listing: string): ReadonlySet<string> {
  const names = listing
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, language, , name, file] = line.trim().split(/\s+/);
      return [language, name, file, file?.split('/').at(-1)].filter((part) => part !== undefined);
    });
  return new Set([...names.map((name) => name.toLowerCase()), 'en']);
}

/** Reads `espeak-ng --voices=variant`: the file name is what follows the `+`. Names may contain blanks. */
export function parseEspeakVariants(listing: string): ReadonlySet<string> {
  return new Set([...listing.matchAll(/!v\/(\S+(?: \S+)*)/g)].map((match) => match[1] ?? ''));
}

export function parseFliteVoices(listing: string): ReadonlySet<string> {
  return new Set(
    listing
      .replace(/^.*Voices available:/s, '')
      .trim()
      .split(/\s+/),
  );
}

const unknown = (message: string, name: string): AppError => new AppError('voice_unknown', message, { details: { name } });

/** Throws `voice_unknown` for a name that the engine would silently replace by another voice. */
export function checkVoiceName(spec: SpokenVoiceSpec, lists: VoiceLists): void {
  if (spec.engine === 'flite') {
    if (!lists.flite.has(spec.name)) throw unknown(`flite has no voice "${spec.name}"; it has ${[...lists.flite].join(', ')}`, spec.name);
    return;
  }
  const [base = '', ...variants] = spec.name.split('+');
  if (!lists.espeak.has(base.toLowerCase())) throw unknown(`espeak-ng has no voice "${base}"`, spec.name);
  for (const variant of variants) {
    if (!lists.espeakVariants.has(variant)) throw unknown(`espeak-ng has no variant "${variant}" and would ignore it`, spec.name);
  }
  if (variants.length > 0 && base.toLowerCase() === 'en-gb') {
    throw unknown(`espeak-ng ignores every variant after en-gb; write en+${variants.join('+')} for the British voice with it`, spec.name);
  }
}
