"""Prompts and answers without a photo of their own: what the base learns of the `dispose` and `highlight` forms."""

import json
from pathlib import Path

import numpy as np
import torch

from sequence import Words

LONGEST = 320     # tokens; longer ones are left out


class Texts:
    """Lines of `cargo xtask data dispose --jsonl`: {"task", "prompt", "suffix", "split"}."""

    def __init__(self, path: Path, words: Words):
        self.words, self.rows = words, []
        for line in path.read_text().splitlines():
            row = json.loads(line)
            if row["split"] == "train":
                self.rows.append((row["prompt"], row["suffix"]))

    def encoded(self, prompt, suffix):
        """Ids of a whole sequence and the length of its prefix."""
        ids = lambda text: self.words.tokenizer.encode(text, add_special_tokens=False).ids
        prefix = [self.words.bos] + ids(prompt + "\n")
        return prefix + ids(suffix) + [self.words.eos], len(prefix)

    def pick(self, count: int, rng: np.random.Generator):
        """ids (count, t) padded; prefix (count,); places (n, 3): row, position, id of the next token."""
        rows = []
        while len(rows) < count:
            ids, prefix = self.encoded(*self.rows[rng.integers(len(self.rows))])
            if len(ids) <= LONGEST:
                rows.append((ids, prefix))
        longest = max(len(ids) for ids, _ in rows)
        padded = torch.tensor([ids + [self.words.pad] * (longest - len(ids)) for ids, _ in rows])
        places = [(r, i, ids[i + 1]) for r, (ids, prefix) in enumerate(rows) for i in range(prefix - 1, len(ids) - 1)]
        return padded, torch.tensor([p for _, p in rows]), torch.tensor(places)
