"""Writes core/tests/golden/pixels.safetensors: a camera's planes, and what Pillow makes of them upright."""

import numpy as np
import torch
from PIL import Image

from common import GOLDEN, noise_image, save_tensors

WIDTH, HEIGHT = 37, 23  # odd: the last column and row have colour samples of their own
ROW_STRIDE = 40
# Pillow counts degrees counter-clockwise.
CLOCKWISE = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}


def planes():
    """Y [h, w], U and V [⌈h/2⌉, ⌈w/2⌉], u8: of a picture, colour taken from every second pixel."""
    ycbcr = np.asarray(Image.fromarray(noise_image(11, WIDTH, HEIGHT)).convert("YCbCr"))
    return ycbcr[..., 0], ycbcr[::2, ::2, 1], ycbcr[::2, ::2, 2]


def to_rgb(y, u, v):
    """Colour repeated over its 2×2 pixels, then Pillow's own conversion."""
    grown = [plane.repeat(2, 0).repeat(2, 1)[:HEIGHT, :WIDTH] for plane in (u, v)]
    channels = [Image.fromarray(np.ascontiguousarray(plane)) for plane in (y, *grown)]
    return Image.merge("YCbCr", channels).convert("RGB")


def padded(rows, stride):
    """Rows `stride` bytes apart, 77 in between."""
    out = np.full((len(rows), stride), 77, np.uint8)
    out[:, : rows.shape[1]] = rows
    return out.reshape(-1)


def main():
    y, u, v = planes()
    vu = np.stack([v, u], -1).reshape(len(u), -1)  # NV21 and most phones: V first, interleaved
    rgb = to_rgb(y, u, v)
    upright = {f"rgb.{degrees}": np.asarray(rgb.transpose(how)) for degrees, how in CLOCKWISE.items()}
    tensors = {"y": padded(y, ROW_STRIDE), "vu": padded(vu, ROW_STRIDE), "rgb.0": np.asarray(rgb), **upright}
    save_tensors(GOLDEN / "pixels.safetensors", {name: torch.from_numpy(t.copy()) for name, t in tensors.items()})


if __name__ == "__main__":
    main()
