"""How well items are found: mean IoU over true items, class accuracy, recall; and two baselines.

    python evaluate.py --data DATA --model WORK/base.pt --codec WORK/codec/mask_codec.safetensors \
        --tokenizer WORK/tokenizer.json [--adapter WORK/adapter.pt]

For each true item the best found mask counts, whatever its label. An item is found when that IoU is
at least 0.5; its label is right when the label of that best mask is.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import codec as codecs
import masks
import photos
from classes import CLASSES
from decode import Found, greedy
from sequence import load_words
from views import SIZE, to_tensor

EVERY = list(range(len(CLASSES)))


def matched(truth, found):
    """truth: (mask, label) list; found: the same. Per true item: best IoU and whether its label is right."""
    rows = []
    for mask, label in truth:
        scores = [(masks.iou(mask, other), other_label == label) for other, other_label in found]
        best = max(scores, default=(0.0, False), key=lambda s: s[0])
        rows.append((best[0], best[1] and best[0] > 0, mask.mean()))
    return rows


def summary(rows, photos_count, found_count, hits):
    iou, right, area = (np.array(x, dtype=float) for x in zip(*rows))
    near, large = iou >= 0.5, area >= 0.01
    share = lambda x: round(float(np.mean(x)), 3) if len(x) else None
    return {"photos": photos_count, "items": len(rows), "mean_iou": share(iou), "recall_50": share(near),
            "label_right_of_found": share(right[near]), "label_right_of_touched": share(right[iou > 0.1]),
            "found_and_right": share(near * right), "mean_iou_items_over_1pc": share(iou[large]),
            "recall_50_items_over_1pc": share(near[large]),
            "predicted": found_count, "predicted_right_50": round(hits / max(found_count, 1), 3)}


def precise(truth, found):
    """How many found masks overlap some true one by half."""
    return sum(any(masks.iou(mask, other) >= 0.5 for other, _ in truth) for mask, _ in found)


def drawn(found: list[Found], codec, width, height):
    if not found:
        return []
    decoded = codec.decode(torch.tensor([f.codes for f in found])).numpy()
    return [(masks.paste(m, f.box, width, height), f.label) for m, f in zip(decoded, found)]


def embedded(model, pictures, batch=16):
    with torch.no_grad():
        return torch.cat([model.projector(model.vision_tower(to_tensor(pictures[i:i + batch])))
                          for i in range(0, len(pictures), batch)])


def score_folder(model, words, codec, data, name, adapted=False, eos_bias=0.0):
    some = [p for p in photos.valid_photos(data, name) if p.items]
    pixels = [p.pixels() for p in some]
    squares = np.stack([np.asarray(Image.fromarray(p).resize((SIZE, SIZE), Image.BICUBIC)) for p in pixels])
    found = greedy(model, words, embedded(model, squares), EVERY, adapted, eos_bias)
    rows, base_rows, count, hits = [], [], 0, 0
    common = Counter(i.label for p in some for i in p.items).most_common(1)[0][0]
    for photo, picture, mine in zip(some, pixels, found):
        height, width = picture.shape[:2]
        truth = [(masks.draw(i.polygons, width, height), i.label) for i in photo.items]
        guess = drawn(mine, codec, width, height)
        rows += matched(truth, guess)
        hits, count = hits + precise(truth, guess), count + len(guess)
        centred = np.zeros((height, width), bool)
        centred[height // 5:height - height // 5, width // 5:width - width // 5] = True
        base_rows += matched(truth, [(centred, common)])
    return {"model": summary(rows, len(some), count, hits),
            "baseline": {k: v for k, v in summary(base_rows, len(some), len(some), 0).items()
                         if not k.startswith("predicted")}}


def score_views(model, words, codec, views, adapted=False):
    """The same on views (224x224 truth), such as those that `stream.held_out` keeps aside."""
    found = greedy(model, words, embedded(model, views.pictures), EVERY, adapted)
    rows, count, hits = [], 0, 0
    for labels, true_masks, mine in zip(views.labels, views.masks, found):
        truth = [(true_masks[j].numpy().astype(bool), int(label)) for j, label in enumerate(labels) if label >= 0]
        guess = drawn(mine, codec, SIZE, SIZE)
        rows += matched(truth, guess)
        hits, count = hits + precise(truth, guess), count + len(guess)
    return summary(rows, len(views.pictures), count, hits)


def load_model(path):
    from model import Nano, Size
    saved = torch.load(path, weights_only=True)
    model = Nano(Size(**saved["size"]))
    model.load_state_dict(saved["average"])
    return model.eval()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--codec", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--eos-bias", type=float, default=0.0, help="added to the logit that ends the list")
    args = parser.parse_args()
    torch.set_num_threads(2)
    model, words, codec = load_model(args.model), load_words(args.tokenizer), codecs.load(args.codec)
    if args.adapter:
        from adapter import attach
        attach(model, torch.load(args.adapter, weights_only=True))
    for name in ("garbage-seg", "taco"):
        report = score_folder(model, words, codec, args.data, name, bool(args.adapter), args.eos_bias)
        print(name, json.dumps(report, indent=1), flush=True)


if __name__ == "__main__":
    main()
