"""What is asked of the model while training: the tokens, softly where neighbours are nearly right,
and, of every image token, what it lies on (dense heads that are dropped afterwards)."""

import torch
import torch.nn.functional as F
from torch import nn

from classes import CLASSES
from codec import loss_of as mask_loss
from sequence import CELLS, LOC_BINS, SEG_CODES

GRID, BACKGROUND = 16, len(CLASSES)

MIDDLE = 3               # layers of the decoder behind which a written prompt's tokens are told what they decide


class DenseHead(nn.Module):
    """From an image token: class of its item (10), the item's box (4), cover of its quarters (4)."""

    def __init__(self, width):
        super().__init__()
        self.out = nn.Linear(width, 10 + 4 + 4)
        self.rows = nn.Linear(width, 4 * width)

    def forward(self, x):
        return self.out(F.layer_norm(x, x.shape[-1:])).split([10, 4, 4], -1)

    def edge_states(self, x):
        """(n, width) -> (n * 4, width), to be read with the table's <loc> rows."""
        return self.rows(F.layer_norm(x, x.shape[-1:])).reshape(-1, x.shape[-1])


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


def dense_loc_loss(head, x, targets, rows, spread, count=20):
    """The same boxes written as <loc> tokens by some image tokens of each photo; `rows` (1024, width).

    The image tokens then hold each edge in the form in which the text tokens must write it.
    """
    label, box, _ = targets
    at = (label != BACKGROUND).nonzero()
    if not len(at):
        return x.sum() * 0
    at = at[torch.randperm(len(at))[:count * len(x)]]
    logits = head.edge_states(states_at(x, at)) @ rows.T
    cross, ranked = loc_loss(logits, states_at(box, at).flatten(), 0, spread)
    return cross + 10 * ranked


class Pupil(nn.Module):
    """From what the model sees of an item, and from what it is about to call it, to what the teacher saw in it."""

    def __init__(self, width, taught):
        super().__init__()
        self.seen, self.called = nn.Linear(width, taught), nn.Linear(width, taught)


def taught_loss(pupil, seen, called, cover, target):
    """One less the cosine with the teacher's embedding, twice.

    seen (n, 256, width): image tokens of each item's photo; called (n, width): the states that write its label;
    cover (n, 256): share of each patch that it covers; target (n, taught), zero where the teacher knows nothing.
    """
    known = target.norm(dim=-1) > 0
    if not known.any():
        return called.sum() * 0
    pooled = (evened(cover[known])[:, None] @ seen[known])[:, 0]
    both = [pupil.seen(F.layer_norm(pooled, pooled.shape[-1:])), pupil.called(called[known])]
    return sum(1 - F.cosine_similarity(guess, target[known], dim=-1).mean() for guess in both)


PATCH_CENTRES = (torch.arange(GRID) + 0.5) / GRID


def evened(weights):
    return weights / weights.sum(-1, keepdim=True).clamp_min(1e-9)


def edge_targets(cover, edges):
    """Per item and edge y1, x1, y2, x2, its patches near that edge: (n, 4, 256)."""
    axis = torch.stack([PATCH_CENTRES[:, None].expand(GRID, GRID), PATCH_CENTRES[None].expand(GRID, GRID)]).flatten(1)
    away = (axis.repeat(2, 1)[None] - edges[..., None]).abs()                 # (n, 4, 256)
    near = torch.exp(-GRID * (away - away.amin(-1, keepdim=True)))
    return evened((cover[:, None] + 1e-4) * near)


def part_targets(boxes, parts):
    """Per box, the patches under each of its parts x parts equal pieces, in reading order: (n, parts², 256)."""
    step = torch.arange(parts + 1) / parts

    def overlap(low, high):
        """(n, parts, 16): length that each piece shares with each row or column of patches."""
        ends = low[:, None] + (high - low)[:, None] * step
        patch = torch.arange(GRID + 1) / GRID
        return (torch.minimum(ends[:, 1:, None], patch[1:]) - torch.maximum(ends[:, :-1, None], patch[:-1])).clamp_min(0)

    y, x = overlap(boxes[:, 0], boxes[:, 2]), overlap(boxes[:, 1], boxes[:, 3])
    return evened((y[:, :, None, :, None] * x[:, None, :, None, :]).reshape(-1, parts * parts, GRID * GRID))


def cell_targets(boxes):
    """Per box, the patches under each of the 4x4 cells of its mask: (n, 16, 256)."""
    return part_targets(boxes, 4)


def quarter_targets(boxes):
    """The same for the four quarters of each cell: (n, 16, 4, 256)."""
    fine = part_targets(boxes, 8).unflatten(1, (4, 2, 4, 2))                # row, half, column, half
    return fine.permute(0, 1, 3, 2, 4, 5).reshape(-1, 16, 4, GRID * GRID)


def gaze_loss(gazes, batch):
    """Where heads should look while an item is written: cross-entropy over image tokens, less its least.

    The first head looks at the item, the second at the edge that is written, or at what lies under the mask's
    cell. In the last two layers each of the four heads looks at one quarter of that cell: one look at the whole
    cell would tell how much of it is covered, but not where.
    """
    if not len(batch.loc):
        return gazes[0].sum() * 0
    whole = evened(batch.cover + 1e-6)
    edges = edge_targets(batch.cover, batch.edges).flatten(0, 1)
    always = [(0, batch.loc, whole.repeat_interleave(4, 0)), (1, batch.loc, edges), (0, batch.label[:, :2], whole)]
    cells, quarters = cell_targets(batch.shown).flatten(0, 1), quarter_targets(batch.shown).flatten(0, 1)
    fine = [(head, batch.seg, quarters[:, head]) for head in range(4)]
    loss = 0
    for depth, gaze in enumerate(gazes):
        masks = fine if depth >= len(gazes) - 2 else [(1, batch.seg, cells)]
        for head, places, target in always + masks:
            if len(places):
                chance = gaze[places[:, 0], head, places[:, 1]].log_softmax(-1)
                each = -(target * (chance - target.clamp_min(1e-9).log())).sum(-1).mean()
                loss = loss + each / (len(masks) if masks is fine and places is batch.seg else 1)
    return loss / len(gazes)


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
        out["label"] = F.cross_entropy(logits(batch.label), batch.label[:, 2], label_smoothing=0.05)
    if len(batch.seg):
        out["seg"], out["mask"] = seg_loss(logits(batch.seg), codec, batch.coverage, words.seg0)
    if len(batch.other):
        # Ending the list weighs half: a missed item is worse than one too many to wave away.
        weight = torch.where(batch.other[:, 2] == words.eos, 0.5, 1.0)
        each = F.cross_entropy(logits(batch.other), batch.other[:, 2], reduction="none")
        out["other"] = (each * weight).mean()
    return out


class Told(nn.Module):
    """What the prompt's own tokens are told behind layer MIDDLE, in training only."""

    def __init__(self, width):
        super().__init__()
        self.heads = nn.ModuleDict({field: nn.Linear(width, n) for field, n in
                                          (("row", 2), ("item", 3), ("state", 3), ("battery", 3))})

    def forward(self, states, hints):
        """Mean loss over fields; and by field the share that is right."""
        loss, right = 0.0, {}
        for field, told in hints.items():
            logits = self.heads[field](states_at(states, told).float())
            loss = loss + F.cross_entropy(logits, told[:, 2]) / len(hints)
            right[field] = (logits.argmax(-1) == told[:, 2]).float().mean().item()
        return loss, right


def written_logits(model, states, batch):
    """Logits of the permitted tokens at each place of a written answer: (n, most), -1e9 where there is none."""
    rows = model.embed_tokens(batch.choices.clamp(min=0))                        # (n, most, width)
    logits = torch.einsum("nw,nmw->nm", states_at(states.float(), batch.places), rows)
    return logits.masked_fill(batch.choices < 0, -1e9)


def written_loss(model, states, batch):
    """Cross-entropy of a written task's answer, among what is permitted."""
    return F.cross_entropy(written_logits(model, states, batch), batch.places[:, 2])


WEIGHTS = {"loc": 1.0, "edge": 10.0, "seg": 1.0, "mask": 4.0, "label": 1.5, "other": 0.7,
           "dense_in": 1.0, "dense_out": 1.5, "dense_loc": 0.5, "gaze": 0.3, "written": 1.0, "told": 1.0,
           "taught": 1.0}


def total(losses):
    return sum(WEIGHTS[k] * v for k, v in losses.items())
