"""Trains the adapter of a written task, `dispose` or `highlight`, and the words it needs.

    python written.py --task dispose --base WORK/base.pt --texts WRITTEN.jsonl --tokenizer WORK/tokenizer.json \
        --out WORK/dispose.pt --rank 16 --minutes 20 [--words] [--compiled] [--resume]

The base learned to outline; most words of the vocabulary it has never read. With --words their rows of the tied
table are learned too and written back into --base: rows that neither `segment` nor `detect` reads or writes, so that
what those two say stays as it was. The decoder itself is kept; what the task needs of it is in the adapter.

Nothing of the answer is on the photo, so none stands before these texts: export.py writes that down, and the engine
leaves the photo out, too. (Shown one after all, an adapter that got 0.96 of an answer's choices right got 0.82.) With
--resume the training goes on from --out, with its own schedule, among texts of all lengths.
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
from losses import MIDDLE, Told, states_at, written_logits
from precision import products
from sequence import LOC_BINS, SEG_CODES, load_words
from texts import Texts, grown

PEAK, PEAK_WORDS = 2e-3, 4e-3
TOLD = 1.0               # weight of what the prompt is told
SAVED_EVERY = 300        # steps


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


def losses(model, batch, told=None):
    """Of each place the cross-entropy among its permitted tokens, and whether the right one is the likeliest; and
    what `told` makes of the prompt."""
    with products():
        states, middle = model.text_pass(batch.ids, batch.prefix, None, adapted=True, middle=MIDDLE)
    logits = written_logits(model, states, batch)
    right = logits.argmax(-1) == batch.places[:, 2]
    answer = F.cross_entropy(logits, batch.places[:, 2], reduction="none")
    return answer, right, told and told(middle, batch.hints)


@torch.no_grad()
def held_out(model, texts, count=256):
    """Mean loss of an answer's tokens, and the share of answers that are right throughout."""
    rows, loss, whole = texts.rows[::max(1, len(texts.rows) // count)], [], []
    for i in range(0, len(rows), 32):
        batch = texts.padded(rows[i:i + 32])
        each, right, _ = losses(model, batch)
        loss.append(each.mean().item())
        whole += [bool(right[batch.places[:, 0] == r].all()) for r in range(len(batch.ids))]
    return round(float(np.mean(loss)), 4), round(float(np.mean(whole)), 3)


def save(args, model, average):
    """The adapter into --out and, with --words, the learned rows into --base: the averages of both."""
    now = [p.detach().clone() for p, _ in average]
    with torch.no_grad():
        for p, mean in average:
            p.copy_(mean)
    write({"rank": args.rank, **adapters.collect(model)}, args.out)
    if args.words:
        saved = torch.load(args.base, weights_only=True)
        saved["average"]["embed_tokens.weight"] = model.embed_tokens.weight.detach()
        write(saved, args.base)
    with torch.no_grad():
        for (p, _), own in zip(average, now):
            p.copy_(own)


def write(tensors, path):
    torch.save(tensors, path.with_suffix(".tmp"))
    os.replace(path.with_suffix(".tmp"), path)


def main():
    parser = argparse.ArgumentParser()
    for name in ("base", "texts", "tokenizer", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--task", required=True, choices=("dispose", "highlight"))
    parser.add_argument("--words", action="store_true", help="learn the rows of unread words, into --base")
    parser.add_argument("--compiled", action="store_true", help="a third faster after a minute; needs a C++ compiler")
    parser.add_argument("--resume", action="store_true", help="start from the adapter in --out")
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--peak", type=float, default=PEAK, help="the learning rate once it has warmed up")
    args = parser.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(args.seed)
    words, model = load_words(args.tokenizer), load_model(args.base).requires_grad_(False)
    adapters.attach(model, torch.load(args.out, weights_only=True) if args.resume else None, rank=args.rank)
    learned = [p for m in adapters.places(model).values() for p in (m.lora_a, m.lora_b)]
    told = Told(model.s.width)
    groups = [{"params": learned, "peak": args.peak}, {"params": list(told.parameters()), "peak": PEAK}]
    table, free = model.embed_tokens.weight, free_rows(words, model.s.vocab)
    if args.words:
        table.requires_grad_(True)
        groups.append({"params": [table], "peak": PEAK_WORDS})
    learned = [p for group in groups for p in group["params"]]
    average = [(p, p.detach().clone()) for p in learned]
    optimiser = torch.optim.AdamW(groups, lr=args.peak, weight_decay=0.0, betas=(0.9, 0.98))
    texts = Texts(args.texts, words, "train", (args.task,))
    unseen = Texts(args.texts, words, "held-out", (args.task,))
    rng = np.random.default_rng(args.seed)
    if args.compiled:
        model.text_pass = torch.compile(model.text_pass, dynamic=True)
    start, step, sums = time.time(), 0, []
    while (share := (time.time() - start) / (60 * args.minutes)) < 1:
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * min(1, (step + 1) / 50) * (0.02 + 0.49 * (1 + math.cos(math.pi * share)))
        # Short ones first is for a new adapter: another could forget the long ones.
        batch = texts.pick(args.batch, rng, 1.0 if args.resume else grown(share))
        each, right, (told_loss, told_right) = losses(model, batch, told)
        optimiser.zero_grad()
        (each.mean() + TOLD * told_loss).backward()
        if args.words:
            table.grad *= free
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimiser.step()
        step += 1
        with torch.no_grad():
            torch._foreach_lerp_([mean for _, mean in average], learned, 1 - min(0.99, step / (step + 10)))
        sums.append({"loss": each.mean().item(), "right": right.float().mean().item(), **told_right})
        if step % 50 == 0:
            names = dict.fromkeys(k for s in sums for k in s)           # not every batch has rows to tell apart
            means = {k: round(float(np.mean([s[k] for s in sums if k in s])), 3) for k in names}
            print(f"step {step} {share:.2f}", means,
                  "held out", *held_out(model, unseen) if step % 200 == 0 else "", flush=True)
            sums = []
        if step % SAVED_EVERY == 0:
            save(args, model, average)
    save(args, model, average)
    with torch.no_grad():
        for p, mean in average:
            p.copy_(mean)
    print("held out", *held_out(model, unseen, 400), flush=True)
    print("done", step, flush=True)


if __name__ == "__main__":
    main()
