"""The small PaliGemma in plain torch: tower -> projector -> Gemma decoder, two streams.

Prefix mode `isolated`: image tokens see image tokens only and pass through the plain base; text
tokens see every image token, the whole prompt both ways, and the suffix causally. So the image's
keys and values do not depend on the text or its adapter. Tensor names are transformers' own.

Positions are 1-based as in transformers' PaliGemma: image 1..256, text from 257 on. Text embeddings
are multiplied by sqrt(width); image embeddings enter as the projector made them.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from tower_torch import WIDTH as VISION_WIDTH, Tower

IMAGE_TOKENS = 256
GAZING = 3               # last layers whose heads are told in training where to look


@dataclass
class Size:
    vocab: int
    width: int = 256
    layers: int = 5
    heads: int = 4           # of queries
    kv_heads: int = 4        # of keys and values
    head: int = 64
    mlp: int = 512
    vision_layers: int = 7
    theta: float = 10000.0
    eps: float = 1e-6


class Norm(nn.Module):
    """RMS norm with the weight stored as its difference from 1."""

    def __init__(self, width, eps):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.zeros(width)), eps

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * (1 + self.weight)


class Adapted(nn.Linear):
    """A linear map without bias; `adapted=True` adds its low-rank part, if it has one."""

    def __init__(self, inside, outside):
        super().__init__(inside, outside, bias=False)
        self.register_parameter("lora_a", None)   # (rank, in)
        self.register_parameter("lora_b", None)   # (out, rank)
        self.scale = 1.0                          # alpha / rank

    def add_lora(self, rank, alpha):
        self.lora_a = nn.Parameter(torch.randn(rank, self.in_features) / math.sqrt(self.in_features))
        self.lora_b = nn.Parameter(torch.zeros(self.out_features, rank))
        self.scale = alpha / rank

    def forward(self, x, adapted=False):
        y = F.linear(x, self.weight)
        if adapted and self.lora_a is not None:
            y = y + self.scale * F.linear(F.linear(x, self.lora_a), self.lora_b)
        return y


def rotated(x, cos, sin):
    """Rotary positions, halves paired: x (batch, tokens, heads, head), cos and sin (tokens, head)."""
    a, b = x.chunk(2, -1)
    return x * cos[:, None] + torch.cat([-b, a], -1) * sin[:, None]


class Attention(nn.Module):
    def __init__(self, s: Size):
        super().__init__()
        self.s = s
        self.q_proj = Adapted(s.width, s.heads * s.head)
        self.k_proj = Adapted(s.width, s.kv_heads * s.head)
        self.v_proj = Adapted(s.width, s.kv_heads * s.head)
        self.o_proj = Adapted(s.heads * s.head, s.width)

    def queries(self, x, rope, adapted):
        """(batch, heads, tokens, head)."""
        return rotated(self.q_proj(x, adapted).unflatten(-1, (self.s.heads, -1)), *rope).transpose(1, 2)

    def keys_values(self, x, rope, adapted):
        """Each (batch, kv_heads, tokens, head)."""
        k = rotated(self.k_proj(x, adapted).unflatten(-1, (self.s.kv_heads, -1)), *rope)
        return k.transpose(1, 2), self.v_proj(x, adapted).unflatten(-1, (self.s.kv_heads, -1)).transpose(1, 2)

    def mix(self, q, k, v, mask, adapted):
        """q (batch, heads, t, head), k and v (batch, kv_heads, s, head), mask (batch, t, s) bool or None.

        Heads that share keys are laid end to end as one longer list of queries.
        """
        batch, _, t, _ = q.shape
        group = self.s.heads // self.s.kv_heads
        q = q.reshape(batch, self.s.kv_heads, group * t, self.s.head)
        if mask is not None:
            mask = mask.repeat(1, group, 1)[:, None]
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return self.o_proj(y.reshape(batch, self.s.heads, t, -1).transpose(1, 2).flatten(2), adapted)


class Mlp(nn.Module):
    def __init__(self, s: Size):
        super().__init__()
        self.gate_proj, self.up_proj = Adapted(s.width, s.mlp), Adapted(s.width, s.mlp)
        self.down_proj = Adapted(s.mlp, s.width)

    def forward(self, x, adapted):
        gate = F.gelu(self.gate_proj(x, adapted), approximate="tanh")
        return self.down_proj(gate * self.up_proj(x, adapted), adapted)


class Layer(nn.Module):
    def __init__(self, s: Size):
        super().__init__()
        self.input_layernorm, self.post_attention_layernorm = Norm(s.width, s.eps), Norm(s.width, s.eps)
        self.self_attn, self.mlp = Attention(s), Mlp(s)

    def forward(self, x, rope, mask=None, past=None, adapted=False, gaze=None):
        """x (batch, t, width); `past` are keys and values to see besides x's own. Returns x and all keys, values.

        A list `gaze` is given how strongly each head looks at each image token: (batch, heads, t, 256).
        """
        h = self.input_layernorm(x)
        k, v = self.self_attn.keys_values(h, rope, adapted)
        if past is not None:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
        q = self.self_attn.queries(h, rope, adapted)
        if gaze is not None:
            seen = k[:, :, :IMAGE_TOKENS].repeat_interleave(q.shape[1] // k.shape[1], 1)
            gaze.append(q @ seen.transpose(2, 3) / math.sqrt(q.shape[-1]))
        x = x + self.self_attn.mix(q, k, v, mask, adapted)
        return x + self.mlp(self.post_attention_layernorm(x), adapted), (k, v)


class Nano(nn.Module):
    def __init__(self, s: Size):
        super().__init__()
        self.s = s
        self.vision_tower = Tower(s.vision_layers)
        self.projector = nn.Linear(VISION_WIDTH, s.width)
        self.embed_tokens = nn.Embedding(s.vocab, s.width)
        self.layers = nn.ModuleList(Layer(s) for _ in range(s.layers))
        self.norm = Norm(s.width, s.eps)

    def rope(self, first: int, count: int):
        """cos and sin for positions first..first+count-1, each (count, head)."""
        inverse = self.s.theta ** (-torch.arange(0, self.s.head, 2).float() / self.s.head)
        angle = torch.outer(torch.arange(first, first + count).float(), inverse).repeat(1, 2)
        return angle.cos(), angle.sin()

    def image_pass(self, x):
        """The image through the plain base. Returns its states before the last layer and one (k, v) per layer.

        Of the last layer only keys and values matter: nothing reads what it makes of the image.
        """
        rope, cache = self.rope(1, IMAGE_TOKENS), []
        for layer in self.layers[:-1]:
            x, kv = layer(x, rope)
            cache.append(kv)
        last = self.layers[-1]
        cache.append(last.self_attn.keys_values(last.input_layernorm(x), rope, False))
        return x, cache

    def text_pass(self, ids, prefix, cache, adapted=False, gazes=None, middle=None):
        """ids (batch, t); prefix (batch,): length of bos, prompt and newline. Returns states (batch, t, width).

        Without `cache` the text stands where it would, but no image before it. A list `gazes` is given where the
        last layers' heads look. With `middle` the states behind so many layers are returned too.
        """
        t = ids.shape[1]
        x = self.embed_tokens(ids) * math.sqrt(self.s.width)
        i = torch.arange(t)
        own = (i[None, None, :] <= i[None, :, None]) | (i < prefix[:, None])[:, None, :]
        seen = torch.ones(len(ids), t, 0 if cache is None else IMAGE_TOKENS, dtype=torch.bool)
        mask = torch.cat([seen, own], 2)
        rope = self.rope(1 + IMAGE_TOKENS, t)
        for i, layer in enumerate(self.layers):
            past = None if cache is None else cache[i]
            x, _ = layer(x, rope, mask, past, adapted, gazes if i >= len(self.layers) - GAZING else None)
            if i + 1 == middle:
                half = x
        return self.norm(x) if middle is None else (self.norm(x), half)

    def prefix_pass(self, ids, cache, adapted=False):
        """Prompt ids (batch, t), all of one length. Returns states and the grown cache."""
        x, rope = self.embed_tokens(ids) * math.sqrt(self.s.width), self.rope(1 + IMAGE_TOKENS, ids.shape[1])
        grown = []
        for layer, past in zip(self.layers, cache):
            x, kv = layer(x, rope, None, past, adapted)
            grown.append(kv)
        return self.norm(x), grown

    def step(self, ids, position, cache, adapted=False):
        """One more token per row, ids (batch, 1), at the 1-based position."""
        x, rope, grown = self.embed_tokens(ids) * math.sqrt(self.s.width), self.rope(position, 1), []
        for layer, past in zip(self.layers, cache):
            x, kv = layer(x, rope, None, past, adapted)
            grown.append(kv)
        return self.norm(x), grown

    def logits(self, states):
        return F.linear(states, self.embed_tokens.weight)


def smooth_rows(count, width):
    """Start of the <loc> rows: waves over 0..1, so that neighbouring bins begin alike. (count, width)."""
    value = torch.linspace(0, 1, count)[:, None]
    cycles = torch.exp(torch.linspace(math.log(0.25), math.log(32), width))
    return math.sqrt(2) * torch.cos(2 * math.pi * (cycles * value + torch.rand(width)))


def initialise(model: Nano, loc0: int, seg0: int, codebook: torch.Tensor) -> None:
    """Rows of about length 1 after scaling; <seg> rows start as a projection of the codec's codes."""
    s = model.s
    for name, p in model.named_parameters():
        if p.dim() == 2 and name.startswith("layers"):
            depth = math.sqrt(2 * s.layers) if ("o_proj" in name or "down_proj" in name) else 1
            nn.init.normal_(p, std=1 / math.sqrt(p.shape[1]) / depth)
    rows = torch.randn(s.vocab, s.width)
    rows[loc0:loc0 + 1024] = smooth_rows(1024, s.width)
    code = codebook - codebook.mean(0)
    code = code @ torch.randn(code.shape[1], s.width)
    rows[seg0:seg0 + 128] = code / code.std()
    with torch.no_grad():
        model.embed_tokens.weight.copy_(rows / math.sqrt(s.width))
        nn.init.normal_(model.projector.weight, std=1 / math.sqrt(VISION_WIDTH))
