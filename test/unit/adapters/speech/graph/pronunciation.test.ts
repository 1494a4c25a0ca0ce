import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { phonesOf, pronounce, readLexicon, readPhoneTable } from '../../../../../src/adapters/speech/graph/pronunciation.ts';

const FOLDER = join(import.meta.dirname, '../../../../../models/starter/stt');
const table = readPhoneTable(join(FOLDER, 'phones.json'));
const lexicon = readLexicon(join(FOLDER, 'lexicon.txt'));
const signal = new AbortController().signal;

describe('phonesOf', () => {
  it('drops stress, splits long vowels before r and keeps one r', () => {
    expect(phonesOf("a#_p_'OI_n_t_m_@_n_t", table)).toEqual(['@', 'p', 'OI', 'n', 't', 'm', '@', 'n', 't']);
    expect(phonesOf("f_'o@", table)).toEqual(['f', 'O', 'r']);
    expect(phonesOf("w_'E_b_3_r-", table)).toEqual(['w', 'E', 'b', '@r']);
  });
});

describe('pronounce', () => {
  it('takes grammar words from the lexicon, also with two pronunciations', async () => {
    const said = await pronounce(['the', 'thursday'], { table, lexicon, signal });
    expect(said.get('the')?.length).toBe(2);
    expect(said.get('thursday')).toEqual([['T', '@r', 'z', 'd', 'eI']]);
  });

  it('asks espeak-ng for the words that a practice adds', async () => {
    const said = await pronounce(['lindenstrasse', 'thursday'], { table, lexicon, signal });
    expect(said.get('lindenstrasse')?.[0]?.slice(0, 3)).toEqual(['l', 'I', 'n']);
  });

  it('says every phone that the table promises', () => {
    const phones = new Set(table.phones);
    for (const [word, pronunciations] of lexicon) for (const phone of pronunciations.flat()) expect(phones, word).toContain(phone);
  });

  it('stops when it is cancelled', async () => {
    await expect(pronounce(['lindenstrasse'], { table, lexicon, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});
