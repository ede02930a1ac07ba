"""The training model against transformers' PaliGemma with the same weights.

    python check.py --base WORK/base.pt --hf WORK/hf --tokenizer WORK/tokenizer.json

`joint`: one sequence through our layers with PaliGemma's own mask, against transformers as it is
(token_type_ids mark the prefix). `isolated` is then the same layers under another mask: the
two-stream form used in training is held against one sequence with that mask.
"""

import argparse
import math
from pathlib import Path

import torch
from transformers import PaliGemmaForConditionalGeneration

from classes import CLASSES
from evaluate import load_model
from sequence import load_words


def one_sequence(model, image, ids, mask):
    """image (1, 256, width), ids (1, t), mask (1, 256 + t, 256 + t) -> logits of the text (t, vocab)."""
    x = torch.cat([image, model.embed_tokens(ids) * math.sqrt(model.s.width)], 1)
    rope = model.rope(1, x.shape[1])
    for layer in model.layers:
        x, _ = layer(x, rope, mask)
    return model.logits(model.norm(x))[0, 256:]


def masks_of(prompt, total):
    """(joint, isolated), each (1, total, total) bool; 256 image tokens, then the prompt, then the suffix."""
    i = torch.arange(total)
    joint = (i[None] <= i[:, None]) | (i < 256 + prompt)[None]
    isolated = joint & ~((i < 256)[:, None] & (i >= 256)[None])
    return joint[None], isolated[None]


@torch.no_grad()
def differences(model, words, theirs):
    """Largest differences of logits: joint, ours and transformers'; isolated, two streams and one masked sequence;
    and, to see that the masks matter at all, joint and isolated."""
    pixels = torch.rand(1, 3, 224, 224) * 2 - 1
    prompt = words.prompt("segment", list(range(len(CLASSES))))
    suffix = words.suffix([([0.1, 0.2, 0.6, 0.7], range(16), 2)])
    ids, n = torch.tensor([prompt + suffix]), len(prompt)
    image = model.projector(model.vision_tower(pixels))
    joint, isolated = masks_of(n, 256 + ids.shape[1])
    full = torch.cat([torch.full((1, 256), words.tokenizer.token_to_id("<image>")), ids], 1)
    kinds = torch.cat([torch.zeros(1, 256 + n), torch.ones(1, len(suffix))], 1).long()
    reference = theirs(input_ids=full, pixel_values=pixels, attention_mask=torch.ones_like(full), token_type_ids=kinds).logits[0, 256:]
    _, cache = model.image_pass(image)
    two = model.logits(model.text_pass(ids, torch.tensor([n]), cache))[0]
    apart = lambda a, b: float((a - b).abs().max())
    return (apart(one_sequence(model, image, ids, joint), reference),
            apart(one_sequence(model, image, ids, isolated), two), apart(reference, two))


def main():
    parser = argparse.ArgumentParser()
    for name in ("base", "hf", "tokenizer"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()
    torch.manual_seed(0)
    theirs = PaliGemmaForConditionalGeneration.from_pretrained(args.hf, dtype=torch.float32).eval()
    joint, isolated, masks = differences(load_model(args.base), load_words(args.tokenizer), theirs)
    print("joint, ours - transformers: max", joint)
    print("isolated, two streams - one masked sequence: max", isolated)
    print("joint - isolated: max", masks)


if __name__ == "__main__":
    main()
