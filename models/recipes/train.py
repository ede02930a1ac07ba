"""Trains one adapter of PaliGemma on samples of `cargo xtask data`, on one card or many.

    accelerate launch train.py segment --data SAMPLES --out ADAPTER [--base google/paligemma-3b-mix-224]

Run it again with the same line to go on from the last checkpoint. README.md has the rest.
"""

import argparse
import math
from pathlib import Path

import torch
from accelerate import PartialState
from transformers import Trainer, TrainingArguments, set_seed
from transformers.trainer_utils import get_last_checkpoint

import model as models
import samples
import settings


def parse(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=settings.TASKS)
    parser.add_argument("--data", type=Path, required=True, help="a folder of samples: train-*.parquet, held-out-*.parquet")
    parser.add_argument("--out", type=Path, required=True, help="the adapter's folder; checkpoints lie in it, too")
    parser.add_argument("--base", default=settings.BASE, help="name on the hub, or a folder")
    parser.add_argument("--epochs", type=float, help="the task's by default")
    parser.add_argument("--steps", type=int, help="instead of epochs")
    parser.add_argument("--batch", type=int, help="samples a card and step; the task's by default")
    parser.add_argument("--accumulate", type=int, default=settings.ACCUMULATE, help="batches whose gradients are added up")
    parser.add_argument("--rate", type=float, default=settings.RATE)
    parser.add_argument("--rank", type=int, default=settings.RANK)
    parser.add_argument("--alpha", type=int, default=settings.ALPHA)
    parser.add_argument("--dropout", type=float, default=settings.DROPOUT)
    parser.add_argument("--targets", help="a regular expression over whole layer paths, instead of the seven names")
    parser.add_argument("--save-every", type=int, default=200, help="steps between checkpoints")
    parser.add_argument("--no-quantise", action="store_true", help="keep the base in bfloat16 even where 4 bits are possible")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(argv)


def steps_of(args) -> int:
    """Optimiser steps: a stream does not know its length, so it is counted beforehand."""
    if args.steps:
        return args.steps
    task = settings.TASKS[args.task]
    found = samples.count(args.data, "train", args.task)
    if found == 0:
        raise SystemExit(f"{args.data} has no sample of {args.task} to train on")
    at_once = (args.batch or task.batch) * args.accumulate * PartialState().num_processes
    return math.ceil((args.epochs or task.epochs) * found / at_once)


def arguments(args) -> TrainingArguments:
    task = settings.TASKS[args.task]
    batch = args.batch or task.batch
    has_held_out = samples.count(args.data, "held-out", args.task) > 0
    return TrainingArguments(
        output_dir=str(args.out),
        max_steps=steps_of(args),
        per_device_train_batch_size=batch,
        per_device_eval_batch_size=batch,
        gradient_accumulation_steps=args.accumulate,
        learning_rate=args.rate,
        bf16=models.number_format() == torch.bfloat16,
        use_cpu=not torch.cuda.is_available(),
        logging_steps=1 if args.steps else 10,
        logging_first_step=True,
        save_steps=args.save_every,
        save_total_limit=2,
        eval_strategy="steps" if has_held_out else "no",
        eval_steps=args.save_every,
        # Every process reads the stream and takes its own batches, which are not equally long.
        accelerator_config={"dispatch_batches": False, "split_batches": False},
        remove_unused_columns=False,
        label_names=["labels"],
        report_to=[],
        seed=args.seed,
    )


def main(argv=None):
    args = parse(argv)
    set_seed(args.seed)
    quantised = torch.cuda.is_available() and not args.no_quantise
    adapter = models.lora(args.rank, args.alpha, args.dropout, args.targets)
    trainer = Trainer(
        model=models.load(args.base, quantised, adapter),
        args=arguments(args),
        train_dataset=samples.stream(args.data, "train", args.task, args.seed),
        eval_dataset=held_out(args),
        data_collator=samples.Collator(models.load_processor(args.base)),
    )
    last = get_last_checkpoint(str(args.out)) if args.out.is_dir() else None
    trainer.train(resume_from_checkpoint=last)
    trainer.save_model(str(args.out))
    if trainer.is_world_process_zero():
        print(f"{args.out}: {args.task} adapter for {args.base}, trained on samples of `{samples.origin(args.data)}`")


def held_out(args):
    if samples.count(args.data, "held-out", args.task) == 0:
        return None
    return samples.stream(args.data, "held-out", args.task)


if __name__ == "__main__":
    main()
