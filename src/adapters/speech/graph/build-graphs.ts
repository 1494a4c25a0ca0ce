import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AppError } from '../../../base/app-error.ts';
import { EXPECTATIONS, type Expectation } from '../../../domain/dialog/dialog.ts';
import { buildCorpora, type PracticeVocabulary, type WeightedSentence } from './corpus.ts';
import { ctcTopology, grammarFst, lexiconFst } from './fst-text.ts';
import { readGrammar } from './grammar.ts';
import { buildLanguageModel } from './language-model.ts';
import { runOpenFst } from './openfst.ts';
import { pronounce, readLexicon, readPhoneTable } from './pronunciation.ts';
import { createVocabulary, type GraphVocabulary, readSymbols, type Symbols } from './vocabulary.ts';

export interface BuiltGraph {
  /** An OpenFst file for `ctcFstDecoderConfig.graph`. */
  readonly graphPath: string;
  /** The word of each output label; see `decodeWords`. */
  readonly words: readonly string[];
}

export interface BuildGraphsOptions {
  readonly vocabulary: PracticeVocabulary;
  /** grammar.json; phones.json and lexicon.txt lie beside it. */
  readonly grammarPath: string;
  readonly tokensPath: string;
  /** Kept between starts: a folder per content hash is made in it, and the others are removed. */
  readonly outDir: string;
  readonly signal: AbortSignal;
}

/** Weight of the language against the sound. Digits are equally likely: there a full weight would only drop short ones. */
const LANGUAGE_SCALE: Readonly<Record<Expectation, number>> = { general: 1, confirm: 0.75, datetime: 0.6, name: 0.7, phone: 0.5 };
/** Cost of leaving the vocabulary: low where names are expected. */
const UNKNOWN_WORD_COST: Readonly<Record<Expectation, number>> = { general: 6, confirm: 5, datetime: 4, name: 4, phone: 10 };
/** Graphs of other vocabularies kept beside the current one, for a second installation or a quick way back. */
const KEPT_FOLDERS = 3;

/**
 * Builds one decoding graph per expectation from the grammar and a practice's own words: CTC topology, phones to words, word trigram
 * with a way for unknown words. Seconds the first time; milliseconds once the content is known. Word output is per `decodeWords`.
 * Throws `model_missing`, `model_corrupt`, `program_missing`, `process_failed`, `cancelled`.
 */
export async function buildGraphs(options: BuildGraphsOptions): Promise<ReadonlyMap<Expectation, BuiltGraph>> {
  const folder = join(options.outDir, contentHash(options));
  if (!existsSync(join(folder, 'words.json'))) await buildFolder(options, folder);
  const words = JSON.parse(readFileSync(join(folder, 'words.json'), 'utf8')) as readonly string[];
  return new Map(EXPECTATIONS.map((expectation) => [expectation, { graphPath: join(folder, `${expectation}.fst`), words }]));
}

function beside(options: BuildGraphsOptions, name: string): string {
  return join(dirname(options.grammarPath), name);
}

function contentHash(options: BuildGraphsOptions): string {
  const hash = createHash('sha256').update(JSON.stringify(options.vocabulary));
  // The code that makes the graphs, with the weights in it: other code, other graphs.
  for (const name of readdirSync(import.meta.dirname).toSorted()) hash.update(readFileSync(join(import.meta.dirname, name)));
  for (const path of [options.grammarPath, options.tokensPath, beside(options, 'phones.json'), beside(options, 'lexicon.txt')]) {
    if (!existsSync(path)) throw new AppError('model_missing', `${path} is not there`);
    hash.update(readFileSync(path));
  }
  return hash.digest('hex').slice(0, 16);
}

async function buildFolder(options: BuildGraphsOptions, folder: string): Promise<void> {
  const staged = join(options.outDir, `.${randomUUID()}`);
  const work = await mkdtemp(join(tmpdir(), 'vestibule-graph-'));
  try {
    const table = readPhoneTable(beside(options, 'phones.json'));
    const symbols = readSymbols(options.tokensPath, table);
    const corpora = buildCorpora(readGrammar(options.grammarPath), options.vocabulary);
    const spoken = new Set([...corpora.values()].flatMap((sentences) => sentences.flatMap((sentence) => sentence.words)));
    const lexicon = readLexicon(beside(options, 'lexicon.txt'));
    const vocabulary = createVocabulary(await pronounce(spoken, { table, lexicon, signal: options.signal }), table);
    await prepareShared(work, { vocabulary, symbols, signal: options.signal });
    await mkdir(staged, { recursive: true });
    for (const [expectation, sentences] of corpora)
      await buildOne({ expectation, sentences, vocabulary, work, staged, signal: options.signal });
    await writeFile(join(staged, 'words.json'), JSON.stringify(vocabulary.words));
    await rm(folder, { recursive: true, force: true });
    await rename(staged, folder);
    await removeOldFolders(options.outDir, folder);
  } finally {
    await rm(work, { recursive: true, force: true });
    await rm(staged, { recursive: true, force: true });
  }
}

async function prepareShared(
  work: string,
  options: { readonly vocabulary: GraphVocabulary; readonly symbols: Symbols; readonly signal: AbortSignal },
): Promise<void> {
  const run = { cwd: work, signal: options.signal };
  await writeFile(join(work, 'T.txt'), ctcTopology(options.symbols));
  await writeFile(join(work, 'L.txt'), lexiconFst(options.vocabulary, options.symbols));
  for (const name of ['T', 'L']) {
    await runOpenFst('fstcompile', [`${name}.txt`, `${name}.raw`], run);
    await runOpenFst('fstarcsort', ['--sort_type=olabel', `${name}.raw`, `${name}.fst`], run);
  }
}

interface OneGraph {
  readonly expectation: Expectation;
  readonly sentences: readonly WeightedSentence[];
  readonly vocabulary: GraphVocabulary;
  readonly work: string;
  readonly staged: string;
  readonly signal: AbortSignal;
}

async function buildOne(options: OneGraph): Promise<void> {
  const { expectation, work, vocabulary } = options;
  const run = { cwd: work, signal: options.signal };
  const sayable = options.sentences.map(({ words, weight }) => ({
    words: words.filter((word) => vocabulary.idOf.has(word)),
    weight,
  }));
  const model = buildLanguageModel(sayable, vocabulary.idOf, LANGUAGE_SCALE[expectation]);
  await writeFile(join(work, 'G.txt'), grammarFst(model, vocabulary, UNKNOWN_WORD_COST[expectation]));
  await runOpenFst('fstcompile', ['G.txt', 'G.raw'], run);
  await runOpenFst('fstarcsort', ['--sort_type=ilabel', 'G.raw', 'G.fst'], run);
  await runOpenFst('fstcompose', ['L.fst', 'G.fst', 'LG.raw'], run);
  await runOpenFst('fstconnect', ['LG.raw', 'LG.con'], run);
  await runOpenFst('fstarcsort', ['--sort_type=ilabel', 'LG.con', 'LG.fst'], run);
  await runOpenFst('fstcompose', ['T.fst', 'LG.fst', 'HLG.raw'], run);
  await runOpenFst('fstconnect', ['HLG.raw', 'HLG.con'], run);
  await runOpenFst('fstarcsort', ['--sort_type=ilabel', 'HLG.con', join(options.staged, `${expectation}.fst`)], run);
}

async function removeOldFolders(outDir: string, current: string): Promise<void> {
  const folders = (await readdir(outDir))
    .map((name) => join(outDir, name))
    .filter((path) => path !== current && existsSync(join(path, 'words.json')));
  const oldestFirst = folders.toSorted((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs);
  for (const path of oldestFirst.slice(0, Math.max(0, oldestFirst.length - KEPT_FOLDERS))) await rm(path, { recursive: true, force: true });
}
