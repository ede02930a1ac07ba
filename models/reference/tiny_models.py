"""Tiny random PaliGemma 1 and 2 whose every parameter matters, and how they are stored."""

import torch
from transformers import Gemma2Config, GemmaConfig, PaliGemmaConfig
from transformers import PaliGemmaForConditionalGeneration, SiglipVisionConfig

IMAGE_TOKENS = 16  # (56 / 14)²
VOCAB = 1600  # above the tokenizer's size, as 257216 is above 257153


def vision_config(hidden, mlp, heads):
    return SiglipVisionConfig(
        hidden_size=hidden, intermediate_size=mlp, num_hidden_layers=2, num_attention_heads=heads,
        image_size=56, patch_size=14, vision_use_head=False,
    )


def gemma1_text():
    """One shared KV head (as PaliGemma 3B) and head_dim 24, which is not hidden / heads = 16."""
    return GemmaConfig(
        vocab_size=VOCAB, hidden_size=64, intermediate_size=96, num_hidden_layers=3,
        num_attention_heads=4, num_key_value_heads=1, head_dim=24, max_position_embeddings=512,
    )


def gemma2_text():
    """Alternating sliding/global layers; caps, window and eps such that ignoring one shows."""
    return Gemma2Config(
        vocab_size=VOCAB, hidden_size=64, intermediate_size=96, num_hidden_layers=4,
        num_attention_heads=4, num_key_value_heads=2, head_dim=16, max_position_embeddings=512,
        query_pre_attn_scalar=40, sliding_window=8, attn_logit_softcapping=2.0,
        final_logit_softcapping=6.0, rms_norm_eps=1e-3,
    )


def paligemma_config(kind, image_token):
    text, vision = {
        "paligemma1": (gemma1_text, vision_config(48, 72, 4)),
        "paligemma2": (gemma2_text, vision_config(32, 72, 2)),
    }[kind]
    return PaliGemmaConfig(
        vision_config=vision, text_config=text(), image_token_index=image_token,
        projection_dim=64, hidden_size=64, vocab_size=VOCAB,
        bos_token_id=2, eos_token_id=1, pad_token_id=0,
    )


def fill(name, shape, rng):
    """Random values per role: a wrong bias, norm weight or position table must show in the output."""
    noise = torch.randn(shape, generator=rng)
    if "embed_tokens" in name:
        return 0.08 * noise
    if "position_embedding" in name:
        return 0.5 * noise
    if name.endswith("bias"):
        return 0.3 * noise
    if "layer_norm" in name or "layernorm" in name and "vision" in name:
        return 1.0 + 0.3 * noise
    if "post_feedforward" in name:
        return 1.0 + 0.3 * noise  # Gemma 2 norms its block outputs, so their strength lies here
    if "norm" in name:
        return 0.3 * noise  # Gemma multiplies by 1 + weight
    # Embeddings are small beside the blocks' outputs, or the tied head would only repeat the token it was fed.
    gain = 1.0 if name.endswith(("linear.weight", "o_proj.weight", "down_proj.weight")) else 1.5
    return gain * noise / noise[0].numel() ** 0.5  # noise[0]: one output's fan-in


def stored_dtype(kind):
    """As on the hub: PaliGemma 1 in f32 shards, PaliGemma 2 in bf16."""
    return {"paligemma1": torch.float32, "paligemma2": torch.bfloat16}[kind]


def build_model(kind, image_token, seed):
    """The model in f32, its weights rounded to what the file can hold."""
    config = paligemma_config(kind, image_token)
    config._attn_implementation = "eager"
    model = PaliGemmaForConditionalGeneration(config).eval()
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, param in model.named_parameters():
            value = fill(name, param.shape, rng)
            param.copy_(value.to(stored_dtype(kind)).float())
    return model.requires_grad_(False)


def load_model(folder):
    """The stored model, read back by transformers itself, computing in f32."""
    return PaliGemmaForConditionalGeneration.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    ).eval().requires_grad_(False)
