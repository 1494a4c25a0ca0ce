"""Byte-level BPE as llama.cpp's `smollm` pre-tokenizer expects it: single digits, then the GPT-2 rule, then ranked merges."""
import json
import re
import sys
from collections import Counter, defaultdict

import acts

DIGIT = re.compile(r"\d|\D+")
PIECE = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")


def byte_chars():
    """GPT-2's printable stand-ins for the 256 bytes."""
    kept = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    table, extra = {}, 0
    for byte in range(256):
        if byte in kept:
            table[byte] = chr(byte)
        else:
            table[byte] = chr(256 + extra)
            extra += 1
    return table


BYTE_CHARS = byte_chars()


def pieces(text):
    for run in DIGIT.findall(text):
        for piece in PIECE.findall(run):
            yield "".join(BYTE_CHARS[b] for b in piece.encode("utf-8"))


def train(texts, size):
    """Returns the merges; the vocabulary is 256 bytes, the merges in order, then the control tokens."""
    counts = Counter(piece for text in texts for piece in pieces(text))
    words = [(list(word), count) for word, count in sorted(counts.items())]
    pairs, where = Counter(), defaultdict(set)
    for i, (symbols, count) in enumerate(words):
        for pair in zip(symbols, symbols[1:]):
            pairs[pair] += count
            where[pair].add(i)
    merges, known = [], set(BYTE_CHARS.values())
    while len(merges) < size and pairs:
        best = max(pairs, key=lambda p: (pairs[p], p))
        joined = best[0] + best[1]
        touched = where.pop(best)
        del pairs[best]
        if joined not in known:
            known.add(joined)
            merges.append(best)
        for i in touched:
            symbols, count = words[i]
            for pair in zip(symbols, symbols[1:]):
                if pair != best:
                    pairs[pair] -= count
            at = 0
            while at < len(symbols) - 1:
                if (symbols[at], symbols[at + 1]) == best:
                    symbols[at:at + 2] = [joined]
                at += 1
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] += count
                where[pair].add(i)
        pairs = +pairs
    return merges


class Tokenizer:
    def __init__(self, merges):
        self.merges = [tuple(m) for m in merges]
        self.tokens = list(BYTE_CHARS.values()) + [a + b for a, b in self.merges] + acts.CONTROL
        self.ids = {token: i for i, token in enumerate(self.tokens)}
        if len(self.ids) != len(self.tokens):
            raise ValueError("duplicate tokens")
        self.rank = {pair: i for i, pair in enumerate(self.merges)}
        self.cache = {}

    def _piece(self, piece):
        found = self.cache.get(piece)
        if found is None:
            symbols = list(piece)
            while len(symbols) > 1:
                ranked = [(self.rank.get(pair, 1 << 30), i) for i, pair in enumerate(zip(symbols, symbols[1:]))]
                rank, at = min(ranked)
                if rank == 1 << 30:
                    break
                symbols[at:at + 2] = [symbols[at] + symbols[at + 1]]
            found = [self.ids[s] for s in symbols]
            if len(self.cache) < 500_000:
                self.cache[piece] = found
        return found

    def encode(self, text):
        return [i for piece in pieces(text) for i in self._piece(piece)]

    def prompt(self, asked, text):
        """[asked slot] words [act position]: the next token is the act."""
        return [self.ids[f"<|ask:{asked}|>"]] + acts.clip(self.encode(acts.normalise(text))) + [self.ids[acts.ACT_POSITION]]

    def save(self, path):
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"merges": [" ".join(m) for m in self.merges]}, file, ensure_ascii=False)

    @staticmethod
    def load(path):
        with open(path, encoding="utf-8") as file:
            return Tokenizer([m.split(" ") for m in json.load(file)["merges"]])


if __name__ == "__main__":
    import random

    from generator import Grammar

    grammar = Grammar(random.Random(11))
    sampled = [acts.normalise(grammar.sample(clean=i % 4 != 0)[1]) for i in range(60_000)]
    size = int(sys.argv[2])
    tokenizer = Tokenizer(train(sampled, size))
    tokenizer.save(sys.argv[1])
    lengths = [len(tokenizer.prompt("none", text)) for text in sampled[:5000]]
    print(json.dumps({"tokens": len(tokenizer.tokens), "meanPrompt": sum(lengths) / len(lengths), "max": max(lengths)}))
    print([tokenizer.tokens[i] for i in tokenizer.encode(" i'd like to book an appointment with doctor weber at 10 30 o'clock")])
