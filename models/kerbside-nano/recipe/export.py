"""Writes the trained parts as other people's tools expect them.

    python export.py --base WORK/base.pt --tokenizer WORK/tokenizer.json --out WORK \
        --adapter segment=WORK/adapter.pt --adapter dispose=WORK/dispose.pt

    OUT/hf/                 a Hugging Face PaliGemma folder
    OUT/adapters/<task>/    a PEFT adapter

Each folder is written under another name and then renamed.
"""

import argparse
import json
import os
import shutil
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import PaliGemmaConfig, PaliGemmaForConditionalGeneration

import adapter as adapters
from evaluate import load_model
from model import Nano
from sequence import load_words

BASE_ID = "kerbside-nano"
TARGETS = r".*language_model\..*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)"


def config_of(model: Nano, words) -> PaliGemmaConfig:
    s, image = model.s, words.tokenizer.token_to_id("<image>")
    text = {"model_type": "gemma", "hidden_size": s.width, "intermediate_size": s.mlp, "num_hidden_layers": s.layers,
            "num_attention_heads": s.heads, "num_key_value_heads": s.kv_heads, "head_dim": s.head, "vocab_size": s.vocab,
            "hidden_act": "gelu_pytorch_tanh", "hidden_activation": "gelu_pytorch_tanh", "rms_norm_eps": s.eps,
            "rope_theta": s.theta, "max_position_embeddings": 1024, "attention_bias": False, "tie_word_embeddings": True,
            "pad_token_id": words.pad, "eos_token_id": words.eos, "bos_token_id": words.bos, "num_image_tokens": 256}
    vision = {"model_type": "siglip_vision_model", "hidden_size": 384, "intermediate_size": 1536,
              "num_hidden_layers": s.vision_layers, "num_attention_heads": 6, "image_size": 224, "patch_size": 14,
              "hidden_act": "gelu", "layer_norm_eps": 1e-6, "projection_dim": s.width, "vision_use_head": False,
              "num_image_tokens": 256}
    config = PaliGemmaConfig(text_config=text, vision_config=vision, image_token_index=image, projection_dim=s.width,
                             hidden_size=s.width, tie_word_embeddings=True, pad_token_id=words.pad,
                             eos_token_id=words.eos, bos_token_id=words.bos)
    return config


def hf_name(name: str) -> str:
    """Our tensor names -> those of transformers' PaliGemmaForConditionalGeneration."""
    if name.startswith("vision_tower."):
        return "model." + name
    if name.startswith("projector."):
        return name.replace("projector.", "model.multi_modal_projector.linear.")
    return "model.language_model." + name


def to_transformers(model: Nano, words) -> PaliGemmaForConditionalGeneration:
    theirs = PaliGemmaForConditionalGeneration(config_of(model, words)).eval()
    slots = theirs.state_dict()
    nested = any("vision_tower.vision_model." in k for k in slots)
    ours = {hf_name(k): v for k, v in model.state_dict().items() if "lora_" not in k}
    if nested:
        ours = {k.replace("vision_tower.", "vision_tower.vision_model."): v for k, v in ours.items()}
    ours["lm_head.weight"] = ours["model.language_model.embed_tokens.weight"]
    missing = set(slots) ^ set(ours)
    assert not missing, f"names differ: {sorted(missing)[:8]}"
    theirs.load_state_dict(ours)
    return theirs


def add_keys(path: Path, keys: dict) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **keys}, indent=2) + "\n")


def replace_folder(fresh: Path, final: Path) -> None:
    """Puts `fresh` at `final`; whoever has the old one open keeps it."""
    old = final.with_name(final.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if final.exists():
        os.rename(final, old)
    os.rename(fresh, final)
    shutil.rmtree(old, ignore_errors=True)


def write_base(theirs, tokenizer: Path, final: Path) -> None:
    fresh = final.with_name(final.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    theirs.save_pretrained(fresh)
    settings = json.loads((fresh / "config.json").read_text())
    # Readers of older configs look for rope_theta; the top-level vocab_size is PaliGemma's unless told.
    add_keys(fresh / "config.json", {
        "vocab_size": settings["text_config"]["vocab_size"], "text_config": {**settings["text_config"], "rope_theta": 10000.0},
        "kerbside": {"id": BASE_ID, "prefix_mode": "isolated"}})
    shutil.copy(tokenizer, fresh / "tokenizer.json")
    (fresh / "tokenizer_config.json").write_text(json.dumps(
        {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<bos>", "eos_token": "<eos>",
         "pad_token": "<pad>", "unk_token": "<unk>"}, indent=2) + "\n")
    (fresh / "preprocessor_config.json").write_text(json.dumps(
        {"image_processor_type": "SiglipImageProcessor", "do_convert_rgb": True, "do_resize": True, "resample": 3,
         "size": {"height": 224, "width": 224}, "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True,
         "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "image_seq_length": 256}, indent=2) + "\n")
    (fresh / "model.safetensors").chmod(0o644)
    replace_folder(fresh, final)


def write_adapter(theirs, model: Nano, final: Path, own: dict | None = None) -> None:
    """Takes the low-rank parts off `model` and writes them in 16 bits, which halves the file. `own` is what the engine
    is told besides."""
    rank = next(iter(adapters.places(model).values())).lora_a.shape[0]
    settings = LoraConfig(r=rank, lora_alpha=rank, target_modules=TARGETS, bias="none",
                          base_model_name_or_path=BASE_ID)
    wrapped = get_peft_model(theirs, settings)
    ours, used = adapters.collect(model), set()
    with torch.no_grad():
        for name, p in wrapped.named_parameters():
            if "lora_" in name:
                place = name.split("language_model.")[1].split(".lora_")[0]
                key = place + (".a" if ".lora_A." in name else ".b")
                p.copy_(ours[key])
                used.add(key)
    assert used == set(ours), "every part of the adapter has its place"
    fresh = final.with_name(final.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    wrapped.save_pretrained(fresh)
    halved = {name: tensor.half() for name, tensor in load_file(fresh / "adapter_model.safetensors").items()}
    save_file(halved, fresh / "adapter_model.safetensors", metadata={"format": "pt"})
    own = {"base": BASE_ID, "prefix_mode": "isolated"} | (own or {})
    add_keys(fresh / "adapter_config.json", {"base_model_name_or_path": BASE_ID, "kerbside": own})
    (fresh / "README.md").unlink(missing_ok=True)
    (fresh / "adapter_model.safetensors").chmod(0o644)
    final.parent.mkdir(parents=True, exist_ok=True)
    replace_folder(fresh, final)


def told(task: str, sure: dict) -> dict:
    """What the engine must know of a task's adapter: whether a photo stands before its texts, and from which
    probability on its words count, where that was chosen."""
    own = {} if task == "segment" else {"sees_photo": False}
    return own | ({"sure": float(sure[task])} if task in sure else {})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--adapter", action="append", default=[], help="TASK=FILE, as often as there are adapters")
    parser.add_argument("--sure", action="append", default=[], help="TASK=P, as `evaluate dispose --choose` showed it")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    words, sure = load_words(args.tokenizer), dict(row.split("=", 1) for row in args.sure)
    write_base(to_transformers(load_model(args.base), words), args.tokenizer, args.out / "hf")
    for task, file in (row.split("=", 1) for row in args.adapter):
        model = load_model(args.base)
        theirs = to_transformers(model, words)          # one each: peft puts its parts into the model it is given
        adapters.attach(model, torch.load(file, weights_only=True))
        write_adapter(theirs, model, args.out / "adapters" / task, told(task, sure))
    print("wrote", *sorted(p.name for p in (args.out / "adapters").glob("*")), "and", args.out / "hf")


if __name__ == "__main__":
    main()
