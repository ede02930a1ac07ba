"""Shared helpers: where golden files go, seeded noise, saving tensors and JSON."""

import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

GOLDEN = Path(__file__).resolve().parents[2] / "core" / "tests" / "golden"

# One thread and fixed kernels: the same machine then writes the same bytes again.
torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)


def folder(name):
    """The golden folder `name`, created if absent."""
    path = GOLDEN / name
    path.mkdir(parents=True, exist_ok=True)
    return path


def save_tensors(path, tensors):
    """Writes contiguous CPU copies, since safetensors refuses views that share memory."""
    save_file({k: v.detach().cpu().clone().contiguous() for k, v in tensors.items()}, path)
    path.chmod(0o644)


def save_json(path, value):
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def ids_tensor(ids):
    """Token ids as i64 [len]."""
    return torch.tensor(ids, dtype=torch.int64)


def noise_image(seed, width, height):
    """Shapes over noise, u8 [height, width, 3]: flat areas, hard edges and high frequencies at once."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    pixels = np.stack([255 * x / max(width - 1, 1), 255 * y / max(height - 1, 1), 0 * x + 128], -1)
    for _ in range(4):
        cx, cy = rng.uniform(0, width), rng.uniform(0, height)
        radius = rng.uniform(0.1, 0.35) * max(width, height)
        pixels[(x - cx) ** 2 + (y - cy) ** 2 < radius**2] = rng.uniform(0, 255, 3)
    band = slice(height // 3, height // 2 + 1)
    pixels[band] = rng.uniform(0, 255, pixels[band].shape)
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def to_pixel_values(pixels):
    """SigLIP's normalisation of u8 [h, w, 3] -> f32 [3, h, w] in [-1, 1], as x/127.5 - 1."""
    chw = torch.from_numpy(np.asarray(pixels, np.float64)).permute(2, 0, 1)
    return (chw / 127.5 - 1.0).float()


def save_png(path, pixels):
    Image.fromarray(pixels).save(path, optimize=True)
