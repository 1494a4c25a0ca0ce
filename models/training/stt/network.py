"""Features and network of the starter recogniser: 8 kHz, 40 kaldi filter-bank bins, 25 frames per second, causal, CTC over phones."""
import math

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from pronounce import PHONES

# An accelerator where there is one.
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
BLANK = len(PHONES)
SYMBOLS = BLANK + 1
INDEX = {p: i for i, p in enumerate(PHONES)}
RATE, BINS, FRAME, SHIFT, FFT = 8000, 40, 200, 80, 256
FLOOR = 1.1920929e-07
DILATIONS = (1, 2, 4, 1, 2, 4, 1, 2, 4)
KERNEL = 3
PAST = sum((KERNEL - 1) * d for d in DILATIONS)


def mel(hz):
    return 1127.0 * math.log(1 + hz / 700.0)


def filter_bank():
    low, high = mel(20.0), mel(3600.0)
    step = (high - low) / (BINS + 1)
    bank = np.zeros((BINS, FFT // 2 + 1), np.float32)
    points = np.array([mel(k * RATE / FFT) for k in range(FFT // 2 + 1)])
    for b in range(BINS):
        left, centre, right = low + b * step, low + (b + 1) * step, low + (b + 2) * step
        weights = np.where(points <= centre, (points - left) / step, (right - points) / step)
        weights[(points <= left) | (points >= right)] = 0
        bank[b] = weights
    bank[:, FFT // 2] = 0
    return torch.tensor(bank)


BANK = filter_bank().to(DEVICE)
WINDOW = torch.tensor((0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / (FRAME - 1))) ** 0.85, dtype=torch.float32, device=DEVICE)


def power(waves):
    """Power spectra [batch, frames, 129] of waves [batch, samples] in [-1, 1], framed as kaldi does without snipped edges."""
    count = (waves.shape[1] + SHIFT // 2) // SHIFT
    pad = FRAME // 2 - SHIFT // 2
    padded = torch.cat([waves[:, :pad].flip(1), waves, waves[:, -FRAME:].flip(1)], 1)
    frames = padded.unfold(1, FRAME, SHIFT)[:, :count]
    frames = frames - frames.mean(2, keepdim=True)
    frames = torch.cat([frames[:, :, :1] * (1 - 0.97), frames[:, :, 1:] - 0.97 * frames[:, :, :-1]], 2) * WINDOW
    spectrum = torch.fft.rfft(frames, FFT)
    return spectrum.real.square() + spectrum.imag.square()


def log_mel(powers):
    return torch.log((powers @ BANK.T).clamp_min(FLOOR))


class Block(nn.Module):
    """Residual causal dilated convolution; `past` holds the (KERNEL-1)*dilation frames before x."""

    def __init__(self, width, dilation):
        super().__init__()
        self.d = dilation
        self.c = nn.Conv1d(width, width, KERNEL, dilation=dilation)
        self.bn = nn.BatchNorm1d(width)
        self.p = nn.Conv1d(width, width, 1)
        self.drop = nn.Dropout(0.1)

    def forward(self, x, past=None):
        reach = (KERNEL - 1) * self.d
        y = F.pad(x, (reach, 0)) if past is None else torch.cat([past, x], 2)
        return x + self.drop(self.p(F.relu(self.bn(self.c(y))))), y[:, :, -reach:]


class Net(nn.Module):
    def __init__(self, width=256):
        super().__init__()
        self.width = width
        self.register_buffer("mu", torch.zeros(BINS))
        self.register_buffer("sd", torch.ones(BINS))
        self.c1 = nn.Conv1d(BINS, 128, 5, 2)
        self.c2 = nn.Conv1d(128, width, 5, 2)
        self.bn0 = nn.BatchNorm1d(width)
        self.b = nn.ModuleList([Block(width, d) for d in DILATIONS])
        self.bn = nn.BatchNorm1d(width)
        self.o = nn.Conv1d(width, SYMBOLS, 1)

    def forward(self, x, cache=None):
        """x [batch, frames, BINS]; cache [batch, PAST, 1, width] or None. Returns log probabilities and the next cache."""
        x = ((x - self.mu) / self.sd).transpose(1, 2)
        x = self.bn0(self.c2(F.relu(self.c1(x))))
        at, caches = 0, []
        for block in self.b:
            reach = (KERNEL - 1) * block.d
            past = None if cache is None else cache[:, at : at + reach, 0, :].transpose(1, 2)
            at += reach
            x, kept = block(x, past)
            caches.append(kept.transpose(1, 2))
        return self.o(F.relu(self.bn(x))).transpose(1, 2).float().log_softmax(-1), torch.cat(caches, 1).unsqueeze(2)


def output_frames(frames):
    return ((frames - 5) // 2 + 1 - 5) // 2 + 1


def widen(state, width):
    """A wider network that computes what `state` computes: new channels start with random inputs and no effect on the old ones."""
    net = Net(width)
    new = net.state_dict()
    old_width = state["bn0.weight"].shape[0]
    for key, old in state.items():
        target = new[key]
        if key.startswith("o.") and old.shape[0] != SYMBOLS:
            continue
        if target.shape == old.shape:
            target.copy_(old)
            continue
        if old.dim() == 3:
            rows, columns = old.shape[:2]
            if target.shape[1] > columns:
                target[:rows, columns:] = 0
            target[:rows, :columns] = old
            if key.endswith(".p.weight"):
                target[rows:] *= 0.3
        else:
            target[: old.shape[0]] = old
            if key.endswith(".p.bias"):
                target[old.shape[0] :] = 0
    assert old_width <= width
    net.load_state_dict(new)
    return net


def greedy(log_probabilities):
    """The likeliest phones, as ids."""
    last, found = -1, []
    for k in log_probabilities.argmax(-1).tolist():
        if k != last and k != BLANK:
            found.append(k)
        last = k
    return found


def edits(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
    return row[-1]
