"""torch measuring itself: SigLIP So400m/14 at 224 pixels with random weights. `f32` and `bf16` on
standard input, the seconds of one photo on standard output."""

import sys
import time

import torch
from transformers import SiglipVisionConfig, SiglipVisionModel

torch.set_num_threads(int(sys.argv[1]))
config = SiglipVisionConfig(
    hidden_size=1152,
    intermediate_size=4304,
    num_hidden_layers=27,
    num_attention_heads=16,
    image_size=224,
    patch_size=14,
    vision_use_head=False,
)
kinds = {"f32": torch.float32, "bf16": torch.bfloat16}
models = {name: SiglipVisionModel(config).to(kind).eval() for name, kind in kinds.items()}


@torch.inference_mode()
def photo(name):
    pixels = torch.zeros(1, 3, 224, 224, dtype=kinds[name])
    start = time.perf_counter()
    models[name](pixels)
    return time.perf_counter() - start


for name in kinds:
    photo(name)
print("ready", flush=True)
for line in sys.stdin:
    print(photo(line.strip()), flush=True)
