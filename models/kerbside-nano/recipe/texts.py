"""Prompts and answers without a photo of their own: the `dispose` and `highlight` forms as sequences.

Only where the form leaves a choice is there anything to learn: tags are written by the grammar, and of a value's
tokens those that no other permitted value shares. So each place has its few permitted tokens, as in the engine.

The prompt's own tokens are told things too while training: each row whether it is the one, each label what it says.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from sequence import Words

LONGEST = 320            # tokens; longer ones are left out
WINDOW = 4               # batches of neighbours by length that one is drawn from
SHORT, GROWN = 0.3, 0.5  # share of the texts, the shortest, that training starts with; when all have come in
WORDS = {"state": ["clean", "dirty", "unsure"], "battery": ["yes", "no", "unsure"]}


def rows_of(prompt):
    """Of each thing of a `dispose` prompt, or of a `highlight` prompt as one: ids of its rows and of their parts."""
    task, rest = prompt.split(" ", 1)
    if task == "highlight":
        return [([fact.split("=")[0] for fact in rest.split(";")], [])]
    things = []
    for thing in rest.split(";"):
        rows = [row for row in thing.split(":", 1)[1].split(",") if row]
        ids = [row.split("=")[0].split("+")[0] for row in rows]
        parts = [part for row in rows for part in row.split("+")[1:]]
        things.append((ids, list(dict.fromkeys(parts))))
    return things


def permitted(prompt, pieces):
    """For each piece of an answer all that could stand in its place: one for what is forced."""
    things, thing, field, listed, out = rows_of(prompt), -1, None, 0, []
    for piece in pieces:
        ids, parts = things[max(thing, 0)]
        if piece in ("<list>", "<list/>"):
            choice, listed = ["<list>", "<list/>"], 0
        elif piece in ("<sep/>", "</list>"):
            choice = ["<sep/>", "</list>"] if listed < len(parts) else [piece]
        elif piece.startswith("<"):
            choice = [piece]
            thing += sum(f"<s_{n}>" in piece for n in range(1, 10))
            field = piece.rsplit("<s_", 1)[-1].rstrip(">") if "<s_" in piece else field
        elif field == "parts":
            choice, listed = parts, listed + 1
        else:
            choice = {"item": ids + ["none", "unsure"], "lead": ids, **WORDS}[field]
        assert piece in choice, (prompt, piece, choice)
        out.append(choice)
    return out


def hints(prompt, pieces):
    """(character, field, value) where the prompt itself decides: each row's start ("row", 0 or 1), each label's last
    character ("item": 0 a row, 1 none, 2 unsure; "state"; "battery")."""
    answer, out = "".join(pieces), []
    said = lambda tag, text: re.search(f"<s_{tag}>(.*?)</s_{tag}>", text).group(1)
    task, rest = prompt.split(" ", 1)
    if task == "highlight":
        at, lead = len(task) + 1, said("lead", answer)
        for fact in rest.split(";"):
            out.append((at, "row", int(fact.split("=")[0] == lead)))
            at += len(fact) + 1
        return out
    at = len(task) + 1
    for number, thing in enumerate(rest.split(";"), 1):
        text, head = said(number, answer), thing.index(":")
        item = said("item", text)
        out.append((at + head - 1, "item", {"none": 1, "unsure": 2}.get(item, 0)))
        out += [(at + head - 1, field, WORDS[field].index(said(field, text))) for field in WORDS]
        row_at = at + head + 1
        for row in thing[head + 1:].split(","):
            if row:
                out.append((row_at, "row", int(re.split("[=+]", row)[0] == item)))
            row_at += len(row) + 1
        at += len(thing) + 1
    return out


@dataclass
class Row:
    """One sequence."""
    ids: list
    prefix: int              # length of bos, prompt and newline
    places: list             # (position, permitted next ids, which of them comes)
    hints: list              # (position, field, value)


@dataclass
class Batch:
    ids: torch.Tensor        # (count, t) padded
    prefix: torch.Tensor     # (count,)
    places: torch.Tensor     # (n, 3): row, position, which choice comes
    choices: torch.Tensor    # (n, most): token ids, -1 where none
    hints: dict              # field -> (m, 3): row, position, value


class Texts:
    """Lines of `cargo xtask data dispose --jsonl`: {"task", "prompt", "pieces" of the answer, "split"}."""

    def __init__(self, path: Path, words: Words, split="train", tasks=("dispose", "highlight"), most=None):
        self.words, self.rows, self.known = words, [], {}
        for line in path.read_text().splitlines():
            row = json.loads(line)
            if row["split"] == split and row["task"] in tasks and (most is None or len(self.rows) < most):
                self.rows.append(self.encoded(row["prompt"], row["pieces"]))
        assert self.rows, f"{path} has no {split} lines of {tasks}"
        self.rows = sorted((row for row in self.rows if len(row.ids) <= LONGEST), key=lambda row: len(row.ids))

    def ids(self, text):
        """Ids of a text by itself."""
        if text not in self.known:
            self.known[text] = self.words.tokenizer.encode(text, add_special_tokens=False).ids
        return self.known[text]

    def encoded(self, prompt, pieces):
        """A sequence. Answers are tokenised piece by piece, as the grammar writes them."""
        said = self.words.tokenizer.encode(prompt + "\n", add_special_tokens=False)
        token = {at: n for n, (start, end) in enumerate(said.offsets, 1) for at in range(start, end)}
        ids = [self.words.bos] + said.ids
        prefix, places = len(ids), []
        for n, (piece, choice) in enumerate(zip(pieces, permitted(prompt, pieces))):
            after = self.ids(pieces[n + 1])[:1] if n + 1 < len(pieces) else [self.words.eos]
            path = self.ids(piece) + after
            others = [self.ids(one) + after for one in choice]
            for j, right in enumerate(path):
                tokens = list(dict.fromkeys(other[j] for other in others if other[:j] == path[:j] and len(other) > j))
                if len(tokens) > 1:
                    places.append((len(ids) + j - 1, tokens, tokens.index(right)))
            ids += path[:-1]
        return Row(ids, prefix, places, [(token[at], *hint) for at, *hint in hints(prompt, pieces)])

    def padded(self, rows):
        longest = max(len(row.ids) for row in rows)
        ids = torch.tensor([row.ids + [self.words.pad] * (longest - len(row.ids)) for row in rows])
        places = [(r, *place) for r, row in enumerate(rows) for place in row.places]
        most = max(len(place[2]) for place in places)
        choices = torch.tensor([place[2] + [-1] * (most - len(place[2])) for place in places])
        told = {}
        for r, row in enumerate(rows):
            for at, field, value in row.hints:
                told.setdefault(field, []).append((r, at, value))
        return Batch(ids, torch.tensor([row.prefix for row in rows]), torch.tensor([(r, i, n) for r, i, _, n in places]),
                     choices, {field: torch.tensor(some) for field, some in told.items()})

    def pick(self, count: int, rng: np.random.Generator, share=1.0):
        """Random ones of nearly one length, of the shortest `share`: little is padded."""
        among = max(count, int(share * len(self.rows)))
        first = max(0, min(rng.integers(among), among - WINDOW * count))
        numbers = rng.integers(first, min(among, first + WINDOW * count), count)
        return self.padded([self.rows[n] for n in numbers])


def grown(share):
    """Share of the texts, the shortest, that a training reads when so much of its time has passed."""
    return min(1.0, SHORT + (1 - SHORT) * share / GROWN)
