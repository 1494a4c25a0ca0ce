"""Writes act.json beside an exported model: `python3 calibrate.py --weights act.pt --bpe bpe.json --model act.gguf --out act.json`.

The temperature and the thresholds come from dev.jsonl and from held-out templates of another seed than the evaluation set; the
hand-written evaluation set is only reported on.
"""
import argparse
import hashlib
import json
import os
import random

import torch
from torch.nn import functional as F

import acts
from acts import ACTS, END, SLOTS
from bpe import Tokenizer
from export import rounded
from generator import Grammar
from model import ActModel, Shape
from train import evaluate, read_jsonl, rows_of

HERE = os.path.dirname(os.path.abspath(__file__))
PRECISION = 0.95


def best_temperature(groups):
    """The temperature with the lowest mean loss, every group counting alike."""
    def loss(t):
        return sum(F.cross_entropy(logits / t, target).item() for logits, target in groups)
    return min((round(0.4 + 0.02 * i, 2) for i in range(180)), key=loss)


def lowest_threshold(value, hit, weight):
    """The smallest value above which at least PRECISION of the answers are right."""
    for threshold in [i / 100 for i in range(0, 100)]:
        chosen = weight * (value >= threshold)
        if chosen.sum() > 0 and (chosen * hit).sum() / chosen.sum() >= PRECISION:
            return threshold
    return 0.99


def calibration_error(logits, target, temperature, bins=10):
    """Expected calibration error: mean gap between probability and accuracy over ten bins."""
    top, guess = (logits / temperature).softmax(-1).max(-1)
    hit, error = (guess == target).float(), 0.0
    for i in range(bins):
        inside = (top > i / bins) & (top <= (i + 1) / bins)
        if inside.any():
            error += abs(top[inside].mean().item() - hit[inside].mean().item()) * inside.float().mean().item()
    return round(error, 4)


def main():
    parser = argparse.ArgumentParser()
    for name in ("weights", "bpe", "model", "out"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    tokenizer = Tokenizer.load(options.bpe)
    saved = torch.load(options.weights)
    model = ActModel(Shape(**saved["shape"]), dropout=0.0)
    model.load_state_dict(saved["model"])
    for parameter in model.parameters():
        if parameter.dim() > 1:
            parameter.data = torch.from_numpy(rounded(parameter.detach().numpy()))
    labels = torch.tensor([tokenizer.ids[f"<|act:{act}|>"] for act in ACTS])

    def score(samples):
        return evaluate(model, rows_of(samples, tokenizer), labels, tokenizer.ids[END])

    grammar = Grammar(random.Random(123))
    groups = [score(read_jsonl(os.path.join(HERE, "dev.jsonl")))[1:], score([grammar.sample(held=True) for _ in range(800)])[1:]]
    temperature = best_temperature(groups)
    ranked = [((logits / temperature).softmax(-1).topk(2, -1), target) for logits, target in groups]
    probability = torch.cat([top.values[:, 0] for top, _ in ranked])
    margin = torch.cat([top.values[:, 0] - top.values[:, 1] for top, _ in ranked])
    hit = torch.cat([top.indices[:, 0] == target for top, target in ranked])
    weight = torch.cat([torch.full((len(target),), 1 / len(target)) for _, target in groups])
    metrics = {}
    for name, file in (("heldOutTemplates", "heldout-templates.jsonl"), ("handWritten", "heldout.jsonl")):
        report, logits, target = score(read_jsonl(os.path.join(HERE, file)))
        metrics[name] = {"turns": len(target), "accuracy": report["accuracy"], "recall": report["recall"], "calibrationError": calibration_error(logits, target, temperature)}
    with open(options.model, "rb") as file:
        data = file.read()
    description = {
        "format": 1,
        "about": "How the act model beside this file is asked (asked-slot token, words, position token) and read (filtered logits of the labels).",
        "file": os.path.basename(options.model),
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "licence": "Apache-2.0",
        "language": "en",
        "parameters": sum(p.numel() for p in model.parameters()),
        "tokens": {
            "position": acts.ACT_POSITION,
            "asked": {slot: f"<|ask:{slot}|>" for slot in SLOTS},
            "labels": {act: f"<|act:{act}|>" for act in ACTS},
        },
        "clip": {"head": acts.TOKENS_HEAD, "tail": acts.TOKENS_TAIL},
        "temperature": temperature,
        "thresholds": {"probability": lowest_threshold(probability, hit, weight), "margin": lowest_threshold(margin, hit, weight), "precision": PRECISION},
        "metrics": metrics,
    }
    with open(options.out, "w", encoding="utf-8") as file:
        json.dump(description, file, indent=2)
        file.write("\n")
    print(json.dumps({k: description[k] for k in ("bytes", "temperature", "thresholds", "metrics")}))


if __name__ == "__main__":
    main()
