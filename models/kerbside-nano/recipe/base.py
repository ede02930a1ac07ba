"""Trains the base: decoder and projector from scratch, the tower's last layers from their start.

    python base.py --views WORK/views --tower WORK/tower.safetensors --codec WORK/codec/mask_codec.safetensors \
        --tokenizer WORK/tokenizer.json --out WORK/base.pt --minutes 120 [--resume]

Tasks `segment` and `detect` are mixed. Learning rate and the softness of box targets follow the
share of --minutes that has passed, counted over all runs of one training (kept in the checkpoint).
"""

import argparse
import copy
import json
import math
import os
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

import codec as codecs
import losses as L
from evaluate import score_views
from model import Nano, Size, initialise
from sequence import LOC_BINS, load_words
from shards import Shards, sequences
from views import FROZEN, load_tower

PEAK, PEAK_TOWER, DECAY, AVERAGE = 1.5e-3, 8e-5, 0.03, 0.996
TEXTS = 2                    # sequences written about each view: the image's share of the work is paid once


def fresh(args, words, codec) -> Nano:
    tower = load_tower(args.tower)
    model = Nano(Size(vocab=words.vocab, vision_layers=len(tower.encoder["layers"]), layers=args.layers))
    initialise(model, words.loc0, words.seg0, codec.codebook)
    model.vision_tower.load_state_dict(tower.state_dict())
    if args.start:
        saved = torch.load(args.start, weights_only=True)["average"]
        model.vision_tower.load_state_dict({k.removeprefix("vision_tower."): v for k, v in saved.items()
                                            if k.startswith("vision_tower.")})
    return model


def groups(model, heads, first):
    """Parameters that learn: everything but the tower's layers before `first`, whose output is stored."""
    frozen = ["vision_tower.embeddings"] + [f"vision_tower.encoder.layers.{i}." for i in range(first)]
    tower, rest = [], list(heads.parameters())
    for name, p in model.named_parameters():
        if any(name.startswith(f) for f in frozen):
            p.requires_grad_(False)
        elif name.startswith("vision_tower.encoder"):
            tower.append(p)
        else:
            rest.append(p)
    return [{"params": rest, "peak": PEAK, "weight_decay": DECAY},
            {"params": tower, "peak": PEAK_TOWER, "weight_decay": DECAY}]


def rate(step, share):
    """Warm-up, then a cosine to 2 %."""
    return min(1.0, (step + 1) / 120) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, share))))


def spread(share):
    """Width of the box targets in bins of 1/1023: from a twentieth of the photo to an eighth of a patch."""
    return 8 + 40 * max(0.0, 1 - share / 0.85) ** 2


def learn(model, heads, words, codec, shards, batch, first, rng, share):
    tokens, labels, boxes, masks = shards.pick(batch, rng)
    twice = lambda x: torch.cat([x] * TEXTS)
    text = sequences(words, codec, twice(labels), twice(boxes), twice(masks), rng)
    embeddings = model.image_embeddings(tokens, first)
    seen, cache = model.image_pass(embeddings)
    gazes, cache = [], [(twice(k), twice(v)) for k, v in cache]
    states = model.text_pass(text.ids, text.prefix, cache, gazes=gazes)
    out = L.token_losses(model, words, codec, states, text, spread(share))
    out["gaze"] = L.gaze_loss(gazes, text)
    targets = L.dense_targets(labels, boxes, masks)
    out["dense_in"] = L.dense_loss(heads["in"], embeddings, targets)
    out["dense_out"] = L.dense_loss(heads["out"], seen, targets)
    rows = model.embed_tokens.weight[words.loc0:words.loc0 + LOC_BINS]
    out["dense_loc"] = L.dense_loc_loss(heads["out"], seen, targets, rows, spread(share))
    return out


def bell(width, count=LOC_BINS):
    """(count, count), rows summing to 1: averages neighbouring <loc> rows."""
    i = torch.arange(count)
    return torch.softmax(-0.5 * ((i[:, None] - i) / width) ** 2, -1)


def smooth(rows, loc0, kernel):
    """Averages the <loc> part of (vocab, width) rows or gradients over neighbours, in place.

    What one bin learns then helps the bins beside it; alone, each is seen too seldom, and the most
    likely bin is drawn by noise.
    """
    with torch.no_grad():
        rows[loc0:loc0 + LOC_BINS] = kernel @ rows[loc0:loc0 + LOC_BINS]


def remember(optimiser, saved):
    """Takes up a saved state. Parameters thawed since begin without a past."""
    state = optimiser.state_dict()
    known = {i: past for i, past in saved["state"].items() if i in state["param_groups"][0]["params"]}
    same = [len(g["params"]) for g in saved["param_groups"]] == [len(g["params"]) for g in state["param_groups"]]
    optimiser.load_state_dict({**state, "state": saved["state"] if same else known})


def save(path, model, average, heads, optimiser, step, spent):
    state = {"size": asdict(model.s), "model": model.state_dict(), "average": average.state_dict(),
             "heads": heads.state_dict(), "optimiser": optimiser.state_dict(), "step": step, "spent": spent}
    torch.save(state, path.with_suffix(".tmp"))
    os.replace(path.with_suffix(".tmp"), path)


def main():
    parser = argparse.ArgumentParser()
    for name in ("views", "tower", "codec", "tokenizer", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=65)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--layers", type=int, default=5)
    parser.add_argument("--first", type=int, default=FROZEN, help="layers of the tower that the views have passed")
    parser.add_argument("--start", type=Path, help="a checkpoint whose tower is taken instead of --tower's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(args.seed)
    words, codec = load_words(args.tokenizer), codecs.load(args.codec)
    model, step, spent = fresh(args, words, codec), 0, 0.0
    heads = torch.nn.ModuleDict({"in": L.DenseHead(model.s.width), "out": L.DenseHead(model.s.width)})
    average = copy.deepcopy(model).requires_grad_(False)
    optimiser = torch.optim.AdamW(groups(model, heads, args.first), lr=PEAK, betas=(0.9, 0.98))
    if args.resume:
        saved = torch.load(args.out, weights_only=True)
        model.load_state_dict(saved["model"]), average.load_state_dict(saved["average"])
        heads.load_state_dict(saved["heads"])
        remember(optimiser, saved["optimiser"])
        step, spent = saved["step"], saved["spent"]
    wide, narrow, rows = bell(12), bell(5), model.embed_tokens.weight
    smooth(rows, words.loc0, narrow), smooth(average.embed_tokens.weight, words.loc0, narrow)
    # Only what learns is averaged; the rest is the same in both.
    moving = zip(*[(a, p) for a, p in zip(average.parameters(), model.parameters()) if p.requires_grad])
    moving = [list(side) for side in moving]
    shards, held = Shards(args.views), Shards(args.views)
    held.refresh("held-out.npz")
    rng = np.random.default_rng(args.seed + step)
    print("parameters", sum(p.numel() for p in model.parameters()), "views", shards.refresh(), flush=True)
    first_step = step   # a thawed tower has to be warmed up, too
    run_start, last_save, last_score, sums = time.time(), time.time(), time.time(), []
    while (now := spent + time.time() - run_start) < 60 * args.minutes:
        share = now / (60 * args.minutes)
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * rate(step - first_step, share)
        out = learn(model, heads, words, codec, shards, args.batch, args.first, rng, share)
        loss = L.total(out)
        optimiser.zero_grad()
        loss.backward()
        smooth(rows.grad, words.loc0, wide)
        torch.nn.utils.clip_grad_norm_([p for g in optimiser.param_groups for p in g["params"]], 1.0)
        optimiser.step()
        keep = min(AVERAGE, (step + 1) / (step + 10))
        with torch.no_grad():
            torch._foreach_lerp_(*moving, 1 - keep)
        step += 1
        sums.append({k: v.item() for k, v in out.items()})
        if step % 50 == 0:
            mean = {k: round(float(np.mean([s[k] for s in sums if k in s])), 3) for k in sums[0]}
            print(f"step {step} {now / 60:.1f} min views {shards.refresh()}", mean, flush=True)
            sums = []
        if time.time() - last_save > 150:
            save(args.out, model, average, heads, optimiser, step, now)
            last_save = time.time()
        if time.time() - last_score > 900:
            print("held out", json.dumps(score_views(average.eval(), words, codec, held.features[0][:64],
                                                     {k: v[:64] for k, v in held.tables[0].items()},
                                                     first_layer=args.first)), flush=True)
            last_score = time.time()
    save(args.out, model, average, heads, optimiser, step, now)
    print("done", step, flush=True)


if __name__ == "__main__":
    main()
