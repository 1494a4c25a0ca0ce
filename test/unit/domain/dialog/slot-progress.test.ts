import { describe, expect, it } from 'vitest';
import { slotProgress } from '../../../../src/domain/dialog/language/en/parse-slot.ts';
import { NOW, practice } from './conversation.ts';

describe('how far an answer has come', () => {
  it.each([
    ['confirm', 'yes', 'complete'],
    ['confirm', 'no', 'partial'],
    ['confirm', 'no at ten thirty', 'complete'],
    ['confirm', 'no thursday', 'complete'],
    ['confirm', 'no the name', 'partial'],
    ['confirm', 'well', 'absent'],
    ['more', 'no', 'absent'],
    ['more', 'yes', 'partial'],
    ['more', 'that is all', 'complete'],
    ['day', 'on thursday', 'complete'],
    ['time', 'ten', 'complete'],
    ['datetime', 'thursday', 'partial'],
    ['phone', 'yes', 'complete'],
    ['phone', 'no', 'partial'],
    ['phone', 'oh three oh', 'partial'],
    ['phone', 'oh three oh five five five oh one two three four', 'complete'],
    ['name', 'laura', 'partial'],
    ['name', 'laura becker', 'complete'],
    ['service', 'a check up please', 'complete'],
    ['intent', 'i would like', 'absent'],
    ['message', 'i have chest pain', 'complete'],
  ] as const)('asked for %s, "%s" is %s', (slot, text, progress) => {
    expect(slotProgress(slot, text, { practice, nowEpochMs: NOW })).toBe(progress);
  });
});
