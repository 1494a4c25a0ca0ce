import { isEmergency } from './emergency.ts';
import { isSelfHarm } from './self-harm.ts';
import { anyOf, normalise } from './words.ts';

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

const THREAT = anyOf(
  "(?:i'll|i will|i'm going to|i am going to|gonna) (?:kill|hurt|shoot|beat|smash|burn|get) (?:you|him|her|them|everyone)",
  'come over there and',
  'a bomb',
);
const LEGAL = anyOf(
  'sue (?:you|him|her|them)',
  '(?:call|hear from|talk to|speak to|tell) my (?:lawyer|attorney|solicitor)',
  'my (?:lawyer|attorney)',
  'take (?:you|this|it) to court',
  'legal action',
  'press charges',
  'report you',
);
const COMPLAINT = anyOf(
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
  "(?:someone|somebody|anyone|anybody|you guys|(?:\\w+ )?(?:doctor|dentist|nurse|practice|assistant|office|manager|supervisor|colleagues?|boss|owner|reception|receptionist|representative|secretary|staff|team|lady|girl|gentleman)|(?:mister|misses|missus|miss|mrs|mr|doctor) \\w+|one of (?:your|the) (?:colleagues|staff|people|girls|ladies|nurses|doctors)|who works there|whoever(?:'s| is) (?:in charge|there|on duty))";
const HUMAN = anyOf(
  `(?:a|an|any|some|the|your|actual|real|no|to|^)? ?(?:human(?: being)?|(?:real|actual|live|living) (?:person|human|one|agent)|person|operator|receptionist|front desk|live agent|employee|member of (?:your )?staff|your staff)`,
  'an agent',
  'someone real',
  // Whom it is about may be misheard; nobody says this to a machine they are content with.
  "(?:need|want|would like|i'd like|hoping|prefer|rather|have) to (?:speak|talk) (?:to|with) (?!you\\b|him\\b|her\\b|them\\b)\\w+",
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
  "(?:don't|do not|won't|can't|cannot|hate|not) (?:\\w+ ){0,3}(?:talk(?:ing)?|speak(?:ing)?) (?:to|with) (?:a |the |this |these )?(?:machines?|robots?|computers?|bots?)",
  "(?:don't|do not) like (?:machines|robots|computers)",
  "(?:can't|cannot) get on with this (?:machine|thing|computer)",
  `(?:pass|switch|hand) me (?:on |over |back |through )?to \\w+`,
  `put (?:${SOMEONE}|${KIND}) (?:back )?on`,
  `(?:get|fetch) me (?:${SOMEONE}|${KIND})`,
  `(?:quick |short |like a )(?:word|chat) with (?:\\w+ )?${SOMEONE}`,
  `(?:wait|hold|hang on|hold on) for (?:${SOMEONE}|${KIND})`,
  'which (?:button|number) do i press',
  `i want (?:the|your) (?:boss|manager|supervisor|lady|girl)`,
);
const ALONE_HUMAN =
  /^(?:(?:please|um|uh|no|just) )*(?:someone|somebody(?: real)?|agent|an? agent|(?:one of your|a) colleagues?|reception|the (?:desk|office)|secretary|representative|customer services?|anyOf(?:one|body) (?:home|there|about))(?: please| now)*$/;
/** A wish for an appointment or a message that mentions a person is not a wish for that person on the line. */
const NOT_HUMAN = anyOf(
  'appointment',
  'book',
  'schedule',
  'message',
  '(?:tell|let|ask|have) (?:the|doctor|mister|misses|miss|him|her|them|your|someone|somebody) (?:\\w+ ){0,3}(?:know|to|that|call|phone|ring)',
  'first person',
  'in person',
  'per person',
  "(?:only|err is|he's not|she's not) human",
  'human (?:nature|resources|rights|biology|error|body)',
  '(?:nice|lovely|morning|people|busy|private|good) person',
  "i(?:'m| am| was| work)(?: as)? (?:an? |the |at (?:the|a) )?(?:agent|receptionist|operator|front desk)",
  "(?:don't|do not|didn't|no) need to",
  'rather not',
  '(?:someone|somebody) else',
  '(?:someone|somebody) to (?!talk|speak|help|answer|pick)',
  'operator (?:on|of|at)',
  'person (?:before|after|who|that|next|ahead|from|beside|behind)',
);
const ABOUT_US = anyOf('are you', 'am i (?:talking|speaking)', 'is this', 'is that', "you(?:'re| are)", 'you sound');
const ROBOT = anyOf(
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
const RECORDING = anyOf(
  'stop recording',
  "(?:do not|don't|not) record(?: me| this)?",
  'recording (?:this|me|the call)',
  'being recorded',
  'are you recording',
);
const DELETE_DATA = anyOf(
  '(?:delete|erase|remove|forget|destroy) (?:all |everything |of |any )*(?:my|the) (?:data|information|details|records|file)',
  'delete everything about me',
);

function wantsHuman(said: string): boolean {
  return (HUMAN.test(said) || ALONE_HUMAN.test(said)) && !NOT_HUMAN.test(said);
}

/** The first hard rule that the words meet; null for none. Never depends on the language model. */
export function hardRule(text: string): HardRule | null {
  const said = normalise(text);
  if (isSelfHarm(said)) return 'self_harm';
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
