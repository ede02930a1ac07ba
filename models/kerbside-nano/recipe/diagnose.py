"""Where items are lost: the box, the mask, the class or the whole item, for each set of held-out photos.

    python diagnose.py --data DATA --model WORK/base.pt --codec WORK/codec/mask_codec.safetensors \
        --tokenizer WORK/tokenizer.json [--adapter WORK/adapter.pt]

Every stage is asked of the model with all that stands before it given: the mask in the true box written freely
and with the true codes before each code, the class after the true box and the true codes. What the free answer
makes of the same items is printed beside it. Items count whose box covers at least --least of the photo.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

import numpy as np
import torch

import codec as codecs
import masks
import photos
from batches import crops
from classes import CLASSES
from decode import greedy
from evaluate import EVERY, drawn, embedded, load_model
from sequence import CELLS, LOC_BINS, SEG_CODES, load_words
from views import SIZE, held_out, whole_view

BATCH = 16


def views_by_source(data: Path):
    """The held-out photos as the app would see them, by the set they come from."""
    some = [p for p in photos.training_photos(data) if held_out(p) and p.items and p.source != "food"]
    table = {}
    for photo in some:
        if (view := whole_view(photo)).labels:
            table.setdefault(photo.source, []).append(view)
    return table


def box_iou(a, b):
    height, width = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    both = max(height, 0) * max(width, 0)
    return both / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - both)


@torch.no_grad()
def in_true_box(model, words, embeddings, boxes, codes, adapted):
    """For one item of each photo, its box given: codes written freely, codes after true codes, label after
    either. embeddings (n, 256, width), boxes (n, 4), codes (n, 16)."""
    prompt = words.prompt("segment", EVERY)
    items = [words.item(box, row, 0)[:-1] for box, row in zip(boxes.numpy(), codes.tolist())]
    _, cache = model.image_pass(embeddings)
    ids = torch.tensor([prompt + item for item in items])
    states = model.text_pass(ids, torch.full((len(ids),), len(prompt)), cache, adapted)
    logits = model.logits(states[:, len(prompt) + 3:])                       # (n, 17, vocab): 16 codes, the label
    seg, label = slice(words.seg0, words.seg0 + SEG_CODES), words.labels
    told, told_label = logits[:, :CELLS, seg].argmax(-1), logits[:, CELLS, label].argmax(-1)
    states, cache = model.prefix_pass(ids[:, :len(prompt) + 4], cache, adapted)
    free, last = [], model.logits(states[:, -1])
    for i in range(CELLS):
        free.append(last[:, seg].argmax(-1))
        states, cache = model.step(free[-1][:, None] + words.seg0, 257 + len(prompt) + 4 + i, cache, adapted)
        last = model.logits(states[:, -1])
    return torch.stack(free, 1), told, last[:, label].argmax(-1), told_label


def given_the_box(model, words, codec, views, embeddings, least, adapted):
    """Per item of at least that size: IoU inside its true box, and whether its class is right."""
    rows = [(i, label, torch.tensor(box, dtype=torch.float32), torch.tensor(mask))
            for i, v in enumerate(views) for label, box, mask in zip(v.labels, v.boxes, v.masks)
            if np.prod(box[2:] - box[:2]) >= least]
    out = []
    for k in range(0, len(rows), BATCH):
        photo, label, boxes, whole = zip(*rows[k:k + BATCH])
        boxes = (torch.stack(boxes).clamp(0, 1) * (LOC_BINS - 1)).round() / (LOC_BINS - 1)
        coverage = crops(torch.stack(whole), boxes)
        free, told, free_label, told_label = in_true_box(
            model, words, embeddings[list(photo)], boxes, codec.encode(coverage), adapted)
        truth = coverage > 0.5
        iou = lambda codes: [masks.iou(a.numpy(), b.numpy() > 0) for a, b in zip(truth, codec.decode(codes))]
        out += zip(iou(free), iou(told), (free_label == torch.tensor(label)).tolist(),
                   (told_label == torch.tensor(label)).tolist(), label, free_label.tolist())
    return out


def freely(model, words, codec, views, embeddings, least, adapted):
    """Per item: IoU of the nearest box and mask of the free answer, and whether that mask's class is right."""
    rows = []
    found = [f for k in range(0, len(views), BATCH)
             for f in greedy(model, words, embeddings[k:k + BATCH], EVERY, adapted)]
    for view, mine in zip(views, found):
        guess = drawn(mine, codec, SIZE, SIZE)
        for label, box, mask in zip(view.labels, view.boxes, view.masks):
            if np.prod(box[2:] - box[:2]) >= least:
                iou, right = max(((masks.iou(mask, m), l == label) for m, l in guess), default=(0.0, False))
                rows.append((max((box_iou(box, f.box) for f in mine), default=0.0), iou, right))
    return rows


def main():
    parser = argparse.ArgumentParser()
    for name in ("data", "model", "codec", "tokenizer"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--least", type=float, default=0.01)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model, words, codec = load_model(args.model), load_words(args.tokenizer), codecs.load(args.codec)
    if args.adapter:
        from adapter import attach
        attach(model, torch.load(args.adapter, weights_only=True))
    for source, views in views_by_source(args.data).items():
        embeddings = embedded(model, np.stack([v.picture for v in views]))
        given = given_the_box(model, words, codec, views, embeddings, args.least, bool(args.adapter))
        box, iou, right = (np.array(x, dtype=float) for x in zip(
            *freely(model, words, codec, views, embeddings, args.least, bool(args.adapter))))
        mean = lambda x: round(float(np.mean(x)), 3) if len(x) else None
        free, told, free_right, told_right, label, said = zip(*given)
        wrong = Counter(f"{CLASSES[a]} as {CLASSES[b]}" for a, b in zip(label, said) if a != b)
        print(source, json.dumps({
            "photos": len(views), "items": len(iou),
            "true_box": {"iou": mean(free), "iou_after_true_codes": mean(told), "label_right": mean(free_right),
                         "label_right_after_true_codes": mean(told_right), "confused": dict(wrong.most_common(8))},
            "free": {"box_iou": mean(box), "box_over_50": mean(box >= 0.5), "box_over_75": mean(box >= 0.75),
                     "untouched": mean(iou < 0.1), "mask_iou": mean(iou), "found": mean(iou >= 0.5),
                     "mask_iou_where_box_over_75": mean(iou[box >= 0.75]),
                     "label_right_of_found": mean(right[iou >= 0.5])}}), flush=True)


if __name__ == "__main__":
    main()
