"""What the exported files say about one photo, computed with transformers and peft alone.

    python reference.py --hf WORK/hf --adapter WORK/adapters/segment --photo PHOTO --out WORK/reference

Nothing of this recipe's own model is used. `isolated` is made of library parts: the image
embeddings go through the language model first, adapter off, every one seeing every other, and leave
their keys and values in the cache; then prompt and suffix run with the adapter on.
Written: logits of every prompt position (prompt.npy), of every greedy step (steps.npy),
the image embeddings (image.npy), pixel values (pixels.npy) and tokens.json.
Greedy here is free of any grammar.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from peft import PeftModel
from PIL import Image
from tokenizers import Tokenizer
from transformers import DynamicCache, PaliGemmaForConditionalGeneration

PROMPT = "segment plastic ; glass ; paper ; carton ; metal ; foam ; special ; food ; general\n"


def pixel_values(path) -> torch.Tensor:
    """Squashed to 224x224, bicubic: (1, 3, 224, 224) in -1..1."""
    image = Image.open(path).convert("RGB").resize((224, 224), Image.BICUBIC)
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float() / 127.5 - 1


def run(language, embeddings, first, cache):
    """Tokens that see each other and all of the cache; 1-based positions from `first` on."""
    count, past = embeddings.shape[1], cache.get_seq_length()
    return language(inputs_embeds=embeddings, past_key_values=cache, use_cache=True,
                    attention_mask=torch.zeros(1, 1, count, past + count),
                    position_ids=torch.arange(first, first + count)[None]).last_hidden_state


@torch.no_grad()
def reference(model, tokenizer, pixels, most=150):
    core = model.base_model.model
    language, head = core.model.language_model, core.lm_head
    ids = [2] + tokenizer.encode(PROMPT, add_special_tokens=False).ids
    cache = DynamicCache(config=core.config.get_text_config())
    with model.disable_adapter():
        image = core.model.get_image_features(pixels).pooler_output       # (1, 256, width)
        run(language, image, 1, cache)
    # embed_tokens already multiplies by sqrt(width).
    prompt = head(run(language, language.embed_tokens(torch.tensor([ids])), 257, cache))
    logits, tokens, steps = prompt[0, -1], [], []
    while len(tokens) < most and (not tokens or tokens[-1] != 1):
        steps.append(logits)
        tokens.append(int(logits.argmax()))
        embedded = language.embed_tokens(torch.tensor([[tokens[-1]]]))
        logits = head(run(language, embedded, 1 + cache.get_seq_length(), cache))[0, -1]
    return ids, image, prompt[0], torch.stack(steps), tokens


def main():
    parser = argparse.ArgumentParser()
    for name in ("hf", "adapter", "photo", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()
    base = PaliGemmaForConditionalGeneration.from_pretrained(args.hf, dtype=torch.float32).eval()
    model = PeftModel.from_pretrained(base, args.adapter).eval()
    tokenizer = Tokenizer.from_file(str(args.hf / "tokenizer.json"))
    pixels = pixel_values(args.photo)
    ids, image, prompt, steps, tokens = reference(model, tokenizer, pixels)
    args.out.mkdir(parents=True, exist_ok=True)
    for name, x in (("pixels", pixels), ("image", image), ("prompt", prompt), ("steps", steps)):
        np.save(args.out / f"{name}.npy", x.float().numpy())
    (args.out / "tokens.json").write_text(json.dumps(
        {"photo": args.photo.name, "prompt": PROMPT, "prompt_ids": ids, "greedy_ids": tokens,
         "greedy_text": tokenizer.decode(tokens, skip_special_tokens=False)}, indent=1) + "\n")
    print(len(tokens), "tokens:", tokenizer.decode(tokens, skip_special_tokens=False))


if __name__ == "__main__":
    main()
