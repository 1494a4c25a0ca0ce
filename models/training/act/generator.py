"""Samples caller turns (asked slot, text, act) from grammar/*.txt, and spoils them the way a recogniser and a caller do.

Every line of an act file is one template; `@ a b` names the asked slots that the next lines answer (`*` = all, `wrap` = may be
embedded in a longer speech), a leading `!` keeps a template out of the held-out ones. `main` says how to call it.
"""
import hashlib
import json
import math
import os
import random
import re
import sys

from acts import ACTS, SLOTS
from noise import spoil

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "grammar")
TOKEN = re.compile(r"[()\[\]|]|<[^>]+>|[^\s()\[\]|<>]+")
DIGITS = "zero oh one two three four five six seven eight nine".split()
LETTERS = "abcdefghijklmnopqrstuvwxyz"
ONSETS = "b br d dr f fl fr g gr h j k kl kr l m n p pr r s sch sh sl sp st t tr v w z th ch ph".split()
VOWELS = "a e i o u ai au ee ei ie oo ou y".split()
CODAS = ["", "", "", "n", "m", "l", "r", "s", "t", "ck", "nd", "rt", "ng", "ld", "tz", "st", "ff"]
TAILS = ["", "", "", "er", "mann", "ski", "son", "berg", "stein", "o", "a", "ez", "ini", "feld", "ic", "man", "ley", "ton"]
ACT_WEIGHT = {"answer": 3.2, "other": 2.0, "question": 1.4, "correct": 1.5, "confirm_yes": 1.2, "confirm_no": 1.2, "goodbye": 1.1, "book": 1.4}
HELD_OUT_ONE_IN = 10
HELD_OUT_MIN = 3


def parse(text):
    tokens, at = TOKEN.findall(text), 0

    def alternatives(closing):
        nonlocal at
        options = [sequence()]
        while at < len(tokens) and tokens[at] == "|":
            at += 1
            options.append(sequence())
        if closing is not None:
            if at >= len(tokens) or tokens[at] != closing:
                raise ValueError(f"missing {closing} in: {text}")
            at += 1
        return ("alt", options) if len(options) > 1 else options[0]

    def sequence():
        nonlocal at
        items = []
        while at < len(tokens) and tokens[at] not in ("|", ")", "]"):
            token = tokens[at]
            at += 1
            if token == "(":
                items.append(alternatives(")"))
            elif token == "[":
                items.append(("alt", [("seq", []), alternatives("]")]))
            elif token.startswith("<"):
                items.append(("list", token[1:-1]))
            else:
                items.append(("word", token))
        return ("seq", items)

    node = alternatives(None)
    if at != len(tokens):
        raise ValueError(f"cannot read: {text}")
    return node


def synthetic_name(rng):
    syllables = rng.choice([1, 1, 2, 2, 3])
    return "".join(rng.choice(ONSETS) + rng.choice(VOWELS) + rng.choice(CODAS) for _ in range(syllables)) + rng.choice(TAILS)


def digits(rng, count):
    out, i = [], 0
    while i < count:
        digit = rng.choice(DIGITS)
        roll = rng.random()
        if roll < 0.06 and i + 1 < count:
            out += ["double", digit]
            i += 2
        elif roll < 0.08:
            out.append("triple " + digit)
            i += 3
        else:
            out.append(digit)
            i += 1
    return out


def phone(rng):
    if rng.random() < 0.15:
        return " ".join("".join(rng.choice("0123456789") for _ in range(rng.choice([2, 3, 4, 5]))) for _ in range(rng.choice([1, 2, 3, 4])))
    if rng.random() < 0.15:
        return " ".join(rng.choice(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]) + " " + rng.choice(DIGITS[2:]) for _ in range(rng.randint(2, 5)))
    return " ".join((["plus", "four", "nine"] if rng.random() < 0.12 else []) + digits(rng, rng.choice([3, 4, 5, 6, 7, 8, 9, 10, 11, 12])))


class Grammar:
    def __init__(self, rng):
        self.rng = rng
        self.lists, self.templates = {}, []
        self._read_lists()
        for act in ACTS:
            self._read_act(act)
        self.pools = {}

    def _lines(self, name):
        with open(os.path.join(HERE, name + ".txt"), encoding="utf-8") as file:
            return [line.strip() for line in file if line.strip() and not line.startswith("#")]

    def _read_lists(self):
        texts = {}
        for line in self._lines("lists"):
            name, body = re.split(r"\s*\+?=\s*", line, maxsplit=1)
            texts.setdefault(name, []).append(body)
        self.lists = {name: parse(" | ".join(bodies)) for name, bodies in texts.items()}

    def _read_act(self, act):
        slots, wrap = [], False
        for line in self._lines(act):
            if line.startswith("@"):
                words = line[1:].split()
                wrap = "wrap" in words
                slots = [w for w in words if w != "wrap"]
                if slots == ["*"]:
                    slots = SLOTS
                unknown = set(slots) - set(SLOTS)
                if unknown:
                    raise ValueError(f"{act}: unknown slots {unknown}")
                continue
            core = line.startswith("!")
            body = line.lstrip("!")
            node = parse(body)
            weight = 1 + math.log2(1 + self._count(node)) / 2
            self.templates.append({"act": act, "slots": slots, "wrap": wrap, "held": False, "node": node, "weight": weight, "text": body, "core": core})
        own = sorted((t for t in self.templates if t["act"] == act and not t["core"]), key=lambda t: hashlib.sha1(("b" + t["text"]).encode()).hexdigest())
        for template in own[: max(HELD_OUT_MIN, len(own) // HELD_OUT_ONE_IN)]:
            template["held"] = True

    def _count(self, node, depth=0):
        kind, value = node
        if kind == "word":
            return 1
        if kind == "list":
            return 8
        if kind == "seq":
            total = 1
            for item in value:
                total = min(total * self._count(item, depth + 1), 4096)
            return total
        return min(sum(self._count(item, depth + 1) for item in value), 4096)

    def _special(self, name):
        rng = self.rng
        if name == "synth":
            return synthetic_name(rng)
        if name == "letter":
            return rng.choice(LETTERS)
        if name == "digit":
            return rng.choice(DIGITS)
        if name == "digits":
            return " ".join(digits(rng, rng.randint(1, 4)))
        if name == "num":
            return rng.choice(DIGITS[2:] + ["ten", "twelve"])
        if name == "phone":
            return phone(rng)
        if name == "spelled":
            word = synthetic_name(rng) if rng.random() < 0.5 else self.expand(("list", "last"))
            return " ".join(c for c in word if c.isalpha())
        if name == "year":
            return rng.choice(["nineteen " + self.expand(parse("(thirty|forty|fifty|sixty|seventy|eighty|ninety) (one|two|three|four|five|six|seven|eight|nine|)")), "two thousand " + rng.choice(["", "and one", "four", "ten", "twelve"]), "twenty " + rng.choice(["ten", "fourteen", "twenty"]), "19" + str(rng.randint(30, 99)), "eighty " + rng.choice(DIGITS[2:]), "sixty " + rng.choice(DIGITS[2:])])
        if name == "birthdate":
            return self.expand(parse(rng.choice(["<month> [the] <ordinal> <year>", "[the] <ordinal> of <month> <year>", "<ordinal> <month> <year>", "the <ordinal> of the <ordinal> <year>", "<num> <num> <year>", "<digits> <digits> <year>", "<month> <ordinal>"])))
        if name == "noise":
            common = "the a it of to and in that is was for on you he she with as at be this have from or had by but some what there we can out other were all your when up use how said each which their time will way about many then them would like so these her long make thing see him two has look more day could go come did my sound no most number who over know water than call first people may down side been now find any new work part take get place made live where after back little only round man year came show every good me give our under name very through just form much great think say help low line before turn cause same mean differ move right boy old too does tell set three want air well also play small end put home read hand port large spell add even land here must big high such follow act why ask men change went light kind off need house picture try us again animal point mother world near build self earth father".split()
            return " ".join(synthetic_name(rng) if rng.random() < 0.35 else rng.choice(common) for _ in range(rng.randint(1, 6)))
        raise ValueError(f"unknown list {name}")

    def expand(self, node):
        kind, value = node
        if kind == "word":
            return value
        if kind == "seq":
            return " ".join(filter(None, (self.expand(item) for item in value)))
        if kind == "list":
            return self.expand(self.lists[value]) if value in self.lists else self._special(value)
        return self.expand(self.rng.choice(value))

    def say(self, name):
        return self.expand(("list", name))

    def _dress(self, text, template):
        rng = self.rng
        if not template["wrap"]:
            if rng.random() < 0.16:
                text = self.say("filler") + " " + text
            if rng.random() < 0.05:
                text += rng.choice([" please", " thank you", " thanks", " i think", " you know", " i guess"])
            return text
        if rng.random() < 0.22:
            text = self.say("filler") + " " + text
        if rng.random() < 0.24:
            text = f"{self.say('context')} {self.say('link')} {text}"
        if rng.random() < 0.16:
            text = f"{self.say('intro')} {rng.choice(['', '', 'and '])}{text}"
        if rng.random() < 0.34:
            text = f"{self.say('opener')} {text}"
        if rng.random() < 0.2:
            text += " " + self.say("tail")
        if rng.random() < 0.07:
            text += f" {rng.choice(['because', 'since', 'you see', 'as'])} {self.say('context')}"
        return text

    def sample(self, held=False, clean=False):
        """One turn: (asked, text, act)."""
        rng = self.rng
        if held not in self.pools:
            pool = {act: [t for t in self.templates if t["act"] == act and t["held"] == held] for act in ACTS}
            self.pools[held] = {act: (ts, [t["weight"] for t in ts]) for act, ts in pool.items() if ts}
        pools = self.pools[held]
        acts = list(pools)
        act = rng.choices(acts, [1.0 if held else ACT_WEIGHT.get(a, 1.0) for a in acts])[0]
        templates, weights = pools[act]
        template = rng.choices(templates, weights)[0]
        asked = rng.choice(template["slots"])
        text = self._dress(self.expand(template["node"]), template)
        text = " ".join(text.split())
        return asked, text if clean else spoil(text, rng), act


def main():
    """`generator.py` prints samples; `generator.py held-out 1000 99` prints turns of held-out templates as JSON lines."""
    held = sys.argv[1:2] == ["held-out"]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    grammar = Grammar(random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1))
    for _ in range(count):
        asked, text, act = grammar.sample(held=held)
        if held:
            print(json.dumps({"asked": None if asked == "none" else asked, "text": text, "act": act}))
        else:
            print("\t".join((asked, text, act)))


if __name__ == "__main__":
    main()
