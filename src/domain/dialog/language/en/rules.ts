import { hasAnyPhrase, normalise } from './words.ts';

/** What outranks everything else that was said, whatever was asked. */
export type HardRule = 'emergency' | 'self_harm' | 'threat' | 'legal_threat' | 'complaint' | 'human' | 'robot' | 'stop_recording' | 'delete_data';

const PHRASES: readonly (readonly [HardRule, readonly string[]])[] = [
  ['self_harm', ['kill myself', 'hurt myself', 'suicidal', 'suicide', 'end my life', 'harm myself', 'want to die']],
  [
    'emergency',
    [
      'emergency', 'chest pain', 'pain in my chest', "can't breathe", 'can not breathe', 'cannot breathe', "can't breath", 'can hardly breathe', 'trouble breathing', 'difficulty breathing', 'heart attack', 'stroke', 'unconscious', 'not breathing',
      'bleeding', 'ambulance', 'passed out', 'collapsed', 'seizure', 'overdose', 'severe allergic reaction', 'poisoned', 'choking', 'not waking up', "won't wake up", 'will not wake up', 'dying', 'numb on one side', 'badly hurt', 'life threatening',
    ],
  ],
  ['threat', ['threatening me', 'i will hurt you', 'come over there and', "i'll kill", 'i will kill']],
  ['legal_threat', ['sue you', 'my lawyer', 'take you to court', 'legal action', 'report you']],
  ['complaint', ['complaint', 'complain', 'refund', 'money back', 'unacceptable', 'charged twice']],
  [
    'human',
    [
      'human', 'real person', 'a person', 'someone real', 'talk to someone', 'speak to someone', 'speak with someone', 'talk to somebody', 'speak to somebody', 'operator', 'receptionist', 'front desk', 'transfer me', 'put me through', 'connect me',
      'talk to the nurse', 'speak to the nurse', 'speak to a nurse', 'talk to a nurse', 'someone else', 'your colleague', 'a colleague', 'office manager', 'talk to a member', 'member of staff', 'live agent', 'an agent',
    ],
  ],
  ['robot', ['are you a robot', 'a robot', 'a machine', 'are you real', 'are you human', 'talking to a computer', 'an ai', 'artificial', 'a bot', 'is this a recording', 'are you a real person', 'are you a person', 'are you a computer']],
  ['stop_recording', ['stop recording', 'do not record', "don't record", 'recording this call', 'being recorded']],
  ['delete_data', ['delete my data', 'erase my data', 'delete everything about me', 'forget my data']],
];

/** "am I talking to a human" asks what we are; "I want a human" asks for one. */
const ABOUT_US = /\b(?:are you|am i (?:talking|speaking)|is this|is that|you(?:'re| are))\b/;
const NEGATED_EMERGENCY = /\b(?:not an emergency|no emergency|isn't an emergency|is not an emergency|not bleeding)\b/;

/** The first hard rule that the words meet; null for none. Never depends on the language model. */
export function hardRule(text: string): HardRule | null {
  const said = normalise(text);
  for (const [rule, phrases] of PHRASES) {
    if (!hasAnyPhrase(said, phrases)) continue;
    if (rule === 'emergency' && NEGATED_EMERGENCY.test(said)) continue;
    if (rule === 'human' && ABOUT_US.test(said)) return 'robot';
    return rule;
  }
  return null;
}

const REPEAT = /^(?:(?:sorry|pardon|excuse me|what)\b ?)+$|\b(?:say that again|repeat that|could you repeat|can you repeat|come again|what did you say|didn't catch|did not catch|didn't hear|didn't understand|did not understand|pardon me|one more time|say again)\b/;
const GOODBYE = /\b(?:goodbye|good bye|bye|bye bye|that is all|that's all|that'll be all|nothing else|that was all|that's it|that is it|nothing more|have a nice day|have a good day)\b/;
const MESSAGE = /\b(?:(?:leave|take|pass on|give|send) (?:\w+ ){0,3}message|call (?:me|us) back|ring me back|callback|call back|have (?:someone|somebody|the doctor|her|him|them) call|tell the doctor|let the doctor know|message for)\b/;
const BOOK = /\b(?:book|appointment|schedule|make an|come in|come by|see the doctor|available|availability|free slot|anything free|opening on|check ?up|vaccination|flu shot|blood test)\b/;
const RESCHEDULE = /\b(?:reschedule|re schedule|move (?:\w+ ){0,2}appointment|change (?:\w+ ){0,2}appointment|postpone|different time for my|move it to)\b/;
const CANCEL = /\bcancel\b|\bcall off\b|\bcan't make (?:it|my appointment)\b/;
const INJECTION = /\b(?:ignore (?:\w+ ){0,3}instructions|system prompt|pretend|say (?:that )?(?:i am|i'm|it is|it's) booked|you must say|override|developer mode)\b/;

export type PlainAct = 'repeat' | 'goodbye' | 'message' | 'book' | 'reschedule' | 'cancel' | 'injection';

/** What the words plainly want, before any model is asked. */
export function plainAct(text: string): PlainAct | null {
  const said = normalise(text);
  if (INJECTION.test(said)) return 'injection';
  if (REPEAT.test(said)) return 'repeat';
  if (RESCHEDULE.test(said)) return 'reschedule';
  if (CANCEL.test(said)) return 'cancel';
  if (MESSAGE.test(said)) return 'message';
  if (BOOK.test(said)) return 'book';
  if (GOODBYE.test(said)) return 'goodbye';
  return null;
}
