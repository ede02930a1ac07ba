"""The mask codec: a 64x64 mask <-> 16 codes of 128, and its training.

Architecture and tensor names are those of PaliGemma's `vae-oid.npz` (Ning et al. 2023,
https://arxiv.org/abs/2301.02229; as read by big_vision's segmentation.py), so either file fits
the same reader. The weights are trained here, from scratch, on outlines of trash.

    python codec.py --data DATA --out WORK/codec [--minutes 12]
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import nn

import masks
import photos

CODES, WIDTH, GRID = 128, 512, 4


class Res(nn.Module):
    """3x3, relu, 3x3, relu, 1x1, and the input added. (batch, 128, 4, 4) -> same."""

    def __init__(self, width=128):
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.ReLU(),
                                 nn.Conv2d(width, width, 3, padding=1), nn.ReLU(),
                                 nn.Conv2d(width, width, 1))
        # Starting as the identity keeps each code about its own quarter of the mask's height and
        # width, which a language model predicts more easily than a code about everything.
        nn.init.zeros_(self.net[4].weight)
        nn.init.zeros_(self.net[4].bias)

    def forward(self, x):
        return x + self.net(x)


class VectorQuantizer(nn.Module):
    def __init__(self):
        super().__init__()
        self._embedding = nn.Parameter(torch.randn(CODES, WIDTH), requires_grad=False)


class MaskCodec(nn.Module):
    def __init__(self):
        super().__init__()
        down = [layer for a, b in [(1, 16), (16, 32), (32, 64), (64, 128)]
                for layer in (nn.Conv2d(a, b, 4, 2, 1), nn.ReLU())]
        up = [layer for a, b in [(128, 128), (128, 64), (64, 32), (32, 16)]
              for layer in (nn.ConvTranspose2d(a, b, 4, 2, 1), nn.ReLU())]
        self.encoder = nn.Sequential(*down, Res(), Res(), nn.Conv2d(128, WIDTH, 1))
        self.decoder = nn.Sequential(nn.Conv2d(WIDTH, 128, 1), nn.ReLU(), Res(), Res(), *up,
                                     nn.Conv2d(16, 1, 1))
        self._vq_vae = VectorQuantizer()

    @property
    def codebook(self):
        return self._vq_vae._embedding

    def features(self, coverage):
        """(batch, 64, 64) in 0..1 -> (batch, 16, 512), cells in reading order."""
        x = self.encoder(2 * coverage[:, None] - 1)
        return x.flatten(2).transpose(1, 2)

    def distances(self, features):
        """Squared distance of each cell to each code: (batch, 16, 128)."""
        book = self.codebook
        return features.pow(2).sum(-1, keepdim=True) + book.pow(2).sum(-1) - 2 * features @ book.T

    def encode(self, coverage):
        """(batch, 64, 64) in 0..1 -> (batch, 16) codes."""
        return self.distances(self.features(coverage)).argmin(-1)

    def decode_vectors(self, vectors):
        """(batch, 16, 512) -> (batch, 64, 64); above 0 is the object."""
        x = vectors.transpose(1, 2).unflatten(2, (GRID, GRID))
        return self.decoder(x)[:, 0]

    def decode(self, codes):
        return self.decode_vectors(self.codebook[codes])


def load(path) -> MaskCodec:
    codec = MaskCodec()
    codec.load_state_dict(load_file(path))
    return codec.eval().requires_grad_(False)


def save(codec: MaskCodec, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {k: v.detach().clone().contiguous() for k, v in codec.state_dict().items()}
    save_file(tensors, folder / "mask_codec.safetensors")
    (folder / "mask_codec.safetensors").chmod(0o644)
    np.savez(folder / "mask_codec.npz", **{k: v.numpy() for k, v in tensors.items()})


def turned(polygons, angle, stretch, mirror):
    """Rotates, stretches and mirrors polygons about the origin."""
    c, s = np.cos(angle), np.sin(angle)
    matrix = np.array([[c, -s], [s, c]]) @ np.diag([stretch * (-1 if mirror else 1), 1 / stretch])
    return [points @ matrix.T for points in polygons]


def random_crop(item, rng):
    """One training mask: the item turned at random, seen through a slightly wrong box."""
    angle = rng.choice([0, 0.5, 1, 1.5]) * np.pi + rng.normal(0, 0.25)
    shape = turned(item.polygons, angle, np.exp(rng.normal(0, 0.15)), rng.random() < 0.5)
    points = np.concatenate(shape)
    (x1, y1), (x2, y2) = points.min(0), points.max(0)
    wrong = rng.normal(0, 0.02 if rng.random() < 0.6 else 0.06, 4) * [y2 - y1, x2 - x1, y2 - y1, x2 - x1]
    return masks.draw_in_box(shape, np.array([y1, x1, y2, x2]) + wrong)


def training_masks(data: Path, copies: int, seed: int) -> torch.Tensor:
    """(masks, 64, 64) uint8, 255 = covered."""
    rng = np.random.default_rng(seed)
    every = photos.training_photos(data) + photos.read_yolo(data / "trash-bags", "trash-bags")
    items = [item for photo in every for item in photo.items]
    out = [random_crop(item, rng) for _ in range(copies) for item in items]
    return torch.from_numpy((np.stack(out) * 255).round().astype(np.uint8))


def valid_masks(data: Path, name: str):
    """Coverage in the item's own box (masks, 64, 64) and, beside it, the photo-sized truth."""
    rows = []
    for photo in photos.valid_photos(data, name):
        height, width = photo.pixels().shape[:2]
        for item in photo.items:
            full, box = masks.draw(item.polygons, width, height), item.box()
            rows.append((masks.draw_in_box(item.polygons, box), full, box))
    return rows


@torch.no_grad()
def score(codec, rows) -> dict:
    """Mean IoU at 64x64 and after pasting into the photo."""
    coverage = torch.from_numpy(np.stack([r[0] for r in rows]))
    decoded = torch.cat([codec.decode(codec.encode(part)) for part in coverage.split(128)])
    small = [masks.iou(a.numpy() > 0, b.numpy() > 0.5) for a, b in zip(decoded, coverage)]
    large = [masks.iou(masks.paste(a.numpy(), box, full.shape[1], full.shape[0]), full)
             for a, (_, full, box) in zip(decoded, rows)]
    return {"masks": len(rows), "iou_64": round(float(np.mean(small)), 4),
            "iou_photo": round(float(np.mean(large)), 4)}


def loss_of(out, coverage):
    """Cross-entropy and dice; outputs near ±1 are confident, as the seed's decoder's are."""
    cross = F.binary_cross_entropy_with_logits(4 * out, coverage)
    p = torch.sigmoid(4 * out)
    dice = 1 - (2 * (p * coverage).sum((1, 2)) + 1) / (p.sum((1, 2)) + coverage.sum((1, 2)) + 1)
    far = F.relu(out.abs() - 1.2).pow(2).mean()
    return cross + 0.5 * dice.mean() + 0.1 * far


@torch.no_grad()
def k_means(x, rounds=12):
    """(vectors, 512) -> (128, 512)."""
    centres = x[torch.randperm(len(x))[:CODES]].clone()
    for _ in range(rounds):
        nearest = torch.cdist(x, centres).argmin(1)
        for k in range(CODES):
            mine = x[nearest == k]
            centres[k] = mine.mean(0) if len(mine) else x[torch.randint(len(x), (1,))]
    return centres


class MovingCodebook:
    """Codes follow the mean of the cells they stand for; unused codes move to a random cell."""

    def __init__(self, codec, decay=0.99):
        self.codec, self.decay = codec, decay
        self.count = torch.ones(CODES)
        self.total = codec.codebook.detach().clone()

    @torch.no_grad()
    def update(self, flat, codes):
        picked = F.one_hot(codes, CODES).float()                    # (cells, 128)
        self.count.mul_(self.decay).add_(picked.sum(0), alpha=1 - self.decay)
        self.total.mul_(self.decay).add_(picked.T @ flat, alpha=1 - self.decay)
        self.codec.codebook.copy_(self.total / self.count.clamp_min(1e-4)[:, None])

    @torch.no_grad()
    def revive(self, flat):
        for k in torch.nonzero(self.count < 0.1 * self.count.mean()).flatten():
            new = flat[torch.randint(len(flat), (1,))][0]
            self.count[k], self.total[k] = self.count.mean(), new * self.count.mean()
            self.codec.codebook[k] = new


def train(codec, pool, minutes, batch=64, warm=0.12, peak=1.5e-3, log=print):
    """`warm`: the share of the time that trains without codes, as a plain auto-encoder."""
    optimiser = torch.optim.AdamW([p for p in codec.parameters() if p.requires_grad], lr=peak, weight_decay=1e-4)
    start, step, book, recent = time.time(), 0, None, []
    while (share := (time.time() - start) / (60 * minutes)) < 1:
        for group in optimiser.param_groups:
            group["lr"] = peak * min(1, (step + 1) / 50) * (0.02 + 0.98 * (0.5 + 0.5 * np.cos(np.pi * share)))
        coverage = pool[torch.randint(len(pool), (batch,))].float() / 255
        z = codec.features(coverage)
        if book is None and share > warm:
            with torch.no_grad():
                cells = torch.cat([codec.features(pool[torch.randint(len(pool), (256,))].float() / 255)
                                   for _ in range(4)]).flatten(0, 1)
                codec.codebook.copy_(k_means(cells))
            book = MovingCodebook(codec)
        if book is None:
            vectors, commit = z, 0.0
        else:
            codes = codec.distances(z).argmin(-1)
            near = codec.codebook[codes]
            vectors, commit = z + (near - z).detach(), F.mse_loss(z, near.detach())
        loss = loss_of(codec.decode_vectors(vectors), coverage) + 0.25 * commit
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if book is not None:
            book.update(z.detach().flatten(0, 1), codes.flatten())
            if step % 50 == 0 and share < 0.8:
                book.revive(z.detach().flatten(0, 1))
        recent.append(loss.item())
        step += 1
        if step % 200 == 0:
            log(f"step {step} share {share:.2f} loss {np.mean(recent[-200:]):.4f}", flush=True)
    return step


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--copies", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true", help="go on from the file in --out, codes kept")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(2)
    pool = training_masks(args.data, args.copies, args.seed)
    print("training masks", tuple(pool.shape), flush=True)
    codec = MaskCodec()
    if args.resume:
        codec.load_state_dict(load_file(args.out / "mask_codec.safetensors"))
    steps = train(codec, pool, args.minutes, warm=0.0 if args.resume else 0.12)
    save(codec, args.out)
    report = {name: score(codec, valid_masks(args.data, name)) for name in ("garbage-seg", "taco")}
    print(json.dumps({"steps": steps, **report}))
    (args.out / "report.json").write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
