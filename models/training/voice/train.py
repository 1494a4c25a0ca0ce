"""Trains the voice. Usage: train.py TEXT TEACHER.npz ALIGNMENT.npz OUTPUT.pt STEPS [START.pt]. One thread, seeded; the last 60 sentences are held out."""

import sys
import time

import numpy as np
import torch
from torch.nn import functional

import symbols
from model import Net, position_features
from teacher import ORDER

BATCH_FRAMES = 5000
RATE_MAX = 1.6e-3
HELD_OUT = 60
PITCH_RANGE_GAIN = 1.15
QUESTION_WORDS = ("what", "which", "when", "where", "who", "how", "why")


def inflected(log_f0, tokens, durations, text):
    """The teacher hardly marks questions: a yes/no question rises from its last stressed vowel on, an exclamation sits higher."""
    out = log_f0.mean() + (log_f0 - log_f0.mean()) * PITCH_RANGE_GAIN
    if text.endswith("!"):
        return out + 0.06
    if not text.endswith("?"):
        return out
    first, second = (text.lower().split() + [""])[:2]
    rise = 0.1 if first in QUESTION_WORDS and second != "about" else 0.45
    stressed = [k for k, t in enumerate(tokens) if symbols.SYMBOLS[t] in "ˈˌ"]
    start = durations[: stressed[-1]].sum() if stressed else 0
    start, end = max(start, len(out) - 160), len(out) - durations[-1]
    ramp = np.clip((np.arange(len(out)) - start) / max(end - start, 1), 0, 1)
    return out + rise * ramp


def load(text_file, teacher_file, alignment_file):
    teacher, alignment = np.load(teacher_file), np.load(alignment_file)
    cepstra, pitches = teacher["cepstrum"], teacher["log_f0"]
    texts = open(text_file, encoding="utf-8").read().split("\n")
    token_starts = np.concatenate([[0], np.cumsum(alignment["counts"])])
    all_tokens, all_durations, items = alignment["tokens"], alignment["durations"], []
    for k, (first, last) in enumerate(alignment["ranges"]):
        part = slice(token_starts[k], token_starts[k + 1])
        tokens, durations = all_tokens[part].astype(np.int64), all_durations[part]
        log_f0 = pitches[first:last]
        voiced = log_f0 > 0
        if voiced.sum() < 20:
            continue
        places = np.arange(len(log_f0))
        log_f0 = inflected(np.interp(places, places[voiced], log_f0[voiced]), tokens, durations, texts[alignment["sentences"][k]])
        frames = np.concatenate([cepstra[first:last], log_f0[:, None], voiced[:, None]], 1).astype(np.float32)
        items.append((tokens, durations, frames))
    return items


def batches(items, random):
    order = sorted(range(len(items)), key=lambda k: len(items[k][2]) + random.integers(60))
    groups, group, longest = [], [], 0
    for k in order:
        longest = max(longest, len(items[k][2]))
        if group and longest * (len(group) + 1) > BATCH_FRAMES:
            groups.append(group)
            group, longest = [], len(items[k][2])
        group.append(k)
    groups.append(group)
    random.shuffle(groups)
    return groups


def collate(items):
    count, width, length = len(items), max(len(i[0]) for i in items), max(len(i[2]) for i in items)
    tokens, durations = np.zeros((count, width), np.int64), np.zeros((count, width), np.float32)
    token_mask, frame_mask = np.zeros((count, 1, width), np.float32), np.zeros((count, 1, length), np.float32)
    owner, since, until = np.zeros((count, length), np.int64), np.ones((count, length), np.float32), np.ones((count, length), np.float32)
    frames = np.zeros((count, length, ORDER + 3), np.float32)
    for k, (t, d, f) in enumerate(items):
        tokens[k, : len(t)], durations[k, : len(t)], frames[k, : len(f)] = t, d, f
        token_mask[k, :, : len(t)], frame_mask[k, :, : len(f)] = 1, 1
        index = np.repeat(np.arange(len(d)), d)
        ends, centre = np.cumsum(d), np.arange(len(f)) + 0.5
        owner[k, : len(f)], since[k, : len(f)], until[k, : len(f)] = index, centre - (ends - d)[index], ends[index] - centre
    return [torch.from_numpy(a) for a in (tokens, durations, token_mask, frame_mask, owner, since, until, frames)]


def spectrum_matrix():
    """(ORDER + 1, 48): mel-cepstrum to log magnitude at equal steps of the mel-like axis."""
    return torch.tensor(np.cos(np.outer(np.arange(ORDER + 1), (np.arange(48) + 0.5) * np.pi / 48)), dtype=torch.float32)


def losses(net, batch, matrix):
    tokens, durations, token_mask, frame_mask, owner, since, until, frames = batch
    encoding, log_frames = net.encode(tokens, token_mask)
    duration = ((log_frames - torch.log1p(durations)).abs() * token_mask[:, 0]).sum() / token_mask.sum()
    spread = torch.gather(encoding, 2, owner[:, None].expand(-1, encoding.shape[1], -1))
    out = net.decode(spread, position_features(since, until), frame_mask).transpose(1, 2)
    mask = frame_mask[:, 0]
    total = mask.sum()
    goal = (frames[:, :, : ORDER + 2] - net.mean) / net.deviation
    error = out[:, :, : ORDER + 2] - goal
    log_magnitude = ((error[:, :, : ORDER + 1] * net.deviation[: ORDER + 1]) @ matrix).abs().mean(2)
    spectrum = (log_magnitude * mask).sum() / total
    cepstrum = (error[:, :, : ORDER + 1].abs().mean(2) * mask).sum() / total
    voiced = frames[:, :, ORDER + 2]
    pitch = (error[:, :, ORDER + 1].abs() * mask * (0.1 + 0.9 * voiced)).sum() / total
    voicing = (functional.binary_cross_entropy_with_logits(out[:, :, ORDER + 2], voiced, reduction="none") * mask).sum() / total
    return torch.stack([duration, spectrum, cepstrum, pitch, voicing])


def borrow(net):
    """Symbols that no sentence trained speak like their stand-ins."""
    with torch.no_grad():
        for symbol, other in symbols.STAND_INS.items():
            net.embedding.weight[symbols.IDS[symbol]] = net.embedding.weight[symbols.IDS[other]]


def main():
    text_file, teacher_file, alignment_file, output = sys.argv[1:5]
    steps = int(sys.argv[5])
    torch.set_num_threads(1)
    torch.manual_seed(1)
    random = np.random.default_rng(1)
    items = load(text_file, teacher_file, alignment_file)
    held, items = items[-HELD_OUT:], items[:-HELD_OUT]
    print(len(items), "sentences,", sum(len(i[2]) for i in items) * 0.005 / 3600, "hours", flush=True)
    net, matrix = Net(), spectrum_matrix()
    if len(sys.argv) > 6:
        net.load_state_dict(torch.load(sys.argv[6]))
    sample = np.concatenate([i[2] for i in items[::10]])[:, : ORDER + 2]
    net.mean.copy_(torch.tensor(sample.mean(0)))
    net.deviation.copy_(torch.tensor(sample.std(0)))
    weights = torch.tensor([1.5, 2.0, 0.5, 0.7, 0.7])
    optimiser = torch.optim.Adam(net.parameters(), RATE_MAX, betas=(0.9, 0.98))
    held_batches = [collate([held[k] for k in group]) for group in batches(held, np.random.default_rng(2))]
    began, queue = time.time(), []
    for step in range(1, steps + 1):
        queue = queue or batches(items, random)
        batch = collate([items[k] for k in queue.pop()])
        optimiser.param_groups[0]["lr"] = RATE_MAX * min(1, step / 200) * (0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * step / steps)))
        loss = (losses(net, batch, matrix) * weights).sum()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        if step % 100 == 0:
            with torch.no_grad():
                held_loss = torch.stack([losses(net, b, matrix) for b in held_batches]).mean(0)
            print(step, f"{time.time() - began:.0f}s", " ".join(f"{v:.3f}" for v in held_loss.tolist()), flush=True)
            torch.save(net.state_dict(), output)
    borrow(net)
    torch.save(net.state_dict(), output)


if __name__ == "__main__":
    main()
