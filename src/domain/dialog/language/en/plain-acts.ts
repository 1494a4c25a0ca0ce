import { normalise } from './words.ts';

export type PlainAct = 'repeat' | 'goodbye' | 'message' | 'book' | 'reschedule' | 'cancel' | 'injection';

const any = (...sources: readonly string[]): RegExp => new RegExp(`\\b(?:${sources.join('|')})\\b`);

const INJECTION = any(
  '(?:ignore|disregard|forget) (?:\\w+ ){0,3}(?:instructions?|above|rules|prompt)',
  'system prompt',
  'pretend',
  "(?:say|tell me)(?: that)? (?:i am|i'm|i have been|it is|it's|my appointment is) (?:booked|confirmed)",
  'you must say',
  'override',
  '(?:developer|test|debug|admin) mode',
);
const REPEAT =
  /^(?:(?:sorry|pardon|pardon me|excuse me|what|huh|come again|hello|again)\b ?)+$|\b(?:say (?:that|it|this) (?:again|once more|more slowly)|(?:repeat|repeating) (?:that|it|the)|(?:could|can|would) you (?:please )?repeat|come again|what did you (?:just )?say|(?:didn't|did not|couldn't|could not) (?:quite )?(?:catch|hear|get|understand|make)|sorry what|pardon me|i beg your pardon|(?:one|once) more(?: time)? please|say again|speak (?:up|slower|louder|more)|more slowly)\b/;
const GOODBYE =
  /\b(?:goodbye|good bye|bye|(?:that is|that's|that was|that'll be|that will be) (?:all|everything|it)(?! (?:correct|right|fine|good|okay|ok|wrong))(?: thank| thanks| then| for| i need| from|$)|nothing (?:else|more)|have an? (?:nice|good|lovely|great) (?:day|one|evening|weekend)|(?:the )?wrong number|forget it|(?:have|got) to (?:go|hang up|dash))\b|^(?:no )?(?:that's|that is) (?:it|all)$/;
const THING = '(?:appointment|booking|visit|slot|check ?up|vaccination|blood test|consultation|one|date)';
const RESCHEDULE = any(
  're ?schedul(?:e|ing)',
  'postpone',
  '(?:move|change|shift|push|bump|swap|switch|bring|put) (?:\\w+ ){0,3}' + THING,
  '(?:move|shift|push|bring) (?:it|that) (?:to|forward|back)',
  'brought forward',
  '(?:different|another|new|earlier|later) (?:day|date|time)s? for my',
  '(?:has|have|needs?) to (?:be )?move(?:d)?',
  'clash(?:es)? with',
  'need it on another day',
);
const CANCEL = any(
  'cancel(?:l?ing|l?ed)?',
  'call off',
  "(?:can't|cannot|can not|won't be able to|am not able to|shan't be able to) (?:make|come|keep|attend)",
  "(?:won't|don't|do not) need (?:\\w+ ){0,2}(?:tomorrow's|appointment|it any ?more)",
  'no longer (?:need|necessary|required)',
  'drop my appointment',
  "(?:don't|do not) want to come",
  'take me off',
);
/** A question about cancelling is not a wish to cancel. */
const ABOUT_CANCELLING = any('what happens', 'fee', 'if i cancel', 'how do i', 'until when');
const PERSON = '(?:the|a|your|doctor|mister|misses|missus|miss|mrs|mr|him|her|them|someone|somebody)';
const MESSAGE = any(
  '(?:leave|take|pass on|give|send|have) (?:\\w+ ){0,3}message',
  '(?:a|the) message for',
  'leave word',
  '(?:call|ring|phone) (?:me|us) (?:back|when|about|as soon|today|tomorrow|later|again|tonight)',
  '(?:please|just|to) (?:call|ring|phone) (?:me|us)$',
  'call ?back',
  'get back to me',
  `(?:tell|ask) ${PERSON}`,
  `let ${PERSON} (?:\\w+ ){0,3}know`,
  `have ${PERSON} (?:\\w+ ){0,2}(?:call|ring|phone)`,
  'that i called',
  'returning (?:a|your|the) call',
  "(?:i'll|i will|i'm going to|going to|running|i am) be? ?(?:\\w+ ){0,3}late",
);
const WISH = '(?:book|schedule|make|get|have|need|want|like|arrange|set up|about|for|any|free|available|next|first|earliest|do|offer)';
const BOOK = any(
  `${WISH} (?:me )?(?:an?|another|the|any|some|in for|new|free|available|next|first|earliest|to book an?)?(?: \\w+){0,2} ?(?:appointments?|slots?|visit)`,
  'book (?:me|it|a|an|in|myself|my)',
  'booked in',
  'like to book',
  '(?:come in|come by|drop by|come over)(?! for)',
  'come in for',
  'see (?:the|a|your|doctor|misses|mister|one of)(?: \\w+)? ?(?:doctor|nurse|\\w+)',
  'be seen',
  '(?:fit|squeeze) (?:me|us|him|her) in',
  '(?:anything|any ?thing|something|what have you got) (?:free|open|available)',
  'openings',
  'availab(?:le|ility)',
  'when can i (?:come|see)',
);
const ALONE_BOOK = /^(?:(?:um|uh|yes|hello|hi|so|well|please|good morning) )*(?:an? |new |one |the )*appointment(?: please| for .*)?$/;
const BOOKED_ALREADY = any('(?:when|what time|where) (?:is|was) my', 'my appointment', 'the appointment (?:i have|on|for my)');

/** What the words plainly want, before any model is asked; null leaves it to the model. */
export function plainAct(text: string): PlainAct | null {
  const said = normalise(text);
  if (INJECTION.test(said)) return 'injection';
  if (RESCHEDULE.test(said)) return 'reschedule';
  if (CANCEL.test(said) && !ABOUT_CANCELLING.test(said)) return 'cancel';
  if (MESSAGE.test(said)) return 'message';
  if (ALONE_BOOK.test(said) || (BOOK.test(said) && !BOOKED_ALREADY.test(said))) return 'book';
  if (REPEAT.test(said)) return 'repeat';
  if (GOODBYE.test(said)) return 'goodbye';
  return null;
}
