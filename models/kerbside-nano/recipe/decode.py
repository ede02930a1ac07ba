"""Greedy decoding held to the grammar of items, for many photos at once."""

from dataclasses import dataclass

import numpy as np
import torch

from sequence import CELLS, LOC_BINS, SEG_CODES

MAX_ITEMS = 6
SURROUNDINGS = 64      # neighbouring <loc> bins that count as one place


@dataclass
class Found:
    box: np.ndarray      # y1, x1, y2, x2 in 0..1
    codes: list[int]
    label: int
    logp: float          # mean log-probability of its <loc> and label tokens


def allowed(words, row, named):
    """Ids that may follow the suffix tokens of one photo so far."""
    per_item = 4 + CELLS + 1 + len(words.joint)
    place = len(row) % per_item
    if place == 0:
        end = [words.eos] if not row else []
        return list(range(words.loc0, words.loc0 + LOC_BINS)) + end
    if place < 4:
        low = row[-2] - words.loc0 + 1 if place >= 2 else 0       # lower edge under upper, right of left
        return list(range(words.loc0 + min(low, LOC_BINS - 1), words.loc0 + LOC_BINS))
    if place < 4 + CELLS:
        return list(range(words.seg0, words.seg0 + SEG_CODES))
    if place == 4 + CELLS:
        return [words.labels[i] for i in named]
    joint = place - (4 + CELLS + 1)
    full = len(row) >= MAX_ITEMS * per_item - len(words.joint)
    return ([words.eos] if full else [words.joint[0], words.eos]) if joint == 0 else [words.joint[joint]]


def choose(words, logits, ids):
    """The likeliest id. <loc> bins are marks of a ruler, not names: together they are one candidate, and among
    them the median of the likeliest stretch wins, as in the engine."""
    bins = [i for i in ids if words.loc0 <= i < words.loc0 + LOC_BINS]
    if len(bins) < 2:
        return ids[int(logits[ids].argmax())]
    weight = (logits[bins] - logits[ids].max()).double().exp()
    width = min(SURROUNDINGS, len(bins))
    held = weight.unfold(0, width, 1).sum(-1)
    start = int(held.argmax())
    other = [i for i in ids if not bins[0] <= i <= bins[-1]]
    if other and (logits[other] - logits[ids].max()).double().exp().max() > held[start]:
        return other[int(logits[other].argmax())]
    rising = weight[start:start + width].cumsum(0)
    return bins[start + int((rising < rising[-1] / 2).sum())]


@torch.no_grad()
def greedy(model, words, embeddings, named, adapted=False, eos_bias=0.0):
    """embeddings (batch, 256, width) from the projector -> a list of Found per photo."""
    _, cache = model.image_pass(embeddings)
    prompt = words.prompt("segment", named)
    states, cache = model.prefix_pass(torch.tensor([prompt] * len(embeddings)), cache, adapted)
    logits = model.logits(states[:, -1])
    rows, scores = [[] for _ in embeddings], [[] for _ in embeddings]
    position, done = 1 + 256 + len(prompt), [False] * len(embeddings)
    while True:
        logits[:, words.eos] += eos_bias
        chance = logits.log_softmax(-1)
        for b, row in enumerate(rows):
            if done[b]:
                row.append(words.pad)
                continue
            best = choose(words, logits[b], allowed(words, row, named))
            row.append(best)
            scores[b].append(float(chance[b, best]))
            done[b] = best == words.eos
        if all(done):
            break
        last = torch.tensor([[row[-1]] for row in rows])
        states, cache = model.step(last, position, cache, adapted)
        logits, position = model.logits(states[:, -1]), position + 1
    return [read(words, row, s) for row, s in zip(rows, scores)]


def read(words, row, scores):
    """Suffix ids up to eos -> items."""
    per_item, out = 4 + CELLS + 1 + len(words.joint), []
    row = row[:row.index(words.eos)]
    for i in range(0, len(row) - 4 - CELLS, per_item):
        box = (np.array(row[i:i + 4]) - words.loc0) / (LOC_BINS - 1)
        codes = [t - words.seg0 for t in row[i + 4:i + 4 + CELLS]]
        sure = np.mean(scores[i:i + 4] + scores[i + 4 + CELLS:i + 5 + CELLS])
        out.append(Found(box, codes, words.labels.index(row[i + 4 + CELLS]), float(sure)))
    return out
