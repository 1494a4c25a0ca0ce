"""The starter voice as torch modules: tokens to durations and acoustic frames, frames to 8 kHz sound. All of it is exported as one graph.

A frame is 5 ms (40 samples) and holds a mel-cepstrum (28 values, all-pass constant 0.31), log F0 and voicing. The vocoder adds cosines at
the harmonics, with the minimum phase of the envelope, and noise shaped in the frequency domain from a fixed table, so that the same
tokens always give the same samples.
"""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import symbols
from teacher import ALPHA, ORDER, RATE_HZ, TEACHER_RATE_HZ, warp

CHANNELS = 160
FRAME_SAMPLES = 40
HARMONICS = 56
F0_MIN_HZ, F0_MAX_HZ = 70.0, 400.0
POSITION_FEATURES = 5
NOISE_FRAMES = 509


class Residual(nn.Module):
    def __init__(self, dilation):
        super().__init__()
        self.conv = nn.Conv1d(CHANNELS, CHANNELS, 5, padding=2 * dilation, dilation=dilation)
        self.gain = nn.Parameter(torch.full((1, CHANNELS, 1), 0.5))

    def forward(self, x, mask):
        return (x + self.gain * functional.relu(self.conv(x))) * mask


class Net(nn.Module):
    """Tokens (without pads) to durations in frames; token encodings spread over frames to acoustic frames."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(len(symbols.SYMBOLS), CHANNELS)
        self.encoder = nn.ModuleList(Residual(d) for d in (1, 1, 2, 4, 8))
        self.duration = nn.Sequential(nn.Conv1d(CHANNELS, 96, 3, padding=1), nn.ReLU(), nn.Conv1d(96, 1, 1))
        self.spread = nn.Conv1d(CHANNELS + POSITION_FEATURES, CHANNELS, 1)
        self.decoder = nn.ModuleList(Residual(d) for d in (1, 2, 4, 1, 1))
        self.output = nn.Conv1d(CHANNELS, ORDER + 3, 1)
        self.register_buffer("mean", torch.zeros(ORDER + 2))
        self.register_buffer("deviation", torch.ones(ORDER + 2))

    def encode(self, tokens, mask):
        """tokens (B, N), mask (B, 1, N) to encodings (B, C, N) and log(1 + frames) (B, N)."""
        x = self.embedding(tokens).transpose(1, 2) * mask
        for block in self.encoder:
            x = block(x, mask)
        return x, functional.relu(self.duration(x)[:, 0])

    def decode(self, spread, position, mask):
        """Encodings per frame (B, C, T), position (B, 5, T) to normalised frames (B, ORDER + 3, T): cepstrum, log F0, voicing logit."""
        x = functional.relu(self.spread(torch.cat([spread, position], 1))) * mask
        for block in self.decoder:
            x = block(x, mask)
        return self.output(x)


def position_features(since, until):
    """Frames since the start of the token and until its end, to five features that tell where in the token a frame lies."""
    total = since + until
    return torch.stack([since / total, torch.exp(-since / 3), torch.exp(-until / 3), torch.log1p(total) - 2.5, (since - until) / 40], -2)


def cosines(omega):
    """(ORDER + 1, len(omega)) matrices from a mel-cepstrum to log magnitude and to phase at linear-axis angles."""
    angles = np.outer(np.arange(ORDER + 1), warp(omega, ALPHA))
    return torch.tensor(np.cos(angles), dtype=torch.float32), torch.tensor(-np.sin(angles), dtype=torch.float32)


def following(values):
    """The same values one frame later, the last one repeated."""
    return torch.cat([values[1:], values[-1:]])


class Vocoder(nn.Module):
    """`emphasis` deepens formants, `presence` lifts the high end (nepers of the first cepstral term), `breath` is the noise share of voiced
    sound above 3.5 kHz, `level` scales the teacher's loudness, `formants` moves the formants."""

    def __init__(self, emphasis=0.0, presence=0.0, breath=0.3, level=1.0, formants=1.0):
        super().__init__()
        self.emphasis, self.level = emphasis, level
        lift = torch.zeros(ORDER + 1)
        lift[1] = -presence
        self.register_buffer("lift", lift)
        self.bins = 512
        log_magnitude, phase = cosines(np.minimum(np.arange(self.bins + 1) * np.pi / self.bins / formants, np.pi))
        self.register_buffer("log_magnitude", log_magnitude)
        self.register_buffer("phase", phase)
        points = FRAME_SAMPLES + 1
        self.register_buffer("noise_magnitude", cosines(np.minimum(np.arange(points) * np.pi / FRAME_SAMPLES / formants, np.pi))[0])
        hz = np.arange(points) * RATE_HZ / 2 / FRAME_SAMPLES
        self.register_buffer("breath", torch.tensor(breath * np.clip((hz - 1500) / 2000, 0, 1), dtype=torch.float32))
        random = np.random.default_rng(5)
        white = np.fft.rfft(random.standard_normal((NOISE_FRAMES, 2 * FRAME_SAMPLES)))
        self.register_buffer("white", torch.tensor(np.concatenate([white.real, white.imag], 1), dtype=torch.float32))
        window = np.sin((np.arange(2 * FRAME_SAMPLES) + 0.5) * np.pi / (2 * FRAME_SAMPLES))
        basis = np.concatenate([np.fft.irfft(np.eye(points)), np.fft.irfft(1j * np.eye(points))]) * window
        self.register_buffer("basis", torch.tensor(basis, dtype=torch.float32))
        self.register_buffer("ramp", torch.arange(FRAME_SAMPLES, dtype=torch.float32) / FRAME_SAMPLES)
        self.register_buffer("harmonic", torch.arange(1, HARMONICS + 1, dtype=torch.float32))

    def emphasised(self, cepstrum):
        """Deeper valleys between formants at the same energy: undoes the smoothing of a model that predicts averages."""
        gains = torch.ones(ORDER + 1)
        gains[2:] += self.emphasis
        sharp = cepstrum * gains
        energy = torch.exp(2 * cepstrum @ self.noise_magnitude).mean(1, keepdim=True)
        sharp_energy = torch.exp(2 * sharp @ self.noise_magnitude).mean(1, keepdim=True)
        return torch.cat([sharp[:, :1] + 0.5 * torch.log(energy / sharp_energy), sharp[:, 1:]], 1)

    def harmonics(self, cepstrum, f0, voicing):
        hz = f0[:, None] * self.harmonic
        place = torch.clamp(hz * (2 * self.bins / RATE_HZ), max=self.bins - 1.001)
        low = torch.floor(place)
        part = place - low
        low = low.long()
        log_magnitude, phase = cepstrum @ self.log_magnitude, cepstrum @ self.phase
        height = torch.gather(log_magnitude, 1, low) * (1 - part) + torch.gather(log_magnitude, 1, low + 1) * part
        shift = torch.gather(phase, 1, low) * (1 - part) + torch.gather(phase, 1, low + 1) * part
        audible = torch.clamp((RATE_HZ / 2 - 50 - hz) / 100, 0, 1)
        loss = self.breath.max() * torch.clamp((hz - 1500) / 2000, 0, 1)
        amplitude = torch.exp(height) * audible * torch.sqrt(1 - loss * loss) * (2 * torch.sqrt(f0 / TEACHER_RATE_HZ) * voicing)[:, None]
        return amplitude, shift

    def forward(self, cepstrum, log_f0, voicing):
        """(T, ORDER + 1), (T), (T) to (T * 40) samples."""
        if self.emphasis:
            cepstrum = self.emphasised(cepstrum)
        cepstrum = cepstrum + self.lift
        f0 = torch.clamp(torch.exp(log_f0), F0_MIN_HZ, F0_MAX_HZ)
        amplitude, shift = self.harmonics(cepstrum, f0, voicing)
        f0_next = following(f0)
        advance = (f0 + f0_next) * (0.5 * FRAME_SAMPLES / RATE_HZ)
        start = torch.cumsum(advance.double(), 0) - advance.double()
        start = (start - torch.floor(start)).float()
        ramp = self.ramp
        cycles = start[:, None] + (f0[:, None] * ramp + (f0_next - f0)[:, None] * (ramp * ramp * 0.5)) * (FRAME_SAMPLES / RATE_HZ)
        amplitude_at = amplitude[:, None] + (following(amplitude) - amplitude)[:, None] * ramp[:, None]
        shift_at = shift[:, None] + (following(shift) - shift)[:, None] * ramp[:, None]
        voiced = (amplitude_at * torch.cos(cycles[:, :, None] * self.harmonic * (2 * math.pi) + shift_at)).sum(2)

        gain = (1 - voicing)[:, None] + voicing[:, None] * self.breath
        shape = torch.exp(cepstrum @ self.noise_magnitude) * gain * (0.5 * math.sqrt(TEACHER_RATE_HZ / RATE_HZ / 4))
        turn = torch.arange(cepstrum.shape[0], device=cepstrum.device) % NOISE_FRAMES
        blocks = (self.white[turn] * torch.cat([shape, shape], 1)) @ self.basis
        head, tail = blocks[:, :FRAME_SAMPLES], blocks[:, FRAME_SAMPLES:]
        noise = head + torch.cat([torch.zeros_like(tail[:1]), tail[:-1]])
        return (voiced + noise).reshape(-1) * (self.level / 32768)


class Voice(nn.Module):
    """The Piper contract: x (1, N) interleaved with pads, x_length (1), scales (noise, length, noise width) to (1, 1, S)."""

    def __init__(self, net, vocoder, pace=1.0):
        super().__init__()
        self.net, self.vocoder, self.pace = net, vocoder, pace

    def forward(self, x, x_length, scales):
        tokens = x[:, : x_length[0]][:, ::2]
        mask = torch.ones_like(tokens[:, None], dtype=torch.float32)
        encoding, log_frames = self.net.encode(tokens, mask)
        stretch = scales[1] * self.pace
        frames = (torch.exp(log_frames[0]) - 1) * stretch
        ends = torch.cumsum(frames, 0)
        centre = torch.arange(torch.ceil(ends[-1]).long(), dtype=torch.float32) + 0.5
        index = torch.clamp((centre[:, None] >= ends).long().sum(1), max=ends.shape[0] - 1)
        since = torch.clamp(centre - (ends - frames)[index], min=0.1) / stretch
        until = torch.clamp(ends[index] - centre, min=0.1) / stretch
        spread = encoding[0][:, index][None]
        out = self.net.decode(spread, position_features(since, until)[None], torch.ones_like(since)[None, None])[0].T
        values = out[:, : ORDER + 2] * self.net.deviation + self.net.mean
        voicing = torch.sigmoid(3 * out[:, ORDER + 2])
        return self.vocoder(values[:, : ORDER + 1], values[:, ORDER + 1], voicing)[None, None] + 0 * scales[0]
