"""Trains the act model on one core: `python3 train.py --bpe bpe.json --out act.pt --steps N`. Seeded; prints one JSON line a report."""
import argparse
import json
import os
import random
import time

import torch
from torch.nn import functional as F

from acts import ACTS, END
from bpe import Tokenizer
from generator import Grammar
from model import ActModel, Shape

HERE = os.path.dirname(os.path.abspath(__file__))
TOKENS_PER_BATCH = 800
POOL = 24_000


def batches(samples, rng, pad):
    """Rows of like length together, padded on the right."""
    samples.sort(key=lambda s: (len(s[0]), rng.random()))
    groups, at = [], 0
    while at < len(samples):
        end = at
        while end < len(samples) and len(samples[end][0]) * (end + 1 - at) <= TOKENS_PER_BATCH and len(samples[end][0]) <= len(samples[at][0]) + 3:
            end += 1
        end = max(end, at + 1)
        groups.append(samples[at:end])
        at = end
    rng.shuffle(groups)
    for group in groups:
        if len(group) < 4:
            continue
        width = max(len(ids) for ids, _ in group)
        ids = torch.tensor([i + [pad] * (width - len(i)) for i, _ in group])
        yield ids, torch.tensor([len(i) - 1 for i, _ in group]), torch.tensor([label for _, label in group])


def evaluate(model, rows, labels, pad):
    """Accuracy, loss and recall by act over prepared rows."""
    model.eval()
    logits = torch.zeros(len(rows), len(ACTS))
    order = sorted(range(len(rows)), key=lambda i: len(rows[i][0]))
    with torch.no_grad():
        for at in range(0, len(order), 64):
            chosen = order[at:at + 64]
            width = max(len(rows[i][0]) for i in chosen)
            ids = torch.tensor([rows[i][0] + [pad] * (width - len(rows[i][0])) for i in chosen])
            logits[torch.tensor(chosen)] = model(ids, torch.tensor([len(rows[i][0]) - 1 for i in chosen]), labels)
    model.train()
    target = torch.tensor([label for _, label in rows])
    hits = logits.argmax(-1) == target
    recall = {act: round(hits[target == i].float().mean().item(), 3) for i, act in enumerate(ACTS) if (target == i).any()}
    return {"accuracy": round(hits.float().mean().item(), 4), "loss": round(F.cross_entropy(logits, target).item(), 4), "recall": recall}, logits, target


def rows_of(samples, tokenizer):
    return [(tokenizer.prompt(asked, text), ACTS.index(act)) for asked, text, act in samples]


def read_jsonl(path):
    with open(path, encoding="utf-8") as file:
        return [(r["asked"] or "none", r["text"], r["act"]) for r in map(json.loads, filter(str.strip, file))]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bpe", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--steps", type=int, default=3800)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--stop", type=int, help="end after this many steps of the schedule")
    parser.add_argument("--warmup", type=int, default=150)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--start", help="weights to go on from")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    rng = random.Random(options.seed)
    tokenizer = Tokenizer.load(options.bpe)
    pad = tokenizer.ids[END]
    labels = torch.tensor([tokenizer.ids[f"<|act:{act}|>"] for act in ACTS])
    grammar = Grammar(rng)
    check = Grammar(random.Random(99))
    held = rows_of([check.sample(held=True) for _ in range(600)], tokenizer)
    develop = rows_of(read_jsonl(os.path.join(HERE, "dev.jsonl")), tokenizer)
    shape = Shape(vocab=len(tokenizer.tokens))
    model = ActModel(shape, options.dropout)
    if options.start:
        model.load_state_dict(torch.load(options.start)["model"])
    matrices = [p for p in model.parameters() if p.dim() > 1]
    vectors = [p for p in model.parameters() if p.dim() == 1]
    optimiser = torch.optim.AdamW([{"params": matrices, "weight_decay": 0.05}, {"params": vectors, "weight_decay": 0.0}], lr=options.rate, betas=(0.9, 0.98))
    print(json.dumps({"parameters": sum(p.numel() for p in model.parameters()), "steps": options.steps}), flush=True)
    step, began, total, seen, end = 0, time.time(), 0.0, 0, options.stop or options.steps
    while step < end:
        for ids, last, target in batches(rows_of([grammar.sample() for _ in range(POOL)], tokenizer), rng, pad):
            progress = step / options.steps
            rate = options.rate * min(1.0, (step + 1) / options.warmup) * (0.04 + 0.96 * (1 - progress))
            for group in optimiser.param_groups:
                group["lr"] = rate
            loss = F.cross_entropy(model(ids, last, labels), target, label_smoothing=0.05)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            total += loss.item()
            seen += ids.numel()
            step += 1
            if step % 400 == 0:
                report, _, _ = evaluate(model, held, labels, pad)
                dev, _, _ = evaluate(model, develop, labels, pad) if develop else ({}, None, None)
                print(json.dumps({"step": step, "loss": round(total / 400, 4), "tokensPerSecond": round(seen / (time.time() - began)), "minutes": round((time.time() - began) / 60, 1), "heldTemplates": report["accuracy"], "dev": dev.get("accuracy"), "devRecall": dev.get("recall") if step % 800 == 0 else None}), flush=True)
                total = 0.0
                torch.save({"model": model.state_dict(), "shape": shape.dict(), "step": step}, options.out)
            if step >= end:
                break
    report, _, _ = evaluate(model, held, labels, pad)
    torch.save({"model": model.state_dict(), "shape": shape.dict(), "step": step}, options.out)
    print(json.dumps({"done": step, "minutes": round((time.time() - began) / 60, 1), "heldTemplates": report}), flush=True)


if __name__ == "__main__":
    main()
