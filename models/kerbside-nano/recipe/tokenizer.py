"""Makes tokenizer.json: Gemma's shape, a small vocabulary of its own, <loc>, <seg> and <image>.

    python tokenizer.py --out WORK/tokenizer.json
"""

import argparse
import itertools
import json
import random
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from classes import CLASSES, TACO

SPECIAL = ["<pad>", "<eos>", "<bos>", "<unk>"]
BYTES = [f"<0x{b:02X}>" for b in range(256)]
ADDED = ["<image>"] + [f"<loc{i:04d}>" for i in range(1024)] + [f"<seg{i:03d}>" for i in range(128)]
PIECES = 760

ENGLISH = """bottle can cup lid cap jar bag box wrapper film foil tray tube straw cigarette battery shoe rope
aerosol newspaper magazine envelope receipt tissue napkin pizza egg milk juice yoghurt tin crisp packet container
food waste leftovers peel bone coffee tea filter garden residual recycling organic packaging deposit return collection
clean dirty unsure empty rinsed crushed greasy broken inside yes no none not known item items state part parts label
colour bin community district street today tomorrow tonight week month holiday moved from until price free place shop
Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August September
October November December segment detect dispose highlight image photo question answer what is this where the and or of"""

GERMAN = """Flasche Dose Becher Deckel Verschluss Glas Beutel Schachtel Verpackung Folie Schale Tube Zigarette Batterie
Schuh Seil Zeitung Umschlag Taschentuch Pappe Papier Karton Metall Kunststoff Restmüll Biomüll Altpapier Altglas
Gelber Sack Gelbe Tonne Wertstoffhof Pfand Abholung Sperrmüll Sondermüll Schadstoff Essensreste Tonne Straße heute
morgen sauber schmutzig leer Teil Teile Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag Woche Feiertag"""

KEYS = ["item", "items", "label", "state", "parts", "battery", "battery_inside", "confidence", "id", "name",
        "highlight", "lead", "fact", "box", "stream", "key", "value"]


def structured(words, rng):
    """One line in the XML-like form of answers, or the same as JSON."""
    key, value = rng.choice(KEYS), rng.choice(words)
    if rng.random() < 0.5:
        return f"<s_{key}>{value}</s_{key}>" + ("<sep/>" if rng.random() < 0.4 else "")
    return json.dumps({key: value, rng.choice(KEYS): rng.choice(["clean", "dirty", "unsure", "yes", "no"])})


def corpus(seed=0):
    """Prompts, answers and the words of the trade; weights come from repetition."""
    rng = random.Random(seed)
    taco = [c.lower() for names in TACO.values() for c in names]
    words = ENGLISH.split() + GERMAN.split() + taco
    lines = [" " + w for w in words] * 6 + words
    for _ in range(800):
        some = rng.sample(CLASSES, rng.randint(1, len(CLASSES)))
        lines.append(rng.choice(["segment ", "detect "]) + " ; ".join(some))
        lines.append(" " + rng.choice(CLASSES))
        lines.append(structured(words, rng))
        lines.append(f" {rng.randint(0, 31)}.{rng.randint(1, 12)}. {rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}")
        lines.append(f"dispose {rng.choice(CLASSES)} ; {rng.choice(taco)} ; {rng.choice(words)}_{rng.choice(words)}")
    return lines


def trained_pieces():
    """Vocabulary and merges of a byte-pair model over the corpus, words kept apart while counting."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    # Only while training: without it whole lines would become pieces. A word keeps its leading space.
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    trainer = trainers.BpeTrainer(vocab_size=PIECES, special_tokens=[], show_progress=False,
                                  initial_alphabet=[chr(c) for c in range(33, 127)] + ["▁", "\n"] + list("äöüßÄÖÜ€é"))
    tokenizer.train_from_iterator(corpus(), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return list(sorted(model["vocab"], key=model["vocab"].get)), [tuple(m) for m in model["merges"]]


def build() -> Tokenizer:
    pieces, merges = trained_pieces()
    vocab = {t: i for i, t in enumerate(SPECIAL + BYTES + [p for p in pieces if p not in SPECIAL])}
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in SPECIAL])
    tokenizer.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in ADDED])
    return tokenizer


def check(tokenizer) -> None:
    """What the engine and the training count on."""
    ids = lambda text: tokenizer.encode(text, add_special_tokens=False).ids
    assert [tokenizer.token_to_id(t) for t in SPECIAL] == [0, 1, 2, 3]
    for name, count in (("loc%04d", 1024), ("seg%03d", 128)):
        first = tokenizer.token_to_id(f"<{name % 0}>")
        assert [tokenizer.token_to_id(f"<{name % i}>") for i in range(count)] == list(range(first, first + count))
    assert len(ids("\n")) == 1 and ids("segment paper\n")[-1] == ids("\n")[0]
    labels = [ids(" " + word) for word in CLASSES]
    for a, b in itertools.permutations(labels, 2):
        assert b[:len(a)] != a, "one class's tokens begin another's"
    for text in ("segment plastic ; glass", "Müll €2 \t漢", "<s_item>Dose</s_item><sep/>", '{"a": [1, 2]}'):
        assert tokenizer.decode(ids(text)) == text, text
    print("rows", tokenizer.get_vocab_size(), "labels", dict(zip(CLASSES, labels)),
          "prompt", tokenizer.encode("segment " + " ; ".join(CLASSES) + "\n").tokens,
          "joint", tokenizer.encode(" plastic ; <loc0001>").tokens)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    tokenizer = build()
    check(tokenizer)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(args.out))


if __name__ == "__main__":
    main()
