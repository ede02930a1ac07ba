"""What each adapter is trained with: the settings of the article this follows, unless the command line says otherwise.

LoRA of rank 8 and alpha 8, dropout 0.1 on the linear layers of attention and MLP; learning rate 2e-5; gradients of 4
batches added up. What the article leaves open has the Trainer's default (AdamW, a rate that falls linearly to zero).
"""

from dataclasses import dataclass

BASE = "google/paligemma-3b-mix-224"

# By PEFT's rule a name stands for every layer that ends in it: q, k and v are those of the vision tower, too.
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
RANK, ALPHA, DROPOUT = 8, 8, 0.1
RATE, ACCUMULATE = 2e-5, 4


@dataclass(frozen=True)
class Task:
    batch: int   # samples a card and step
    epochs: int


TASKS = {
    "segment": Task(batch=12, epochs=10),
    "detect": Task(batch=12, epochs=10),
    "dispose": Task(batch=8, epochs=8),
    "highlight": Task(batch=8, epochs=8),
}
