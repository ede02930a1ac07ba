"""Trains the adapter of a written task, `dispose` or `highlight`, and the words it needs.

    python written.py --task dispose --base WORK/base.pt --texts WRITTEN.jsonl --data DATA \
        --tokenizer WORK/tokenizer.json --out WORK/dispose.pt --rank 16 --minutes 10

The base learned to outline; most words of the vocabulary it has never read. With --words their rows of the tied
table are learned too and written back into --base: rows that neither `segment` nor `detect` reads or writes, so that
what those two say stays as it was. The decoder itself is kept; what the task needs of it is in the adapter.
"""

import argparse
import math
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import adapter as adapters
from classes import CLASSES
from evaluate import load_model
from losses import states_at
from sequence import LOC_BINS, SEG_CODES, load_words
from stream import stream
from texts import Texts

PEAK, PEAK_WORDS, DROPOUT = 2e-3, 4e-3, 0.0
PHOTOS = 12              # batches of photos whose keys and values stand in front of the texts in turn


def free_rows(words, vocab):
    """(vocab, 1): 1 for rows that the tasks about outlines do not use."""
    used = set(range(words.loc0, words.loc0 + LOC_BINS)) | set(range(words.seg0, words.seg0 + SEG_CODES))
    used |= {words.pad, words.eos, words.bos} | set(words.labels) | set(words.joint)
    for task in ("segment", "detect"):
        for first in range(len(CLASSES)):
            used |= set(words.prompt(task, list(range(first, len(CLASSES)))))
    free = torch.ones(vocab, 1)
    free[sorted(used)] = 0
    return free


@torch.no_grad()
def photo_caches(model, data, count):
    """Keys and values of some photos, each one of 8: a list of caches."""
    batches, out = stream(data, 8, 900), []
    for _ in range(count):
        with torch.autocast("cpu", torch.bfloat16):
            _, cache = model.image_pass(model.projector(model.vision_tower(next(batches).pixels())))
        out.append(cache)
    return out


def before(texts_count, cache):
    """The cache, repeated to stand before so many texts."""
    again = lambda x: x.repeat(-(-texts_count // len(x)), 1, 1, 1)[:texts_count]
    return [(again(k), again(v)) for k, v in cache]


def losses(model, ids, prefix, places, cache):
    with torch.autocast("cpu", torch.bfloat16):
        states = model.text_pass(ids, prefix, before(len(ids), cache), adapted=True)
    logits = model.logits(states_at(states.float(), places))
    return F.cross_entropy(logits, places[:, 2], reduction="none"), logits.argmax(-1) == places[:, 2]


@torch.no_grad()
def held_out(model, texts, cache, count=128):
    """Mean loss of an answer's tokens, and the share of answers that are right throughout."""
    rows = [texts.encoded(*row) for row in texts.rows[:count]]
    rows.sort(key=lambda row: len(row[0]))
    loss, whole = [], []
    for i in range(0, len(rows), 16):
        ids, prefix, places = texts.padded(rows[i:i + 16])
        each, right = losses(model, ids, prefix, places, cache)
        loss.append(each.mean().item())
        whole += [bool(right[places[:, 0] == r].all()) for r in range(len(ids))]
    return round(float(np.mean(loss)), 4), round(float(np.mean(whole)), 3)


def main():
    parser = argparse.ArgumentParser()
    for name in ("base", "texts", "data", "tokenizer", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--task", required=True, choices=("dispose", "highlight"))
    parser.add_argument("--words", action="store_true", help="learn the rows of unread words, into --base")
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--seed", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(args.seed)
    words, model = load_words(args.tokenizer), load_model(args.base).requires_grad_(False)
    adapters.attach(model, rank=args.rank)
    learned = [p for m in adapters.places(model).values() for p in (m.lora_a, m.lora_b)]
    groups = [{"params": learned, "peak": PEAK}]
    table, free = model.embed_tokens.weight, free_rows(words, model.s.vocab)
    if args.words:
        table.requires_grad_(True)
        groups.append({"params": [table], "peak": PEAK_WORDS})
    optimiser = torch.optim.AdamW(groups, lr=PEAK, weight_decay=0.0, betas=(0.9, 0.98))
    texts = Texts(args.texts, words, "train", (args.task,))
    unseen = Texts(args.texts, words, "held-out", (args.task,))
    rng, caches = np.random.default_rng(args.seed), photo_caches(model, args.data, PHOTOS)
    start, step, sums = time.time(), 0, []
    while (share := (time.time() - start) / (60 * args.minutes)) < 1:
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * min(1, (step + 1) / 50) * (0.02 + 0.49 * (1 + math.cos(math.pi * share)))
        each, _ = losses(model, *texts.pick(args.batch, rng), caches[rng.integers(PHOTOS)])
        optimiser.zero_grad()
        each.mean().backward()
        if args.words:
            table.grad *= free
        torch.nn.utils.clip_grad_norm_([p for g in optimiser.param_groups for p in g["params"]], 1.0)
        optimiser.step()
        step += 1
        sums.append(each.mean().item())
        if step % 50 == 0:
            print(f"step {step} {share:.2f}", round(float(np.mean(sums)), 4),
                  "held out", *held_out(model, unseen, caches[0]) if step % 200 == 0 else "", flush=True)
            sums = []
    print("held out", *held_out(model, unseen, caches[0], 400), flush=True)
    torch.save({"rank": args.rank, **adapters.collect(model)}, args.out.with_suffix(".tmp"))
    os.replace(args.out.with_suffix(".tmp"), args.out)
    if args.words:
        saved = torch.load(args.base, weights_only=True)
        saved["average"]["embed_tokens.weight"] = table.detach()
        torch.save(saved, args.base.with_suffix(".tmp"))
        os.replace(args.base.with_suffix(".tmp"), args.base)
    print("done", step, flush=True)


if __name__ == "__main__":
    main()
