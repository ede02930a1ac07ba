"""Prints the mean suffix loss of an adapter on the samples of make_training.py, as peft loads and runs it.

    python measure_adapter.py paligemma1 joint ADAPTER-FOLDER
"""

import sys

import torch
from peft import PeftModel

from common import folder
from make_training import step_loss
from tiny_models import load_model
from tiny_tokenizer import build_tokenizer

if __name__ == "__main__":
    kind, mode, adapter = sys.argv[1:]
    model = PeftModel.from_pretrained(load_model(folder(kind) / "hf"), adapter).eval()
    loaded = sum(p.abs().sum().item() > 0 for name, p in model.named_parameters() if ".lora_B." in name)
    with torch.no_grad():
        print(loaded, float(step_loss(model, kind, mode, build_tokenizer())))
