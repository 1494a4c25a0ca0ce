import { normalise } from './words.ts';

/** What outranks everything else that was said, whatever was asked. */
export type HardRule =
  | 'emergency'
  | 'self_harm'
  | 'threat'
  | 'legal_threat'
  | 'complaint'
  | 'human'
  | 'robot'
  | 'stop_recording'
  | 'delete_data';

const any = (...sources: readonly string[]): RegExp => new RegExp(`\\b(?:${sources.join('|')})\\b`);

const SELF_HARM = any(
  '(?:kill|hurt|harm|cut) myself',
  'suicid(?:e|al)',
  'end (?:my life|it all)',
  '(?:want|wish|going) to die',
  "(?:don't|do not) want to (?:live|be here any ?more|go on living)",
  'better off dead',
  '(?:pills|tablets) (?:right )?in front of me',
);

const EMERGENCY = any(
  "(?:an? |this is |medical |real |it's an )?emergency",
  'chest (?:pains?|hurts|is tight|feels tight|tightness)',
  'pains? in (?:my|his|her|the) chest',
  'sitting on (?:my|his|her) chest',
  "(?:can't|cannot|can not|can hardly|hardly|barely|unable to|struggl(?:ing|es) to|trouble|difficulty|problems?) breath(?:e|ing)?",
  "(?:not|isn't|stopped|stops) breath(?:e|ing)",
  'heart attack',
  '(?:a|having a|had a|has a) stroke',
  'bleed(?:ing|s)(?! gums)',
  'blood (?:pouring|everywhere|gushing|all over)',
  '(?:lots?|losing a lot) of blood',
  'unconscious',
  'unresponsive',
  "(?:not|isn't|stopped|won't be) (?:responding|moving|answering me|waking up)",
  "won't (?:wake up|answer me|respond)",
  'will not wake up',
  'collapsed',
  'fainted',
  'passed out',
  'ambulance',
  'seizure',
  '(?:some (?:sort|kind) of|having an?|had an?) (?:epileptic )?fit',
  'chok(?:ing|ed)',
  'overdosed?',
  'too many (?:pills|tablets)',
  '(?:took|taken|swallowed) (?:about |around |all |the whole |a whole )?(?:\\w+teen|\\w+ty|ten|twelve|\\w+ (?:bottle|pack|box|handful) of|all|bottle of|pack of)(?: \\w+)? (?:pills|tablets)',
  'poison(?:ed|ing)?',
  '(?:drank|drunk|swallowed) (?:\\w+ ){0,2}(?:cleaner|bleach|detergent|acid|petrol|battery)',
  'allergic (?:shock|reaction)',
  'throat (?:is |keeps )?(?:closing|swelling)',
  '(?:lips|face) (?:is|are|turning|going) (?:\\w+ )?blue',
  "(?:face|arm|leg|side|hand)(?: is|'s| are| feels| went| has gone| gone)? (?:completely |all |totally )?numb",
  'numb on one side',
  "(?:can't|cannot|can not) feel (?:my|his|her) (?:arm|leg|face|legs|arms|side)",
  '(?:half|side) of (?:my|his|her) face',
  'face (?:is )?(?:hanging|drooping)',
  "(?:can't|cannot) get (?:his|her) words out",
  "(?:there(?:'s| has| was| is| 's)?|had|in) (?:been )?an? (?:\\w+ )?accident",
  '(?:hit|run over) by a (?:car|truck|bus)',
  'severe (?:\\w+ )?pain',
  'dying',
  'drowning',
  'badly (?:hurt|burned|burnt|injured)',
  'life threatening',
  'threatening me',
  'help my (?:husband|wife|mother|father|son|daughter|child|baby)',
  'i need help (?:now|immediately|right now|right away|quickly|fast)',
);
/** Cries for help that mean it only when they stand alone. */
const CRY = /^(?:(?:please|oh god|oh|quick|somebody|someone) )*help(?: me| us)?(?: please| now| help(?: me)?)*$/;
const CHEST_HURTS = /\b(?:my|his|her) chest hurts?\b/;
const NEGATED = any(
  "(?:not|isn't|no|never|wasn't) (?:really |actually )?(?:an? )?emergency",
  'no (?:chest pain|bleeding|accident)',
  'not (?:bleeding|dying|poisoned)',
  'without (?:an )?(?:emergency|accident)',
  'in case of (?:an )?emergency',
  'emergency (?:contact|number)',
);

const THREAT = any(
  "(?:i'll|i will|i'm going to|i am going to|gonna) (?:kill|hurt|shoot|beat|smash|burn|get) (?:you|him|her|them|everyone)",
  'come over there and',
  'a bomb',
);
const LEGAL = any(
  'sue (?:you|him|her|them)',
  '(?:call|hear from|talk to|speak to|tell) my (?:lawyer|attorney|solicitor)',
  'my (?:lawyer|attorney)',
  'take (?:you|this|it) to court',
  'legal action',
  'press charges',
  'report you',
);
const COMPLAINT = any(
  'complaint',
  'complain(?:ing)?',
  'refund(?:ed)?',
  'money back',
  'unacceptable',
  'charged twice',
  'a disgrace',
  'disgraceful',
  'compensation',
);

const KIND =
  '(?:human(?: being)?|(?:real|actual|live|living|other|proper) (?:person|human|one)|person|operator|receptionist|front desk|live agent|agent|employee|member of staff|staff member|staff)';
/** Who can be asked for beside "a human"; a mention alone asks for nobody. */
const SOMEONE =
  '(?:someone|somebody|anyone|anybody|you guys|(?:\\w+ )?(?:doctor|nurse|practice|assistant|office|manager|colleagues?|boss|reception|receptionist|secretary|staff|team)|(?:mister|misses|missus|miss|mrs|mr|doctor) \\w+|one of your (?:colleagues|staff|people)|who works there)';
const HUMAN = any(
  `(?:a|an|any|some|the|your|actual|real|no|to|^)? ?(?:human(?: being)?|(?:real|actual|live|living) (?:person|human|one|agent)|person|operator|receptionist|front desk|live agent|employee|member of (?:your )?staff|your staff)`,
  'an agent',
  'someone real',
  `(?:speak|talk|chat)(?:ing)? (?:directly )?(?:to|with|two|too) (?:\\w+ )?${SOMEONE}`,
  `have a (?:word|chat) with (?:\\w+ )?${SOMEONE}`,
  '(?:transfer|connect) me',
  'be (?:connected|transferred|put through)',
  'put (?:me|us) (?:through|on)',
  '(?:transfer|connect|put through) (?:me|us)',
  `(?:give|get) me (?:${SOMEONE}|${KIND})`,
  `(?:need|want) (?:${KIND}|someone|somebody)`,
  `is(?:n't)? there (?:someone|anyone|somebody|anybody)`,
  "(?:don't|do not) want (?:to (?:talk|speak) (?:to|with) )?(?:a|the|this) (?:machine|robot|computer|bot)",
);
const ALONE_HUMAN = /^(?:(?:please|um|uh|no|just) )*(?:someone|somebody|agent|an? agent|one of your colleagues)(?: please| now)*$/;
/** A wish for an appointment or a message that mentions a person is not a wish for that person on the line. */
const NOT_HUMAN = any(
  'appointment',
  'book',
  'schedule',
  'message',
  '(?:tell|let|ask|have) (?:the|doctor|mister|misses|miss|him|her|them|your|someone|somebody) (?:\\w+ ){0,3}(?:know|to|that|call|phone|ring)',
  'first person',
  'in person',
  'per person',
);
const ABOUT_US = any('are you', 'am i (?:talking|speaking)', 'is this', 'is that', "you(?:'re| are)", 'you sound');
const ROBOT = any(
  'are you (?:an? |the |really |actually )*(?:robot|machine|computer|bot|human(?: being)?|real|(?:real |actual )?person|recording|ai|a i|alive|artificial)',
  'am i (?:talking|speaking) (?:to|with) (?:an? )?(?:robot|machine|computer|bot|human|real|actual|person|recording|ai|a i)',
  'is (?:this|that|it) (?:an? )?(?:robot|machine|computer|bot|recording|real person|person|human|answering machine|ai|a i)',
  'you are (?:an? )?(?:robot|machine|computer|bot)',
  "you're (?:an? )?(?:robot|machine|computer|bot)",
  'who am i (?:talking|speaking) (?:to|with)',
  'who are you',
  'who is this',
  'artificial intelligence',
);
const RECORDING = any(
  'stop recording',
  "(?:do not|don't|not) record(?: me| this)?",
  'recording (?:this|me|the call)',
  'being recorded',
  'are you recording',
);
const DELETE_DATA = any(
  '(?:delete|erase|remove|forget|destroy) (?:all |everything |of |any )*(?:my|the) (?:data|information|details|records|file)',
  'delete everything about me',
);

function wantsHuman(said: string): boolean {
  return (HUMAN.test(said) || ALONE_HUMAN.test(said)) && !NOT_HUMAN.test(said);
}

function isEmergency(said: string): boolean {
  return (EMERGENCY.test(said) || CHEST_HURTS.test(said) || CRY.test(said)) && !NEGATED.test(said);
}

/** The first hard rule that the words meet; null for none. Never depends on the language model. */
export function hardRule(text: string): HardRule | null {
  const said = normalise(text);
  if (SELF_HARM.test(said)) return 'self_harm';
  if (isEmergency(said)) return 'emergency';
  if (THREAT.test(said)) return 'threat';
  if (LEGAL.test(said)) return 'legal_threat';
  if (COMPLAINT.test(said)) return 'complaint';
  if (RECORDING.test(said)) return 'stop_recording';
  if (DELETE_DATA.test(said)) return 'delete_data';
  if (ROBOT.test(said)) return 'robot';
  if (wantsHuman(said)) return ABOUT_US.test(said) && !/\bi (?:want|need|would|don't)\b/.test(said) ? 'robot' : 'human';
  return null;
}
