"""A tokenizer.json shaped like PaliGemma's: byte-fallback BPE, then <loc>, <seg> and <image>."""

import json

from tokenizers import AddedToken, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer

SPECIAL = ["<pad>", "<eos>", "<bos>", "<unk>"]
# Gemma has whole runs of newlines as tokens, which is why a prompt's last newline must be tokenised alone.
NEWLINES = ["\n", "\n\n", "\n\n\n"]
BYTES = [f"<0x{b:02X}>" for b in range(256)]
LOCS = [f"<loc{i:04d}>" for i in range(1024)]
SEGS = [f"<seg{i:03d}>" for i in range(128)]

# What the app writes and reads; enough for merges such as "▁glass" or "segment".
CORPUS = [
    "segment plastic ; glass ; paper ; carton ; metal ; foam ; special ; food ; general",
    "detect metal ; plastic bottle ; glass jar ; paper bag ; drink carton ; food can",
    "dispose state clean dirty unsure battery inside yes no parts item lid cap label",
    "highlight tonight collection district bag deposit rule change next month",
    "<s_item>plastic bottle</s_item><s_state>clean</s_state><sep/><s_parts>cap</s_parts>",
]
TRAINED_SIZE = 150


def learn_merges():
    """Ranked (left, right) pairs and the pieces they build on, learnt from CORPUS with spaces as ▁."""
    learner = Tokenizer(BPE())
    # Gemma merges never cross a space, which stays with the word that follows it.
    learner.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    trainer = BpeTrainer(vocab_size=TRAINED_SIZE, show_progress=False, special_tokens=[])
    learner.train_from_iterator([line.replace(" ", "▁") for line in CORPUS], trainer)
    model = json.loads(learner.to_str())["model"]
    pieces = sorted(model["vocab"], key=model["vocab"].get)
    return pieces, [tuple(pair) for pair in model["merges"]]


def build_vocab():
    """Piece -> id, specials first as in Gemma, and the merges (newline runs first, as in Gemma)."""
    pieces, merges = learn_merges()
    pieces = [p for p in pieces if p not in SPECIAL]
    names = SPECIAL + NEWLINES + BYTES + pieces
    newline_merges = [("\n", "\n"), ("\n\n", "\n"), ("\n", "\n\n")]
    return {name: i for i, name in enumerate(names)}, newline_merges + merges


def gemma_added(name):
    return AddedToken(name, special=True, normalized=False)


def build_tokenizer():
    vocab, merges = build_vocab()
    bpe = BPE(vocab=vocab, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    tokenizer = Tokenizer(bpe)
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    tokenizer.add_special_tokens([gemma_added(name) for name in SPECIAL])
    # <loc> and <seg> are plain added tokens in PaliGemma; only <image> is special.
    tokenizer.add_tokens([AddedToken(name, normalized=False) for name in LOCS + SEGS])
    tokenizer.add_special_tokens([gemma_added("<image>")])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A", pair="<bos> $A <bos> $B", special_tokens=[("<bos>", 2)]
    )
    return tokenizer


def encode(tokenizer, text):
    """Ids of `text` alone: no <bos>, which the prefix places itself."""
    return tokenizer.encode(text, add_special_tokens=False).ids


def prefix_ids(tokenizer, prompt, image_tokens):
    """[image × N][bos][prompt]["\\n"], the newline tokenised alone as big_vision does."""
    image = tokenizer.token_to_id("<image>")
    return [image] * image_tokens + [2] + encode(tokenizer, prompt) + encode(tokenizer, "\n")


TOKENIZER_CASES = [
    "",
    "segment plastic ; glass",
    "segment plastic ; glass\n",
    "two\n\nnewlines\n",
    "  leading and  double  spaces ",
    "läuft über ; ガ 🗑️",
    "<loc0000><loc0512><loc1023><loc0007><seg000><seg127> plastic ; <loc0001>",
    "<s_item>plastic bottle</s_item><sep/>",
    "<image><bos>x<eos>",
    "tab\tand\r\n",
]


def tokenizer_cases(tokenizer):
    """Text -> ids and back. `decoded` keeps <loc>/<seg> and drops <bos>, <eos>, <image>."""
    cases = []
    for text in TOKENIZER_CASES:
        ids = encode(tokenizer, text)
        cases.append({"text": text, "ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=True)})
    return cases
