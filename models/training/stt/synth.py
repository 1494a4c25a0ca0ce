"""Speak caller sentences with free synthesisers: python3 synth.py SEED N OUT.npz [held|ENGINE...]

Writes 8 kHz int16 speech and its text. `held` uses the voices kept for evaluation (flite slt, some espeak-ng variants);
they are never used without it. With names of engines (`rhvoice pico`) only these speak: women are rare among the free voices, and an
extra share of them is what helps most with women who were never heard. Needs the Debian packages espeak-ng, flite, festival, festvox-kallpc16k, festvox-kdlpc16k, and of the
non-free section rhvoice, rhvoice-english and libttspico-utils (non-free for want of training scripts, not of permission: LGPL and Apache-2.0).
RHVoice's slt is the speaker kept for evaluation, its evgeniy-eng and lyubov may not be used commercially: none of them is used.
"""
import io
import os
import random
import subprocess
import sys
import tempfile
import wave

import numpy as np
from scipy.signal import resample_poly

import grammar as callers

ACCENTS = ["en-us", "en-us", "en", "en", "en-gb-scotland", "en-029", "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-us-nyc"]
VARIANTS = (
    "m1 m2 m3 m4 m5 m6 m7 m8 f1 f2 f3 f4 f5 f1 f2 f3 f4 f5 Andy Annie adam anika antonio aunty belinda benjamin boris caleb david ed "
    "edward edward2 gustave iven iven2 iven3 iven4 john linda max michel miguel pablo paul pedro quincy rob robert steph steph2 travis "
    "victor zac Alex Alicia Andrea Gene Gene2 Hugo Jacky Lee Marco Michael Mike Storm klatt klatt2 klatt3 klatt4 Nguyen RicishayMax "
    "announcer grandma grandpa marcelo kaukovalta Tweaky UniRobot"
).split()
HELD_VARIANTS = "Diogo Denis Mario Henrique steph3 shelby sandro norbert".split()
FLITE = ["awb", "awb", "rms", "rms", "rms", "kal16", "kal"]
FESTIVAL = ["kal_diphone", "ked_diphone"]
RHVOICE = ["clb", "clb", "clb", "bdl", "alan"]
PICO = ["en-US", "en-GB"]
# Share of each synthesiser in what is made for training.
SHARES = {"espeak": 0.36, "flite": 0.2, "festival": 0.1, "rhvoice": 0.22, "pico": 0.12}
SHORT_WORDS = [w.strip() for w in open("/usr/share/dict/words") if w.strip().isascii() and w.strip().isalpha() and w.strip().islower() and 2 <= len(w.strip()) <= 11]
LEXICON = os.path.join(os.path.dirname(callers.PATH), "lexicon.txt")
CALLER_WORDS = sorted({line.split("\t")[0] for line in open(LEXICON, encoding="utf-8")} - set("bcdefghjklmnopqrstuvwxyz"))
RATE = 8000
SHARE_OF_ANYTHING = 0.3


def read(data):
    with wave.open(io.BytesIO(data)) as w:
        return np.frombuffer(w.readframes(w.getnframes()), dtype=np.int16), w.getframerate()


def to_phone_rate(samples, rate, shift):
    """Resample to 8 kHz; `shift` > 1 raises pitch and formants together (a shorter vocal tract)."""
    up, down = RATE, int(rate * shift)
    g = np.gcd(up, down // 20 * 20)
    return resample_poly(samples.astype(np.float32), up // g, (down // 20 * 20) // g)


def espeak(text, held):
    shift = 1.0 if held or random.random() < 0.6 else random.uniform(0.88, 1.2)
    voice = random.choice(ACCENTS) + "+" + random.choice(HELD_VARIANTS if held else VARIANTS)
    rate = int(random.randint(115, 205) / shift)
    args = ["espeak-ng", "-v", voice, "-s", str(rate), "-p", str(random.randint(15, 85)), "-g", str(random.choice([0, 0, 0, 2, 5])), "--stdout", text]
    data = bytearray(subprocess.run(args, stdout=subprocess.PIPE, check=True).stdout)
    return to_phone_rate(np.frombuffer(bytes(data[44:]), dtype=np.int16), 22050, shift)


def flite(text, held):
    shift = 1.0 if held or random.random() < 0.25 else random.uniform(0.9, 1.28)
    stretch = random.uniform(0.8, 1.3) * (shift ** 0.8)
    with tempfile.NamedTemporaryFile(suffix=".wav") as f:
        voice = "slt" if held else random.choice(FLITE)
        subprocess.run(["flite", "-voice", voice, "--setf", f"duration_stretch={stretch:.2f}", "-t", text, "-o", f.name], check=True, stdout=subprocess.DEVNULL)
        samples, rate = read(open(f.name, "rb").read())
    return to_phone_rate(samples, rate, shift)


def rhvoice(text):
    shift = 1.0 if random.random() < 0.4 else random.uniform(0.9, 1.18)
    rate = random.uniform(80, 125) / shift**0.8
    with tempfile.NamedTemporaryFile(suffix=".wav") as f:
        args = ["RHVoice-test", "-p", random.choice(RHVOICE), "-r", f"{rate:.0f}", "-t", f"{random.uniform(80, 125):.0f}", "-o", f.name]
        subprocess.run(args, input=text.encode(), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        samples, found = read(open(f.name, "rb").read())
    return to_phone_rate(samples, found, shift)


def pico(text):
    shift = 1.0 if random.random() < 0.4 else random.uniform(0.88, 1.12)
    said = f"<pitch level='{random.randint(80, 125)}'><speed level='{random.uniform(80, 130) / shift**0.8:.0f}'>{text}</speed></pitch>"
    with tempfile.NamedTemporaryFile(suffix=".wav") as f:
        subprocess.run(["pico2wave", "-l", random.choice(PICO), "-w", f.name, said], check=True, stdout=subprocess.DEVNULL)
        samples, rate = read(open(f.name, "rb").read())
    return to_phone_rate(samples, rate, shift)


def festival_batch(texts):
    """One festival process for many sentences: its start costs more than a sentence."""
    out = []
    with tempfile.TemporaryDirectory() as folder:
        lines, shifts = [], []
        for k, text in enumerate(texts):
            shift = 1.0 if random.random() < 0.3 else random.uniform(0.9, 1.25)
            shifts.append(shift)
            voice = random.choice(FESTIVAL)
            clean = text.replace('"', "").replace("\\", "")
            lines.append(f"(voice_{voice}) (Parameter.set 'Duration_Stretch {random.uniform(0.8, 1.25) * shift ** 0.8:.2f})")
            lines.append(f"(utt.save.wave (utt.synth (Utterance Text \"{clean}\")) \"{folder}/{k}.wav\" 'riff)")
        script = os.path.join(folder, "say.scm")
        open(script, "w").write("\n".join(lines))
        subprocess.run(["festival", "-b", script], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for k in range(len(texts)):
            path = f"{folder}/{k}.wav"
            if not os.path.exists(path):
                out.append(None)
                continue
            samples, rate = read(open(path, "rb").read())
            out.append(to_phone_rate(samples, rate, shifts[k]))
    return out


def words_of_anything():
    """Words in no order, of the callers or of the dictionary: without them the network learns the sentences by heart."""
    source = CALLER_WORDS if random.random() < 0.6 else SHORT_WORDS
    return [random.choice(source) for _ in range(random.randint(1, 6))]


def sentence(source, held):
    if held:
        name = random.choice([k for k, v in source.data["sections"].items() if v.get("held")])
        return source.sentence(name, True)
    return words_of_anything() if random.random() < SHARE_OF_ANYTHING else source.sentence()


def finish(samples):
    top = np.abs(samples).max() + 1
    return (samples / top * random.uniform(6000, 26000)).astype(np.int16)


def main():
    seed, count, out = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    held = "held" in sys.argv[4:]
    shares = {name: share for name, share in SHARES.items() if name in sys.argv[4:] or len(sys.argv) == 4}
    random.seed(seed)
    source = callers.Grammar()
    waves, texts, waiting = [], [], []

    def keep(samples, words):
        if samples is not None and RATE * 0.15 < len(samples) < RATE * 11 and np.abs(samples).max() > 100:
            waves.append(finish(samples))
            texts.append(callers.reference(words))

    while len(texts) < count:
        words = sentence(source, held)
        text = callers.spoken(words, 0.04)
        if held:
            keep(flite(text, True) if random.random() < 0.5 else espeak(text, True), words)
            continue
        kind = random.choices(list(shares), list(shares.values()))[0]
        if kind == "festival":
            waiting.append((words, text))
            if len(waiting) >= 100:
                for (w, _), samples in zip(waiting, festival_batch([t for _, t in waiting])):
                    keep(samples, w)
                waiting = []
        elif kind == "rhvoice":
            keep(rhvoice(text), words)
        elif kind == "pico":
            keep(pico(text), words)
        else:
            keep(espeak(text, False) if kind == "espeak" else flite(text, False), words)
    # Under another name first, so that a training that watches the folder sees only whole files.
    with open(f"{out}.part", "wb") as f:
        np.savez(f, x=np.concatenate(waves), l=np.array([len(w) for w in waves]), t=np.array(texts))
    os.replace(f"{out}.part", out)
    print(out, len(texts), round(sum(map(len, waves)) / RATE / 3600, 2), "h", flush=True)


if __name__ == "__main__":
    main()
