"""The teacher: Festival's HTS voice cmu_us_slt_arctic_hts, asked for its parameters instead of its sound.

Usage: teacher.py SENTENCES OUTPUT.npz. Festival writes full-context labels, libHTSEngine turns them into mel-cepstra, log F0 and phone
durations at a frame of 5 ms; the 0-4 kHz part of the 32 kHz envelope becomes a mel-cepstrum at 8 kHz through one constant matrix.
"""

import ctypes
import os
import re
import subprocess
import sys
import tempfile

import numpy as np

VOICE = "/usr/share/festival/voices/us/cmu_us_slt_arctic_hts/hts/cmu_us_slt_arctic_hts.htsvoice"
TEACHER_ORDER, TEACHER_ALPHA, TEACHER_RATE_HZ = 44, 0.45, 32000
ORDER, ALPHA, RATE_HZ = 27, 0.31, 8000
# The voice is made lower than its teacher: a longer vocal tract brings the third and fourth formant into the telephone band.
FORMANT_SCALE, PITCH_SCALE = 0.84, 0.7
STATES = 5


def warp(omega, alpha):
    """Angle on the mel-like axis of a first-order all-pass, for an angle on the linear axis (radians)."""
    return omega + 2 * np.arctan(alpha * np.sin(omega) / (1 - alpha * np.cos(omega)))


def band_matrix():
    """(ORDER + 1, TEACHER_ORDER + 1): the teacher's mel-cepstrum to the mel-cepstrum of its lower part, scaled into 4 kHz."""
    points = 256
    target = (np.arange(points) + 0.5) * np.pi / points
    omega = warp(target, -ALPHA)
    teacher = warp(omega * RATE_HZ / TEACHER_RATE_HZ / FORMANT_SCALE, TEACHER_ALPHA)
    log_magnitude = np.cos(np.outer(teacher, np.arange(TEACHER_ORDER + 1)))
    inverse = np.cos(np.outer(np.arange(ORDER + 1), target)) * 2 / points
    inverse[0] /= 2
    return inverse @ log_magnitude


class Engine:
    """libHTSEngine by ctypes. The stop flag ends the vocoder before its first frame, when the parameters are already there."""

    def __init__(self):
        self.lib = ctypes.CDLL("libHTSEngine.so.1")
        self.engine = ctypes.create_string_buffer(1 << 16)
        self.lib.HTS_Engine_get_generated_parameter.restype = ctypes.c_double
        self.lib.HTS_Engine_get_total_frame.restype = ctypes.c_size_t
        self.lib.HTS_Engine_get_total_state.restype = ctypes.c_size_t
        self.lib.HTS_Engine_get_state_duration.restype = ctypes.c_size_t
        self.lib.HTS_Engine_initialize(self.engine)
        voices = (ctypes.c_char_p * 1)(VOICE.encode())
        self.lib.HTS_Engine_load.restype = ctypes.c_char
        self.lib.HTS_Engine_generate_state_sequence_from_strings.restype = ctypes.c_char
        if self.lib.HTS_Engine_load(self.engine, voices, ctypes.c_size_t(1)) == b"\0":
            raise SystemExit("the HTS voice does not load: " + VOICE)

    def parameters(self, labels):
        lib, engine = self.lib, self.engine
        lines = (ctypes.c_char_p * len(labels))(*[label.encode() for label in labels])
        if lib.HTS_Engine_generate_state_sequence_from_strings(engine, lines, ctypes.c_size_t(len(labels))) == b"\0":
            raise SystemExit("no state sequence for: " + labels[0])
        lib.HTS_Engine_generate_parameter_sequence(engine)
        lib.HTS_Engine_set_stop_flag(engine, ctypes.c_char(1))
        lib.HTS_Engine_generate_sample_sequence(engine)
        lib.HTS_Engine_set_stop_flag(engine, ctypes.c_char(0))
        frames = lib.HTS_Engine_get_total_frame(engine)
        read, size = lib.HTS_Engine_get_generated_parameter, ctypes.c_size_t
        width = TEACHER_ORDER + 1
        cepstrum = np.array([[read(engine, size(0), size(t), size(k)) for k in range(width)] for t in range(frames)])
        log_f0 = np.array([read(engine, size(1), size(t), size(0)) for t in range(frames)])
        states = lib.HTS_Engine_get_total_state(engine)
        durations = np.array([lib.HTS_Engine_get_state_duration(engine, size(s)) for s in range(states)])
        lib.HTS_Engine_refresh(engine)
        return cepstrum, log_f0, durations.reshape(-1, STATES).sum(1)


def labels_of(sentences):
    with tempfile.TemporaryDirectory() as folder:
        scheme, output = os.path.join(folder, "sentences.scm"), os.path.join(folder, "labels")
        with open(scheme, "w", encoding="utf-8") as file:
            file.writelines('"' + s.replace('"', "") + '"\n' for s in sentences)
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "labels.scm")
        environment = {**os.environ, "LABEL_INPUT": scheme, "LABEL_OUTPUT": output}
        subprocess.run(["festival", "-b", script], check=True, env=environment)
        with open(output, encoding="latin-1") as file:
            blocks = file.read().split("-\n")[:-1]
    return [[line.split()[-1] for line in block.split("\n") if line.strip()] for block in blocks]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        sentences = file.read().split("\n")[:-1]
    matrix, engine = band_matrix(), Engine()
    cepstra, pitches, phones, durations, frame_counts, phone_counts = [], [], [], [], [], []
    for start in range(0, len(sentences), 500):
        part = sentences[start : start + 500]
        blocks = labels_of(part)
        if len(blocks) != len(part):
            raise SystemExit(f"{len(part)} sentences gave {len(blocks)} label blocks")
        for labels in blocks:
            cepstrum, log_f0, duration = engine.parameters(labels)
            cepstra.append((cepstrum @ matrix.T).astype(np.float32))
            pitches.append(np.where(log_f0 > 0, log_f0 + np.log(PITCH_SCALE), 0).astype(np.float32))
            names = [re.search(r"-([a-z#]+)\+", label).group(1) for label in labels]
            if len(names) != len(duration) or duration.sum() != len(cepstrum):
                raise SystemExit("labels and durations disagree")
            phones += names
            durations.append(duration)
            frame_counts.append(len(cepstrum))
            phone_counts.append(len(names))
        print(start + len(part), flush=True)
    np.savez(
        sys.argv[2], cepstrum=np.concatenate(cepstra), log_f0=np.concatenate(pitches), phones=np.array(phones),
        durations=np.concatenate(durations), frame_counts=np.array(frame_counts), phone_counts=np.array(phone_counts),
    )


if __name__ == "__main__":
    main()
