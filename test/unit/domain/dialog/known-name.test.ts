import { describe, expect, test } from 'vitest';
import { asKnown } from '../../../../src/domain/dialog/known-name.ts';
import { talk } from './conversation.ts';

describe('a name that was heard', () => {
  test.each([
    ['Laura Beker', ['Laura Becker'], 'Laura Becker'],
    ['Jurgen Muller', ['Jürgen Müller', 'Petra Müller'], 'Jürgen Müller'],
    ['Laura Becker', ['Laura Becker', 'Laura Beckers'], 'Laura Becker'],
  ])('%s is written as it is known: %j', (heard, known, written) => {
    expect(asKnown(heard, known)).toBe(written);
  });

  test.each([
    ['of somebody else in the family', 'Martin Becker', ['Martina Becker']],
    ['of whom only a part was said', 'Becker', ['Laura Becker']],
    ['that is another one', 'Laura Beckham', ['Laura Becker']],
    ['that is short and differs', 'Jo Lee', ['Jo Lea']],
    ['that could be two people', 'Laura Beker', ['Laura Becker', 'Laura Bekers']],
    ['that nobody knows', 'Laura Becker', []],
  ])('%s stays as it was heard', (_title, heard, known) => {
    expect(asKnown(heard, known)).toBe(heard);
  });
});

describe('a caller whose number is known', () => {
  const knownNames = ['Laura Becker'];

  test('is asked for the name like everybody, and the known spelling of what they say is booked', () => {
    const call = talk({ context: { knownNames } });
    call.hears('a check up on thursday at ten thirty');
    expect(call.last()?.template).toBe('ask_name');
    expect(call.said.flatMap(({ clauses }) => clauses).join(' ')).not.toMatch(/Laura|Becker/);
    call.hears('Laura Beker');
    call.hears('yes please');
    expect(call.last()).toMatchObject({ template: 'read_back', clauses: expect.arrayContaining(['for Laura Becker,']) as unknown });
  });

  test.each([
    ['another name', 'Tom Else', 'for Tom Else,'],
    ['the last name alone, which they then spell', 'Becker', null],
  ])('who says %s hears nothing of the known one', (_title, said, readBack) => {
    const asked = (names: readonly string[]): readonly (string | undefined)[] => {
      const call = talk({ context: { knownNames: names } });
      call.hears('a check up on thursday at ten thirty');
      call.hears(said);
      if (readBack === null) call.hears('b e k e r');
      call.hears('yes please');
      return call.said.flatMap(({ clauses }) => clauses);
    };
    expect(asked(knownNames)).toEqual(asked([]));
    if (readBack !== null) expect(asked(knownNames)).toContain(readBack);
  });
});
