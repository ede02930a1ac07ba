"""A SigLIP encoder in plain torch, tensor names as in transformers' SiglipVisionModel."""

import torch.nn.functional as F
from torch import nn

WIDTH, HEADS, MLP, PATCH, EPS = 384, 6, 1536, 14, 1e-6


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(WIDTH, WIDTH) for _ in range(4))

    def forward(self, x):
        """(batch, 256, 384) -> same; every patch sees every patch."""
        q, k, v = (p(x).unflatten(-1, (HEADS, -1)).transpose(1, 2)
                   for p in (self.q_proj, self.k_proj, self.v_proj))
        mixed = F.scaled_dot_product_attention(q, k, v)
        return self.out_proj(mixed.transpose(1, 2).flatten(2))


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(WIDTH, MLP), nn.Linear(MLP, WIDTH)

    def forward(self, x):
        # The exact gelu, as DINOv2 was trained; config.json says "gelu".
        return self.fc2(F.gelu(self.fc1(x)))


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer_norm1, self.layer_norm2 = nn.LayerNorm(WIDTH, eps=EPS), nn.LayerNorm(WIDTH, eps=EPS)
        self.self_attn, self.mlp = Attention(), Mlp()

    def forward(self, x):
        x = x + self.self_attn(self.layer_norm1(x))
        return x + self.mlp(self.layer_norm2(x))


class Tower(nn.Module):
    def __init__(self, layers: int):
        super().__init__()
        self.embeddings = nn.ModuleDict({"patch_embedding": nn.Conv2d(3, WIDTH, PATCH, PATCH),
                                         "position_embedding": nn.Embedding(256, WIDTH)})
        self.encoder = nn.ModuleDict({"layers": nn.ModuleList(Layer() for _ in range(layers))})
        self.post_layernorm = nn.LayerNorm(WIDTH, eps=EPS)

    def embed(self, pictures):
        """(batch, 3, 224, 224) in -1..1 -> (batch, 256, 384), patches in reading order."""
        x = self.embeddings["patch_embedding"](pictures).flatten(2).transpose(1, 2)
        return x + self.embeddings["position_embedding"].weight

    def run_layers(self, x, first: int, last: int):
        for layer in self.encoder["layers"][first:last]:
            x = layer(x)
        return x

    def layers_out(self, pictures):
        """Before the last norm: (batch, 256, 384)."""
        return self.run_layers(self.embed(pictures), 0, len(self.encoder["layers"]))

    def above(self, x, first: int):
        """The rest of the way for what the layers below `first` made: (batch, 256, 384) -> same."""
        return self.post_layernorm(self.run_layers(x, first, len(self.encoder["layers"])))

    def forward(self, pictures):
        return self.above(self.embed(pictures), 0)
