"""What is asked of the model while training: the tokens, softly where neighbours are nearly right,
and, of every image token, what it lies on (dense heads that are dropped afterwards)."""

import torch
import torch.nn.functional as F
from torch import nn

from classes import CLASSES
from codec import loss_of as mask_loss
from sequence import CELLS, LOC_BINS, SEG_CODES

GRID, BACKGROUND = 16, len(CLASSES)


class DenseHead(nn.Module):
    """From an image token: class of its item (10), the item's box (4), cover of its quarters (4)."""

    def __init__(self, width):
        super().__init__()
        self.out = nn.Linear(width, 10 + 4 + 4)

    def forward(self, x):
        return self.out(F.layer_norm(x, x.shape[-1:])).split([10, 4, 4], -1)


def dense_targets(labels, boxes, masks):
    """(batch, 6, 224, 224) masks -> owner's class (batch, 256), box (batch, 256, 4), cover (batch, 256, 4)."""
    batch, slots = labels.shape
    half = F.avg_pool2d(masks.float(), 7)                                 # (batch, 6, 32, 32)
    cover = F.avg_pool2d(half, 2).flatten(2)                              # (batch, 6, 256)
    # An item too small to fill any patch still owns the patch that it covers most.
    relative = cover / cover.amax(-1, keepdim=True).clamp_min(1e-6)
    owns = ((cover > 0.3) | ((relative > 0.9) & (cover > 0))) & (labels >= 0)[..., None]
    # Of several owners the smallest item wins: it has no other patch to speak for it.
    slot = torch.arange(1, slots + 1)[None, :, None] * owns
    last = slot.amax(1)                                                   # (batch, 256), 0 = none
    index = (last - 1).clamp_min(0)
    label = torch.where(last > 0, labels.gather(1, index), BACKGROUND)
    box = boxes.gather(1, index[..., None].expand(-1, -1, 4))
    quarter = (half * (labels >= 0)[..., None, None]).amax(1).reshape(batch, GRID, 2, GRID, 2)
    return label, box, quarter.permute(0, 1, 3, 2, 4).reshape(batch, GRID * GRID, 4)


def dense_loss(head, x, targets):
    label, box, quarters = targets
    classes, edges, cover = head(x)
    weight = torch.ones(10)
    weight[BACKGROUND] = 0.3
    loss = F.cross_entropy(classes.flatten(0, 1), label.flatten(), weight)
    loss = loss + F.binary_cross_entropy_with_logits(cover, quarters)
    on = label != BACKGROUND
    if on.any():
        loss = loss + 4 * (edges[on].sigmoid() - box[on]).abs().mean()
    return loss


def states_at(states, places):
    return states[places[:, 0], places[:, 1]]


def loc_loss(logits, value, loc0, spread):
    """Cross-entropy against a bell of `spread` bins around the truth, and the ranked score.

    The ranked score (squared distance of the summed-up distribution from a step at the truth) also
    tells a broad guess in which direction, and how far, the truth lies.
    """
    bins = torch.arange(LOC_BINS)
    exact = value[:, None] * (LOC_BINS - 1)
    bell = torch.softmax(-0.5 * ((bins - exact) / spread) ** 2, -1)
    only = logits[:, loc0:loc0 + LOC_BINS]
    cross = -(bell * (only - logits.logsumexp(-1, keepdim=True))).sum(-1).mean()
    ranked = (only.softmax(-1).cumsum(-1) - (bins >= exact).float()).pow(2).mean()
    return cross, ranked


def seg_loss(logits, codec, coverage, seg0):
    """Cross-entropy against codes weighted by nearness, and the decoded mask against the true one."""
    with torch.no_grad():
        far = codec.distances(codec.features(coverage)).flatten(0, 1)      # (items * 16, 128)
        near = torch.softmax(-far / (0.06 * far.mean()), -1)
        target = 0.5 * near + 0.5 * F.one_hot(far.argmin(-1), SEG_CODES)
    only = logits[:, seg0:seg0 + SEG_CODES]
    cross = -(target * (only - logits.logsumexp(-1, keepdim=True))).sum(-1).mean()
    vectors = (only.softmax(-1) @ codec.codebook).unflatten(0, (-1, CELLS))
    return cross, mask_loss(codec.decode_vectors(vectors), coverage)


def token_losses(model, words, codec, states, batch, spread):
    """A dict of losses, each a mean over its own kind of token."""
    out = {}
    logits = lambda places: model.logits(states_at(states, places))
    if len(batch.loc):
        out["loc"], out["edge"] = loc_loss(logits(batch.loc), batch.loc_value, words.loc0, spread)
        out["label"] = F.cross_entropy(logits(batch.label), batch.label[:, 2])
    if len(batch.seg):
        out["seg"], out["mask"] = seg_loss(logits(batch.seg), codec, batch.coverage, words.seg0)
    if len(batch.other):
        # Ending the list weighs half: a missed item is worse than one too many to wave away.
        weight = torch.where(batch.other[:, 2] == words.eos, 0.5, 1.0)
        each = F.cross_entropy(logits(batch.other), batch.other[:, 2], reduction="none")
        out["other"] = (each * weight).mean()
    return out


WEIGHTS = {"loc": 1.0, "edge": 10.0, "seg": 0.5, "mask": 2.0, "label": 1.5, "other": 0.7,
           "dense_in": 1.0, "dense_out": 1.5}


def total(losses):
    return sum(WEIGHTS[k] * v for k, v in losses.items())
