"""What a telephone recogniser does to words: confusions, losses, insertions, mangled letters, cut beginnings and ends."""

PAIRS = """four for|two to|two too|eight ate|right write|no know|no now|no not|by bye|hear here|week weak|see sea|there their|would wood|hour our|one won|i'd i|i'd it|i've i|i'm i am|check up ketchup|human you man|human humid|person parson|person purse
speak peak|speak beak|yes yet|yes guess|yeah ya|doctor docked her|monday mandy|tuesday to day|thursday thirsty|thursday tuesday|saturday sunday|fifteen fifty|thirteen thirty|fourteen forty|sixteen sixty|cancel council|cancel can sell|cancel counsel|appointment a point meant|appointment appointments|appointment apartment|appointment ointment
book look|book cook|move mover|move prove|change chain|make may|need knee|want won't|want wand|like light|like lie|can't can|can can't|could good|would could|have half|have of|repeat re pete|repeat receipt|again a gain|sorry story|sorry sari|pardon garden|message massage|message mess age|leave live|leave leaf|call car|call caught
back bag|back pack|back black|tell sell|talk took|talk walk|someone some one|anything any thing|real reel|robot row but|chest just|chest test|pain pane|pain paint|breathe breeze|breathe breath|bleeding leading|bleeding breeding|ambulance and balance|emergency emerge and see|emergency merchant see|heart hard|heart hurt
stroke strike|help health|help held|open hope in|open often|hours ours|address a dress|address at us|insurance in sure ans|insurance assurance|cost lost|cost coast|park bark|parking barking|bye buy|goodbye good buy|thanks tanks|thanks think|thank sank|that's that|that's as|all hall|all or|nothing nuffing|else ills|else less|please peas|please police|please freeze
okay hockey|fine find|fine vine|perfect prefect|good could|great rate|correct collect|correct erect|wrong long|wrong rung|not nut|mean mine|said set|said sad|actually actual|instead in stead|rather rather not|friday fried a|wednesday when's day|next text|next necks|morning mourning|morning warning|afternoon after noon|noon new|tomorrow to morrow
today to die|half have|past passed|quarter quota|ten tan|ten then|nine line|nine night|seven heaven|six sex|six sick|five fife|three free|three tree|name maim|name same|number numb a|number lumber|call goal|blood bloods|test text|shot shut|flu flew|vaccination vacation|consultation constellation|follow fellow|pressure pleasure|sick seek|throat throw|knee me
hello hallo|hello yellow|hi high|hi i|good could|was what|what watt|what but|where were|where wear|when then|when one|how who|how our|do you to you|do the|are or|is it's|is his|the a|a the|an and|and an|and in|in and|at that|on in|my may|my by|me we|it that|so sew|with width|about a bout|speak to speed two|put but|through threw|through true|transfer trance fur"""

CONFUSED = {}
for _pair in PAIRS.replace("\n", "|").split("|"):
    _first, _rest = _pair.split(" ", 1)
    CONFUSED.setdefault(_first, []).append(_rest)
    if " " not in _rest:
        CONFUSED.setdefault(_rest, []).append(_first)

INSERTED = "the a uh um and to it is of so like er you i oh in on ah that well ha eh mm".split()
SOUNDS_LIKE = {"b": "pdv", "p": "bt", "d": "tb", "t": "dp", "f": "vs", "v": "fb", "g": "kc", "k": "gc", "m": "n", "n": "m", "s": "zf", "z": "s", "a": "eo", "e": "ai", "i": "e", "o": "au", "u": "o"}


def mangle(word, rng):
    at = rng.randrange(len(word))
    roll = rng.random()
    if roll < 0.4:
        return word[:at] + word[at + 1:] or word
    if roll < 0.8:
        return word[:at] + rng.choice(SOUNDS_LIKE.get(word[at], word[at])) + word[at + 1:]
    return word[:at] + word[at] + word[at:]


def spoil(text, rng):
    """The text as it may arrive; unchanged in about half of the cases."""
    words = text.split()
    if rng.random() < 0.5 or not words:
        return text
    strength = rng.choice([0.5, 1.0, 1.0, 2.0])
    long = len(words) > 3
    out = []
    for word in words:
        roll = rng.random()
        if roll < 0.035 * strength and word in CONFUSED:
            out.append(rng.choice(CONFUSED[word]))
        elif roll < 0.06 * strength and word in CONFUSED:
            out.append(rng.choice(CONFUSED[word]))
        elif roll < 0.085 * strength and long:
            continue
        elif roll < 0.11 * strength:
            out += [rng.choice(INSERTED), word]
        elif roll < 0.125 * strength and len(word) > 3:
            out.append(mangle(word, rng))
        elif roll < 0.135 * strength:
            out += [word, word]
        else:
            out.append(word)
    if long and rng.random() < 0.08:
        out = out[1:]
    if len(out) > 5 and rng.random() < 0.08:
        out = out[:-1]
    if rng.random() < 0.05:
        out = [rng.choice(INSERTED)] + out
    return " ".join(out) if out else text
