"""Words to phones with espeak-ng, by the table in ../../starter/stt/phones.json.

`python3 pronounce.py` writes ../../starter/stt/lexicon.txt: `word<TAB>phones` for every word of the caller grammar.
"""
import json
import os
import re
import subprocess

import grammar

FOLDER = os.path.dirname(grammar.PATH)
TABLE = json.load(open(os.path.join(FOLDER, "phones.json"), encoding="utf-8"))
PHONES = TABLE["phones"]
UNKNOWN = set()


def phones_of(mnemonics):
    """One word's mnemonics, such as `a#_p_'OI_n_t`, as phones."""
    parts = [re.sub(r"[',%=|]", "", part) for part in re.split(r"[_ ]+", mnemonics)]
    parts = [part for part in parts if part]
    found = []
    for k, part in enumerate(parts):
        follows = parts[k + 1] if k + 1 < len(parts) else ""
        part = part.rstrip(";") or part
        mapped = TABLE["beforeR"].get(part) if follows == "r" else None
        mapped = TABLE["espeak"].get(part) if mapped is None else mapped
        if mapped is None:
            UNKNOWN.add(part)
            continue
        found += mapped.split()
    return [p for k, p in enumerate(found) if not (p == "r" and k and found[k - 1] == "@r")]


def pronounce(words):
    """{word: [pronunciation, ...]}, each a list of phones; the first is the one that training uses."""
    known = {w: [p.split() for p in TABLE["words"][w]] for w in words if w in TABLE["words"]}
    rest = sorted(set(w for w in words if w not in known))
    for at in range(0, len(rest), 500):
        some = rest[at : at + 500]
        text = "".join((w.upper() if len(w) == 1 else w) + ".\n\n" for w in some)
        said = subprocess.run(["espeak-ng", "-q", "-x", "--sep=_", "-v", "en-us", "--stdin"], input=text.encode(), stdout=subprocess.PIPE, check=True).stdout.decode()
        lines = [line.strip() for line in said.split("\n") if line.strip()]
        if len(lines) != len(some):
            raise RuntimeError(f"espeak-ng said {len(lines)} lines for {len(some)} words")
        for word, line in zip(some, lines):
            known[word] = [phones_of(line)]
    return known


def is_letter(words, k):
    """Whether the `a` at position k is the letter: it stands among other letters."""
    before = words[k - 1] if k else ""
    after = words[k + 1] if k + 1 < len(words) else ""
    single = lambda w: len(w) == 1 and w not in "ai"
    return before == "double" or single(before) or single(after) or (before == "i" and k > 1 and single(words[k - 2])) or (after in ("like", "for", "as") and k + 2 < len(words))


def labels(text, lexicon):
    words = text.split()
    out = []
    for k, word in enumerate(words):
        out += ["eI"] if word == "a" and is_letter(words, k) else lexicon[word][0]
    return out


def grammar_words():
    source, words = grammar.Grammar(), set("abcdefghijklmnopqrstuvwxyz")

    def walk(node):
        if node.kind == "word":
            words.add(grammar.reference([node.text]))
        for item in node.items:
            walk(item[1] if isinstance(item, tuple) else item)

    for node in source.lists.values():
        walk(node)
    for section in source.sections.values():
        walk(section["templates"])
    return words


if __name__ == "__main__":
    known = pronounce(grammar_words())
    with open(os.path.join(FOLDER, "lexicon.txt"), "w", encoding="utf-8") as f:
        for word in sorted(known):
            for said in known[word]:
                f.write(f"{word}\t{' '.join(said)}\n")
    print(len(known), "words; unknown mnemonics:", sorted(UNKNOWN))
