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
    """Pictures (n, 224, 224, 3) uint8, labels and item numbers (n, 6) with -1 for none, boxes (n, 6, 4), masks as bits."""
    pictures: np.ndarray
    labels: torch.Tensor
    numbers: torch.Tensor
    boxes: torch.Tensor
    bits: np.ndarray

    @property
    def masks(self) -> torch.Tensor:
        """(n, 6, 224, 224) uint8."""
        return torch.from_numpy(np.unpackbits(self.bits, axis=-1).reshape(*self.bits.shape[:2], SIZE, SIZE))

    def pixels(self) -> torch.Tensor:
        """(n, 3, 224, 224) in -1..1."""
        return to_tensor(self.pictures)


def stacked(views: list[View]) -> Views:
    table = packed(views)
    return Views(np.stack([v.picture for v in views]), torch.from_numpy(table["labels"]).long(),
                 torch.from_numpy(table["numbers"]), torch.from_numpy(table["boxes"]), table["masks"])


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


class Replay:
    """Batches with what a tower's frozen layers make of them; each is learned from about `times` times."""

    def __init__(self, batches, below_of, times: int, room: int = 400):
        self.batches, self.below_of, self.times, self.room, self.held = batches, below_of, times, room, []

    def pick(self, rng):
        """Views and their states (batch, 256, 384)."""
        if self.held and rng.random() < 1 - 1 / self.times:
            views, below = self.held[rng.integers(len(self.held))]
            return views, below.float()
        views = next(self.batches)
        below = self.below_of(views.pixels()).half()
        if self.times > 1 and len(self.held) < self.room:
            self.held.append((views, below))
        elif self.times > 1:
            self.held[rng.integers(self.room)] = (views, below)
        return views, below.float()
