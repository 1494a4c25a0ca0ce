"""Sentences for the starter voice: what a receptionist says, plus varied English. Usage: text.py COUNT OUTPUT EVALUATION.

Writes one sentence per line (the front end speaks sentence by sentence), seeded, without repeats and without any sentence of the
evaluation file. Numbers are written as words so that the teacher and the phonemiser read the same thing.
"""

import random
import re
import sys

RANDOM = random.Random(20)

FIRST = """James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph Jessica Thomas Sarah
Charles Karen Christopher Lisa Daniel Nancy Matthew Betty Anthony Sandra Mark Margaret Donald Ashley Steven Kimberly Andrew Emily Paul Donna
Joshua Michelle Kenneth Carol Kevin Amanda Brian Melissa George Deborah Timothy Stephanie Ronald Rebecca Jason Laura Edward Helen Jeffrey
Sharon Ryan Cynthia Jacob Kathleen Gary Amy Nicholas Angela Eric Shirley Jonathan Anna Stephen Brenda Larry Pamela Justin Emma Scott Nicole
Brandon Samantha Benjamin Katherine Samuel Christine Gregory Alexander Frank Olivia Patrick Sophia Raymond Grace Jack Peter Maria Martin
Julia Simon Claire Oliver Hannah Lucas Nora Felix Clara Max Eva Leon Ingrid Omar Fatima Ahmed Aisha Ivan Olga Carlos Lucia""".split()
LAST = """Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Lopez Wilson Anderson Thomas Taylor Moore Jackson Martin
Lee Thompson White Harris Clark Lewis Robinson Walker Young Allen King Wright Scott Torres Hill Green Adams Nelson Baker Hall Rivera Campbell
Mitchell Carter Roberts Turner Phillips Evans Parker Edwards Collins Stewart Morris Murphy Cook Rogers Morgan Cooper Peterson Reed Bailey
Bell Kelly Howard Ward Cox Richardson Wood Watson Brooks Bennett Gray Hughes Price Myers Long Foster Sanders Ross Morales Powell Sullivan
Russell Jenkins Perry Butler Barnes Fisher Weber Meyer Wagner Becker Hoffman Bauer Richter Klein Wolf Schneider Keller Vogel Novak Rossi
Ferrari Jensen Hansen Larsen Tran Patel Singh Khan Chen Wang Kim Park Tanaka Sato""".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November December".split()
NUMBERS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen""".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
ORDINALS = """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth
seventeenth eighteenth nineteenth twentieth twenty-first twenty-second twenty-third twenty-fourth twenty-fifth twenty-sixth twenty-seventh
twenty-eighth twenty-ninth thirtieth thirty-first""".split()
SERVICES = """a check up|a cleaning|a blood test|a follow up|a consultation|a flu shot|a vaccination|an x ray|a prescription|an eye exam|a
physical|a root canal|a filling|a new patient visit|a second opinion|a contract review|a divorce consultation|a will|a video call|a
screening|an allergy test|a hearing test|an ultrasound|a skin check|a physiotherapy session|a massage|a crown|an implant|teeth
whitening|braces|a knee examination|a travel vaccination|a mortgage review|a tax question|an employment matter|a tenancy problem|a house
purchase""".replace("\n", " ").split("|")
STREETS = """Station Road|Main Street|High Street|Church Lane|Park Avenue|Victoria Road|Green Lane|Mill Street|King Street|Queen
Street|Bridge Road|Garden Street|Lake View Drive|Washington Boulevard|Maple Avenue|Oak Street|River Road|Market Square|Castle
Hill|Harbour Street|Elm Court|Sunset Boulevard|Cedar Drive|North Gate|School Lane|Orchard Way|Museum Place""".replace("\n", " ").split("|")
PEOPLE = "doctor|nurse|dentist|lawyer|hygienist|assistant|receptionist|specialist|surgeon|therapist|attorney|manager|patient|client".split("|")
ADJECTIVES = """early late quick slow quiet loud young old new small large heavy light warm cold bright dark clean broken simple careful
happy angry strange useful empty full narrow wide smooth rough sharp yellow purple orange blue thin thick rich poor cheap honest rude wise
sweet bitter fresh tired brave lazy calm noisy gentle polite urgent private local public foreign modern ancient common rare""".split()
NOUNS = """house garden river mountain table window bottle letter picture engine teacher student farmer driver singer village bridge
school church market station airport hotel kitchen bathroom bedroom office factory forest island beach valley weather winter summer spring
autumn morning evening minute hour century problem answer question reason measure pleasure treasure vision decision television garage beige
leather feather father mother brother sister cousin uncle aunt neighbor judge jury jacket orange village language message package bandage
knowledge college bridge edge age page cage stage change range danger stranger finger singer ring king song long thing youth tooth truth
month mouth north south earth birth cloth path bath voice choice noise boy toy oil coin point joint cow house mouse mountain sound cloud
crowd flower power tower hour fire tire wire hair chair bear pear air ear year deer beer tear fear door floor store shore four horse course
force nurse purse bird word work world girl pearl shirt skirt church foot book cook hook wood wool bull pull push bush cushion sugar food
moon spoon school tool pool zoo shoe juice fruit suit music museum computer human unit university umbrella onion oven cover color dozen
cup bus bug sun gun tongue lunch brush judge bath""".split()
VERBS = """opened closed moved painted carried finished answered ordered followed visited watched noticed measured described repaired
delivered explained examined remembered recorded returned borrowed changed checked chose crossed damaged discovered enjoyed found forgot
gave held helped joined kept knew left liked lost loved made met missed needed offered passed planned pulled pushed reached saw sold sent
showed shouted signed spoke stopped studied taught thought threw touched turned used wanted washed wore wrote""".split()
ADVERBS = "quickly slowly carefully quietly usually often never always sometimes again today yesterday tomorrow twice together alone".split()
PREPOSITIONS = "in on under behind near above between beside without for from with across through against around beyond".split()


def pick(*options):
    return RANDOM.choice(options)


def one(options):
    return RANDOM.choice(options)


def number(value):
    if value < 20:
        return NUMBERS[value]
    if value < 100:
        return TENS[value // 10 - 2] + (" " + NUMBERS[value % 10] if value % 10 else "")
    rest = value % 100
    return NUMBERS[value // 100] + " hundred" + (" and " + number(rest) if rest else "")


def name():
    return one(FIRST) + " " + one(LAST)


def title():
    return pick("Doctor ", "Mister ", "Misses ", "Miss ") + one(LAST)


def clock():
    hour = number(RANDOM.randint(1, 12))
    return pick(
        f"{hour} o'clock", f"{hour} thirty", f"{hour} fifteen", f"{hour} forty five", f"half past {hour}", f"quarter past {hour}",
        f"quarter to {hour}", f"{hour} {pick('ten', 'twenty', 'forty', 'fifty', 'oh five', 'thirty five')}", f"{hour} A M", f"{hour} P M",
        f"{hour} thirty A M", f"{hour} fifteen P M", f"{hour} in the {pick('morning', 'afternoon', 'evening')}", "noon", "midday",
    )


def date():
    return pick(
        one(DAYS), "next " + one(DAYS), "this " + one(DAYS), "tomorrow", "today", "the day after tomorrow",
        f"{one(MONTHS)} {one(ORDINALS)}", f"{one(MONTHS)} the {one(ORDINALS)}", f"the {one(ORDINALS)} of {one(MONTHS)}",
        f"{one(DAYS)} the {one(ORDINALS)} of {one(MONTHS)}", f"{one(DAYS)}, {one(MONTHS)} the {one(ORDINALS)}",
        one(DAYS) + " morning", one(DAYS) + " afternoon",
    )


def digits(count, comma_every=0):
    words = [one(NUMBERS[:10]) if RANDOM.random() > 0.05 else "oh" for _ in range(count)]
    if comma_every:
        words = [w + ("," if k % comma_every == comma_every - 1 and k + 1 < count else "") for k, w in enumerate(words)]
    return " ".join(words)


def phone():
    return pick(digits(7), digits(10), digits(9, 3), digits(10, 3), digits(8, 4), digits(11, 4), "plus " + digits(11, 3))


def spelled():
    return ", ".join(one(FIRST + LAST).upper())


def letters():
    return " ".join(one("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(RANDOM.randint(2, 6)))


RECEPTION = [
    lambda: f"{pick('Good morning', 'Good afternoon', 'Hello', 'Good evening', 'Thank you for calling')}, "
    f"{pick('you have reached', 'this is', 'welcome to')} the {pick('practice', 'office', 'clinic')} of {title()}. "
    f"{pick('How can I help you?', 'What can I do for you?', 'How may I help you today?')}",
    lambda: f"{pick('This call may be recorded.', 'I am the automated assistant.', 'I am a computer, not a person.', 'You are speaking with an assistant.')} "
    f"{pick('How can I help?', 'You can ask for a human at any time.', 'If this is an emergency, please call nine one one.')}",
    lambda: f"{pick('What is your name', 'May I have your name', 'Could you spell your last name', 'What is your phone number', 'Which day would suit you', 'What time would you like', 'Which service do you need', 'What is your date of birth', 'Is there anything else I can do for you', 'Would you like to leave a message', 'Are you still there', 'Is that correct', 'Shall I book it', 'Would you prefer the morning or the afternoon', 'Is this your first visit')}{pick('', ', please')}?",
    lambda: f"{pick('I have', 'We have', 'There is', 'I can offer you')} {date()} at {clock()}{pick('', f', or {date()} at {clock()}')}.",
    lambda: f"{pick('Would', 'Does', 'How about', 'What about', 'Is')} {date()} at {clock()}{pick(' work for you', '', ' suit you', ' all right')}?",
    lambda: f"{pick('I am sorry', 'Sorry', 'Unfortunately')}, {pick('that time is taken', 'we are closed then', f'{date()} is fully booked', f'{title()} is not in on {date()}', 'I did not catch that', 'I did not understand', 'nobody is available right now')}. "
    f"{pick('Could you say that again?', f'I have {date()} at {clock()} instead.', 'Please try again.', 'What else would suit you?', 'Would you like to leave a message?')}",
    lambda: f"{pick('So that is', 'Let me repeat', 'I have', 'You would like')} {one(SERVICES)} {pick('', f'with {title()} ')}on {date()} at {clock()}, {pick('for', 'in the name of', 'under the name')} {name()}. {pick('Is that right?', 'Shall I book it?', 'Is that correct?')}",
    lambda: f"{pick('Your number is', 'I have your number as', 'That was', 'The number is', 'Please call')} {phone()}{pick('.', '. Is that correct?', ', is that right?')}",
    lambda: f"{pick('Your appointment is booked', 'You are booked', 'It is confirmed', 'I have moved your appointment', 'I have cancelled your appointment')} {pick('for', 'on')} {date()} at {clock()}. {pick('Goodbye.', 'See you then.', 'Thank you for calling.', 'Have a nice day!', 'Is there anything else?')}",
    lambda: f"We are {pick('open', 'closed')} {pick('from', 'on')} {date()} {pick('to', 'until', 'and')} {date()}, {pick('from', 'between')} {clock()} {pick('to', 'and', 'until')} {clock()}.",
    lambda: f"{pick('The address is', 'You find us at', 'We are at', 'Our office is at')} {number(RANDOM.randint(1, 250))} {one(STREETS)}{pick('', ', on the second floor', ', opposite the station', ', next to the bank')}.",
    lambda: f"{pick('I will', 'Let me', 'One moment, I will')} {pick('check the calendar', 'connect you', 'put you through', f'take a message for {title()}', 'ask a colleague to call you back', 'look that up', 'pass that on')}{pick('', ', one moment please', ' right away')}.",
    lambda: f"{pick('Yes', 'No', 'Okay', 'All right', 'Certainly', 'Of course', 'Great', 'Thank you', 'Perfect', 'Sure', 'Understood', 'Very good')}, {pick(name(), date(), clock(), one(SERVICES), 'I have noted that', 'no problem', 'that is fine', 'we accept all insurance plans', 'parking is behind the building', 'you can pay by card')}.",
    lambda: f"{one(SERVICES).capitalize()} {pick('costs', 'takes', 'is')} {pick('about', 'around', 'usually')} {number(RANDOM.randint(5, 300))} {pick('dollars', 'euros', 'minutes', 'pounds')}.",
    lambda: f"{pick('The name is spelled', 'That is', 'Did you say', 'I heard')} {spelled()}{pick('.', '?')}",
    lambda: f"{pick('Goodbye', 'Thank you', 'Please hold', 'One moment', 'Pardon', 'Hello', 'Yes', 'No', 'Okay', name(), date(), clock(), one(SERVICES))}{pick('.', '?', '!')}",
    lambda: f"{name()}{pick(',', ' and')} {name()}.",
    lambda: f"{phone()}.",
    lambda: f"{letters()}.",
]
CALLER = [
    lambda: f"{pick('I would like to', 'I want to', 'Can I', 'I need to', 'Could I')} {pick('book', 'make', 'schedule', 'cancel', 'move', 'change', 'confirm')} {pick('an appointment', 'my appointment')} {pick('for', 'on', 'to')} {date()}{pick('', ' at ' + clock())}{pick('.', ', please.', '?')}",
    lambda: f"My {pick('name', 'number', 'phone number', 'date of birth', 'question')} is {pick(name(), phone(), date())}.",
    lambda: f"{pick('Do you have', 'Is there', 'Are you', 'Can you', 'When', 'Where', 'How', 'Why', 'What')} {pick('anything free', 'a slot', 'open', 'speak German', 'are you located', 'much does it cost', 'long does it take', 'should I bring')} {pick('', date())}?",
    lambda: f"{pick('I have a question about', 'It is about', 'I am calling about', 'I have a problem with')} {pick(one(SERVICES), 'my invoice', 'my knee', 'my back', 'my son', 'my daughter', 'a prescription', 'my insurance')}.",
    lambda: f"Can I speak to {pick(title(), 'a person', 'the ' + one(PEOPLE), name())}{pick('', ', please', ' right away')}?",
]


def noun_phrase(words):
    noun = one(words) if RANDOM.random() < 0.5 else one(NOUNS + PEOPLE)
    return f"{pick('the', 'my', 'your', 'his', 'her', 'our', 'their', 'this', 'every', 'another', 'some')} {pick('', one(ADJECTIVES) + ' ', one(ADJECTIVES) + ' ')}{noun}"


def general(words):
    subject, target, place = noun_phrase(words), noun_phrase(words), noun_phrase(words)
    text = pick(
        f"{subject} {one(VERBS)} {target} {one(PREPOSITIONS)} {place}.",
        f"{subject} {one(ADVERBS)} {one(VERBS)} {target}.",
        f"did {subject} find {target} {one(PREPOSITIONS)} {place}?",
        f"when {subject} {one(VERBS)} {target}, {noun_phrase(words)} {one(VERBS)} {one(ADVERBS)}.",
        f"{one(words)}, {one(words)}, {one(words)} and {one(words)}.",
        f"please say {one(words)}, not {one(words)}.",
        f"there were {number(RANDOM.randint(2, 120))} {one(words)} {one(words)} {one(PREPOSITIONS)} {place}!",
        f"I {pick('think', 'know', 'hope', 'believe')} that {subject} {pick('is', 'was', 'will be')} {one(ADJECTIVES)}; {target} {pick('is', 'was')} {one(ADJECTIVES)}.",
        f"{one(words)} {one(words)} {one(words)} {one(words)}.",
    )
    return text[0].upper() + text[1:]


def normalised(text):
    return " ".join("".join(c if c.isalpha() or c == "'" else " " for c in text.lower()).split())


def main():
    count, output, evaluation = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    with open("/usr/share/dict/american-english", encoding="utf-8") as file:
        words = [w for w in (line.strip() for line in file) if re.fullmatch(r"[a-z]{3,9}", w)]
    with open(evaluation, encoding="utf-8") as file:
        taken = {normalised(line.split("\t")[-1]) for line in file}
    sentences = []
    while len(sentences) < count:
        kind = RANDOM.random()
        text = general(words) if kind < 0.42 else one(RECEPTION)() if kind < 0.84 else one(CALLER)()
        text = re.sub(r"\s+", " ", text).strip()
        text = re.sub(r" ([.?!,])", r"\1", text)
        for sentence in re.split(r"(?<=[.?!]) ", text):
            if RANDOM.random() < 0.06:
                sentence = sentence.rstrip(".?!")
            if normalised(sentence) in taken or len(sentence) > 140:
                continue
            taken.add(normalised(sentence))
            sentences.append(sentence)
    with open(output, "w", encoding="utf-8") as file:
        file.write("\n".join(sentences) + "\n")


if __name__ == "__main__":
    main()
