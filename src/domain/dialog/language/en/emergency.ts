import { withoutFiguresOfSpeech } from './figures-of-speech.ts';
import { anyOf } from './words.ts';

const OWN = '(?:my|his|her|their|the)';
const CANNOT = "(?:can't|cannot|can not|can hardly|can barely|couldn't|could not)";
const NOT = "(?:not|isn't|is not|hasn't|has not|won't|will not|wouldn't|doesn't|does not|stopped|stops)";
const LIMB = '(?:left |right )?(?:arms?|legs?|side|face|body|neck|hands?|foot|feet)';
const PERSON =
  '(?:husband|wife|mother|father|mum|mom|dad|son|daughter|brother|sister|partner|child|baby|toddler|boy|girl|friend|boyfriend|girlfriend|nan|gran|grandad|grandmother|grandfather|neighbour|little (?:boy|girl|one))';
const MEDICINE = '(?:pills|tablets|painkillers|medicines?|medication|sleeping pills)';
const DIGIT = '(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple)';

const BREATH = [
  `(?:${CANNOT}|hardly|barely|unable to|struggl(?:ing|es) (?:to|for|with)|fighting (?:to|for)|trouble|difficulty|problems?|gasping for) (?:(?:my|his|her|get|catch|any|enough|a) )*(?:breath(?:e|ing)?|air)`,
  `(?:${NOT}|don't think (?:\\w+ ){1,3}) ?breath(?:e|ing)?`,
  'asthma attack',
  "inhaler (?:isn't|is not|doesn't|does not|not) (?:working|work|helping|help)",
  `(?:lips|face|skin|fingers|baby|he|she)(?:'s)? (?:\\w+ ){0,3}(?:blue|purple)`,
  '(?:gone|went|is|all) floppy',
  'noises? when (?:he|she) breathes',
  'can hardly (?:speak|talk)',
  "inhaler (?:isn't|is not|doesn't|not) doing",
  '(?:gone|went|is|all) (?:all )?limp',
  '(?:draw|getting) (?:any )?(?:breath|air)',
  'lips (?:are|have gone) (?:\\w+ )?gr[ea]y',
  'sounds? when (?:he|she) breathes',
  'grey and sweaty',
];
const HEART = [
  'chest (?:pains?|hurts|(?:is |feels )?(?:so |very |really |all )?tight|tightness)',
  `(?:pains?|tightness|pressure|weight|crushing feeling) (?:in|on|across) ${OWN} chest`,
  `(?:sitting on|holding|clutching) ${OWN} chest`,
  `pain (?:\\w+ ){1,3}(?:into|down|up|to) ${OWN} (?:left |right )?(?:arm|jaw)`,
  'heart attack',
  `heart (?:has |is |just |was |keeps )?stopp(?:ed|ing)`,
  `(?:think|sure) (?:it's|it is) ${OWN} heart`,
  'heart (?:is |was )?(?:racing|pounding|beating)(?: \\w+){1,5} (?:faint|dizzy|pass out|breathe)',
  'cardiac arrest',
  `(?:no|find (?:a|any|${OWN})|feel (?:a|any|${OWN})|got a|without a) (?:pulse|heartbeat)`,
  'mouth to mouth',
  'pacemaker keeps',
  "(?:he's|she's|he is|she is) (?:dead|not with us)",
  '(?:heavy|crushing|tight|squeezing) feeling (?:in|on|across) (?:my|his|her) chest',
  'chest (?:is |feels )?(?:crushing|heavy)',
  'heart is (?:going to|about to) stop',
  '(?:doing|need) (?:c p r|cpr)',
  `pain (?:\\w+ ){1,3}(?:into|to) ${OWN} (?:left |right )?shoulder`,
];
const BLOOD = [
  'bleed(?:ing|s)(?! gums)',
  "blood (?:\\w+ ){0,2}(?:pouring|everywhere|gushing|all over|coming out|won't stop|doesn't stop|does not stop)",
  '(?:lots?|losing a lot) of blood',
  'losing (?:so much )?blood',
  'so much blood',
  'covered in blood',
  '(?:vomit(?:ed|ing)?|throwing up|cough(?:ed|ing) up|bringing up|spitting|passing) blood',
  '(?:cut|cuts|slit) (?:his|her|my|their) wrists?',
  `(?:cut|sliced|chopped|torn|ripped) (?:off (?:my|his|her) \\w+|(?:my|his|her) \\w+ off)`,
  `(?:lost|severed) (?:my|his|her|a) (?:finger|thumb|hand|toe|foot)`,
  '(?:loads|buckets) of blood',
  '(?:blood|bleeding) (?:will not|cannot) stop',
  '(?:cut|cuts|gash) (?:\\w+ ){1,3}(?:really |very |quite |so )?deep',
  'sliced off',
];
const AWARENESS = [
  'unconscious',
  'unresponsive',
  'consciousness',
  `${NOT} (?:be )?(?:responding|respond|moving|answering me|answer me|waking|wake up|waking up)`,
  "(?:won't|not|hasn't) come (?:round|around)$",
  `${CANNOT} wake (?:up )?(?:him|her|them|my)`,
  'not awake',
  'collapsed',
  'faint(?:ed|ing)',
  '(?:going to|gonna|about to|feel|all) faint',
  '(?:pass(?:ed|ing)?|black(?:ed|ing)?) out',
  'out cold',
  '(?:lying|laying) (?:\\w+ )?(?:on|in) the (?:floor|ground|street|road|pavement)',
  'just lying there',
  `(?:split|cracked|smashed) (?:my|his|her) (?:head|skull)`,
  '(?:suddenly|all of a sudden)(?: and)? (?:\\w+ ){0,2}(?:fell|collapsed|stopped)',
  'fell (?:down|over) in front of',
  'just fell (?:down|over)',
  'keeled over',
  "can't rouse",
  'drifting in and out',
  'about to collapse',
  'suddenly went down',
  'lying on the stairs',
];
const FIT = [
  'seizures?',
  '(?:some (?:sort|kind) of|having an?|had an?) (?:epileptic )?fit',
  "(?:he's|she's|is|started|been|keeps) fitting(?! (?:in|me|you))",
  `fit (?:${NOT}) stop`,
  'convulsi(?:on|ons|ng)',
  'jerking all over',
  'twitching and',
  'eyes (?:\\w+ ){0,2}roll(?:ing|ed)',
  'foaming at the mouth',
  "(?:he's|she's|has|have) gone (?:all )?stiff",
  'having fits',
  "shaking and won't stop",
  'eyes have gone',
];
const STROKE = [
  '(?:a|having a|had a|has a|mini) stroke',
  `${OWN} (?:face|mouth|eye) (?:has |is |just )*(?:fallen|dropped|dropping|drooping|hanging)`,
  '(?:half|side) of (?:my|his|her) face',
  "face(?:'s| is| has)? (?:hanging|drooping|drooped)",
  `(?:face|arm|leg|side|hand)(?: is|'s| are| feels| went| just went| has gone| gone)? (?:completely |all |totally )?(?:numb|dead)`,
  'numb on one side',
  `${CANNOT} (?:feel|move) ${OWN} ${LIMB}`,
  `${CANNOT} get (?:the|his|her) words out`,
  'speech is (?:\\w+ )?(?:muddled|slurred|funny)',
  'slurring',
  'talking (?:nonsense|gibberish)',
  "(?:suddenly|all of a sudden|now) (?:\\w+ )?can't (?:speak|talk|move|see|walk)",
  "can't speak properly",
  'lost (?:the |my |his |her )?sight',
  'worst headache of',
  "(?:he's|she's|he is|she is|and|is) not making (?:any )?sense",
  '(?:gone|went) (?:suddenly )?blind',
  'worst headache',
  `${CANNOT} lift ${OWN} ${LIMB}`,
  'another stroke',
  `${OWN} (?:\\w+ )?(?:face|arm|leg|side|hand) has (?:just |all )?gone numb`,
];
const POISON = [
  'chok(?:ing|ed)',
  `stuck in ${OWN} throat`,
  "can't cough",
  `throat (?:is |keeps |feels )?(?:getting tight|closing|swelling)`,
  'overdos(?:e|ed|ing)',
  `too many ${MEDICINE}`,
  `(?:took|taken|swallowed) (?:about |around |all |the whole |a whole )?(?:\\w+teen|\\w+ty|ten|twelve|\\w+ (?:bottle|pack|box|handful) of|all|bottle of|pack of)(?: \\w+)? ${MEDICINE}`,
  `(?:took|taken|swallowed) (?:loads of|lots of|a lot of|a load of|a bunch of|all of|everything)(?: \\w+){0,3} (?:${MEDICINE}|cabinet)`,
  `(?:gave|given|took|taken) (?:\\w+ ){0,2}the wrong (?:dose|${MEDICINE})`,
  'took something (?:at|and)',
  '(?:took|taken|swallowed) (?:a|the) whole (?:bottle|pack|packet|box)',
  'poison(?:ed|ing)?',
  '(?:drank|drunk|swallowed|taken|ate|eaten|got hold of) (?:\\w+ ){0,2}(?:cleaner|bleach|detergent|acid|petrol|battery|batteries|magnets?|weed ?killer|antifreeze|something dangerous)',
  '(?:drank|swallowed) (?:\\w+ ){0,2}(?:pills|tablets)',
  'mushrooms? (?:\\w+ ){0,6}sick',
  '(?:breathed|breathing) in (?:\\w+ ){0,2}(?:chemicals|smoke|gas|fumes)',
  'carbon monoxide',
  "there's smoke",
  '(?:acid|bleach|chemicals?|cleaner) in (?:my|his|her) eyes?',
  'anaphyla\\w+',
  'epi ?pen',
  'allergic (?:shock|reaction)',
  '(?:lips|tongue|throat) (?:\\w+ ){0,2}(?:swelling|swollen|swelled)',
  'swelling up',
  'stung by (?:\\w+ ){1,6}swelling',
  'diabetic and (?:\\w+ ){0,3}(?:confused|shaking|sweating)',
  'sugar is (?:\\w+ ){0,2}(?:through|gone)',
  "swallowed something (?:he|she|they) shouldn't",
  'swallowed (?:\\w+ ){0,2}(?:washing liquid|chemicals|coin|pin|needle|button)',
  'smell (?:smoke|gas|burning)',
  '(?:ate|eaten) (?:a|some) (?:plant|berries|mushrooms?)',
  'too much insulin',
  'taken too many',
  'adrenaline pen',
  '(?:eaten|ate|had) (?:a |some )?(?:peanuts?|nuts?) and',
];
const BODY = [
  'severe (?:\\w+ )?pain',
  'unbearable pain',
  'in agony',
  "pain is so bad (?:i|he|she) can't",
  'pregnant and (?:\\w+ ){0,4}(?:blood|pains?)',
  'waters (?:have |has |just )*(?:broke|broken|gone)',
  'baby is coming',
  'giving birth',
  "(?:i'm|i am|she's|she is|gone) in(?:to)? labou?r",
  "see the baby's head",
  'miscarrying',
  `baby ${NOT} mov(?:ed|ing|e)`,
  'meningitis',
  "rash (?:that )?(?:won't|doesn't) fade",
  'burning up and',
  'dying',
  'drown(?:ing|ed)',
  'badly (?:hurt|burned|burnt|injured)',
  'life threatening',
  'life (?:or|and) death',
  'losing the baby',
  'having contractions',
  'sepsis',
  "(?:won't|doesn't) disappear with the glass",
];
const DANGER = [
  'on fire',
  'caught fire',
  '(?:beating|attacking|strangling|threatening) me',
  '(?:trying to break|breaking) in(?:to)?',
  'going to hurt (?:me|us|somebody|someone)',
  'has (?:got )?a (?:gun|knife)',
  '(?:was|were|got|been) (?:shot|stabbed|mugged|electrocuted|crushed)',
  '(?:hurting|hitting|raping) me',
  'man in my (?:house|flat|garden)',
  'threatened to kill',
  "(?:i'm|he's|she's|we're) burning$",
];
const CALLED = [
  "(?:an? |this is |medical |real |it's an )?emergency",
  'ambulance',
  'paramedics?',
  `(?:call|phone|get|send|need) (?:the |for the )?police`,
  `(?:call|called|ring|rang|dial|phone|tried) (?:nine nine nine|one one two|nine one one)(?! ${DIGIT})`,
  `help my (?:little )?${PERSON}`,
  'i need help (?:now|immediately|right now|right away|quickly|fast)',
  '(?:send|need) (?:someone|somebody|help|a doctor) (?:\\w+ ){0,2}(?:fast|quick|quickly|now|immediately)',
  '(?:anyone|somebody|someone) help (?:us|me)',
  '(?:oh my god|please|quick) (?:send|get) help',
  'need the doctor (?:here |right )?now',
];
/** Injuries: an emergency now, and a reason for an appointment when they happened some time ago. */
const INJURY = anyOf(
  "(?:there(?:'s| has| was| is| 's)?|had|in) (?:been )?an? (?:\\w+ )?accident",
  '(?:car|bike|bus|train) crash',
  '(?:hit|run over|struck) by (?:a|an|the) \\w+',
  '(?:bus|car|truck|lorry|van|motorbike|train) (?:has |just )?hit',
  '(?:pinned|trapped) (?:in|under)',
  `(?:cut|burn(?:t|ed)|scalded|hurt|injured) (?:\\w+ ){1,3}(?:really |very |so |quite )?badly`,
  `(?:burn(?:t|ed)|scalded) (?:\\w+ ){1,4}(?:oil|water|steam|acid)`,
  'pulled a (?:pan|pot|kettle) down',
  'skin is (?:coming|peeling) off',
  'bone (?:is )?(?:coming|sticking|poking)',
  `(?:broken|broke) ${OWN} (?:legs?|hip|back|neck|skull|arm)`,
  'shock from the (?:socket|plug|wire|mains)',
  'touched a (?:live )?wire',
  '(?:fell|fallen|falls) (?:off|from) (?:the|a|his|her|my) (?:ladder|roof|slide|horse|bike|window|balcony|tree|wall|swing|bed)',
  '(?:fell|fallen) down the stairs',
  '(?:nasty|bad) fall',
  "(?:fallen|fell|floor) and (?:\\w+ ){0,2}can't (?:get up|move)",
  '(?:fell|fallen) in(?:to)? the (?:pool|water|river|lake|pond|bath)',
  'out of the (?:river|lake|pool)',
  '(?:knife|nail|glass|axe) (?:through|in|into) (?:my|his|her)',
  'wound (?:\\w+ ){0,2}(?:split|opened|burst)',
  "in (?:my|his|her) eye and (?:\\w+ )?can't see",
);
const SOME_TIME_AGO = anyOf(
  'last (?:week|month|year|summer|winter|night)',
  'yesterday',
  '(?:days?|weeks?|months?|years?) ago',
  'the other day',
  'a while (?:ago|back)',
);

const EMERGENCY = anyOf(...BREATH, ...HEART, ...BLOOD, ...AWARENESS, ...FIT, ...STROKE, ...POISON, ...BODY, ...DANGER, ...CALLED);
/** Cries for help that mean it only when they stand alone. */
const CRY = /^(?:(?:please|oh god|oh|quick|somebody|someone|anyone) )*help(?: me| us)?(?: please| now| help(?: me)?)*$/;
/** Short of breath or of strength, whatever the last word was: it is what is understood worst. */
const HARDLY = /^(?:please )?i can (?:hardly|barely) (?!hear|wait|believe|see|understand|read|walk|sleep|chew|remember|afford)\w+$/;
const CHEST_HURTS = /\b(?:my|his|her) chest hurts?\b/;

/**
 * Whether life or health is in danger, as people put it and as a recogniser may write it. Wide on purpose: a caller who is asked once too
 * often whether it is an emergency loses seconds, one who is not asked may lose more. `text` is normalised.
 */
export function isEmergency(text: string): boolean {
  const said = withoutFiguresOfSpeech(text);
  if (EMERGENCY.test(said) || CHEST_HURTS.test(said) || CRY.test(said) || HARDLY.test(said)) return true;
  return INJURY.test(said) && !SOME_TIME_AGO.test(said);
}
