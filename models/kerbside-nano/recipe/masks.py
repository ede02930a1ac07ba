"""Polygons to masks, masks to boxes and back."""

import numpy as np
from PIL import Image, ImageDraw


def draw(polygons: list[np.ndarray], width: int, height: int) -> np.ndarray:
    """Polygons with x and y in 0..1 as a (height, width) bool mask."""
    canvas = Image.new("L", (width, height))
    pen = ImageDraw.Draw(canvas)
    for points in polygons:
        pen.polygon([(x * width - 0.5, y * height - 0.5) for x, y in points], fill=1, outline=1)
    return np.asarray(canvas, dtype=bool)


def draw_in_box(polygons: list[np.ndarray], box: np.ndarray, size: int = 64, oversample: int = 4) -> np.ndarray:
    """What of the polygons lies in `box` (y1, x1, y2, x2), as (size, size) coverage in 0..1."""
    y1, x1, y2, x2 = box
    scale = np.array([max(x2 - x1, 1e-6), max(y2 - y1, 1e-6)])
    local = [(points - [x1, y1]) / scale for points in polygons]
    fine = draw(local, size * oversample, size * oversample)
    return fine.reshape(size, oversample, size, oversample).mean((1, 3), dtype=np.float32)


def paste(mask64: np.ndarray, box: np.ndarray, width: int, height: int) -> np.ndarray:
    """A (64, 64) mask with values around -1..1, resized into its box of a (height, width) photo."""
    out = np.zeros((height, width), dtype=bool)
    y1, x1, y2, x2 = (np.clip(box, 0, 1) * [height, width, height, width]).astype(int)
    if y2 <= y1 or x2 <= x1:
        return out
    patch = Image.fromarray(mask64.astype(np.float32)).resize((x2 - x1, y2 - y1), Image.BILINEAR)
    out[y1:y2, x1:x2] = np.asarray(patch) > 0
    return out


def iou(a: np.ndarray, b: np.ndarray) -> float:
    union = np.logical_or(a, b).sum()
    return float(np.logical_and(a, b).sum() / union) if union else 0.0
