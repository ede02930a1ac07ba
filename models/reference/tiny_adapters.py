"""LoRA adapters on the tiny models, made and stored by peft."""

import json
import shutil

import torch
from peft import LoraConfig, get_peft_model

QKVO_MLP = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def language_only():
    """Every linear layer of the decoder and nothing of the vision tower."""
    return LoraConfig(r=4, lora_alpha=6, target_modules=r".*language_model\.layers\..*_proj", task_type="CAUSAL_LM")


def attach(model, config, seed):
    """The model with a random adapter: peft starts B at zero, which would prove nothing."""
    model = get_peft_model(model, config).eval()
    rng = torch.Generator().manual_seed(seed)
    for name, param in sorted(model.named_parameters()):
        if ".lora_" in name:
            # Wide enough to turn greedy tokens, narrow enough to keep f32 rounding well under 1e-4.
            spread = 0.3 if ".lora_B" in name else param.shape[-1] ** -0.5
            param.data.copy_(spread * torch.randn(param.shape, generator=rng))
    return model.requires_grad_(False)


def save_adapter(model, path):
    """adapter_config.json and adapter_model.safetensors as peft writes them; its model card is not needed."""
    shutil.rmtree(path, ignore_errors=True)
    model.save_pretrained(path)
    (path / "README.md").unlink(missing_ok=True)
    edit_config(path, base_model_name_or_path="paligemma1-tiny", **sorted_targets(model))
    (path / "adapter_model.safetensors").chmod(0o644)


def sorted_targets(model):
    """peft keeps target names in a set, whose order changes from run to run."""
    targets = model.peft_config["default"].target_modules
    return {} if isinstance(targets, str) else {"target_modules": sorted(targets)}


def edit_config(path, **changes):
    """Rewrites single entries of a stored adapter_config.json."""
    file = path / "adapter_config.json"
    config = json.loads(file.read_text()) | changes
    file.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
