import { assert, constantFrom, property, string, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asOpId, asUtteranceId } from '../../../../src/base/ids.ts';
import { findClaim } from '../../../../src/domain/dialog/language/en/claims.ts';
import { fixedClauses } from '../../../../src/domain/dialog/language/en/fixed-clauses.ts';
import { say } from '../../../../src/domain/dialog/language/en/templates.ts';
import { admitUtterance } from '../../../../src/domain/utterance/admit.ts';
import { UTTERANCE_KINDS, type UtteranceDraft } from '../../../../src/domain/utterance/utterance.ts';
import { practice } from '../dialog/conversation.ts';

const ID = asUtteranceId('u1');
const PROOF = { op: asOpId('op1'), fingerprint: 'f' };
const CLAIMS = [
  'booked',
  'confirmed',
  'reserved',
  'cancelled',
  'canceled',
  'moved',
  'delivered',
  'sent',
  'all set',
  'scheduled',
  'Booked',
  'CONFIRMED',
];
const HARMLESS = UTTERANCE_KINDS.filter((kind) => kind !== 'commitment');

const draft = (parts: Partial<UtteranceDraft>): UtteranceDraft => ({
  kind: 'inform',
  template: 'test',
  clauses: ['We are open.'],
  asks: null,
  facts: [],
  proof: null,
  tells: null,
  protectedClauses: 0,
  ...parts,
});

describe('the first gate', () => {
  test('no kind but a commitment ever claims anything, wherever the claim stands', () => {
    assert(
      property(constantFrom(...HARMLESS), constantFrom(...CLAIMS), tuple(string(), string()), (kind, claim, [before, after]) => {
        const admission = admitUtterance(draft({ kind, clauses: [`${before} ${claim} ${after}`] }), ID, findClaim);
        expect(admission).toMatchObject({ type: 'refused', reason: 'claim' });
      }),
    );
  });

  test('a claim that two clauses make together is found', () => {
    expect(admitUtterance(draft({ clauses: ['You are all', 'set.'] }), ID, findClaim)).toMatchObject({
      type: 'refused',
    });
  });

  test('a commitment without a proof is refused', () => {
    expect(admitUtterance(draft({ kind: 'commitment' }), ID, findClaim)).toMatchObject({
      type: 'refused',
      reason: 'no_proof',
    });
  });

  test('a commitment with its proof is admitted as it is', () => {
    const wanted = draft({ kind: 'commitment', clauses: ['You are booked.'], proof: PROOF });
    expect(admitUtterance(wanted, ID, findClaim)).toEqual({ type: 'admitted', utterance: { ...wanted, id: ID } });
  });

  test('an utterance without words is refused', () => {
    expect(admitUtterance(draft({ clauses: [' '] }), ID, findClaim)).toMatchObject({
      type: 'refused',
      reason: 'empty',
    });
  });
});

describe('the wording of the receptionist', () => {
  const commitments = new Set([...say.cancelled(PROOF).clauses, ...say.delivered(PROOF).clauses, 'Your appointment is moved.']);
  const clauses = fixedClauses(practice);
  const isOfCommitment = (clause: string): boolean => commitments.has(clause) || clause.startsWith('You are booked for');

  test.each(clauses.filter((clause) => !isOfCommitment(clause)))('"%s" claims nothing', (clause) => {
    expect(findClaim(clause)).toBeNull();
  });

  test.each(clauses)('"%s" can be spoken as it is written', (clause) => {
    expect(clause).toMatch(/^[A-Za-z' ,.?!-]+$/);
    expect(clause).not.toMatch(/\b(?:Dr|Mr|Mrs|e\.g|etc|approx)\b/);
  });

  test('the first words say who answers and what it is, and cannot be interrupted', () => {
    const first = say.disclosure(practice);
    expect(first).toMatchObject({ kind: 'legal', protectedClauses: 1 });
    expect(first.clauses[0]).toContain(practice.spokenName);
    expect(first.clauses[0]).toContain('AI assistant');
  });
});
