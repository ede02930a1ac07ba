"""An endless stream of fresh views, made by other processes while the model learns."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from views import SIZE, Studio, View, held_out_views, packed, to_tensor

WINDOW = 4      # batches drawn at once and dealt out by number of items, so that little is padded


@dataclass
class Views:
    """Pictures (n, 224, 224, 3) uint8, labels (n, 6) with -1 for none, boxes (n, 6, 4), masks (n, 6, 224, 224)."""
    pictures: np.ndarray
    labels: torch.Tensor
    boxes: torch.Tensor
    masks: torch.Tensor

    def pixels(self) -> torch.Tensor:
        """(n, 3, 224, 224) in -1..1."""
        return to_tensor(self.pictures)


def stacked(views: list[View]) -> Views:
    table = packed(views)
    masks = np.unpackbits(table["masks"], axis=-1).reshape(len(views), -1, SIZE, SIZE)
    return Views(np.stack([v.picture for v in views]), torch.from_numpy(table["labels"]).long(),
                 torch.from_numpy(table["boxes"]), torch.from_numpy(masks))


def held_out(data: Path) -> Views:
    return stacked(held_out_views(data))


class Endless(IterableDataset):
    """Batches of views. A worker's seed is `seed` and its number, so that none repeats another."""

    def __init__(self, data: Path, batch: int, seed: int):
        self.data, self.batch, self.seed = data, batch, seed

    def __iter__(self):
        torch.set_num_threads(1)
        info = get_worker_info()
        studio = Studio(self.data, 1000 * self.seed + (info.id if info else 0))
        while True:
            views = [studio.view() for _ in range(WINDOW * self.batch)]
            views.sort(key=lambda v: len(v.labels))
            for i in studio.rng.permutation(WINDOW):
                yield stacked(views[i * self.batch:(i + 1) * self.batch])


def stream(data: Path, batch: int, seed: int, workers: int = 1):
    return iter(DataLoader(Endless(data, batch, seed), batch_size=None, num_workers=workers, prefetch_factor=2 * WINDOW))
