"""Items <-> token sequences: `[bos][prompt]["\\n"][suffix][eos]`."""

from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from classes import CLASSES

LOC_BINS, SEG_CODES, CELLS = 1024, 128, 16


@dataclass
class Words:
    """Ids that sequences are made of."""
    tokenizer: Tokenizer
    pad: int = 0
    eos: int = 1
    bos: int = 2

    def __post_init__(self):
        one = lambda text: self.tokenizer.encode(text, add_special_tokens=False).ids
        self.loc0, self.seg0 = (self.tokenizer.token_to_id(t) for t in ("<loc0000>", "<seg000>"))
        self.labels = [one(" " + word) for word in CLASSES]
        assert all(len(ids) == 1 for ids in self.labels)
        self.labels = [ids[0] for ids in self.labels]
        self.joint = one(" ; ")
        self.vocab = self.tokenizer.get_vocab_size()

    def prompt(self, task: str, labels: list[int]) -> list[int]:
        """[bos][prompt][newline]; labels in the order in which they are named."""
        text = task + " " + " ; ".join(CLASSES[i] for i in labels) + "\n"
        return [self.bos] + self.tokenizer.encode(text, add_special_tokens=False).ids

    def item(self, box, codes, label) -> list[int]:
        """Box y1, x1, y2, x2 in 0..1; codes may be empty (task `detect`)."""
        bins = np.clip(np.round(np.asarray(box) * (LOC_BINS - 1)), 0, LOC_BINS - 1).astype(int)
        return [self.loc0 + int(b) for b in bins] + [self.seg0 + int(c) for c in codes] + [self.labels[label]]

    def suffix(self, items) -> list[int]:
        """Items (box, codes, label), largest first, joined by " ; " and closed by eos."""
        out = []
        for n, item in enumerate(items):
            out += (self.joint if n else []) + self.item(*item)
        return out + [self.eos]


def load_words(path) -> Words:
    return Words(Tokenizer.from_file(str(path)))
