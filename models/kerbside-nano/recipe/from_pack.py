"""Takes the bundled pack apart again, so that training goes on from it wherever the repository is.

    python from_pack.py --pack ../pack --out WORK/base.pt --codec WORK/codec/mask_codec.safetensors \
        [--adapter segment=WORK/adapter.pt]

Weights come back as the engine sees them, that is rounded to 8 bits; a few hundred steps smooth that out.
The layout of the packed tensors is that of `models/FORMAT.md` (tile16).
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from model import Nano, Size

TILE, BLOCK = 16, 32
VISION = {"norm1": "layer_norm1", "norm2": "layer_norm2", "q": "self_attn.q_proj", "k": "self_attn.k_proj",
          "v": "self_attn.v_proj", "o": "self_attn.out_proj", "fc1": "mlp.fc1", "fc2": "mlp.fc2"}
TEXT = {"norm.attention_in": "input_layernorm", "norm.mlp_in": "post_attention_layernorm", "q": "self_attn.q_proj",
        "k": "self_attn.k_proj", "v": "self_attn.v_proj", "o": "self_attn.o_proj", "gate": "mlp.gate_proj",
        "up": "mlp.up_proj", "down": "mlp.down_proj"}


def unpacked(data: np.ndarray, kind: str, rows: int, cols: int) -> torch.Tensor:
    """Bytes of a tile16 matrix -> (rows, cols) float32."""
    assert kind == "q8", f"{kind}: train from a pack of 8 bits"
    tiles, blocks = -(-rows // TILE), -(-cols // BLOCK)
    block = data[:tiles * blocks * 544].reshape(tiles, blocks, 544)
    scales = block[..., :32].copy().view(np.float16).astype(np.float32)                 # (tiles, blocks, 16)
    quants = block[..., 32:].reshape(tiles, blocks, 8, TILE, 4).astype(np.float32) - 128
    values = quants * scales[:, :, None, :, None]                                       # group, row, column
    whole = values.transpose(0, 3, 1, 2, 4).reshape(tiles * TILE, blocks * BLOCK)
    return torch.from_numpy(whole[:rows, :cols].copy())


def tensors_of(path: Path) -> dict[str, torch.Tensor]:
    with safe_open(path, "pt") as file:
        packed = json.loads(file.metadata().get("packed", "{}"))
        out = {}
        for name in file.keys():
            tensor = file.get_tensor(name)
            out[name] = unpacked(tensor.numpy(), **packed[name]) if name in packed else tensor.float()
        return out


def torch_name(name: str) -> str:
    """The pack's name of a tensor -> the name in `Nano`."""
    fixed = {"vision.patch.weight": "vision_tower.embeddings.patch_embedding.weight",
             "vision.patch.bias": "vision_tower.embeddings.patch_embedding.bias",
             "vision.position": "vision_tower.embeddings.position_embedding.weight",
             "vision.norm.weight": "vision_tower.post_layernorm.weight",
             "vision.norm.bias": "vision_tower.post_layernorm.bias",
             "language.embed": "embed_tokens.weight", "language.norm": "norm.weight"}
    if name in fixed or name.startswith("projector."):
        return fixed.get(name, name)
    part, _, layer, rest = name.split(".", 3)
    if part == "vision":
        place, end = rest.split(".")
        return f"vision_tower.encoder.layers.{layer}.{VISION[place]}.{end}"
    return f"layers.{layer}.{TEXT[rest.removesuffix('.weight')]}.weight"


def size_of(architecture: dict) -> Size:
    text, vision = architecture["text"], architecture["vision"]
    return Size(vocab=text["vocab"], width=text["hidden"], layers=text["layers"], heads=text["q_heads"],
                kv_heads=text["kv_heads"], head=text["head_dim"], mlp=text["mlp"], vision_layers=vision["layers"],
                theta=text["rope_theta"], eps=text["eps"])


def base_of(pack: Path) -> Nano:
    model = Nano(size_of(json.loads((pack / "pack.json").read_text())["architecture"]))
    state, slots = {}, model.state_dict()
    for name, tensor in tensors_of(pack / "weights.safetensors").items():
        state[torch_name(name)] = tensor.reshape(slots[torch_name(name)].shape)
    model.load_state_dict(state)
    return model


def adapter_of(folder: Path) -> dict[str, torch.Tensor]:
    """A PEFT adapter's low-rank parts as `adapter.collect` names them."""
    ends = {".lora_A.weight": ".a", ".lora_B.weight": ".b"}
    return {place.removesuffix(long) + short: tensor.float()
            for name, tensor in load_file(folder / "adapter_model.safetensors").items()
            for long, short in ends.items() if (place := name.split("language_model.")[1]).endswith(long)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--codec", type=Path, required=True, help="where to write the mask codec in 32 bits")
    parser.add_argument("--adapter", action="append", default=[], help="ID=FILE: where to write an adapter")
    args = parser.parse_args()
    model = base_of(args.pack)
    state = model.state_dict()
    torch.save({"size": asdict(model.s), "model": state, "average": state}, args.out)
    args.codec.parent.mkdir(parents=True, exist_ok=True)
    codec = load_file(args.pack / "mask_codec.safetensors")
    # The engine's guesses are learned anew when a pack is made.
    save_file({k: v.float() for k, v in codec.items() if k != "guesses"}, args.codec)
    for name, file in (row.split("=", 1) for row in args.adapter):
        torch.save(adapter_of(args.pack / "adapters" / name), file)
    print("parameters", sum(p.numel() for p in model.parameters()))


if __name__ == "__main__":
    main()
