"""Train the recogniser: python3 train.py DATA_DIR OUT.pt --until HH:MM | --minutes N [--start NET.pt|model.onnx] [--width N] [--threads N]

Uses an accelerator where there is one (`--batch-seconds 900` suits it). New data shards are picked up while it runs. The weights kept are a
moving average, written to OUT.pt every minute or two; convolution weights as float16, since `export.py` makes int8 of them anyway.
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

from export import read_state
from network import BINS, BLANK, DEVICE, INDEX, RATE, Net, edits, greedy, log_mel, output_frames, power, widen
from pronounce import PHONES, labels, pronounce
from telephone import augmented_features, mu_law

CHECKED_UTTERANCES = 400
REFRESH_SECONDS = 40
SAVE_SECONDS = 100


def shape_of(longest):
    """Samples of a training row for speech of `longest` samples: room for silence, rounded up to 0.3 s."""
    return -(-(longest + 3600) // 2400) * 2400


class Corpus:
    """Speech in the memory of the device, one row of samples for all utterances."""

    def __init__(self):
        self.samples = torch.zeros(0, dtype=torch.int16, device=DEVICE)
        self.starts, self.lengths, self.texts, self.labels, self.files, self.lexicon = [], [], [], [], set(), {}

    def add(self, paths):
        loaded = [np.load(path) for path in paths]
        self.files.update(paths)
        texts = [str(text) for data in loaded for text in data["t"]]
        self.lexicon.update(pronounce({w for text in texts for w in text.split() if w not in self.lexicon}))
        at = len(self.samples)
        self.samples = torch.cat([self.samples] + [torch.from_numpy(data["x"]).to(DEVICE) for data in loaded])
        for length, text in zip((int(n) for data in loaded for n in data["l"]), texts):
            self.starts.append(at)
            self.lengths.append(length)
            self.texts.append(text)
            self.labels.append(torch.tensor([INDEX[p] for p in labels(text, self.lexicon)]))
            at += length

    def batches(self, seconds):
        """Groups of similar length in few distinct shapes: the convolution library prepares each shape once."""
        order = sorted(range(len(self.starts)), key=lambda i: self.lengths[i] + random.randint(0, 3000))
        out, at = [], 0
        while at < len(order):
            size = 2048
            while True:
                group = order[at : at + size]
                fitting = int(seconds * RATE // shape_of(max(self.lengths[i] for i in group)))
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
        longest = max(self.lengths[i] for i in ids)
        total = shape_of(longest) if training else longest + 8800
        lengths = [self.lengths[i] for i in ids]
        leads = [random.randint(200, min(5000, total - length - 2000)) if training else 2400 for length in lengths]
        frames = torch.tensor([(min(total, lead + length + 4000) + 40) // 80 for lead, length in zip(leads, lengths)])
        lead, length, start = (torch.tensor(v, device=DEVICE)[:, None] for v in (leads, lengths, [self.starts[i] for i in ids]))
        position = torch.arange(total, device=DEVICE)[None] - lead
        inside = (position >= 0) & (position < length)
        waves = self.samples[(start + position).masked_fill(~inside, 0)].float() / 32768
        return waves.masked_fill(~inside, 0), frames

    def targets(self, ids):
        wanted = [self.labels[i] for i in ids]
        return torch.cat(wanted).to(DEVICE), torch.tensor([len(t) for t in wanted])


def phone_errors(net, corpus, show=0):
    net.eval()
    wrong = total = 0
    with torch.no_grad():
        count = min(len(corpus.starts), CHECKED_UTTERANCES)
        for at in range(0, count, 100):
            ids = list(range(at, min(at + 100, count)))
            waves, frames = corpus.padded(ids, False)
            found, _ = net(log_mel(power(mu_law(waves * 0.6))))
            found = found.cpu()
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
        return widen(read_state(path), width).to(DEVICE)
    net = Net(width).to(DEVICE)
    waves, _ = corpus.padded(list(range(200)), True)
    features = log_mel(power(mu_law(waves))).reshape(-1, BINS)
    net.mu.copy_(features.mean(0))
    net.sd.copy_(features.std(0) + 1e-3)
    return net


class Average:
    """A moving average of a network's weights."""

    def __init__(self, net, width):
        self.net = Net(width).to(DEVICE)
        self.net.load_state_dict(net.state_dict())
        self.pairs = [(kept, value) for kept, value in zip(self.net.state_dict().values(), net.state_dict().values()) if value.is_floating_point()]

    def follow(self, step):
        with torch.no_grad():
            torch._foreach_lerp_([kept for kept, _ in self.pairs], [value for _, value in self.pairs], max(0.001, 1 / (step + 1)))


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("data")
    p.add_argument("out")
    p.add_argument("--until")
    p.add_argument("--minutes", type=float, default=70)
    p.add_argument("--start")
    p.add_argument("--width", type=int, default=256)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--rate", type=float, default=2e-3)
    p.add_argument("--batch-seconds", type=float, default=60)
    return p.parse_args()


def seconds_of(a):
    if not a.until:
        return a.minutes * 60
    now = datetime.datetime.now()
    hour, minute = map(int, a.until.split(":"))
    return (now.replace(hour=hour, minute=minute, second=0) - now).total_seconds()


def rate_at(a, step, share):
    return a.rate * min(1, (step + 1) / 150) * (1 if share < 0.3 else 0.5 * (1 + math.cos(math.pi * (share - 0.3) / 0.7)) + 0.01)


def main():
    a = arguments()
    torch.set_num_threads(a.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(0)
    random.seed(0)
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cudnn.allow_tf32 = True
    budget = seconds_of(a)
    began = time.time()
    corpus, held, val = Corpus(), Corpus(), Corpus()
    held.add([f"{a.data}/held.npz"])
    val.add([f"{a.data}/val.npz"])
    refresh(corpus, a.data)
    net = start(a.start, a.width, corpus)
    average = Average(net, a.width)
    print(DEVICE, sum(q.numel() for q in net.parameters()), "parameters", len(corpus.starts), "utterances, budget", round(budget), "s", flush=True)
    print("at start: val", phone_errors(average.net, val), "held", phone_errors(average.net, held), flush=True)
    optimiser = torch.optim.AdamW(net.parameters(), lr=a.rate, weight_decay=1e-2)
    step, heard, saved, shown, running = 0, 0.0, time.time(), time.time(), torch.ones((), device=DEVICE)
    while time.time() - began < budget:
        refresh(corpus, a.data)
        refreshed = time.time()
        for ids in corpus.batches(a.batch_seconds):
            share = (time.time() - began) / budget
            if share >= 1 or (time.time() - refreshed > REFRESH_SECONDS and shards(a.data) - corpus.files):
                break
            for group in optimiser.param_groups:
                group["lr"] = rate_at(a, step, share)
            waves, frames = corpus.padded(ids, True)
            wanted, counts = corpus.targets(ids)
            with torch.no_grad():
                features = augmented_features(waves)
            with torch.autocast(DEVICE.type, dtype=torch.bfloat16):
                found, _ = net(features)
            loss = F.ctc_loss(found.transpose(0, 1), wanted, output_frames(frames), counts, blank=BLANK, zero_infinity=True)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 5)
            optimiser.step()
            step += 1
            heard += waves.numel() / RATE / 3600
            running = running.lerp(loss.detach(), 0.02)
            average.follow(step)
            if time.time() - shown > 15:
                shown = time.time()
                print(step, f"{time.time() - began:.0f}s {heard:.1f}h loss {running.item():.3f} of {len(corpus.starts)}", flush=True)
            if time.time() - saved > SAVE_SECONDS:
                saved = time.time()
                save(average.net, a.out)
                print("PER val", phone_errors(average.net, val), "held", phone_errors(average.net, held), flush=True)
    save(average.net, a.out)
    print(step, "steps, final PER val", phone_errors(average.net, val, 10), "held", phone_errors(average.net, held, 10), flush=True)


def refresh(corpus, folder):
    new = sorted(shards(folder) - corpus.files)
    if new:
        corpus.add(new)


def shards(folder):
    return set(glob.glob(f"{folder}/train*.npz"))


def save(net, path):
    state = {name: value.half() if value.dim() == 3 else value for name, value in net.state_dict().items()}
    torch.save({name: value.cpu() for name, value in state.items()}, path + ".tmp")
    os.replace(path + ".tmp", path)


if __name__ == "__main__":
    main()
