import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { AppError } from '../../../base/app-error.ts';
import type { Random } from '../../../base/clock.ts';
import { EXPECTATIONS, type Expectation } from '../../../domain/dialog/dialog.ts';

const sectionSchema = z.strictObject({
  weight: z.number().min(0),
  expect: z.array(z.enum(EXPECTATIONS)).min(1),
  templates: z.array(z.string().min(1)).min(1),
  held: z.array(z.string().min(1)),
});
const grammarSchema = z.strictObject({
  about: z.string(),
  lists: z.record(z.string(), z.array(z.string()).min(1)),
  sections: z.record(z.string(), sectionSchema),
});

/** A parsed template. `spell` says the letters of a word of a list one by one. */
export type GrammarNode =
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'list'; readonly name: string }
  | { readonly kind: 'spell'; readonly name: string }
  | { readonly kind: 'sequence'; readonly items: readonly GrammarNode[] }
  | { readonly kind: 'choice'; readonly options: readonly GrammarOption[] };

export interface GrammarOption {
  readonly weight: number;
  readonly node: GrammarNode;
}

export interface GrammarSection {
  readonly weight: number;
  readonly expect: readonly Expectation[];
  readonly templates: readonly GrammarOption[];
  /** Templates for evaluation only: no graph contains them. */
  readonly held: readonly GrammarOption[];
}

/** What callers say, as templates; the format is described in the `about` of the file. */
export interface Grammar {
  readonly lists: ReadonlyMap<string, readonly GrammarOption[]>;
  readonly sections: ReadonlyMap<string, GrammarSection>;
}

const TOKEN = /[()[\]|]|<[^>]+>|[^\s()[\]|<>]+/g;
const EMPTY: GrammarNode = { kind: 'sequence', items: [] };
/** Lists inside lists; a list that contains itself would never end. */
const DEPTH_MAX = 24;

/** Parses one template. Throws `model_corrupt` where a bracket is missing. */
export function parseTemplate(text: string): GrammarOption {
  const tokens = text.match(TOKEN) ?? [];
  let at = 0;
  const readChoice = (closing: string | null): readonly GrammarOption[] => {
    const options = [readSequence()];
    while (tokens[at] === '|') {
      at += 1;
      options.push(readSequence());
    }
    if (closing !== null && tokens[at] !== closing) throw new AppError('model_corrupt', `grammar: \`${closing}\` is missing in: ${text}`);
    if (closing !== null) at += 1;
    return options;
  };
  const readSequence = (): GrammarOption => {
    let weight = 1;
    const first = tokens[at];
    if (first !== undefined && /^\d+$/.test(first)) {
      weight = Number(first);
      at += 1;
    }
    const items: GrammarNode[] = [];
    for (let token = tokens[at]; token !== undefined && token !== '|' && token !== ')' && token !== ']'; token = tokens[at]) {
      at += 1;
      if (token === '(') items.push({ kind: 'choice', options: readChoice(')') });
      else if (token === '[')
        items.push({
          kind: 'choice',
          options: [
            { weight: 1, node: EMPTY },
            { weight: 1, node: { kind: 'choice', options: readChoice(']') } },
          ],
        });
      else if (token.startsWith('<spell:')) items.push({ kind: 'spell', name: token.slice(7, -1) });
      else if (token.startsWith('<')) items.push({ kind: 'list', name: token.slice(1, -1) });
      else items.push({ kind: 'word', text: token });
    }
    return { weight, node: { kind: 'sequence', items } };
  };
  const options = readChoice(null);
  if (at !== tokens.length) throw new AppError('model_corrupt', `grammar: a bracket is not opened in: ${text}`);
  const [only] = options;
  return options.length === 1 && only !== undefined ? only : { weight: 1, node: { kind: 'choice', options } };
}

/** Reads the grammar file. Throws `model_missing` or `model_corrupt`. */
export function readGrammar(path: string): Grammar {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AppError('model_missing', `the grammar ${path} cannot be read`, { cause });
  }
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (cause) {
    throw new AppError('model_corrupt', `${path} is not JSON`, { cause });
  }
  const parsed = grammarSchema.safeParse(raw);
  if (!parsed.success) {
    throw new AppError(
      'model_corrupt',
      `${path}: ${parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`,
    );
  }
  const lists = new Map(Object.entries(parsed.data.lists).map(([name, templates]) => [name, templates.map(parseTemplate)]));
  const sections = new Map(
    Object.entries(parsed.data.sections).map(([name, section]) => [
      name,
      {
        weight: section.weight,
        expect: section.expect,
        templates: section.templates.map(parseTemplate),
        held: section.held.map(parseTemplate),
      },
    ]),
  );
  return { lists, sections };
}

function choose(options: readonly GrammarOption[], random: Random): GrammarNode {
  let rest = random() * options.reduce((sum, option) => sum + option.weight, 0);
  for (const option of options) {
    rest -= option.weight;
    if (rest < 0) return option.node;
  }
  return options.at(-1)?.node ?? EMPTY;
}

function spellOut(word: string, random: Random): readonly string[] {
  const said: string[] = [];
  const doubles = random() < 0.5;
  for (let i = 0; i < word.length; i += 1) {
    const letter = word.charAt(i).toUpperCase();
    if (doubles && word.charAt(i + 1).toUpperCase() === letter) {
      said.push('double', letter);
      i += 1;
    } else said.push(letter);
  }
  return said;
}

/** One random sentence of the template, as words. Throws `model_corrupt` for a list that is unknown or contains itself. */
export function expandTemplate(grammar: Grammar, options: readonly GrammarOption[], random: Random): readonly string[] {
  const said: string[] = [];
  const optionsOf = (name: string): readonly GrammarOption[] => {
    const list = grammar.lists.get(name);
    if (list === undefined) throw new AppError('model_corrupt', `grammar: there is no list <${name}>`);
    return list;
  };
  const expand = (node: GrammarNode, depth: number): void => {
    if (depth > DEPTH_MAX) throw new AppError('model_corrupt', 'grammar: a list contains itself');
    switch (node.kind) {
      case 'word':
        said.push(node.text);
        return;
      case 'list':
        expand(choose(optionsOf(node.name), random), depth + 1);
        return;
      case 'spell':
        said.push(...spellOut(expandTemplate(grammar, optionsOf(node.name), random).join(''), random));
        return;
      case 'sequence':
        for (const item of node.items) expand(item, depth + 1);
        return;
      case 'choice':
        expand(choose(node.options, random), depth + 1);
        return;
    }
  };
  expand(choose(options, random), 0);
  return said;
}

/** A seeded source of random numbers (mulberry32), so that the same grammar gives the same graphs. */
export function createSeededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Text as the recogniser writes it: lower case words of a-z and apostrophe. */
export function normaliseWords(text: string): readonly string[] {
  return text
    .toLowerCase()
    .normalize('NFD')
    .replaceAll('ß', 'ss')
    .replaceAll('’', "'")
    .replaceAll(/[̀-ͯ]/g, '')
    .split(/[^a-z']+/)
    .filter((word) => /[a-z]/.test(word));
}
