"""Prompts and answers without a photo of their own: the `dispose` and `highlight` forms as sequences."""

import json
from pathlib import Path

import numpy as np
import torch

from sequence import Words

LONGEST = 320     # tokens; longer ones are left out


class Texts:
    """Lines of `cargo xtask data dispose --jsonl`: {"task", "prompt", "pieces" of the answer, "split"}."""

    def __init__(self, path: Path, words: Words, split="train", tasks=("dispose", "highlight")):
        self.words, self.rows = words, []
        for line in path.read_text().splitlines():
            row = json.loads(line)
            if row["split"] == split and row["task"] in tasks:
                self.rows.append((row["prompt"], row["pieces"]))
        assert self.rows, f"{path} has no {split} lines of {tasks}"

    def encoded(self, prompt, pieces):
        """Ids of a whole sequence and the length of its prefix. Answers are tokenised piece by piece, as the grammar writes them."""
        ids = lambda text: self.words.tokenizer.encode(text, add_special_tokens=False).ids
        prefix = [self.words.bos] + ids(prompt + "\n")
        answer = [i for piece in pieces for i in ids(piece)]
        return prefix + answer + [self.words.eos], len(prefix)

    def padded(self, rows):
        """ids (count, t) padded; prefix (count,); places (n, 3): row, position, id of the next token."""
        longest = max(len(ids) for ids, _ in rows)
        ids = torch.tensor([ids + [self.words.pad] * (longest - len(ids)) for ids, _ in rows])
        places = [(r, i, ids[i + 1]) for r, (ids, prefix) in enumerate(rows) for i in range(prefix - 1, len(ids) - 1)]
        return ids, torch.tensor([p for _, p in rows]), torch.tensor(places)

    def pick(self, count: int, rng: np.random.Generator):
        """Random ones of about one length."""
        rows = []
        while len(rows) < 4 * count:
            row = self.encoded(*self.rows[rng.integers(len(self.rows))])
            if len(row[0]) <= LONGEST:
                rows.append(row)
        rows.sort(key=lambda row: len(row[0]))
        start = rng.integers(4) * count
        return self.padded(rows[start:start + count])
