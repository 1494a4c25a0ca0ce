"""Sample caller sentences from ../../starter/stt/grammar.json (the format is described in its `about`)."""
import json
import os
import random
import re

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "starter", "stt", "grammar.json")
TOKEN = re.compile(r"[()\[\]|]|<[^>]+>|[^\s()\[\]|<>]+")


class Node:
    """kind `seq` | `alt` | `list` | `spell` | `word`; `items` are (weight, node) for `alt`, nodes for `seq`."""

    def __init__(self, kind, items=None, text=""):
        self.kind, self.items, self.text = kind, items or [], text


def parse(text):
    tokens, at = TOKEN.findall(text), 0

    def alternatives(closing):
        nonlocal at
        options = [sequence()]
        while at < len(tokens) and tokens[at] == "|":
            at += 1
            options.append(sequence())
        if closing:
            if at >= len(tokens) or tokens[at] != closing:
                raise ValueError(f"missing {closing} in: {text}")
            at += 1
        return Node("alt", options) if len(options) > 1 or options[0][0] != 1 else options[0][1]

    def sequence():
        nonlocal at
        weight, items = 1, []
        if at < len(tokens) and tokens[at].isdigit():
            weight = int(tokens[at])
            at += 1
        while at < len(tokens) and tokens[at] not in ("|", ")", "]"):
            token = tokens[at]
            at += 1
            if token == "(":
                items.append(alternatives(")"))
            elif token == "[":
                items.append(Node("alt", [(1, Node("seq")), (1, alternatives("]"))]))
            elif token.startswith("<spell:"):
                items.append(Node("spell", text=token[7:-1]))
            elif token.startswith("<"):
                items.append(Node("list", text=token[1:-1]))
            else:
                items.append(Node("word", text=token))
        return weight, Node("seq", items)

    node = alternatives(None)
    if at != len(tokens):
        raise ValueError(f"cannot read: {text}")
    return node


class Grammar:
    def __init__(self, path=PATH):
        self.data = json.load(open(path, encoding="utf-8"))
        self.lists = {k: Node("alt", [(1, parse(t)) if parse(t).kind != "alt" or len(parse(t).items) > 1 else parse(t).items[0] for t in v]) for k, v in self.data["lists"].items()}
        self.sections = {k: {s: Node("alt", [(1, parse(t)) if parse(t).kind != "alt" or len(parse(t).items) > 1 else parse(t).items[0] for t in v.get(s, [])]) for s in ("templates", "held")} for k, v in self.data["sections"].items()}
        self.weights = {k: v["weight"] for k, v in self.data["sections"].items()}

    def expand(self, node):
        if node.kind == "word":
            return [node.text]
        if node.kind == "seq":
            return [w for item in node.items for w in self.expand(item)]
        if node.kind == "list":
            return self.expand(self.lists[node.text])
        if node.kind == "spell":
            return spell(self.expand(self.lists[node.text])[0])
        return self.expand(random.choices([i for _, i in node.items], [w for w, _ in node.items])[0])

    def sentence(self, section=None, held=False):
        name = section or random.choices(list(self.weights), list(self.weights.values()))[0]
        node = self.sections[name]["held" if held else "templates"]
        return self.expand(node)


def spell(word):
    out, letters = [], word.upper()
    double = random.random() < 0.5
    i = 0
    while i < len(letters):
        if double and i + 1 < len(letters) and letters[i] == letters[i + 1]:
            out += ["double", letters[i]]
            i += 2
        else:
            out.append(letters[i])
            i += 1
    return out


def reference(words):
    """The text as the recogniser writes it: lower case, a-z, apostrophe and space."""
    return " ".join("".join(c for c in w.lower() if c.isalpha() or c == "'") for w in words)


DIGITS = set("zero oh one two three four five six seven eight nine double triple plus".split())
LETTER_SAID = {"A": ["ay", "ay", "A", "a"]}


def spoken(words, comma):
    """The text given to a synthesiser: letters by their names, commas after some words for varied phrasing."""
    out = []
    for i, w in enumerate(words):
        letter = len(w) == 1 and w.isupper()
        said = random.choice(LETTER_SAID.get(w, [w])) if letter else w
        if len(words) > i + 1 and random.random() < comma * (6 if letter or w in DIGITS else 1):
            said += ","
        out.append(said)
    text = " ".join(out)
    return text[:1].upper() + text[1:] if random.random() < 0.5 else text


if __name__ == "__main__":
    random.seed(1)
    grammar = Grammar()
    for name in grammar.weights:
        for held in (False, True):
            for _ in range(6):
                if grammar.sections[name]["held" if held else "templates"].items or grammar.sections[name]["held" if held else "templates"].kind == "seq":
                    words = grammar.sentence(name, held)
                    print(name, held, "|", reference(words), "|", spoken(words, 0.05))
