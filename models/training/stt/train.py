"""Train the recogniser: python3 train.py DATA_DIR OUT.pt --until HH:MM | --minutes N [--start NET.pt|model.onnx] [--width N] [--threads N]

`--rank R --of N` runs N processes that share their weights through files beside OUT.pt. New data shards are picked up while it runs. The weights kept are a moving average; `OUT.pt` is written every five minutes.
"""
import argparse
import datetime
import glob
import math
import os
import random
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from export import read_weights
from network import BINS, BLANK, INDEX, RATE, Net, edits, greedy, log_mel, output_frames, power, widen
from pronounce import PHONES, labels, pronounce
from telephone import augmented_features, mu_law

BATCH_SECONDS = 60
EXCHANGE_STEPS = 50
CHECKED_UTTERANCES = 160


def shape_of(longest):
    """Samples of a training row for speech of `longest` samples: room for silence, rounded up to 0.3 s."""
    return -(-(longest + 3600) // 2400) * 2400


class Corpus:
    def __init__(self):
        self.waves, self.texts, self.labels, self.files, self.lexicon = [], [], [], set(), {}

    def add(self, path):
        self.files.add(path)
        data = np.load(path)
        samples, at = data["x"], 0
        self.lexicon.update(pronounce({w for text in data["t"] for w in str(text).split() if w not in self.lexicon}))
        for length, text in zip(data["l"], data["t"]):
            self.waves.append(samples[at : at + length])
            self.texts.append(str(text))
            self.labels.append(torch.tensor([INDEX[p] for p in labels(str(text), self.lexicon)]))
            at += length

    def batches(self):
        """Groups of similar length in few distinct shapes: the convolution library prepares each shape once."""
        order = sorted(range(len(self.waves)), key=lambda i: len(self.waves[i]) + random.randint(0, 3000))
        out, at = [], 0
        while at < len(order):
            size = 256
            while True:
                group = order[at : at + size]
                fitting = int(BATCH_SECONDS * RATE // shape_of(max(len(self.waves[i]) for i in group)))
                if size <= fitting:
                    break
                size = fitting
            random.shuffle(group)
            if len(group) >= 4:
                out.append(group)
            at += size
        random.shuffle(out)
        return out

    def padded(self, ids, training):
        """Waves [batch, samples] with silence around the speech, and their number of feature frames."""
        total = shape_of(max(len(self.waves[i]) for i in ids)) if training else max(len(self.waves[i]) for i in ids) + 8800
        waves, frames = torch.zeros(len(ids), total), []
        for k, i in enumerate(ids):
            length = len(self.waves[i])
            lead = random.randint(200, min(5000, total - length - 2000)) if training else 2400
            waves[k, lead : lead + length] = torch.from_numpy(self.waves[i].astype(np.float32)) / 32768
            frames.append((min(total, lead + length + 4000) + 40) // 80)
        return waves, torch.tensor(frames)

    def targets(self, ids):
        wanted = [self.labels[i] for i in ids]
        return torch.cat(wanted), torch.tensor([len(t) for t in wanted])


def phone_errors(net, corpus, show=0):
    net.eval()
    wrong = total = 0
    with torch.no_grad():
        count = min(len(corpus.waves), CHECKED_UTTERANCES)
        for at in range(0, count, 40):
            ids = list(range(at, min(at + 40, count)))
            waves, frames = corpus.padded(ids, False)
            found, _ = net(log_mel(power(mu_law(waves * 0.6))))
            for k, i in enumerate(ids):
                phones = greedy(found[k, : output_frames(frames[k])])
                wrong += edits(corpus.labels[i].tolist(), phones)
                total += len(corpus.labels[i])
                if k < show and at == 0:
                    print("   ", corpus.texts[i], "|", " ".join(PHONES[p] for p in phones))
    net.train()
    return round(wrong / total, 4)


def start(path, width, corpus):
    if path:
        return widen(read_weights(path) if path.endswith(".onnx") else torch.load(path), width)
    net = Net(width)
    waves, _ = corpus.padded(list(range(200)), True)
    features = log_mel(power(mu_law(waves))).reshape(-1, BINS)
    net.mu.copy_(features.mean(0))
    net.sd.copy_(features.std(0) + 1e-3)
    return net


def main():
    p = argparse.ArgumentParser()
    p.add_argument("data")
    p.add_argument("out")
    p.add_argument("--until")
    p.add_argument("--minutes", type=float, default=70)
    p.add_argument("--start")
    p.add_argument("--width", type=int, default=256)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--rank", type=int, default=0)
    p.add_argument("--of", type=int, default=1)
    p.add_argument("--rate", type=float, default=2e-3)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(a.rank)
    random.seed(a.rank)
    budget = a.minutes * 60
    if a.until:
        now = datetime.datetime.now()
        hour, minute = map(int, a.until.split(":"))
        budget = (now.replace(hour=hour, minute=minute, second=0) - now).total_seconds()
    corpus, held, val = Corpus(), Corpus(), Corpus()
    held.add(f"{a.data}/held.npz")
    val.add(f"{a.data}/val.npz")
    refresh(corpus, a.data)
    net = start(a.start, a.width, corpus)
    average = Net(a.width)
    average.load_state_dict(net.state_dict())
    print(sum(q.numel() for q in net.parameters()), "parameters", len(corpus.waves), "utterances, budget", round(budget), "s", flush=True)
    if a.rank == 0:
        print("at start: val", phone_errors(average, val), "held", phone_errors(average, held), flush=True)
    optimiser = torch.optim.AdamW(net.parameters(), lr=a.rate, weight_decay=1e-2)
    began, step, running, saved, heard = time.time(), 0, 1.0, time.time(), 0.0
    while time.time() - began < budget:
        refresh(corpus, a.data)
        for ids in corpus.batches():
            share = (time.time() - began) / budget
            if share >= 1:
                break
            rate = a.rate * min(1, (step + 1) / 150) * (1 if share < 0.3 else 0.5 * (1 + math.cos(math.pi * (share - 0.3) / 0.7)) + 0.01)
            for group in optimiser.param_groups:
                group["lr"] = rate
            waves, frames = corpus.padded(ids, True)
            labels, counts = corpus.targets(ids)
            with torch.no_grad():
                features = augmented_features(waves)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                found, _ = net(features)
            loss = F.ctc_loss(found.transpose(0, 1), labels, output_frames(frames), counts, blank=BLANK, zero_infinity=True)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 5)
            optimiser.step()
            step += 1
            heard += waves.numel() / 8000 / 3600
            running = 0.98 * running + 0.02 * loss.item()
            decay = min(0.998, 1 - 1 / (step + 1))
            with torch.no_grad():
                for value, kept in zip(net.state_dict().values(), average.state_dict().values()):
                    kept.copy_(value) if not value.is_floating_point() else kept.mul_(decay).add_(value, alpha=1 - decay)
            if a.of > 1 and step % EXCHANGE_STEPS == 0:
                exchange(net, a)
            if step % 50 == 0 and shards(a.data) - corpus.files:
                break
            if step % 100 == 0:
                print(step, f"{time.time() - began:.0f}s {heard:.1f}h loss {running:.3f} rate {rate:.5f} of {len(corpus.waves)}", flush=True)
            if a.rank == 0 and time.time() - saved > 300:
                saved = time.time()
                save(average, a.out)
                print("PER val", phone_errors(average, val), "held", phone_errors(average, held), flush=True)
    if a.rank > 0:
        return
    save(average, a.out)
    print("final PER val", phone_errors(average, val, 10), "held", phone_errors(average, held, 10), flush=True)


def exchange(net, a):
    """Several processes train copies side by side (one thread each is the most efficient) and move to their mean now and then."""
    save(net, f"{a.out}.{a.rank}")
    others = [f"{a.out}.{k}" for k in range(a.of) if k != a.rank and os.path.exists(f"{a.out}.{k}")]
    states = [net.state_dict()] + [torch.load(path) for path in others]
    with torch.no_grad():
        for key, value in net.state_dict().items():
            if value.is_floating_point():
                value.copy_(sum(state[key] for state in states) / len(states))


def refresh(corpus, folder):
    for path in sorted(shards(folder) - corpus.files):
        corpus.add(path)


def shards(folder):
    return set(glob.glob(f"{folder}/train*.npz"))


def save(net, path):
    torch.save(net.state_dict(), path + ".tmp")
    os.replace(path + ".tmp", path)


if __name__ == "__main__":
    main()
