import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { AppError } from '../../../base/app-error.ts';

const tableSchema = z.strictObject({
  about: z.string(),
  phones: z.array(z.string().min(1)).min(1),
  espeak: z.record(z.string(), z.string()),
  beforeR: z.record(z.string(), z.string()),
  words: z.record(z.string(), z.array(z.string().min(1)).min(1)),
  letters: z.record(z.string(), z.string()),
});

/** The recogniser's phones, how espeak-ng's mnemonics map to them, and how a phone is written in an unknown word. */
export type PhoneTable = z.infer<typeof tableSchema>;
export type Lexicon = ReadonlyMap<string, readonly (readonly string[])[]>;

const ESPEAK_MS_MAX = 20_000;
const OUTPUT_CHARS_MAX = 4_000_000;
/** Words pronounced by one run of espeak-ng. */
const WORDS_PER_RUN = 500;

function readModelFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AppError('model_missing', `${path} cannot be read`, { cause });
  }
}

/** Reads phones.json. Throws `model_missing` or `model_corrupt`. */
export function readPhoneTable(path: string): PhoneTable {
  let raw: unknown;
  try {
    raw = JSON.parse(readModelFile(path));
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('model_corrupt', `${path} is not JSON`, { cause });
  }
  const parsed = tableSchema.safeParse(raw);
  if (!parsed.success)
    throw new AppError(
      'model_corrupt',
      `${path}: ${parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`,
    );
  return parsed.data;
}

/** Reads lexicon.txt: `word<TAB>phones`, one pronunciation a line. Throws `model_missing`. */
export function readLexicon(path: string): Lexicon {
  const lexicon = new Map<string, (readonly string[])[]>();
  for (const line of readModelFile(path).split('\n')) {
    const [word, phones] = line.split('\t');
    if (word === undefined || phones === undefined) continue;
    lexicon.set(word, [...(lexicon.get(word) ?? []), phones.trim().split(' ')]);
  }
  return lexicon;
}

/** Turns one word of espeak-ng's output, such as `a#_p_'OI_n_t`, into phones; mnemonics that the table does not know are left out. */
export function phonesOf(mnemonics: string, table: PhoneTable): readonly string[] {
  const parts = mnemonics
    .split(/[_ ]+/)
    .map((part) => part.replaceAll(/[',%=|]/g, ''))
    .filter((part) => part !== '');
  const phones = parts.flatMap((part, index) => {
    const plain = part.replace(/;+$/, '') || part;
    const mapped = (parts[index + 1] === 'r' ? table.beforeR[plain] : undefined) ?? table.espeak[plain] ?? '';
    return mapped.split(' ').filter((phone) => phone !== '');
  });
  return phones.filter((phone, index) => !(phone === 'r' && phones[index - 1] === '@r'));
}

function askEspeak(text: string, signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn('espeak-ng', ['-q', '-x', '--sep=_', '-v', 'en-us', '--stdin'], {
    signal: AbortSignal.any([signal, AbortSignal.timeout(ESPEAK_MS_MAX)]),
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    if (said.length < OUTPUT_CHARS_MAX) said += chunk;
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(text);
  child.on('error', (cause: NodeJS.ErrnoException) => {
    if (signal.aborted) reject(new AppError('cancelled', 'the pronunciation of words was cancelled'));
    else
      reject(
        new AppError(
          cause.code === 'ENOENT' ? 'program_missing' : 'process_failed',
          `espeak-ng, which pronounces the practice's own words: ${cause.message}`,
          { cause },
        ),
      );
  });
  child.on('close', (code) => {
    if (code === 0) resolve(said);
    else reject(new AppError('process_failed', `espeak-ng ended with ${code}`));
  });
  return promise;
}

export interface PronounceOptions {
  readonly table: PhoneTable;
  readonly lexicon: Lexicon;
  readonly signal: AbortSignal;
}

/**
 * Pronunciations of the words: from the lexicon, else by espeak-ng, which is asked only then. A word nobody can pronounce is left out.
 * Throws `program_missing`, `process_failed`, `cancelled`.
 */
export async function pronounce(words: Iterable<string>, options: PronounceOptions): Promise<Lexicon> {
  const found = new Map<string, readonly (readonly string[])[]>();
  const asked: string[] = [];
  for (const word of words) {
    const known = options.lexicon.get(word);
    if (known === undefined) asked.push(word);
    else found.set(word, known);
  }
  for (let at = 0; at < asked.length; at += WORDS_PER_RUN) {
    const some = asked.slice(at, at + WORDS_PER_RUN);
    const said = await askEspeak(some.map((word) => `${word}.\n\n`).join(''), options.signal);
    const lines = said
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    if (lines.length !== some.length) throw new AppError('process_failed', `espeak-ng pronounced ${lines.length} of ${some.length} words`);
    for (const [index, word] of some.entries()) {
      const phones = phonesOf(lines[index] ?? '', options.table);
      if (phones.length > 0) found.set(word, [phones]);
    }
  }
  return found;
}
