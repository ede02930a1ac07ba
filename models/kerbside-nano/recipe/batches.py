"""Turns views into training sequences."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from classes import CLASSES
from sequence import CELLS, Words

SIDE = 224
HARD_CASE = 0.6     # share of items whose box is shown slightly wrong to the mask tokens
MISHEARD = [0.0, 0.3, 0.7, 1.0]     # share of an item's codes that are shown wrong to those after them


def crops(masks, boxes):
    """What of (n, 224, 224) masks lies in boxes (n, 4): coverage (n, 64, 64)."""
    step = (torch.arange(128) + 0.5) / 128
    y = boxes[:, 0, None] + step * (boxes[:, 2] - boxes[:, 0])[:, None]
    x = boxes[:, 1, None] + step * (boxes[:, 3] - boxes[:, 1])[:, None]
    grid = torch.stack([x[:, None, :].expand(-1, 128, -1), y[:, :, None].expand(-1, -1, 128)], -1) * 2 - 1
    fine = F.grid_sample(masks[:, None].float(), grid, align_corners=False)
    return F.avg_pool2d((fine > 0.5).float(), 2)[:, 0]


def shaken(boxes, rng):
    """Boxes as the model might have guessed them: most of them off by a few percent, some by more."""
    side = (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)
    far = np.exp(rng.normal(0, 0.6, (len(boxes), 1))) * (rng.random((len(boxes), 1)) < HARD_CASE)
    noise = torch.from_numpy(rng.normal(0, 1, boxes.shape) * far).float() * (0.035 * side + 0.006)
    out = (boxes + noise).clamp(0, 1)
    bad = (out[:, 2:] - out[:, :2] < 0.01).any(1)
    return torch.where(bad[:, None], boxes, out)


def misheard(codes, rng):
    """(items, 16) codes of which some are another mask's.

    With true codes before it, a token learns to go on with them instead of looking at the photo; when the
    model then writes by itself, one wrong code spoils the rest (mean IoU in the true box fell from 0.87 to 0.64).
    """
    share = rng.choice(MISHEARD, (len(codes), 1))
    other = rng.permutation(codes.reshape(-1)).reshape(codes.shape)
    return np.where(rng.random(codes.shape) < share, other, codes)


@dataclass
class Batch:
    ids: torch.Tensor        # (batch, t), padded
    prefix: torch.Tensor     # (batch,)
    loc: torch.Tensor        # (n, 2): row and position whose next token is a <loc>
    loc_value: torch.Tensor  # (n,) in 0..1
    seg: torch.Tensor        # (items * 16, 2), items in the order of `coverage`
    coverage: torch.Tensor   # (items, 64, 64)
    cover: torch.Tensor      # (all, 256): share of each patch that each written item covers
    edges: torch.Tensor      # (all, 4): the true boxes
    shown: torch.Tensor      # (items, 4): the boxes that the masks' codes were made for
    label: torch.Tensor      # (m, 3): row, position, token id
    other: torch.Tensor      # (k, 3): eos and the tokens between items
    slot: torch.Tensor       # (m, 2): view and slot of each written item


def prompt_of(rng):
    """Task and the classes named: mostly all nine in their order, at times some of them, shuffled."""
    task = "segment" if rng.random() < 0.8 else "detect"
    named = list(range(len(CLASSES)))
    if rng.random() < 0.15:
        named = list(rng.permutation(named)[:rng.integers(1, len(CLASSES))])
    return task, [int(i) for i in named]


def sequences(words: Words, codec, labels, boxes, masks, rng, prompts=None) -> Batch:
    """Writes one prompt and suffix per view. labels (batch, 6), -1 where there is no item."""
    rows, prompts = [], prompts or [prompt_of(rng) for _ in labels]
    keep = [[i for i in range(labels.shape[1]) if int(labels[b, i]) in named]
            for b, (_, named) in enumerate(prompts)]
    flat = [(b, i) for b, items in enumerate(keep) for i in items]
    shown = shaken(torch.stack([boxes[b, i] for b, i in flat]), rng) if flat else torch.zeros(0, 4)
    whole = torch.stack([masks[b, i] for b, i in flat]) if flat else torch.zeros(0, SIDE, SIDE)
    coverage = crops(whole, shown) if flat else torch.zeros(0, 64, 64)
    with torch.no_grad():
        codes = misheard(codec.encode(coverage).numpy(), rng) if flat else np.zeros((0, CELLS), int)
    loc, value, seg, cover, label, other, n = [], [], [], [], [], [], 0
    for b, ((task, named), items) in enumerate(zip(prompts, keep)):
        ids = words.prompt(task, named)
        start = len(ids)
        for k, i in enumerate(items):
            if k:
                other += [(b, len(ids) - 1 + j, t) for j, t in enumerate(words.joint)]
                ids += words.joint
            loc += [(b, len(ids) - 1 + j) for j in range(4)]
            value += boxes[b, i].tolist()
            drawn = codes[n] if task == "segment" else []
            if task == "segment":
                seg += [(b, len(ids) + 3 + j) for j in range(CELLS)]
                cover.append(n)
            ids += words.item(shown[n].numpy(), drawn, int(labels[b, i]))
            label.append((b, len(ids) - 2, ids[-1]))
            n += 1
        # After six items the list may have been cut: whether it ends there is not known.
        if len(items) < labels.shape[1]:
            other.append((b, len(ids) - 1, words.eos))
        ids.append(words.eos)
        rows.append((start, ids))
    longest = max(len(ids) for _, ids in rows)
    padded = torch.tensor([ids + [words.pad] * (longest - len(ids)) for _, ids in rows])
    table = lambda x, width: torch.tensor(x, dtype=torch.long).reshape(-1, width)
    return Batch(padded, torch.tensor([s for s, _ in rows]), table(loc, 2), torch.tensor(value),
                 table(seg, 2), coverage[cover], F.avg_pool2d(whole.float(), 14).flatten(1),
                 torch.tensor(value).reshape(-1, 4), shown[cover], table(label, 3), table(other, 3), table(flat, 2))
