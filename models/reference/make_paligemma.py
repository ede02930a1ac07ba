"""Writes core/tests/golden/paligemma1 and paligemma2: model folder, vision states, prefix, greedy and forced runs."""

import shutil

import torch
from safetensors.torch import load_file, save_file
from transformers import PaliGemmaConfig

from common import folder, ids_tensor, noise_image, save_json, save_png, save_tensors, to_pixel_values
from run_model import forward, generate, greedy, vision
from tiny_models import IMAGE_TOKENS, VOCAB, build_model, load_model, stored_dtype
from tiny_tokenizer import build_tokenizer, encode, prefix_ids, tokenizer_cases

SEEDS = {"paligemma1": 104, "paligemma2": 103}
IMAGE_SEEDS = [11, 12, 13]
PROMPTS = ["segment plastic ; glass", "detect metal", "", "läuft über ; ガ"]
SUFFIX = "<loc0100><loc0007><loc0900><loc1023><seg005><seg127> plastic ; glass jar<eos>"
STEPS = 12
# Below this lead a rounding difference could change a greedy token, and the golden would prove nothing.
MIN_LEAD = 1e-3
# Logits of every position are large, so only these (image, prompt) cases keep them.
FULL_LOGITS = {(0, 0)}


def hub_name(name):
    """The names of the published checkpoints and of transformers 4."""
    return name.replace("vision_tower.", "vision_tower.vision_model.", 1)


def rename_shards(path):
    """transformers 5 saves a flattened vision tower; put the published names back."""
    for shard in path.glob("*.safetensors"):
        tensors = {hub_name(k): v for k, v in load_file(shard).items()}
        save_file(tensors, shard, metadata={"format": "pt"})
    index = path / "model.safetensors.index.json"
    index.write_text(index.read_text().replace('"vision_tower.', '"vision_tower.vision_model.'))


def sparse(config):
    """What differs from the class's defaults, without the entries transformers 5 added."""
    defaults, added = type(config)().to_dict(), {"use_bidirectional_attention", "layer_types"}
    changed = {k: v for k, v in config.to_dict().items() if k not in added and (k not in defaults or v != defaults[k])}
    return {"model_type": config.model_type} | changed


def save_sparse_config(path):
    """config.sparse.json: the same model, written as sparsely as the published config.json files are."""
    full = PaliGemmaConfig.from_pretrained(path)
    outer = {"model_type": "paligemma", "image_token_index": full.image_token_index, "hidden_size": 64,
             "projection_dim": 64, "bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0, "vocab_size": VOCAB,
             "text_config": sparse(full.text_config), "vision_config": sparse(full.vision_config)}
    read_back = PaliGemmaConfig.from_dict(outer)
    for part in ("text_config", "vision_config"):
        assert getattr(read_back, part).to_diff_dict() == getattr(full, part).to_diff_dict()
    save_json(path / "config.sparse.json", outer)


def save_hf(kind, model, tokenizer):
    """PaliGemma 1: f32 in two shards, published names. PaliGemma 2: bf16, transformers 5's own names."""
    path = folder(kind) / "hf"
    shutil.rmtree(path, ignore_errors=True)
    published = kind == "paligemma1"
    model.to(stored_dtype(kind)).save_pretrained(
        path, max_shard_size="600KB" if published else "9MB", save_original_format=published
    )
    if published:
        rename_shards(path)
    for shard in path.glob("*.safetensors"):
        shard.chmod(0o644)
    (path / "tokenizer.json").write_text(tokenizer.to_str(), encoding="utf-8")
    save_sparse_config(path)
    return path


def vision_goldens(kind, model):
    """`pixel_values.i` [3,56,56], `vision.i` [16,width], `image_features.i` [16,hidden]; and image PNGs."""
    tensors = {}
    for i, seed in enumerate(IMAGE_SEEDS):
        pixels = noise_image(seed, 56, 56)
        save_png(folder(kind) / f"image{i}.png", pixels)
        tensors[f"pixel_values.{i}"] = to_pixel_values(pixels)
        states, features = vision(model, tensors[f"pixel_values.{i}"])
        tensors[f"vision.{i}"], tensors[f"image_features.{i}"] = states, features
    return tensors


def prefix_case(model, pixel_values, ids, full):
    """States of every position; logits of the last one (and of all, if `full`)."""
    states, logits = forward(model, pixel_values, ids, len(ids))
    out = dict(states, ids=ids_tensor(ids), logits_last=logits[-1])
    if full:
        out["logits"] = logits
    return out


def forced_case(model, pixel_values, ids, suffix, full):
    """Prefix + given suffix: final states of all positions, logits of the last one (and of all, if `full`)."""
    states, logits = forward(model, pixel_values, ids + suffix, len(ids))
    out = {"forced.ids": ids_tensor(ids + suffix), "forced.final": states["final"], "forced.logits_last": logits[-1]}
    if full:
        out["forced.logits"] = logits
    return out


def greedy_case(model, pixel_values, ids):
    """Twelve greedy tokens, checked against `generate`."""
    tokens, lead = greedy(model, pixel_values, ids, STEPS)
    assert tokens == generate(model, pixel_values, ids, STEPS), "generate disagrees with the full run"
    assert lead > MIN_LEAD, f"lead {lead} is too small"
    return tokens, lead


def without_layers(tensors, keep):
    """Drops the layer states of every tensor that `keep` does not name: they would fill megabytes."""
    return {key: value for key, value in tensors.items() if ".hidden." not in key or keep(key)}


def checked_prefix(tokenizer, prompt):
    """Prefix ids; transformers' processor tokenises the same text as one string."""
    ids = prefix_ids(tokenizer, prompt, IMAGE_TOKENS)
    assert ids == encode(tokenizer, "<image>" * IMAGE_TOKENS + "<bos>" + prompt + "\n")
    return ids


def one_case(model, pixel_values, prompt, tokenizer, full):
    ids = checked_prefix(tokenizer, prompt)
    tensors = prefix_case(model, pixel_values, ids, full)
    tensors |= forced_case(model, pixel_values, ids, encode(tokenizer, SUFFIX), full)
    tokens, lead = greedy_case(model, pixel_values, ids)
    tensors["greedy"] = ids_tensor(tokens)
    return tensors, {"prompt": prompt, "prefix_len": len(ids), "greedy_min_lead": lead}


def make(kind):
    tokenizer = build_tokenizer()
    model = build_model(kind, tokenizer.token_to_id("<image>"), SEEDS[kind])
    model = load_model(save_hf(kind, model, tokenizer))
    tensors, cases = vision_goldens(kind, model), []
    save_tensors(folder(kind) / "vision.safetensors", tensors)
    states = {}
    for i in range(len(IMAGE_SEEDS)):
        for p, prompt in enumerate(PROMPTS):
            found, about = one_case(model, tensors[f"pixel_values.{i}"], prompt, tokenizer, (i, p) in FULL_LOGITS)
            states |= {f"i{i}p{p}.{name}": value for name, value in found.items()}
            cases.append({"case": f"i{i}p{p}", "image": i, **about})
    save_tensors(folder(kind) / "cases.safetensors", without_layers(states, lambda key: key.startswith("i0")))
    save_json(folder(kind) / "cases.json", {"suffix": SUFFIX, "steps": STEPS, "cases": cases})
    save_json(folder(kind) / "tokenizer_cases.json", tokenizer_cases(tokenizer))


if __name__ == "__main__":
    with torch.no_grad():
        for kind in SEEDS:
            make(kind)
