"""Writes core/tests/golden/training: LoRA training by peft and torch, step by step, on the tiny models.

Of each run: the samples, the adapter it begins with, the gradients of the first step, the loss before each of twenty
steps and after the last, and the adapter it ends with.
"""

import contextlib
import json

import torch
import torch.nn.functional as F
from peft import LoraConfig, get_peft_model
from transformers import get_cosine_with_min_lr_schedule_with_warmup

from common import folder, save_json, save_tensors, to_pixel_values
from make_isolated import two_passes, logits_of
from tiny_adapters import attach, save_adapter
from tiny_models import IMAGE_TOKENS, load_model
from tiny_tokenizer import build_tokenizer, encode, prefix_ids

import numpy as np
from PIL import Image

STEPS, WARM_UP, FLOOR = 20, 3, 0.1
OPTIMISER = {"lr": 5e-3, "betas": (0.9, 0.98), "eps": 1e-8, "weight_decay": 0.01}
CLIP = 0.5
EOS = 1

# (image, prompt, suffix) of one step, the same in all steps: two passes of different lengths.
BATCHES = [
    [(0, "segment plastic ; glass", "<loc0100><loc0007><loc0900><loc1023><seg005> plastic"),
     (1, "segment metal", "<loc0001><loc0002> metal ; <loc0500> glass jar")],
    [(2, "detect", " nothing here")],
]

EVERYTHING = "all-linear"
DECODER = r".*language_model\..*_proj"
RUNS = {
    "joint": ("paligemma1", "joint", EVERYTHING),
    "isolated": ("paligemma1", "isolated", DECODER),
    "isolated_tower": ("paligemma1", "isolated", EVERYTHING),
    "joint2": ("paligemma2", "joint", EVERYTHING),
}


def adapter_config(targets):
    """rsLoRA, so that a scale of alpha / r shows."""
    return LoraConfig(r=2, lora_alpha=3, use_rslora=True, lora_dropout=0.0, target_modules=targets,
                      task_type="CAUSAL_LM")


def trainable(model):
    """Every LoRA tensor by the name it has in adapter_model.safetensors."""
    return {name.replace(".default.", "."): p for name, p in model.named_parameters() if ".lora_" in name}


def begin(kind, targets, seed):
    """The tiny model with an adapter whose B is not zero, or A would have no gradient to compare."""
    model = attach(load_model(folder(kind) / "hf"), adapter_config(targets), seed)
    for p in trainable(model).values():
        p.data *= 0.5
        p.requires_grad_(True)
    return model


def pixels(kind, image):
    return to_pixel_values(np.asarray(Image.open(folder(kind) / f"image{image}.png").convert("RGB")))


def joint_loss(model, kind, ids, prefix_len, image):
    """Sum of the suffix's losses, as transformers computes it from labels: a mean over the tokens labelled."""
    labels = [-100] * prefix_len + ids[prefix_len:]
    out = model(
        input_ids=torch.tensor([ids]), pixel_values=pixels(kind, image)[None], labels=torch.tensor([labels]),
        token_type_ids=(torch.arange(len(ids)) >= prefix_len).long()[None],
        attention_mask=torch.ones(1, len(ids), dtype=torch.long), use_cache=False,
    )
    return out.loss * (len(ids) - prefix_len)


def isolated_loss(model, kind, ids, prefix_len, image):
    """Image tokens through the bare base, the rest through the adapter, over one cache."""
    inner = model.base_model.model
    features = inner.model.get_image_features(pixels(kind, image)[None]).pooler_output[0]
    states = two_passes(inner, model.disable_adapter, features, ids, prefix_len)
    logits = logits_of(inner, states)
    return F.cross_entropy(logits[prefix_len - 1:-1], torch.tensor(ids[prefix_len:]), reduction="sum")


def tokens(tokenizer, prompt, suffix):
    prefix = prefix_ids(tokenizer, prompt, IMAGE_TOKENS)
    return prefix + encode(tokenizer, suffix) + [EOS], len(prefix)


def step_loss(model, kind, mode, tokenizer):
    """Mean over all suffix tokens of the step."""
    loss_of = {"joint": joint_loss, "isolated": isolated_loss}[mode]
    total, count = 0, 0
    for image, prompt, suffix in (sample for batch in BATCHES for sample in batch):
        ids, prefix_len = tokens(tokenizer, prompt, suffix)
        total = total + loss_of(model, kind, ids, prefix_len, image)
        count += len(ids) - prefix_len
    return total / count


def train(name, kind, mode, targets):
    tokenizer = build_tokenizer()
    model = begin(kind, targets, seed=41)
    learned = trainable(model)
    out = folder("training")
    before = {f"start.{key}": p.detach().clone() for key, p in learned.items()}
    optimiser = torch.optim.AdamW(learned.values(), **OPTIMISER)
    schedule = get_cosine_with_min_lr_schedule_with_warmup(optimiser, WARM_UP, STEPS, min_lr_rate=FLOOR)
    rate = schedule.lr_lambdas[0]
    losses, norms, rates = [], [], []
    for step in range(1, STEPS + 1):
        for group in optimiser.param_groups:
            group["lr"] = OPTIMISER["lr"] * rate(step)
        optimiser.zero_grad()
        loss = step_loss(model, kind, mode, tokenizer)
        loss.backward()
        if step == 1:
            gradients = {f"gradient.{key}": p.grad.clone() for key, p in learned.items()}
            assert all(g.abs().sum() > 0 for g in gradients.values())
        norms.append(float(torch.nn.utils.clip_grad_norm_(learned.values(), CLIP)))
        optimiser.step()
        losses.append(float(loss.detach()))
        rates.append(OPTIMISER["lr"] * rate(step))
    with torch.no_grad():
        losses.append(float(step_loss(model, kind, mode, tokenizer)))
    assert losses[-1] < losses[0] and norms[0] > CLIP, (losses, norms)
    save_tensors(out / f"{name}.safetensors", before | gradients)
    save_adapter(model, out / name)
    print(name, len(learned), losses[0], losses[-1], norms[0])
    return {"run": name, "kind": kind, "mode": mode, "targets": targets, "losses": losses, "norms": norms, "rates": rates}


def samples():
    return [[{"image": i, "prompt": p, "suffix": s} for i, p, s in batch] for batch in BATCHES]


if __name__ == "__main__":
    runs = [train(name, *run) for name, run in RUNS.items()]
    constants = {"lr": OPTIMISER["lr"], "beta2": OPTIMISER["betas"][1], "weight_decay": OPTIMISER["weight_decay"],
                 "clip": CLIP, "warm_up": WARM_UP, "floor": FLOOR, "steps": STEPS, "rank": 2, "alpha": 3}
    save_json(folder("training") / "runs.json", {"constants": constants, "batches": samples(), "runs": runs})
