"""coco/: average precision of random masks by pycocotools, which xtask's evaluation must reproduce.

Each case is a handful of photos with true, crowd and found items (rectangles and ellipses, so that IoUs of
all sizes occur), and the figures of `COCOeval`: AP at 0.5 and at 0.5:0.95, over the classes and whatever the
class, with everything counted and with items below `min_area` of the photo ignored.
"""

import contextlib
import io

import numpy as np
from pycocotools import mask as masks
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from common import GOLDEN, save_json

WIDTH, HEIGHT = 48, 36
CLASSES = ["glass", "metal", "paper"]
MIN_AREA = 0.02


def shape(rng, centre, size):
    """bool [HEIGHT, WIDTH]: an ellipse or a rectangle."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    dy, dx = (y - centre[0]) / size[0], (x - centre[1]) / size[1]
    return np.maximum(abs(dy), abs(dx)) <= 1 if rng.random() < 0.5 else dy**2 + dx**2 <= 1


def random_shape(rng):
    small = rng.random() < 0.4
    size = rng.uniform(1.2, 3.5, 2) if small else rng.uniform(4, 12, 2)
    centre = rng.uniform(0, [HEIGHT, WIDTH])
    return shape(rng, centre, size), centre, size


def runs(mask):
    """Run lengths as COCO counts them, "12 3 33 …": column by column, beginning with the zeros."""
    flat = mask.T.reshape(-1)
    changes = np.flatnonzero(np.diff(flat)) + 1
    counts = np.diff([0, *changes, flat.size]).tolist()
    return " ".join(map(str, [0, *counts] if flat[0] else counts))


def photo(rng):
    """True items, a crowd on some photos, and found items: good, bad, doubled, misnamed and invented ones."""
    truth, found = [], []
    for _ in range(rng.integers(0, 6)):
        mask, centre, size = random_shape(rng)
        label = str(rng.choice(CLASSES))
        if mask.sum() == 0:
            continue
        truth.append({"label": label, "runs": runs(mask)})
        for _ in range(rng.choice([0, 1, 2], p=[0.2, 0.65, 0.15])):
            off = rng.choice([0.02, 0.1, 0.35])
            other = shape(rng, centre + rng.normal(0, off, 2) * size, size * np.exp(rng.normal(0, off, 2)))
            name = label if rng.random() < 0.8 else str(rng.choice(CLASSES))
            found.append((name, other))
    crowd = random_shape(rng)[0] if rng.random() < 0.4 else None
    for _ in range(rng.integers(0, 3)):
        found.append((str(rng.choice(CLASSES)), random_shape(rng)[0]))
    # Sixteenths, so that confidences are exact and equal ones occur.
    found = [{"label": name, "confidence": float(rng.integers(1, 17)) / 16, "runs": runs(mask)}
             for name, mask in found if mask.sum()]
    # By class, as pycocotools gathers them: the order of equal confidences is then the same for all.
    truth.sort(key=lambda item: item["label"])
    found.sort(key=lambda item: item["label"])
    return {"items": truth, "crowd": runs(crowd) if crowd is not None and crowd.sum() else None, "found": found}


def encoded(text):
    counts = [int(run) for run in text.split()]
    return masks.frPyObjects({"counts": counts, "size": [HEIGHT, WIDTH]}, HEIGHT, WIDTH)


def as_coco(photos):
    """The crowd belongs to every class: what is found in it counts for none."""
    truths, results = [], []
    for image, one in enumerate(photos, 1):
        rows = [(item["label"], item["runs"], 0) for item in one["items"]]
        rows += [(name, one["crowd"], 1) for name in CLASSES if one["crowd"]]
        for label, counts, crowd in rows:
            code = encoded(counts)
            truths.append({"id": len(truths) + 1, "image_id": image, "category_id": CLASSES.index(label) + 1,
                           "segmentation": code, "area": float(masks.area(code)), "iscrowd": crowd,
                           "bbox": masks.toBbox(code).tolist()})
        for item in one["found"]:
            results.append({"image_id": image, "category_id": CLASSES.index(item["label"]) + 1,
                            "segmentation": encoded(item["runs"]), "score": item["confidence"]})
    coco = COCO()
    coco.dataset = {"info": {}, "images": [{"id": i, "width": WIDTH, "height": HEIGHT} for i in range(1, len(photos) + 1)],
                    "annotations": truths, "categories": [{"id": i, "name": n} for i, n in enumerate(CLASSES, 1)]}
    coco.createIndex()
    return coco, coco.loadRes(results)


def figures(photos, min_area, by_class):
    """[AP50, AP50:95]"""
    with contextlib.redirect_stdout(io.StringIO()):
        run = COCOeval(*as_coco(photos), "segm")
        run.params.useCats = int(by_class)
        run.params.areaRng, run.params.areaRngLbl = [[min_area * WIDTH * HEIGHT, 1e10]], ["all"]
        run.evaluate()
        run.accumulate()
    precision = run.eval["precision"][:, :, :, 0, -1]  # [IoU, recall, class]
    mean = lambda p: float(p[p > -1].mean()) if (p > -1).any() else 0.0
    return [mean(precision[:1]), mean(precision)]


def case(seed, photos):
    rng = np.random.default_rng(seed)
    photos = [photo(rng) for _ in range(photos)]
    settings = [(min_area, by_class) for min_area in (0.0, MIN_AREA) for by_class in (True, False)]
    return {"photos": photos, "figures": [{"min_area": min_area, "by_class": by_class, "ap": figures(photos, min_area, by_class)}
                                          for min_area, by_class in settings]}


def main():
    folder = GOLDEN.parents[2] / "xtask" / "tests" / "golden" / "coco"
    folder.mkdir(parents=True, exist_ok=True)
    cases = [case(seed, photos) for seed, photos in ((1, 6), (2, 12), (3, 25))]
    save_json(folder / "average_precision.json", {"width": WIDTH, "height": HEIGHT, "cases": cases})
    for one in cases:
        print([[round(v, 4) for v in f["ap"]] for f in one["figures"]])


if __name__ == "__main__":
    main()
