"""What a telephone line and a room do to speech, for training: noise, babble, band limits, lost packets, G.711, other vocal tracts."""
import math
import random

import torch
import torch.nn.functional as F

from network import FFT, RATE, log_mel, power

ENVELOPE_QUEFRENCIES = 26


def mu_law(x):
    u = 255.0
    y = torch.sign(x) * torch.log1p(u * x.abs()) / math.log1p(u)
    q = torch.round(y * 127) / 127
    return torch.sign(q) * ((1 + u) ** q.abs() - 1) / u


def a_law(x):
    a, magnitude = 87.6, x.abs()
    scale = 1 + math.log(a)
    y = torch.where(magnitude < 1 / a, a * magnitude, 1 + torch.log((a * magnitude).clamp_min(1.0))) / scale
    q = (torch.floor(y * 128).clamp_max(127) + 0.5) / 128
    inverse = torch.where(q < 1 / scale, q * scale / a, torch.exp(q * scale - 1) / a)
    return torch.sign(x) * inverse


def uniform(count, low, high):
    return torch.empty(count, 1).uniform_(low, high)


def noise_like(count, length, speech):
    """Noise [count, length]: white, low-pass or babble made of the batch's other utterances, mostly 5 to 18 dB below the speech."""
    level = speech.square().sum(1, keepdim=True).div((speech.abs() > 1e-3).sum(1, keepdim=True).clamp_min(800)).sqrt()
    white = torch.randn(count, length)
    brown = F.avg_pool1d(white[:, None], 9, 1, 4)[:, 0] * 2.5
    mix = torch.where(torch.rand(count, 1) < 0.4, torch.ones(count, 1), uniform(count, 0, 1))
    noise = white * mix + brown * (1 - mix)
    babble = speech.roll(1, 0).roll(1600, 1) + speech.roll(3, 0).flip(1) + speech.roll(5, 0).roll(-2400, 1)
    babble = babble / (babble.square().mean(1, keepdim=True).sqrt() + 1e-5)
    kind = torch.rand(count, 1)
    noise = torch.where(kind < 0.15, babble, torch.where(kind < 0.25, noise + babble, noise))
    snr = torch.where(torch.rand(count, 1) < 0.65, uniform(count, 5, 18), uniform(count, 16, 45))
    return noise * level * 10 ** (-snr / 20)


def lose_packets(waves):
    for k in range(waves.shape[0]):
        if random.random() < 0.2:
            for _ in range(random.randint(1, 4)):
                at = random.randrange(waves.shape[1])
                waves[k, at : at + 160 * random.randint(1, 2)] = 0
    return waves


def code(waves):
    waves = waves.clamp(-1, 1)
    half = waves.shape[0] // 2
    return torch.cat([mu_law(waves[:half]), a_law(waves[half:])])


def line_response(count):
    """Smooth random gains per frequency bin: tilt, high-pass near 300 Hz, low-pass near 3400 Hz (in power)."""
    hz = torch.arange(FFT // 2 + 1) * (RATE / FFT)
    tilt = uniform(count, -6, 6) * (hz / 2000 - 1) / 10
    high_pass = torch.where(torch.rand(count, 1) < 0.4, 1 / (1 + (uniform(count, 100, 320) / hz.clamp_min(15)) ** 4), torch.ones(count, hz.numel()))
    low_pass = torch.where(torch.rand(count, 1) < 0.3, 1 / (1 + (hz / uniform(count, 3000, 3600)) ** 12), torch.ones(count, hz.numel()))
    return (10**tilt * high_pass * low_pass)[:, None]


def warp_matrix(factors):
    """[batch, 129, 129]: column f reads position f / factor, linearly interpolated."""
    bins = FFT // 2 + 1
    position = (torch.arange(bins)[None] / factors).clamp_max(bins - 1.001)
    low = position.floor().long()
    share = position - low
    matrix = torch.zeros(factors.shape[0], bins, bins)
    matrix.scatter_(1, low[:, None], (1 - share)[:, None])
    matrix.scatter_add_(1, low[:, None] + 1, share[:, None])
    return matrix


def other_speaker(powers):
    """Move formants by 0.93..1.22 and pitch by 0.8..1.9 independently, through the cepstral envelope."""
    count = powers.shape[0]
    logs = torch.log(powers.clamp_min(1e-9))
    cepstrum = torch.fft.irfft(logs, FFT)
    cepstrum[:, :, ENVELOPE_QUEFRENCIES : FFT - ENVELOPE_QUEFRENCIES + 1] = 0
    envelope = torch.fft.rfft(cepstrum, FFT).real
    fine = logs - envelope
    pitch = torch.exp(uniform(count, math.log(0.8), math.log(1.9)))
    # Raised harmonics lie further apart and stand out more.
    depth = uniform(count, 0.8, 1.6)[:, None]
    moved = torch.bmm(envelope, warp_matrix(uniform(count, 0.93, 1.22))) + depth * torch.bmm(fine, warp_matrix(pitch))
    return torch.exp(moved)


def augmented_features(speech):
    """Features [batch, frames, 40] of clean speech [batch, samples]: half through a time-domain line, half as other speakers."""
    count = speech.shape[0]
    speech = speech * 10 ** uniform(count, -0.9, 0.15)
    half = count // 2
    lined = lose_packets(speech[:half] + noise_like(half, speech.shape[1], speech[:half]))
    direct = power(code(lined))
    voice = code(speech[half:])
    noise = lose_packets(noise_like(count - half, speech.shape[1], speech[half:]))
    other = other_speaker(power(voice)) * line_response(count - half) + power(noise)
    return mask(log_mel(torch.cat([direct, other])))


def mask(features):
    low = features.mean((1, 2))
    for k in range(features.shape[0]):
        if random.random() < 0.5:
            at = random.randint(0, 34)
            features[k, :, at : at + random.randint(1, 6)] = low[k]
        if random.random() < 0.3:
            at = random.randrange(features.shape[1])
            features[k, at : at + random.randint(1, 6)] = low[k]
    return features
