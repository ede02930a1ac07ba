"""Training views: 224x224 pictures of a few items, cropped, flipped, recoloured or composed."""

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageFilter
from safetensors.torch import load_file

import masks
import photos
from classes import CLASSES
from tower_torch import Tower

SIZE, MAX_ITEMS = 224, 6
MIN_SIDE, MIN_VISIBLE = 0.045, 0.35


@dataclass
class View:
    picture: np.ndarray      # (224, 224, 3) uint8
    labels: list[int]
    boxes: list[np.ndarray]  # y1, x1, y2, x2 in 0..1
    masks: list[np.ndarray]  # (224, 224) bool
    numbers: list[int]       # of the items they are made from


def to_tensor(pictures: np.ndarray) -> torch.Tensor:
    """(n, 224, 224, 3) uint8 -> (n, 3, 224, 224) in -1..1."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1


def held_out(photo) -> bool:
    """A part of the training folders that is only looked at to choose settings."""
    if photo.source == "taco":
        return photo.path.parent.name == "batch_14"
    return zlib.crc32(photo.path.name.split("_jpg")[0].encode()) % 100 < (10 if photo.source == "garbage-seg" else 3)


def box_of(mask: np.ndarray) -> np.ndarray:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return np.array([rows[0], columns[0], rows[-1] + 1, columns[-1] + 1]) / SIZE


def seen(polygons, window):
    """Mask and box of polygons seen through `window` (y1, x1, y2, x2), or None if hardly visible."""
    y1, x1, y2, x2 = window
    local = [(points - [x1, y1]) / [x2 - x1, y2 - y1] for points in polygons]
    every = np.concatenate(local)
    low, high = every.min(0), every.max(0)
    if (low >= 1).any() or (high <= 0).any():
        return None
    mask = masks.draw(local, SIZE, SIZE)
    if mask.sum() < 12:
        return None
    if (low >= 0).all() and (high <= 1).all():
        return mask, np.array([low[1], low[0], high[1], high[0]])
    whole = masks.draw([(p - low) / (high - low) for p in local], 64, 64).mean() * np.prod(high - low)
    return (mask, box_of(mask)) if mask.mean() > MIN_VISIBLE * whole else None


def look(image: Image.Image, items, window) -> View:
    """Cuts `window` (in 0..1 of the photo) out and squashes it to the square."""
    height, width = image.height, image.width
    y1, x1, y2, x2 = window
    picture = image.resize((SIZE, SIZE), Image.BICUBIC, box=(x1 * width, y1 * height, x2 * width, y2 * height))
    view = View(np.array(picture), [], [], [], [])
    for item in items:
        found = seen(item.polygons, window)
        if found and item.label is not None and (found[1][2:] - found[1][:2]).max() >= MIN_SIDE:
            view.labels.append(item.label)
            view.masks.append(found[0])
            view.boxes.append(found[1])
            view.numbers.append(item.number)
    return view


def window_around(item, image, rng):
    """A window in which the item fills between 12 and 90 % of the longer side."""
    y1, x1, y2, x2 = item.box()
    height, width = image.height, image.width
    long = max((y2 - y1) * height, (x2 - x1) * width, 4)
    side = max(long / np.exp(rng.uniform(np.log(0.12), np.log(0.9))), 72)
    squash = np.exp(rng.normal(0, 0.2))
    h, w = min(1, side * squash / height), min(1, side / squash / width)
    def start(low, high, length):
        ends = np.clip([high - length, low], 0, 1 - length)
        return rng.uniform(ends.min(), ends.max() + 1e-9)
    top, left = start(y1, y2, h), start(x1, x2, w)
    return top, left, min(1, top + h), min(1, left + w)


def loose_window(rng, least=0.7):
    """Most of the photo."""
    h, w = rng.uniform(least, 1, 2)
    top, left = rng.uniform(0, 1 - h), rng.uniform(0, 1 - w)
    return top, left, top + h, left + w


def turned(view: View, rng) -> View:
    """Mirrors, and sometimes turns by 90 degrees: trash lies about every way."""
    def apply(f_array, f_box):
        view.picture = np.ascontiguousarray(f_array(view.picture))
        view.masks = [np.ascontiguousarray(f_array(m)) for m in view.masks]
        view.boxes = [f_box(b) for b in view.boxes]
    if rng.random() < 0.5:
        apply(lambda a: a[:, ::-1], lambda b: np.array([b[0], 1 - b[3], b[2], 1 - b[1]]))
    if rng.random() < 0.3:
        apply(lambda a: a.swapaxes(0, 1), lambda b: np.array([b[1], b[0], b[3], b[2]]))
    if rng.random() < 0.15:
        apply(lambda a: a[::-1], lambda b: np.array([1 - b[2], b[1], 1 - b[0], b[3]]))
    return view


def recoloured(picture: np.ndarray, rng) -> np.ndarray:
    x = picture.astype(np.float32)
    grey = x.mean(2, keepdims=True)
    x = grey + (x - grey) * rng.uniform(0.6, 1.4)
    x = (x - x.mean()) * rng.uniform(0.75, 1.25) + x.mean() * rng.uniform(0.75, 1.25)
    x *= np.exp(rng.normal(0, 0.05, 3)).astype(np.float32)
    if rng.random() < 0.15:
        x += rng.normal(0, rng.uniform(2, 8), x.shape).astype(np.float32)
    out = np.clip(x, 0, 255).astype(np.uint8)
    if rng.random() < 0.15:
        out = np.asarray(Image.fromarray(out).filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.2))))
    return out


class Studio:
    """Holds the decoded photos and makes views of them."""

    def __init__(self, data: Path, seed: int):
        self.rng = np.random.default_rng(seed)
        every = [p for p in photos.training_photos(data) if not held_out(p) and p.items]
        self.images = {str(p.path): Image.fromarray(p.pixels()) for p in every}
        self.by_source = {s: [p for p in every if p.source == s]
                          for s in ("taco", "trashnet", "garbage-seg", "food")}
        self.by_class = self.items_by_class(self.by_source["taco"])
        self.cut_outs = self.items_by_class([p for p in every if p.source != "food"], least=0.02)
        files = sorted((data / "textures-cc0").rglob("*.*"))
        self.textures = [Image.open(f).convert("RGB") for f in files if f.suffix in (".jpg", ".png", ".webp")]
        self.recipes = {"taco crop": 0.28, "taco": 0.06, "trashnet": 0.20, "garbage-seg": 0.10,
                        "food": 0.04, "composed": 0.30, "empty": 0.02}

    @staticmethod
    def items_by_class(some, least=0.0):
        table = [[] for _ in CLASSES]
        for photo in some:
            for item in photo.items:
                b = item.box()
                if item.label is not None and (b[2] - b[0]) * (b[3] - b[1]) >= least:
                    table[item.label].append((photo, item))
        return table

    def image(self, photo):
        return self.images[str(photo.path)]

    def one_of(self, table):
        """An item, classes evened out by the square root of their counts."""
        weight = np.sqrt([len(rows) for rows in table])
        rows = table[self.rng.choice(len(table), p=weight / weight.sum())]
        return rows[self.rng.integers(len(rows))]

    def photo_of(self, source):
        some = self.by_source[source]
        return some[self.rng.integers(len(some))]

    def background(self) -> Image.Image:
        texture = self.textures[self.rng.integers(len(self.textures))]
        repeats = self.rng.integers(1, 4) if texture.width <= 128 else 1
        tile = np.tile(np.asarray(texture), (repeats, repeats, 1))
        h = self.rng.uniform(0.5, 1)
        box = (0, 0, tile.shape[1] * h, tile.shape[0] * h)
        return Image.fromarray(tile).resize((SIZE, SIZE), Image.BICUBIC, box=box)

    def cut_out(self):
        """(RGB picture, alpha, item) of one item, turned by any angle."""
        photo, item = self.one_of(self.cut_outs)
        image = self.image(photo)
        mask = Image.fromarray(masks.draw(item.polygons, image.width, image.height).astype(np.uint8) * 255)
        y1, x1, y2, x2 = item.box() * [image.height, image.width, image.height, image.width]
        frame = (int(x1), int(y1), max(int(np.ceil(x2)), int(x1) + 2), max(int(np.ceil(y2)), int(y1) + 2))
        angle = self.rng.uniform(0, 360)
        return (image.crop(frame).rotate(angle, Image.BILINEAR, expand=True),
                mask.crop(frame).rotate(angle, Image.BILINEAR, expand=True), item)

    def composed(self) -> View:
        """One to six items on a texture, later ones on top, each with a faint shadow."""
        rng, canvas = self.rng, self.background()
        view = View(None, [], [], [], [])
        count = rng.choice([1, 2, 3, 4, 5, 6], p=[0.1, 0.15, 0.2, 0.2, 0.2, 0.15])
        for _ in range(count):
            picture, alpha, item = self.cut_out()
            scale = SIZE * rng.uniform(0.15, 0.75 if count < 3 else 0.5) / max(picture.size)
            size = tuple(max(4, int(s * scale)) for s in picture.size)
            picture, alpha = picture.resize(size, Image.BICUBIC), alpha.resize(size, Image.BILINEAR)
            at = tuple(int(rng.uniform(-0.15 * s, SIZE - 0.85 * s)) for s in size)
            layer = Image.new("L", (SIZE, SIZE))
            layer.paste(alpha, at)
            if rng.random() < 0.7:
                shade = layer.filter(ImageFilter.GaussianBlur(rng.uniform(2, 6))).point(lambda v, k=rng.uniform(0.2, 0.6): int(v * k))
                canvas.paste((0, 0, 0), tuple(int(v) for v in rng.integers(-3, 6, 2)), shade)
            canvas.paste(picture, at, alpha.filter(ImageFilter.GaussianBlur(0.6)))
            solid = np.asarray(layer) > 127
            view.masks = [m & ~solid for m in view.masks] + [solid]
            view.labels.append(item.label)
            view.numbers.append(item.number)
        view.picture = np.asarray(canvas)
        return self.kept_visible(view)

    @staticmethod
    def kept_visible(view):
        good = [i for i, m in enumerate(view.masks) if m.sum() > 60]
        view.labels, view.masks, view.numbers = ([some[i] for i in good]
                                                 for some in (view.labels, view.masks, view.numbers))
        view.boxes = [box_of(m) for m in view.masks]
        return view

    def make(self, recipe) -> View:
        rng = self.rng
        if recipe == "composed":
            return self.composed()
        if recipe == "empty":
            return View(np.asarray(self.background()), [], [], [], [])
        if recipe == "taco crop":
            photo, item = self.one_of(self.by_class)
            return look(self.image(photo), photo.items, window_around(item, self.image(photo), rng))
        photo = self.photo_of(recipe)
        if rng.random() < 0.35 and recipe != "taco":
            window = window_around(photo.items[0], self.image(photo), rng)
        else:
            window = (0, 0, 1, 1) if rng.random() < 0.4 else loose_window(rng)
        return look(self.image(photo), photo.items, window)

    def view(self) -> View:
        """A view with at least one item, unless it is meant to be empty."""
        names, shares = zip(*self.recipes.items())
        while True:
            recipe = self.rng.choice(names, p=shares)
            view = self.make(recipe)
            if view.labels or recipe == "empty":
                view = turned(view, self.rng)
                view.picture = recoloured(view.picture, self.rng)
                return view


def packed(views: list[View]) -> dict[str, np.ndarray]:
    """Labels, numbers, boxes and masks of views, largest box first, at most six; padded with -1."""
    n = len(views)
    out = {"labels": np.full((n, MAX_ITEMS), -1, np.int8), "numbers": np.full((n, MAX_ITEMS), -1),
           "boxes": np.zeros((n, MAX_ITEMS, 4), np.float32),
           "masks": np.zeros((n, MAX_ITEMS, SIZE * SIZE // 8), np.uint8)}
    for i, view in enumerate(views):
        area = [(b[2] - b[0]) * (b[3] - b[1]) for b in view.boxes]
        for slot, j in enumerate(np.argsort(area)[::-1][:MAX_ITEMS]):
            out["labels"][i, slot], out["boxes"][i, slot] = view.labels[j], np.clip(view.boxes[j], 0, 1)
            out["numbers"][i, slot] = view.numbers[j]
            out["masks"][i, slot] = np.packbits(view.masks[j])
    return out


def load_tower(path: Path) -> Tower:
    tensors = load_file(path)
    layers = 1 + max(int(k.split(".")[2]) for k in tensors if k.startswith("encoder.layers."))
    tower = Tower(layers)
    tower.load_state_dict(tensors)
    return tower.eval()


def whole_view(photo) -> View:
    """A photo as the app would see it."""
    return look(Image.fromarray(photo.pixels()), photo.items, (0, 0, 1, 1))


def held_out_views(data: Path) -> list[View]:
    some = [p for p in photos.training_photos(data) if held_out(p) and p.items and p.source != "food"]
    return [view for view in map(whole_view, some) if view.labels]
