"""Prints how far each likely mistake moves the golden logits, next to what f32 rounding alone does.

A golden file is only worth its bytes if the mistake it is meant to catch moves it well past the tolerance of 1e-4.
"""

import torch
from safetensors.torch import load_file

from common import folder
from run_model import forward
from tiny_models import load_model


def text_layers(model):
    return model.model.language_model.layers


def scale_image_features(model):
    projector = model.model.multi_modal_projector.linear
    projector.weight.mul_(8)  # √64, as a text embedding
    projector.bias.mul_(8)


def erf_gelu_text(model):
    for layer in text_layers(model):
        layer.mlp.act_fn = torch.nn.GELU()


def erf_gelu_vision(model):
    for layer in model.model.vision_tower.encoder.layers:
        layer.mlp.activation_fn = torch.nn.GELU()


def default_eps(model):
    for module in model.model.language_model.modules():
        if hasattr(module, "eps"):
            module.eps = 1e-6


def zero_based_positions(model):
    rotary = model.model.language_model.rotary_emb
    whole = rotary.forward
    rotary.forward = lambda x, position_ids: whole(x, position_ids - 1)


def no_attention_cap(model):
    for layer in text_layers(model):
        layer.self_attn.attn_logit_softcapping = None


def no_final_cap(model):
    model.config.text_config.final_logit_softcapping = None


def scale_by_head_dim(model):
    for layer in text_layers(model):
        layer.self_attn.scaling = layer.self_attn.head_dim**-0.5


def window(size):
    def change(model):
        model.config.text_config.sliding_window = size
    return change


BOTH = {
    "image features × √hidden": scale_image_features,
    "erf-GELU in the decoder": erf_gelu_text,
    "erf-GELU in the vision tower": erf_gelu_vision,
    "positions from 0": zero_based_positions,
}
GEMMA2 = {
    "rms eps 1e-6 instead of the config's": default_eps,
    "no attention cap": no_attention_cap,
    "no final cap": no_final_cap,
    "queries scaled by head_dim": scale_by_head_dim,
    "no sliding window": window(4096),
    "window one too small": window(7),
    "window one too large": window(9),
}


def report(name, logits, golden, prefix_len):
    moved = (logits - golden).abs()
    print(f"  {name:38} prefix {moved[:prefix_len].max():8.1e}  suffix {moved[prefix_len:].max():8.1e}")


def main(kind):
    states = load_file(folder(kind) / "cases.safetensors")
    pixels = load_file(folder(kind) / "vision.safetensors")["pixel_values.0"]
    ids, golden, prefix_len = states["i0p0.forced.ids"].tolist(), states["i0p0.forced.logits"], len(states["i0p0.ids"])
    fresh = lambda: load_model(folder(kind) / "hf")
    print(kind)
    exact = forward(fresh().double(), pixels.double(), ids, prefix_len)[1]
    report("rounding: f64 instead of f32", exact, golden, prefix_len)
    report("causal prefix", forward(fresh(), pixels, ids, 0)[1], golden, prefix_len)
    report("suffix both ways", forward(fresh(), pixels, ids, len(ids))[1], golden, prefix_len)
    for name, change in (BOTH | (GEMMA2 if kind == "paligemma2" else {})).items():
        model = fresh()
        change(model)
        report(name, forward(model, pixels, ids, prefix_len)[1], golden, prefix_len)


if __name__ == "__main__":
    with torch.no_grad():
        for kind in ("paligemma1", "paligemma2"):
            main(kind)
