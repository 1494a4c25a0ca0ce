import type { PracticeProfile, Question, Service } from '../../../hours/practice.ts';
import { hasPhrase, normalise } from './words.ts';

/** The service that a sentence names; the longest phrase wins. */
export function parseService(text: string, practice: PracticeProfile): Service | null {
  const said = normalise(text);
  let best: { readonly service: Service; readonly length: number } | null = null;
  for (const service of practice.services) {
    const own = [
      service.id.replaceAll('-', ' '),
      normalise(service.spokenName).replace(/^(?:a|an|the) /, ''),
      ...service.phrases.map(normalise),
    ];
    for (const phrase of own) if (hasPhrase(said, phrase) && phrase.length > (best?.length ?? 0)) best = { service, length: phrase.length };
  }
  return best?.service ?? null;
}

/** The approved question that a sentence asks; the longest phrase wins. */
export function parseQuestion(text: string, practice: PracticeProfile): Question | null {
  const said = normalise(text);
  let best: { readonly question: Question; readonly length: number } | null = null;
  for (const question of practice.questions) {
    for (const phrase of question.phrases.map(normalise))
      if (hasPhrase(said, phrase) && phrase.length > (best?.length ?? 0)) best = { question, length: phrase.length };
  }
  return best?.question ?? null;
}

const ASKING =
  /^(?:(?:and|so|um|uh|well|hello|hi|oh|also|one more thing) )*(?:what|when|where|how|who|which|do|does|is there|are there|are you|can i|could i|will|should|may i)\b/;

/** True for the form of a question, so that a phrase that is also a service is not taken for a wish. */
export const isAsking = (text: string): boolean => ASKING.test(normalise(text));
