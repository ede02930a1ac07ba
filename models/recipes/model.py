"""PaliGemma with a fresh LoRA adapter: in 4 bits where there is a CUDA card (QLoRA), else as it is."""

import torch
from accelerate import PartialState
from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training
from transformers import AutoProcessor, PaliGemmaForConditionalGeneration

import settings


def number_format():
    """bfloat16 where the card computes with it; float32 elsewhere."""
    return torch.bfloat16 if torch.cuda.is_available() and torch.cuda.is_bf16_supported() else torch.float32


def four_bits():
    """NF4 with doubly quantised scales (Dettmers et al. 2023, arXiv:2305.14314)."""
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
                              bnb_4bit_compute_dtype=number_format())


def load(base: str, quantised: bool, adapter: LoraConfig):
    """The base, frozen, with an adapter that changes nothing yet."""
    # Every process keeps a whole copy on its own card.
    place = {"": PartialState().process_index % torch.cuda.device_count()} if torch.cuda.is_available() else None
    model = PaliGemmaForConditionalGeneration.from_pretrained(
        base, dtype=number_format(), attn_implementation="eager", device_map=place,
        quantization_config=four_bits() if quantised else None)
    if quantised:
        model = prepare_model_for_kbit_training(model, gradient_checkpointing_kwargs={"use_reentrant": False})
    return get_peft_model(model, adapter)


def lora(rank=settings.RANK, alpha=settings.ALPHA, dropout=settings.DROPOUT, targets=None):
    """`targets`: names of layers, or one regular expression over whole paths."""
    return LoraConfig(r=rank, lora_alpha=alpha, lora_dropout=dropout, target_modules=targets or settings.TARGETS,
                      task_type="CAUSAL_LM")


def load_processor(base: str):
    return AutoProcessor.from_pretrained(base)
