"""Runs a PaliGemma and records what an engine must reproduce, all tensors without the batch axis."""

import contextlib

import torch


@contextlib.contextmanager
def recorded(model):
    """Collects decoder states: `hidden.0` enters layer 0, `hidden.i` leaves layer i-1, `final` leaves the last norm."""
    text = model.model.language_model
    seen, hooks = {}, []

    def keep_input(_module, args, kwargs):
        seen["hidden.0"] = (args[0] if args else kwargs["hidden_states"])[0]

    def keep_output(name):
        def hook(_module, _args, out):
            seen[name] = (out[0] if isinstance(out, tuple) else out)[0]
        return hook

    hooks.append(text.layers[0].register_forward_pre_hook(keep_input, with_kwargs=True))
    for i, layer in enumerate(text.layers):
        hooks.append(layer.register_forward_hook(keep_output(f"hidden.{i + 1}")))
    hooks.append(text.norm.register_forward_hook(keep_output("final")))
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


def vision(model, pixel_values):
    """[3, s, s] -> (tower output [N, vision], image features as they enter the decoder [N, hidden])."""
    out = model.model.get_image_features(pixel_values[None])
    return out.last_hidden_state[0], out.pooler_output[0]


def forward(model, pixel_values, ids, prefix_len):
    """One full pass, no cache. The first `prefix_len` tokens see each other, the rest are causal.

    -> states (each [T, hidden]) and logits [T, vocab], after the final soft cap.
    """
    kinds = (torch.arange(len(ids)) >= prefix_len).long()  # token_type_ids: 0 prefix, 1 suffix
    with recorded(model) as states:
        out = model(
            input_ids=torch.tensor([ids]), pixel_values=pixel_values[None],
            token_type_ids=kinds[None], attention_mask=torch.ones(1, len(ids), dtype=torch.long),
            use_cache=False,
        )
    return states, out.logits[0]


def pick(logits):
    """(argmax of one row, its lead over the second best)."""
    best = logits.topk(2)
    return int(best.indices[0]), float(best.values[0] - best.values[1])


def greedy(model, pixel_values, ids, steps):
    """Greedy tokens by running everything again for each token, and the smallest lead of any choice."""
    tokens, leads = [], []
    for _ in range(steps):
        _, logits = forward(model, pixel_values, ids + tokens, len(ids))
        token, lead = pick(logits[-1])
        tokens.append(token)
        leads.append(lead)
    return tokens, min(leads)


def generate(model, pixel_values, ids, steps):
    """The same through `generate` with its KV cache, never stopping at <eos>."""
    model.generation_config.eos_token_id = None
    out = model.generate(
        input_ids=torch.tensor([ids]), pixel_values=pixel_values[None],
        token_type_ids=torch.zeros(1, len(ids), dtype=torch.long),
        attention_mask=torch.ones(1, len(ids), dtype=torch.long),
        max_new_tokens=steps, do_sample=False,
    )
    return out[0, len(ids):].tolist()
