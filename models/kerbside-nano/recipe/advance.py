"""Takes stored views on through the rest of a trained tower, so that the decoder can learn faster on them.

    python advance.py --base WORK/base.pt --views WORK/views --out WORK/views-deep
"""

import argparse
import os
from pathlib import Path

import numpy as np
import torch

from evaluate import load_model
from views import FROZEN


@torch.no_grad()
def advanced(model, features, batch=32):
    """(n, 256, 384) float16 after FROZEN layers -> the same after all."""
    run = lambda x: model.vision_tower.run_layers(x, FROZEN, model.s.vision_layers)
    return np.concatenate([run(torch.from_numpy(np.array(features[i:i + batch])).float()).half().numpy()
                           for i in range(0, len(features), batch)])


def main():
    parser = argparse.ArgumentParser()
    for name in ("base", "views", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(2)
    args.out.mkdir(parents=True, exist_ok=True)
    model = load_model(args.base)
    for table in sorted(args.views.glob("*.npz")):
        done = args.out / table.name
        if ".tmp" in table.name or done.exists():
            continue
        np.save(done.with_suffix(".npy"), advanced(model, np.load(table.with_suffix(".npy"), mmap_mode="r")))
        os.link(table, done)


if __name__ == "__main__":
    main()
