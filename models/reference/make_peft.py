"""Writes core/tests/golden/peft: adapters that must load, with their effect, and adapters that must be refused."""

import shutil

import torch
from peft import LoraConfig, PeftModel, set_peft_model_state_dict
from safetensors.torch import load_file, save_file

from common import folder, ids_tensor, save_json, save_tensors
from make_paligemma import PROMPTS, checked_prefix
from run_model import forward, vision
from tiny_adapters import QKVO_MLP, attach, edit_config, language_only, save_adapter
from tiny_models import load_model
from tiny_tokenizer import build_tokenizer

BASE = "paligemma1"
TASK = {"task_type": "CAUSAL_LM"}

# Scale is alpha / r, or alpha / √r with rslora; patterns are tried in order and must match a path's whole tail.
GOOD = {
    # The seed project's own settings: by suffix they also hit q, k, v of the vision tower (its o is `out_proj`).
    "plain": LoraConfig(r=8, lora_alpha=8, target_modules=QKVO_MLP, **TASK),
    "rslora": LoraConfig(r=4, lora_alpha=6, use_rslora=True, target_modules=["q_proj", "v_proj", "up_proj"], **TASK),
    "patterns": LoraConfig(
        r=3, lora_alpha=5, target_modules=["q_proj", "o_proj", "down_proj"],
        rank_pattern={"layers.0.self_attn.q_proj": 2, "down_proj": 5, r".*language_model.*\.o_proj": 1},
        # Two keys fit q_proj of layers 1 and 2: the first in the file wins, and peft sorts the file's keys.
        alpha_pattern={r"layers\.[12]\.self_attn\.q_proj": 9, "q_proj": 4, "mlp.down_proj": 2}, **TASK,
    ),
    "regex": language_only(),
    "vision": LoraConfig(r=3, lora_alpha=4, target_modules=["fc1", "fc2", "out_proj", "linear"], **TASK),
    "all_linear": LoraConfig(r=2, lora_alpha=3, target_modules="all-linear", **TASK),
    "layers": LoraConfig(r=2, lora_alpha=3, target_modules=["q_proj", "gate_proj"], layers_to_transform=[1], **TASK),
    "exclude": LoraConfig(
        r=2, lora_alpha=3, target_modules=["k_proj", "v_proj"],
        exclude_modules=r".*vision_tower.*|.*layers\.2\..*", **TASK,
    ),
}

# One folder each; all but the changed thing is an adapter that would load.
REFUSED_BY_PEFT = {
    "dora": ({"use_dora": True}, "use_dora"),
    "modules_to_save": ({"modules_to_save": ["norm"]}, "modules_to_save"),
    "bias_all": ({"bias": "all"}, "bias"),
    "lora_bias": ({"lora_bias": True, "target_modules": ["fc1"]}, "lora_bias"),
}
REFUSED_BY_CONFIG = {
    "rank_mismatch": ({"r": 4}, "r: the config says 4, the tensors 2"),
    "fan_in_fan_out": ({"fan_in_fan_out": True}, "fan_in_fan_out"),
    "trainable_tokens": ({"trainable_token_indices": [413, 414]}, "trainable_token_indices"),
    "replication": ({"layer_replication": [[0, 2], [1, 3]]}, "layer_replication"),
    "unknown_switch": ({"use_something_new": True}, "use_something_new"),
    # These inits change the base weights too, so the file alone is not the adapter.
    "pissa": ({"init_lora_weights": "pissa"}, "init_lora_weights"),
    "other_method": ({"peft_type": "IA3"}, "peft_type"),
    "not_targeted": ({"target_modules": ["o_proj"]}, "tensors for q_proj, which the config does not target"),
}


def layer_key(layer, half):
    return f"base_model.model.model.language_model.layers.{layer}.self_attn.q_proj.lora_{half}.weight"


def with_stray_layer(tensors):
    """A layer that the model does not have."""
    return tensors | {layer_key(9, half): tensors[layer_key(0, half)].clone() for half in "AB"}


def with_stray_name(tensors):
    return tensors | {"base_model.model.model.language_model.norm.weight": torch.zeros(64)}


def without_half(tensors):
    """A without its B."""
    return {k: v for k, v in tensors.items() if k != layer_key(1, "B")}


def with_wrong_width(tensors):
    """Made for another hidden size."""
    return tensors | {layer_key(0, "A"): tensors[layer_key(0, "A")][:, :32].clone()}


def with_nan(tensors):
    """A damaged file: one weight is not a number."""
    broken = tensors[layer_key(2, "B")].clone()
    broken[0, 0] = float("nan")
    return tensors | {layer_key(2, "B"): broken}


REFUSED_BY_TENSORS = {
    "stray_layer": (with_stray_layer, "layer 9 is not in the model"),
    "stray_name": (with_stray_name, "a tensor that is no LoRA half"),
    "missing_half": (without_half, "lora_A without lora_B"),
    "wrong_width": (with_wrong_width, "lora_A is 32 wide, the layer 64"),
    "not_a_number": (with_nan, "NaN in a tensor"),
}

# How transformers (by version) and peft spell the same three places. `default` is the adapter's name, which a raw
# state dict keeps; `save_peft_format=False` drops the `base_model.model.` prefix.
PLACES = ("language", "vision", "projector")
OLD = dict(zip(PLACES, ("language_model.model.", "vision_tower.vision_model.", "multi_modal_projector.")))
MID = dict(zip(PLACES, ("model.language_model.", "model.vision_tower.vision_model.", "model.multi_modal_projector.")))
NEW = MID | {"vision": "model.vision_tower."}
FLAT_OLD = OLD | {"vision": "vision_tower."}
VARIANTS = [
    ("transformers 5.23", "base_model.model.", NEW, ""),
    ("transformers 4.52 to 5.0", "base_model.model.", MID, ""),
    ("transformers up to 4.51", "base_model.model.", OLD, ""),
    ("older names, flattened tower (as transformers 5.23 saves base models)", "base_model.model.", FLAT_OLD, ""),
    ("transformers 5.23, raw state dict", "base_model.model.", NEW, "default."),
    ("transformers up to 4.51, raw state dict", "base_model.model.", OLD, "default."),
    ("transformers 5.23, save_peft_format=False", "", NEW, ""),
    ("transformers 4.52 to 5.0, save_peft_format=False", "", MID, ""),
    ("transformers up to 4.51, save_peft_format=False", "", OLD, ""),
]


def base_model():
    return load_model(folder(BASE) / "hf")


def prefixes():
    tokenizer = build_tokenizer()
    return [checked_prefix(tokenizer, PROMPTS[p]) for p in (0, 1)]


def effect(model):
    """What the adapter does to image 0 under prompts 0 and 1, as in cases.safetensors."""
    inner = model.base_model.model
    pixels = load_file(folder(BASE) / "vision.safetensors")["pixel_values.0"]
    out = {"image_features.0": vision(inner, pixels)[1]}
    for p, ids in enumerate(prefixes()):
        states, logits = forward(inner, pixels, ids, len(ids))
        out |= {f"i0p{p}.ids": ids_tensor(ids), f"i0p{p}.final": states["final"], f"i0p{p}.logits_last": logits[-1]}
    return out


def check_differs(name, found):
    """An adapter without effect would be no test."""
    plain = load_file(folder(BASE) / "cases.safetensors")["i0p0.logits_last"]
    assert (found["i0p0.logits_last"] - plain).abs().max() > 0.1, name


def make_good():
    about = []
    for seed, (name, config) in enumerate(GOOD.items()):
        model = attach(base_model(), config, seed=40 + seed)
        path = folder("peft") / name
        save_adapter(model, path)
        if name == "all_linear":
            edit_config(path, target_modules="all-linear")  # peft writes the names it found, people write the word
        found = effect(PeftModel.from_pretrained(base_model(), path).eval())
        check_differs(name, found)
        save_tensors(folder("peft") / f"{name}.golden.safetensors", found)
        about.append({"adapter": name, "tensors": len(load_file(path / "adapter_model.safetensors"))})
    save_json(folder("peft") / "adapters.json", about)


def small(**changes):
    """The smallest adapter: q_proj of the decoder's three layers, rank 2."""
    plain = {"r": 2, "lora_alpha": 3, "target_modules": r".*language_model.*\.q_proj"}
    return attach(base_model(), LoraConfig(**(plain | TASK | changes)), seed=60)


def make_refused():
    shutil.rmtree(folder("peft") / "refused", ignore_errors=True)
    root, about = folder("peft/refused"), []
    for name, (changes, why) in REFUSED_BY_PEFT.items():
        save_adapter(small(**changes), root / name)
        about.append({"adapter": name, "why": why})
    for name, (changes, why) in REFUSED_BY_CONFIG.items():
        save_adapter(small(), root / name)
        edit_config(root / name, **changes)
        about.append({"adapter": name, "why": why})
    for name, (damage, why) in REFUSED_BY_TENSORS.items():
        save_adapter(small(), root / name)
        file = root / name / "adapter_model.safetensors"
        save_file(damage(load_file(file)), file, metadata={"format": "pt"})
        about.append({"adapter": name, "why": why})
    save_json(folder("peft") / "refused.json", about)


def respell(key, lead, places, adapter):
    """A key as transformers 5.23 and peft write it, in another version's spelling."""
    path = key.removeprefix("base_model.model.")
    place = next(p for p in PLACES if path.startswith(NEW[p]))
    path = places[place] + path.removeprefix(NEW[place])
    return lead + path.replace(".weight", f".{adapter}weight")


def peft_takes(tensors, path, expected):
    """Whether peft itself loads these keys and computes the same."""
    model = PeftModel.from_pretrained(base_model(), path).eval()
    for key, param in model.named_parameters():
        if ".lora_" in key:
            param.data.zero_()
    try:
        set_peft_model_state_dict(model, tensors)
        found = effect(model)
    except (KeyError, RuntimeError, ValueError):
        return False
    return torch.allclose(found["i0p0.logits_last"], expected, atol=1e-5)


def make_variants():
    """The keys of `all_linear` in every spelling; rename its tensors so and the golden stays the same."""
    path, about = folder("peft") / "all_linear", []
    tensors = load_file(path / "adapter_model.safetensors")
    expected = load_file(folder("peft") / "all_linear.golden.safetensors")["i0p0.logits_last"]
    for written_by, lead, places, adapter in VARIANTS:
        names = {key: respell(key, lead, places, adapter) for key in tensors}
        takes = peft_takes({names[k]: v for k, v in tensors.items()}, path, expected)
        example = lambda part: next(n for k, n in sorted(names.items()) if NEW[part] in k)
        about.append({
            "written_by": written_by, "peft_0_21_loads": takes, "lead": lead, "adapter": adapter, **places,
            "examples": [example(part) for part in PLACES],
        })
    save_json(folder("peft") / "key_variants.json", about)


if __name__ == "__main__":
    with torch.no_grad():
        make_good()
        make_refused()
        make_variants()
