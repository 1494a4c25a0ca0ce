import type { PracticeProfile, Service } from '../../../hours/practice.ts';
import type { CommitmentProof, UtteranceDraft } from '../../../utterance/utterance.ts';
import { say } from './templates.ts';

/** Clauses without values: rendered once, ahead of the first call. */
export function fixedClauses(practice: PracticeProfile): readonly string[] {
  const proof: CommitmentProof = { op: '' as CommitmentProof['op'], fingerprint: '' };
  const drafts: readonly UtteranceDraft[] = [
    say.disclosure(practice),
    say.askIntent(),
    say.askIntentAgain(),
    say.askService(),
    say.askServiceAgain(practice),
    say.askDay(),
    say.outOfRange(),
    say.nothingFree(),
    say.calendarAway(),
    say.calendarOld(),
    say.askTimeUnseen(),
    say.askTimeAgain(),
    say.askName(),
    say.askSpelling(),
    say.offerCallerNumber(),
    say.askPhone(),
    say.askChange(),
    say.cancelled(proof),
    say.delivered(proof),
    say.pending(proof.op),
    say.takenMeanwhile(proof.op),
    say.couldNot(null),
    say.unproven(),
    say.askMore(),
    say.noAnswer(),
    say.askMessage(),
    say.askWhenBetter(),
    say.nobodyThere(),
    say.transferring(),
    say.complaint(),
    say.emergency(practice),
    say.emergencyAgain(practice),
    say.robot(practice),
    say.recording(),
    say.noBooking(),
    say.leftAsItIs(),
    say.notUnderstood(),
    say.stayOnTask(),
    say.stillThere(),
    say.cannotHear(),
    say.goodbye(),
    say.timeUp(),
    say.backAgain(),
    say.fillerLooking(),
    say.fillerWorking(),
    ...practice.questions.map(say.answer),
  ];
  const carriers = practice.services.flatMap(({ spokenName }: Service) => [`So, ${spokenName}`, `You are booked for ${spokenName}`]);
  return [
    ...new Set([
      ...drafts.flatMap(({ clauses }) => clauses),
      ...carriers,
      'Is that right?',
      'I see more than one appointment.',
      'Which one do you mean?',
      'Only the practice can change that one, so I will take a message for them.',
      'Nothing is free at that time.',
      'Your appointment is moved.',
      'Which time would you like?',
      'Please say the whole number once more.',
      'How does it go on?',
      'Shall I pass that on?',
    ]),
  ];
}
