"""Reads the labelled photo folders into one form: a photo and its items (class, polygons)."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

import classes


@dataclass
class Item:
    label: int | None           # index into CLASSES; None: a shape without a class of the app
    polygons: list[np.ndarray]  # each (points, 2), x and y in 0..1 of the photo
    category: str = ""
    number: int = -1            # place among all items of the training photos

    def box(self) -> np.ndarray:
        """(y1, x1, y2, x2) in 0..1."""
        points = np.concatenate(self.polygons)
        (x1, y1), (x2, y2) = points.min(0), points.max(0)
        return np.clip(np.array([y1, x1, y2, x2]), 0, 1)


@dataclass
class Photo:
    path: Path
    source: str
    items: list[Item] = field(default_factory=list)

    def pixels(self) -> np.ndarray:
        """(height, width, 3) uint8."""
        return np.asarray(Image.open(self.path).convert("RGB"))


def read_taco(folder: Path) -> list[Photo]:
    table = json.loads((folder / "annotations.json").read_text())
    names = {c["id"]: c["name"] for c in table["categories"]}
    photos = {i["id"]: Photo(folder / i["file_name"], "taco") for i in table["images"]}
    size = {i["id"]: np.array([i["width"], i["height"]]) for i in table["images"]}
    for row in table["annotations"]:
        key, name = row["image_id"], names[row["category_id"]]
        polygons = [np.array(p).reshape(-1, 2) / size[key] for p in row["segmentation"] if len(p) >= 6]
        if polygons:
            photos[key].items.append(Item(classes.from_taco(name), polygons, name))
    return list(photos.values())


def drop_parts(photo: Photo) -> None:
    """Drops caps, lids and pop tabs that sit on a larger item: the item is what gets sorted."""
    def sits_on(part, whole):
        a, b = part.box(), whole.box()
        height = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
        width = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
        area = (a[2] - a[0]) * (a[3] - a[1])
        larger = (b[2] - b[0]) * (b[3] - b[1]) > area
        return larger and height * width > 0.5 * area

    photo.items = [item for item in photo.items if item.category not in classes.PARTS
                   or not any(sits_on(item, other) for other in photo.items if other is not item)]


def read_yolo(folder: Path, source: str) -> list[Photo]:
    words = (folder / "classes.txt").read_text().split("\n")
    photos = []
    for path in sorted((folder / "images").iterdir()):
        photo = Photo(path, source)
        for line in (folder / "labels" / f"{path.stem}.txt").read_text().splitlines():
            numbers = line.split()
            if len(numbers) >= 7:
                word = words[int(numbers[0])].strip()
                points = np.array(numbers[1:], dtype=float).reshape(-1, 2)
                photo.items.append(Item(classes.from_yolo(word), [points], word))
        photos.append(photo)
    return photos


def training_photos(data: Path) -> list[Photo]:
    """Everything that may be trained on; the `valid` folders are never opened here."""
    taco = read_taco(data / "taco/train")
    for photo in taco:
        drop_parts(photo)
    every = (taco + read_yolo(data / "trashnet", "trashnet")
             + read_yolo(data / "garbage-seg/train", "garbage-seg")
             + read_yolo(data / "food", "food"))
    for number, item in enumerate(item for photo in every for item in photo.items):
        item.number = number
    return every


def valid_photos(data: Path, name: str) -> list[Photo]:
    """Photos of `taco` or `garbage-seg`, with every labelled object as it is."""
    folder = data / name / "valid"
    return read_taco(folder) if name == "taco" else read_yolo(folder, name)
