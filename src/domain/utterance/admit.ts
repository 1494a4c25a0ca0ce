import type { UtteranceId } from '../../base/ids.ts';
import type { Utterance, UtteranceDraft } from './utterance.ts';

/** Finds a word that claims something was done; given by the language. */
export type ClaimFinder = (text: string) => string | null;

export type Admission =
  | { readonly type: 'admitted'; readonly utterance: Utterance }
  | { readonly type: 'refused'; readonly reason: 'no_proof' | 'claim' | 'empty'; readonly claim: string | null };

/** Kinds whose wording is checked against the claim lexicon: all but the commitment itself. */
export function admitUtterance(draft: UtteranceDraft, id: UtteranceId, findClaim: ClaimFinder): Admission {
  if (draft.clauses.length === 0 || draft.clauses.some((clause) => clause.trim() === ''))
    return { type: 'refused', reason: 'empty', claim: null };
  if (draft.kind === 'commitment')
    return draft.proof === null || draft.proof.op === ''
      ? { type: 'refused', reason: 'no_proof', claim: null }
      : { type: 'admitted', utterance: { ...draft, id } };
  const claim = findClaim(draft.clauses.join(' '));
  return claim === null ? { type: 'admitted', utterance: { ...draft, id } } : { type: 'refused', reason: 'claim', claim };
}
