"""Joins the two sides: which 5 ms frames of the teacher belong to which token. Usage: align.py IDS.json TEACHER.npz OUTPUT.npz

espeak-ng and Festival read the same sentence a little differently, so their phones are matched by dynamic programming over a table of
likeness; a sentence whose readings differ too much is left out. A diphthong or affricate is two tokens: the first carries the frames.
"""

import json
import sys

import numpy as np

import symbols

PAUSE = "pau"
LEAD_FRAMES, TAIL_FRAMES = 5, 30
COST_LIMIT_PER_PHONE = 0.16
GAP, PUNCTUATION_GAP = 1.0, 0.25
PAIRS = {"aɪ": "ay", "aʊ": "aw", "eɪ": "ey", "oʊ": "ow", "ɔɪ": "oy", "tʃ": "ch", "dʒ": "jh", "iə": "iy", "n\u0329": "n"}
SINGLES = dict(
    zip(
        "iɪɛæɑɔʊuʌəɚɜɐᵻeaobdfɡhjklmnŋpɹstvwzðθʃʒɾʔ",
        """iy ih eh ae aa ao uh uw ah ax er er ax ih ey aa ow b d f g hh y k l m n ng p r s t v w z dh th sh zh t t""".split(),
    )
)
VOWELS = set("iy ih eh ae aa ao uh uw ah ax er ey ay aw ow oy".split())
NEAR = {
    frozenset(pair.split("/"))
    for pair in """ax/ih ax/ah ax/eh ax/uh ax/ae ax/aa ax/ao ax/er ih/iy ih/eh aa/ao aa/ah uh/uw ah/aa ah/uh ao/ow er/r ey/eh ow/ax iy/ax ey/ae t/d s/z f/v
    th/dh sh/zh ch/sh jh/zh ch/t jh/d k/g p/b n/ng n/m iy/y uw/w ay/ih ey/ih ey/ax er/ao er/aa er/ah er/eh hh/dh""".split()
}


def likeness_cost(one, other):
    if one == other:
        return 0.0
    if PAUSE in (one, other):
        return 9.0
    if frozenset((one, other)) in NEAR:
        return 0.3
    if (one in VOWELS) == (other in VOWELS):
        return 0.9
    return 2.5


def units_of(ids):
    """(phone, token index) for every token that can carry frames; spaces and punctuation are possible pauses."""
    text = [symbols.SYMBOLS[i] for i in ids]
    units, k = [(PAUSE, 0)], 1
    while k < len(text) - 1:
        pair = text[k] + text[k + 1]
        if pair in PAIRS:
            units.append((PAIRS[pair], k))
            k += 2
            continue
        base = symbols.STAND_INS.get(text[k], text[k])
        if base in SINGLES:
            units.append((SINGLES[base], k))
        elif text[k] in symbols.PUNCTUATION:
            units.append((" " if text[k] == " " else ",", k))
        k += 1
    return units + [(PAUSE, len(text) - 1)]


def gap_cost(unit):
    return 0.0 if unit == " " else PUNCTUATION_GAP if unit == "," else GAP


def match_cost(unit, phone):
    if unit == " ":
        return 0.3 if phone == PAUSE else 9.0
    if unit == ",":
        return 0.0 if phone == PAUSE else 9.0
    return likeness_cost(unit, phone)


def align(units, phones):
    """For every teacher phone the unit that takes its frames, and the cost per phone."""
    rows, columns = len(units) + 1, len(phones) + 1
    cost, step = np.full((rows, columns), 1e9), np.zeros((rows, columns), np.int8)
    cost[0, 0] = 0
    for i in range(rows):
        for j in range(columns):
            options = [(cost[i, j], step[i, j])] if i == j == 0 else []
            if i and j:
                options.append((cost[i - 1, j - 1] + match_cost(units[i - 1][0], phones[j - 1]), 1))
            if i:
                options.append((cost[i - 1, j] + gap_cost(units[i - 1][0]), 2))
            if j:
                options.append((cost[i, j - 1] + GAP, 3))
            cost[i, j], step[i, j] = min(options)
    owner, i, j = [0] * len(phones), rows - 1, columns - 1
    while i or j:
        move = step[i, j]
        if move == 1:
            owner[j - 1] = i - 1
        elif move == 3:
            owner[j - 1] = max(i - 1, 0)
        i, j = i - (move != 3), j - (move != 2)
    return owner, cost[-1, -1] / len(phones)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        all_ids = json.load(file)
    teacher = np.load(sys.argv[2])
    phones, phone_durations = list(teacher["phones"]), teacher["durations"]
    frame_starts = np.concatenate([[0], np.cumsum(teacher["frame_counts"])])
    phone_starts = np.concatenate([[0], np.cumsum(teacher["phone_counts"])])
    tokens, durations, ranges, costs, kept = [], [], [], [], []
    for k, interleaved in enumerate(all_ids):
        ids = interleaved[::2]
        if interleaved.count(symbols.IDS[symbols.BEGIN]) != 1 or len(ids) < 4:
            continue
        part = slice(phone_starts[k], phone_starts[k + 1])
        names, lengths = phones[part], phone_durations[part].copy()
        if names[0] != PAUSE or names[-1] != PAUSE:
            continue
        owner, cost = align(units := units_of(ids), names)
        costs.append(cost)
        if cost > COST_LIMIT_PER_PHONE or owner[-1] != len(units) - 1:
            continue
        first = frame_starts[k] + max(lengths[0] - LEAD_FRAMES, 0)
        last = frame_starts[k + 1] - max(lengths[-1] - TAIL_FRAMES, 0)
        lengths[0], lengths[-1] = min(lengths[0], LEAD_FRAMES), min(lengths[-1], TAIL_FRAMES)
        per_token = np.zeros(len(ids), np.int32)
        for unit, length in zip(owner, lengths):
            per_token[units[unit][1]] += length
        assert per_token.sum() == last - first
        tokens.append(np.array(ids, np.int16))
        durations.append(per_token)
        ranges.append((first, last))
        kept.append(k)
    print(f"kept {len(kept)} of {len(all_ids)}, cost per phone median {np.median(costs):.3f} p90 {np.quantile(costs, 0.9):.3f}")
    np.savez(
        sys.argv[3], tokens=np.concatenate(tokens), durations=np.concatenate(durations), counts=np.array([len(t) for t in tokens]),
        ranges=np.array(ranges), sentences=np.array(kept),
    )


if __name__ == "__main__":
    main()
