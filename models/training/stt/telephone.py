"""What a telephone line and a room do to speech, for training: noise, babble, band limits, lost packets, G.711, other vocal tracts."""
import math

import torch
import torch.nn.functional as F

from network import DEVICE, FFT, RATE, log_mel, power

ENVELOPE_QUEFRENCIES = 26
HILLS, HILL_DB = 6, 2.5


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
    return torch.empty(count, 1, device=DEVICE).uniform_(low, high)


def chance(count, share):
    """A column of booleans, each true with probability `share`."""
    return torch.rand(count, 1, device=DEVICE) < share


def spans(count, total, longest, number):
    """A mask [count, total]: up to `number` random spans a row, each of 1 to `longest` positions."""
    position = torch.arange(total, device=DEVICE)
    at = torch.randint(total, (count, number, 1), device=DEVICE)
    length = torch.randint(1, longest + 1, (count, number, 1), device=DEVICE)
    used = torch.arange(number, device=DEVICE)[None, :, None] < torch.randint(1, number + 1, (count, 1, 1), device=DEVICE)
    return ((position >= at) & (position < at + length) & used).any(1)


def noise_like(count, length, speech):
    """Noise [count, length]: white, low-pass or babble made of the batch's other utterances, mostly 5 to 18 dB below the speech."""
    level = speech.square().sum(1, keepdim=True).div((speech.abs() > 1e-3).sum(1, keepdim=True).clamp_min(800)).sqrt()
    white = torch.randn(count, length, device=DEVICE)
    brown = F.avg_pool1d(white[:, None], 9, 1, 4)[:, 0] * 2.5
    mix = torch.where(chance(count, 0.4), 1.0, uniform(count, 0, 1))
    noise = white * mix + brown * (1 - mix)
    babble = speech.roll(1, 0).roll(1600, 1) + speech.roll(3, 0).flip(1) + speech.roll(5, 0).roll(-2400, 1)
    babble = babble / (babble.square().mean(1, keepdim=True).sqrt() + 1e-5)
    kind = uniform(count, 0, 1)
    noise = torch.where(kind < 0.15, babble, torch.where(kind < 0.25, noise + babble, noise))
    snr = torch.where(chance(count, 0.65), uniform(count, 5, 18), uniform(count, 16, 45))
    return noise * level * 10 ** (-snr / 20)


def lose_packets(waves):
    """A fifth of the rows lose one to four stretches of 20 or 40 ms."""
    count, total = waves.shape
    lost = spans(count, -(-total // 160), 2, 4) & chance(count, 0.2)
    return waves.masked_fill(lost.repeat_interleave(160, 1)[:, :total], 0)


def code(waves):
    waves = waves.clamp(-1, 1)
    half = waves.shape[0] // 2
    return torch.cat([mu_law(waves[:half]), a_law(waves[half:])])


def line_response(count):
    """Smooth random gains per frequency bin (in power): tilt, hills of a few dB, high-pass near 300 Hz, low-pass near 3400 Hz."""
    hz = torch.arange(FFT // 2 + 1, device=DEVICE) * (RATE / FFT)
    tilt = uniform(count, -6, 6) * (hz / 2000 - 1) / 10
    hills = F.interpolate(torch.randn(count, 1, HILLS, device=DEVICE) * HILL_DB / 10, hz.numel(), mode="linear", align_corners=True)[:, 0]
    high_pass = torch.where(chance(count, 0.4), 1 / (1 + (uniform(count, 100, 320) / hz.clamp_min(15)) ** 4), 1.0)
    low_pass = torch.where(chance(count, 0.3), 1 / (1 + (hz / uniform(count, 3000, 3600)) ** 12), 1.0)
    return (10 ** (tilt + hills) * high_pass * low_pass)[:, None]


def warp_matrix(low_factor, high_factor):
    """[batch, 129, 129]: column f reads position f / factor, linearly interpolated; the factor moves from the low one to the high one."""
    bins = FFT // 2 + 1
    column = torch.arange(bins, device=DEVICE)[None]
    factors = low_factor + (high_factor - low_factor) * column / bins
    position = (column / factors).clamp_max(bins - 1.001)
    low = position.floor().long()
    share = position - low
    matrix = torch.zeros(factors.shape[0], bins, bins, device=DEVICE)
    matrix.scatter_(1, low[:, None], (1 - share)[:, None])
    matrix.scatter_add_(1, low[:, None] + 1, share[:, None])
    return matrix


def other_speaker(powers):
    """Move formants by 0.93..1.22 (low and high ones a little apart) and pitch by 0.8..1.9 independently, through the cepstral envelope."""
    count = powers.shape[0]
    logs = torch.log(powers.clamp_min(1e-9))
    cepstrum = torch.fft.irfft(logs, FFT)
    cepstrum[:, :, ENVELOPE_QUEFRENCIES : FFT - ENVELOPE_QUEFRENCIES + 1] = 0
    envelope = torch.fft.rfft(cepstrum, FFT).real
    fine = logs - envelope
    pitch = torch.exp(uniform(count, math.log(0.8), math.log(1.9)))
    formants = uniform(count, 0.93, 1.22)
    # Raised harmonics lie further apart and stand out more.
    depth = uniform(count, 0.8, 1.6)[:, None]
    moved = torch.bmm(envelope, warp_matrix(formants, formants * uniform(count, 0.95, 1.05))) + depth * torch.bmm(fine, warp_matrix(pitch, pitch))
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
    """Half of the rows lose up to two bands, a third up to two stretches of time."""
    count, frames, bins = features.shape
    level = features.mean((1, 2), keepdim=True)
    bands = spans(count, bins, 6, 2) & chance(count, 0.5)
    times = spans(count, frames, 7, 2) & chance(count, 0.35)
    return torch.where(bands[:, None] | times[:, :, None], level, features)
