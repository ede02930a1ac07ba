"""Trains the `segment` adapter: low-rank additions for the text tokens, the base kept as it is.

    python adapter.py --base WORK/base.pt --data DATA --codec WORK/codec/mask_codec.safetensors \
        --tokenizer WORK/tokenizer.json --out WORK/adapter.pt --minutes 10 [--resume]

Image tokens pass through the plain base, so their keys and values are made without gradients, and kept: each
batch of views is learned from about four times.
"""

import argparse
import math
import os
import time
from pathlib import Path

import numpy as np
import torch

import codec as codecs
import losses as L
from base import own_codes
from batches import sequences
from classes import CLASSES
from evaluate import load_model
from model import Adapted
from precision import products
from sequence import load_words
from stream import Replay, stream

RANK = 16
PEAK, BOX_SPREAD = 1.5e-3, 8.0
REPLAYED, ROOM = 4, 80       # times that a batch is learned from; batches kept (20 MB each)


def places(model):
    """Every linear map of the decoder by name: q, k, v, o, gate, up, down of each layer."""
    return {name: m for name, m in model.named_modules() if isinstance(m, Adapted)}


def attach(model, tensors=None, rank=RANK):
    """Adds the low-rank parts, alpha equal to the rank; `tensors` as written by `collect`."""
    rank = tensors.get("rank", rank) if tensors else rank
    for name, m in places(model).items():
        m.add_lora(rank, rank)
        if tensors is not None:
            with torch.no_grad():
                m.lora_a.copy_(tensors[name + ".a"]), m.lora_b.copy_(tensors[name + ".b"])


def collect(model):
    return {name + end: p.detach().clone() for name, m in places(model).items()
            for end, p in ((".a", m.lora_a), (".b", m.lora_b))}


def prompt(rng):
    """Nearly always all nine classes: that is what the app asks."""
    named = list(range(len(CLASSES)))
    if rng.random() < 0.05:
        named = [int(i) for i in rng.permutation(named)[:rng.integers(1, len(CLASSES))]]
    return "segment", named


def seeing(model):
    """Pixels -> what the plain base keeps of them: (layers, 2, batch, heads, 256, head), keys and values."""
    def see(pixels):
        with torch.no_grad(), products():
            _, cache = model.image_pass(model.projector(model.vision_tower(pixels)))
        return torch.stack([torch.stack(kv) for kv in cache])
    return see


def learn(model, words, codec, views, cache, rng):
    prompts = [prompt(rng) for _ in views.labels]
    text = sequences(words, codec, views.labels, views.boxes, views.masks, rng, prompts)
    with products():
        ids = own_codes(model, words, text, cache, rng, adapted=True)
        states = model.text_pass(ids, text.prefix, cache, adapted=True)
    return L.token_losses(model, words, codec, states.float(), text, BOX_SPREAD)


def main():
    parser = argparse.ArgumentParser()
    for name in ("base", "data", "codec", "tokenizer", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="start from the adapter in --out")
    args = parser.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(args.seed)
    words, codec, model = load_words(args.tokenizer), codecs.load(args.codec), load_model(args.base)
    model.requires_grad_(False)
    attach(model, torch.load(args.out, weights_only=True) if args.resume else None)
    learned = [p for m in places(model).values() for p in (m.lora_a, m.lora_b)]
    optimiser = torch.optim.AdamW(learned, lr=PEAK, weight_decay=0.0, betas=(0.9, 0.98))
    batches, rng = stream(args.data, args.batch, args.seed + 500), np.random.default_rng(args.seed)
    replay = Replay(batches, seeing(model), REPLAYED, room=ROOM)
    start, step, sums, average = time.time(), 0, [], [p.detach().clone() for p in learned]
    while (share := (time.time() - start) / (60 * args.minutes)) < 1:
        for group in optimiser.param_groups:
            group["lr"] = PEAK * min(1, (step + 1) / 30) * (0.02 + 0.49 * (1 + math.cos(math.pi * share)))
        out = learn(model, words, codec, *replay.pick(rng), rng)
        optimiser.zero_grad()
        L.total(out).backward()
        if step == 1:
            assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in learned), "a part without gradient"
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimiser.step()
        step += 1
        torch._foreach_lerp_(average, [p.detach() for p in learned], 1 - min(0.98, step / (step + 10)))
        sums.append({k: v.item() for k, v in out.items()})
        if step % 25 == 0:
            print(f"step {step}", {k: round(float(np.mean([s[k] for s in sums if k in s])), 3) for k in sums[0]}, flush=True)
            sums = []
    with torch.no_grad():
        for p, mean in zip(learned, average):
            p.copy_(mean)
    torch.save(collect(model), args.out.with_suffix(".tmp"))
    os.replace(args.out.with_suffix(".tmp"), args.out)
    print("done", step, flush=True)


if __name__ == "__main__":
    main()
