"""Samples of `cargo xtask data …` (Parquet) → batches as PaliGemma is trained on: loss on the suffix only.

A sample has `image` ({bytes, path} or null), `task`, `prompt`, `suffix`, `label` and `split`. It becomes

    [image × N][bos][prompt]["\\n"] | [suffix][eos]
     token_type_ids 0, label -100   |  1, the token itself

which the model reads as a prefix whose tokens see each other and a suffix that is causal.
"""

import io
import json
from pathlib import Path

from datasets import Image as ImageColumn
from datasets import load_dataset
from PIL import Image

IMAGE = "<image>"
# Text-only samples are asked in front of a picture of nothing: mid-grey is 0 to the vision tower.
GREY = (128, 128, 128)
SHUFFLED = 1000  # samples held back to draw from, besides the order of the files


def stream(folder: Path, split: str, task: str, seed: int | None = None):
    """The samples of one task, read as they are needed. With a seed they never end, in another order each time round.

    The Trainer would cut an accumulated batch short at the end of each round, so it is not shown one.
    """
    files = sorted(str(path) for path in folder.glob(f"{split}-*.parquet"))
    if not files:
        raise SystemExit(f"{folder} has no {split}-*.parquet; write it with `cargo xtask data`")
    rows = load_dataset("parquet", data_files=files, split="train", streaming=True)
    # Bytes are passed on: with several processes each decodes only the pictures of its own batches.
    rows = rows.cast_column("image", ImageColumn(decode=False))
    rows = rows.filter(lambda row: row["task"] == task)
    return rows if seed is None else rows.repeat(None).shuffle(seed=seed, buffer_size=SHUFFLED)


def count(folder: Path, split: str, task: str) -> int:
    """How many samples of a task a split has, by reading that one column."""
    import pyarrow.compute as compute
    import pyarrow.parquet as parquet

    columns = (parquet.read_table(path, columns=["task"])["task"] for path in folder.glob(f"{split}-*.parquet"))
    return sum(compute.sum(compute.equal(column, task)).as_py() or 0 for column in columns)


def origin(folder: Path) -> str:
    """The command that wrote the samples, for the adapter's card."""
    path = folder / "dataset_info.json"
    return json.loads(path.read_text()).get("command", "") if path.exists() else ""


def picture(row, size: int) -> Image.Image:
    if row["image"] is None or row["image"]["bytes"] is None:
        return Image.new("RGB", (size, size), GREY)
    return Image.open(io.BytesIO(row["image"]["bytes"])).convert("RGB")


class Collator:
    """Rows → `input_ids`, `attention_mask`, `token_type_ids`, `labels` [batch, tokens], `pixel_values` [batch, 3, s, s]."""

    def __init__(self, processor):
        self.processor = processor
        # Behind the suffix padding changes nothing; in front it would shift every position.
        processor.tokenizer.padding_side = "right"
        self.size = processor.image_processor.size["height"]

    def __call__(self, rows):
        return self.processor(
            images=[picture(row, self.size) for row in rows],
            text=[IMAGE + row["prompt"] for row in rows],
            suffix=[row["suffix"] for row in rows],
            padding="longest",
            return_tensors="pt",
        )
