"""Trains the base: tower, projector and decoder together, on views made while it learns.

    python base.py --data DATA --tower WORK/tower.safetensors --codec WORK/codec/mask_codec.safetensors \
        --tokenizer WORK/tokenizer.json --out WORK/base.pt --minutes 120 [--start OTHER.pt] [--teacher WORK/teacher.pt] \
        [--texts FILE.jsonl] [--compiled] [--resume]

Tasks `segment` and `detect` are mixed, and with --texts the written tasks too. Learning rate and the softness of
box targets follow the share of --minutes that has passed, counted over all runs of one training (kept in the
checkpoint). Products are computed in bfloat16 where the processor has it (on one with
AVX-512 four times as fast); weights, norms, losses and their sums stay in float32. With --compiled, which
needs a C++ compiler, the image's way is fused: a sixth less time a step.
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
from batches import sequences
from evaluate import score_views
from model import Nano, Size, initialise
from precision import products
from sequence import CELLS, LOC_BINS, SEG_CODES, load_words
from stream import Replay, held_out, stream
from texts import Texts, grown
from views import load_tower

DECAY, AVERAGE = 0.03, 0.998
FADE = 0.75                  # a tower's layer learns at so much of the rate of the layer above it
TEXTS = 1                    # sequences written about each view; with a frozen tower two cost little more
REPLAYED = 3                 # times that a view is learned from where the whole tower is frozen
OWN = 0.65                   # share of masks whose codes are read as the model would have written them
SCORE_EVERY = 20             # minutes between looks at the held-out views
PAUSE = 5                    # seconds that a step counts at most: a process that was stopped for a while lost no time


def fresh(args, words, codec) -> Nano:
    """A model with nothing but its tower's start, or all of a checkpoint's running average."""
    if args.start:
        saved = torch.load(args.start, weights_only=True)
        model = Nano(Size(**saved["size"]))
        model.load_state_dict(saved["average"])
        return model
    tower = load_tower(args.tower)
    model = Nano(Size(vocab=words.vocab, vision_layers=len(tower.encoder["layers"]), layers=args.layers))
    initialise(model, words.loc0, words.seg0, codec.codebook)
    model.vision_tower.load_state_dict(tower.state_dict())
    return model


def groups(model, heads, peak, peak_tower, frozen):
    """Parameters with the peak of their rate: the tower's fade towards the pixels, which stay as they are, as its
    first `frozen` layers do."""
    layers = model.s.vision_layers
    tower, rest = [[] for _ in range(layers)], list(heads.parameters())
    for name, p in model.named_parameters():
        layer = int(name.split(".")[3]) if name.startswith("vision_tower.encoder") else layers
        if name.startswith("vision_tower") and ("embeddings" in name or layer < frozen or frozen == layers):
            p.requires_grad_(False)
        elif layer < layers:
            tower[layer].append(p)
        else:
            rest.append(p)
    faded = [{"params": some, "peak": peak_tower * FADE ** (layers - 1 - i), "weight_decay": DECAY}
             for i, some in enumerate(tower)]
    return [{"params": rest, "peak": peak, "weight_decay": DECAY}] + [g for g in faded if g["params"]]


def rate(step, share):
    """Warm-up, then a cosine to 2 %."""
    return min(1.0, (step + 1) / 150) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, share))))


def spread(share, width):
    """Width of the box targets in bins of 1/1023: from `width` down to an eighth of a patch."""
    return 8 + (width - 8) * max(0.0, 1 - share / 0.85) ** 2


@torch.no_grad()
def own_codes(model, words, text, cache, rng, adapted=False):
    """The sequences with many masks' codes as the model itself would write them: that is what it reads when it
    answers, and it has to look at the photo in spite of them."""
    if not len(text.seg):
        return text.ids
    states = model.text_pass(text.ids, text.prefix, cache, adapted)
    logits = model.logits(L.states_at(states, text.seg))[:, words.seg0:words.seg0 + SEG_CODES]
    ids, row, after = text.ids.clone(), text.seg[:, 0], text.seg[:, 1] + 1
    own = torch.from_numpy(rng.random(len(text.seg) // CELLS) < OWN).repeat_interleave(CELLS)
    ids[row[own], after[own]] = logits.argmax(-1)[own] + words.seg0
    return ids


def looking(model, frozen):
    """What the layers above the frozen ones make of their states: embeddings, states, and keys and values for the text."""
    def look(below):
        embeddings = model.projector(model.vision_tower.above(below, frozen))
        return embeddings, *model.image_pass(embeddings)
    return look


def learn(model, heads, words, codec, views, below, look, teacher, rng, width):
    """The losses of one batch of views, by name. `below` is what the frozen layers of the tower made of it."""
    twice = lambda x: torch.cat([x] * TEXTS)
    text = sequences(words, codec, twice(views.labels), twice(views.boxes), twice(views.masks), rng)
    gazes = []
    with products():
        embeddings, seen, cache = look(below)
        doubled = [(twice(k), twice(v)) for k, v in cache]
        ids = own_codes(model, words, text, doubled, rng)
        states = model.text_pass(ids, text.prefix, doubled, gazes=gazes)
    gazes = [g.float() for g in gazes]
    embeddings, seen, states = embeddings.float(), seen.float(), states.float()
    out = L.token_losses(model, words, codec, states, text, width)
    out["gaze"] = L.gaze_loss(gazes, text)
    targets = L.dense_targets(views.labels, views.boxes, views.masks)
    out["dense_in"] = L.dense_loss(heads["in"], embeddings, targets)
    out["dense_out"] = L.dense_loss(heads["out"], seen, targets)
    rows = model.embed_tokens.weight[words.loc0:words.loc0 + LOC_BINS]
    out["dense_loc"] = L.dense_loc_loss(heads["out"], seen, targets, rows, width)
    if teacher is not None:
        view, slot = text.slot.T
        target = teacher[twice(views.numbers)[view, slot]].float()
        out["taught"] = L.taught_loss(heads["pupil"], twice(seen)[view], L.states_at(states, text.label), text.cover,
                                      target)
    return out


def read(model, text_pass, told, batch):
    """The losses of some written tasks, by name. No photo stands before them: the answer is in the prompt."""
    with products():
        states, middle = text_pass(batch.ids, batch.prefix, None, middle=L.MIDDLE)
    return {"written": L.written_loss(model, states, batch), "told": told(middle, batch.hints)[0]}


def seeing(tower, frozen):
    """The frozen layers of the tower as a function of pixels."""
    def see(pixels):
        with torch.no_grad(), products():
            return tower.run_layers(tower.embed(pixels), 0, frozen)
    return see


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


def save(path, model, average, heads, optimiser, step, spent):
    state = {"size": asdict(model.s), "model": model.state_dict(), "average": average.state_dict(),
             "heads": heads.state_dict(), "optimiser": optimiser.state_dict(), "step": step, "spent": spent}
    torch.save(state, path.with_suffix(".tmp"))
    os.replace(path.with_suffix(".tmp"), path)


def main():
    parser = argparse.ArgumentParser()
    for name in ("data", "codec", "tokenizer", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--tower", type=Path, help="the tower's start, where there is no --start")
    parser.add_argument("--start", type=Path, help="a checkpoint to begin from")
    parser.add_argument("--texts", type=Path, help="written tasks, as JSON lines")
    parser.add_argument("--teacher", type=Path, help="what teacher.py wrote")
    parser.add_argument("--minutes", type=float, default=65)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--written", type=int, default=24, help="sequences of --texts in each step")
    parser.add_argument("--every", type=int, default=1, help="steps from one batch of views to the next, with --texts")
    parser.add_argument("--layers", type=int, default=5)
    parser.add_argument("--peak", type=float, default=1.5e-3)
    parser.add_argument("--peak-tower", type=float, default=1e-4)
    parser.add_argument("--thawed", type=int, default=99, help="last layers of the tower that learn, too")
    parser.add_argument("--width", type=float, default=48, help="of the box targets at the start, in bins")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--compiled", action="store_true")
    parser.add_argument("--resume", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    words, codec = load_words(args.tokenizer), codecs.load(args.codec)
    model, step, spent = fresh(args, words, codec), 0, 0.0
    heads = torch.nn.ModuleDict({"in": L.DenseHead(model.s.width), "out": L.DenseHead(model.s.width)})
    teacher = torch.load(args.teacher, weights_only=True) if args.teacher else None
    if args.teacher:
        heads["pupil"] = L.Pupil(model.s.width, teacher.shape[1])
    if args.texts:
        heads["told"] = L.Told(model.s.width)
    if args.start and "heads" in (saved := torch.load(args.start, weights_only=True)):
        heads.load_state_dict(saved["heads"], strict=False)
    average = copy.deepcopy(model).requires_grad_(False)
    frozen = max(0, model.s.vision_layers - args.thawed)
    optimiser = torch.optim.AdamW(groups(model, heads, args.peak, args.peak_tower, frozen), lr=args.peak,
                                  betas=(0.9, 0.98))
    if args.resume:
        saved = torch.load(args.out, weights_only=True)
        model.load_state_dict(saved["model"]), average.load_state_dict(saved["average"])
        heads.load_state_dict(saved["heads"])
        peaks = [g["peak"] for g in optimiser.param_groups]
        optimiser.load_state_dict(saved["optimiser"])
        for group, peak in zip(optimiser.param_groups, peaks):
            group["peak"] = peak
        step, spent = saved["step"], saved["spent"]
    narrow, rows = bell(12), model.embed_tokens.weight
    # Only what learns is averaged; the rest is the same in both.
    moving = zip(*[(a, p) for a, p in zip(average.parameters(), model.parameters()) if p.requires_grad])
    moving = [list(side) for side in moving]
    texts = Texts(args.texts, words) if args.texts else None
    held, rng = held_out(args.data), np.random.default_rng(args.seed + step)
    batches = stream(args.data, args.batch, args.seed + step)
    times = REPLAYED if frozen == model.s.vision_layers else 1
    replay = Replay(batches, seeing(model.vision_tower, frozen), times)
    look = looking(model, frozen)
    text_pass = model.text_pass
    if args.compiled:
        look, text_pass = torch.compile(look), torch.compile(text_pass, dynamic=True)
    print("parameters", sum(p.numel() for p in model.parameters()), "held out", len(held.pictures), flush=True)
    last_step, last_save, last_score, sums = time.time(), time.time(), time.time(), []
    while spent < 60 * args.minutes:
        share = spent / (60 * args.minutes)
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * rate(step, share)
        out = {}
        if step % args.every == 0:
            views, below = replay.pick(rng)
            out |= learn(model, heads, words, codec, views, below, look, teacher, rng, spread(share, args.width))
        if texts:
            out |= read(model, text_pass, heads["told"], texts.pick(args.written, rng, grown(share)))
        loss = L.total(out)
        optimiser.zero_grad()
        loss.backward()
        smooth(rows.grad, words.loc0, narrow)
        torch.nn.utils.clip_grad_norm_([p for g in optimiser.param_groups for p in g["params"]], 1.0)
        optimiser.step()
        keep = min(AVERAGE, (step + 1) / (step + 10))
        with torch.no_grad():
            torch._foreach_lerp_(*moving, 1 - keep)
        step += 1
        sums.append({k: v.item() for k, v in out.items()})
        if step % 50 == 0:
            names = dict.fromkeys(k for s in sums for k in s)
            mean = {k: round(float(np.mean([s[k] for s in sums if k in s])), 3) for k in names}
            print(f"step {step} {spent / 60:.1f} min", mean, flush=True)
            sums = []
        spent, last_step = spent + min(PAUSE, time.time() - last_step), time.time()
        if time.time() - last_save > 150:
            save(args.out, model, average, heads, optimiser, step, spent)
            last_save = time.time()
        if time.time() - last_score > 60 * SCORE_EVERY:
            print("held out", json.dumps(score_views(average.eval(), words, codec, held)), flush=True)
            last_step = last_score = time.time()
    save(args.out, model, average, heads, optimiser, step, spent)
    print("held out", json.dumps(score_views(average.eval(), words, codec, held)), flush=True)
    print("done", step, flush=True)


if __name__ == "__main__":
    main()
