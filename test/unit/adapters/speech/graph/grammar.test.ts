import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createSeededRandom,
  expandTemplate,
  type Grammar,
  normaliseWords,
  parseTemplate,
  readGrammar,
} from '../../../../../src/adapters/speech/graph/grammar.ts';

const EMPTY: Grammar = { lists: new Map(), sections: new Map() };

function saidBy(template: string, grammar: Grammar = EMPTY, draws = 400): ReadonlySet<string> {
  const random = createSeededRandom(5);
  const options = [parseTemplate(template)];
  return new Set(Array.from({ length: draws }, () => expandTemplate(grammar, options, random).join(' ')));
}

describe('templates', () => {
  it('say every alternative, with and without the optional part', () => {
    expect(saidBy('(can|may) i [please] go')).toEqual(new Set(['can i go', 'may i go', 'can i please go', 'may i please go']));
  });

  it('draw an alternative as often as its weight says', () => {
    const random = createSeededRandom(7);
    const options = [parseTemplate('(9 often|1 seldom)')];
    const said = Array.from({ length: 2000 }, () => expandTemplate(EMPTY, options, random)[0]);
    expect(said.filter((word) => word === 'seldom').length / said.length).toBeCloseTo(0.1, 1);
  });

  it('spell a word of a list, double letters one by one or as a double', () => {
    const grammar: Grammar = { lists: new Map([['last', [parseTemplate('bell')]]]), sections: new Map() };
    expect(saidBy('<spell:last>', grammar)).toEqual(new Set(['B E L L', 'B E double L']));
  });

  it.each([
    ['(open', 'is missing'],
    ['closed)', 'not opened'],
  ])('refuse %s', (template, reason) => {
    expect(() => parseTemplate(template)).toThrow(
      expect.objectContaining({ code: 'model_corrupt', message: expect.stringContaining(reason) }),
    );
  });

  it('refuse a list that is not there and a list that contains itself', () => {
    expect(() => saidBy('<nothing>')).toThrow(expect.objectContaining({ code: 'model_corrupt' }));
    const endless: Grammar = { lists: new Map([['a', [parseTemplate('<a> again')]]]), sections: new Map() };
    expect(() => saidBy('<a>', endless)).toThrow(expect.objectContaining({ code: 'model_corrupt' }));
  });

  it('give the same sentences for the same seed', () => {
    const draw = (): readonly string[] => {
      const random = createSeededRandom(11);
      return Array.from({ length: 20 }, () => expandTemplate(EMPTY, [parseTemplate('(a|b|c|d) (e|f|g)')], random).join(' '));
    };
    expect(draw()).toEqual(draw());
  });
});

describe('normaliseWords', () => {
  it('writes text as the recogniser does', () => {
    expect(normaliseWords('Dr. Müller’s check-up, Lindenstraße 5')).toEqual(['dr', "muller's", 'check', 'up', 'lindenstrasse']);
  });
});

describe('readGrammar', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vestibule-grammar-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('reads the grammar that ships, whose held-out templates are in no section of the graphs', () => {
    const grammar = readGrammar(join(import.meta.dirname, '../../../../../models/starter/stt/grammar.json'));
    const random = createSeededRandom(3);
    for (const [name, section] of grammar.sections) {
      expect(expandTemplate(grammar, section.templates, random).length, name).toBeGreaterThan(0);
      for (const held of section.held) expect(section.templates, name).not.toContainEqual(held);
    }
  });

  it('says which file is missing, and which key is wrong', () => {
    expect(() => readGrammar(join(folder, 'none.json'))).toThrow(expect.objectContaining({ code: 'model_missing' }));
    const path = join(folder, 'grammar.json');
    writeFileSync(path, '{"about":"","lists":{},"sections":{"yes":{"weight":1,"expect":["nobody"],"templates":["yes"],"held":[]}}}');
    expect(() => readGrammar(path)).toThrow(
      expect.objectContaining({ code: 'model_corrupt', message: expect.stringContaining('sections.yes.expect') }),
    );
    writeFileSync(path, '<html>');
    expect(() => readGrammar(path)).toThrow(expect.objectContaining({ code: 'model_corrupt' }));
  });
});
