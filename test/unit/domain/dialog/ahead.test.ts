import { expect, it } from 'vitest';
import { likelyClauses } from '../../../../src/domain/dialog/ahead.ts';
import { plainContext, talk } from './conversation.ts';

it('names ahead every value clause of the read-back that follows', () => {
  const call = talk();
  call.hears('a check up on thursday');
  const ahead = likelyClauses(call.state(), plainContext);
  call.hears('the first one');
  call.hears('Laura Becker');
  const known = new Set([...ahead, ...likelyClauses(call.state(), plainContext)]);
  call.hears('yes please');
  const readBack = call.last()?.clauses ?? [];
  expect(call.last()?.template).toBe('read_back');
  expect(readBack.slice(1, -1).filter((clause) => !known.has(clause))).toEqual([]);
});

it('names the coming open days before a day is asked', () => {
  const call = talk();
  expect(likelyClauses(call.state(), plainContext)).toContain('On Thursday, the fifth of March,');
  expect(likelyClauses(call.state(), plainContext).join(' ')).not.toContain('Sunday');
});
