"""Writes paligemma1/ and paligemma2/ isolated*.safetensors: image tokens see only image tokens.

The mode is Kerbside's own; the reference is transformers' text model under an explicit mask, and, for the adapter
that works on prompt and suffix only, two passes over one KV cache with peft's adapter off and then on.
"""

import contextlib

import torch
from safetensors.torch import load_file
from transformers import DynamicCache

from common import folder, ids_tensor, save_tensors
from make_paligemma import MIN_LEAD, PROMPTS, STEPS, SUFFIX, checked_prefix, without_layers
from run_model import pick, recorded
from tiny_adapters import attach, language_only, save_adapter
from tiny_models import IMAGE_TOKENS, load_model
from tiny_tokenizer import build_tokenizer, encode

CASES = [(0, 0), (0, 3), (1, 1)]  # (image, prompt)


def may_see(prefix_len, total, window=None):
    """bool [total, total], row = query: the isolated mask, with the sliding window on suffix rows if given."""
    q, k = torch.arange(total)[:, None], torch.arange(total)[None, :]
    image = (q < IMAGE_TOKENS) & (k < IMAGE_TOKENS)
    prompt = (q >= IMAGE_TOKENS) & (q < prefix_len) & (k < prefix_len)
    suffix = (q >= prefix_len) & (k <= q)
    if window is not None:
        suffix &= k > q - window
    return image | prompt | suffix


def additive(allowed):
    """0 where allowed, the most negative f32 elsewhere, as [1, 1, query, key]."""
    return torch.zeros(allowed.shape).masked_fill(~allowed, torch.finfo(torch.float32).min)[None, None]


def masks(config, prefix_len, total, rows):
    """Mask of queries `rows` over keys 0..rows.stop, as the text model takes it: for Gemma 2 one per layer type."""
    keys = slice(0, rows.stop)
    full = additive(may_see(prefix_len, total)[rows, keys])
    if getattr(config, "sliding_window", None) is None:
        return full
    sliding = additive(may_see(prefix_len, total, config.sliding_window)[rows, keys])
    return {"full_attention": full, "sliding_attention": sliding}


def embeddings(model, features, ids):
    """[1, T, hidden]: image features unscaled, then token embeddings, which embed_tokens scales by √hidden."""
    text = model.get_input_embeddings()(torch.tensor([ids[IMAGE_TOKENS:]]))
    return torch.cat([features[None], text], 1)


def one_pass(model, features, ids, prefix_len, rows, cache=None):
    """Runs positions `rows` of the sequence; earlier keys come from `cache`. -> states of `rows`."""
    with recorded(model) as states:
        model.model.language_model(
            inputs_embeds=embeddings(model, features, ids)[:, rows],
            attention_mask=masks(model.config.text_config, prefix_len, len(ids), rows),
            position_ids=torch.arange(1, len(ids) + 1)[None, rows], past_key_values=cache, use_cache=cache is not None,
        )
    return states


def logits_of(model, states):
    logits = model.lm_head(states["final"])
    cap = getattr(model.config.text_config, "final_logit_softcapping", None)
    return logits if cap is None else cap * torch.tanh(logits / cap)


def two_passes(model, base_only, features, ids, prefix_len):
    """Image tokens inside `base_only`, the rest outside, sharing a cache that never drops keys."""
    cache = DynamicCache()
    with base_only():
        image = one_pass(model, features, ids, prefix_len, slice(0, IMAGE_TOKENS), cache)
    rest = one_pass(model, features, ids, prefix_len, slice(IMAGE_TOKENS, len(ids)), cache)
    return {name: torch.cat([image[name], rest[name]]) for name in image}


def greedy(run, model, ids):
    """STEPS greedy tokens by full re-runs; every choice must be clear."""
    tokens = []
    for _ in range(STEPS):
        token, lead = pick(logits_of(model, run(ids + tokens, len(ids)))[-1])
        assert lead > MIN_LEAD, f"lead {lead} is too small"
        tokens.append(token)
    return tokens


def one_case(run, model, ids, suffix):
    """The same names as in cases.safetensors."""
    states = run(ids, len(ids))
    forced = run(ids + suffix, len(ids))
    return {
        **states, "ids": ids_tensor(ids), "logits_last": logits_of(model, states)[-1],
        "greedy": ids_tensor(greedy(run, model, ids)), "forced.ids": ids_tensor(ids + suffix),
        "forced.final": forced["final"], "forced.logits_last": logits_of(model, forced)[-1],
    }


def all_cases(kind, model, base_only, name):
    tokenizer = build_tokenizer()
    inputs, out = load_file(folder(kind) / "vision.safetensors"), {}
    suffix = encode(tokenizer, SUFFIX)
    for i, p in CASES:
        features = inputs[f"image_features.{i}"]
        run = lambda ids, prefix_len: two_passes(model, base_only, features, ids, prefix_len)
        found = one_case(run, model, checked_prefix(tokenizer, PROMPTS[p]), suffix)
        out |= {f"i{i}p{p}.{key}": value for key, value in found.items()}
    check_image_alone(out, len(model.model.language_model.layers))
    save_tensors(folder(kind) / f"{name}.safetensors", without_layers(out, lambda key: key.startswith("i0p0.")))
    return out


def check_image_alone(out, layers):
    """What makes the mode worth having: image states do not depend on the prompt."""
    for l in range(layers + 1):
        a, b = out[f"i0p0.hidden.{l}"], out[f"i0p3.hidden.{l}"]
        assert torch.equal(a[:IMAGE_TOKENS], b[:IMAGE_TOKENS])


def check_one_mask(kind, model, out):
    """Without adapter, two passes over a cache equal one pass under the whole mask."""
    features = load_file(folder(kind) / "vision.safetensors")["image_features.0"]
    ids, forced = out["i0p0.ids"].tolist(), out["i0p0.forced.ids"].tolist()
    whole = one_pass(model, features, forced, len(ids), slice(0, len(forced)))
    assert (whole["final"] - out["i0p0.forced.final"]).abs().max() < 2e-5


def make_plain(kind):
    model = load_model(folder(kind) / "hf")
    check_one_mask(kind, model, all_cases(kind, model, contextlib.nullcontext, "isolated"))


def make_adapter(kind):
    model = attach(load_model(folder(kind) / "hf"), language_only(), seed=31)
    save_adapter(model, folder(kind) / "isolated_adapter")
    all_cases(kind, model.base_model.model, model.disable_adapter, "isolated_adapter")


if __name__ == "__main__":
    with torch.no_grad():
        for kind in ("paligemma1", "paligemma2"):
            make_plain(kind)
        make_adapter("paligemma1")
