"""What the trainings stand on, held against transformers, peft and the bundled pack.

    KERBSIDE_TEXTS=WRITTEN.jsonl python -m unittest test_recipe

WRITTEN.jsonl holds some lines of `cargo xtask data dispose --jsonl`.
"""

import json
import os
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from safetensors.torch import load_file

import adapter as adapters
import check
import codec as codecs
import from_pack
import losses as L
import written
from batches import sequences
from export import to_transformers, told, write_adapter
from sequence import CELLS, load_words
from texts import LONGEST, SHORT, Texts, grown, hints, permitted, rows_of

PACK = Path(__file__).parent.parent / "pack"
torch.set_num_threads(2)
# What has been learnt to the end has gradients so small that a processor takes many times as long for them.
torch.set_flush_denormal(True)


def base():
    return from_pack.base_of(PACK).eval()


def words():
    return load_words(PACK / "tokenizer.json")


def codec():
    model = codecs.MaskCodec()
    tensors = load_file(PACK / "mask_codec.safetensors")
    model.load_state_dict({name: tensor.float() for name, tensor in tensors.items() if name != "guesses"})
    return model.eval().requires_grad_(False)


def views(count, seed):
    """One bright rectangle on grey noise each: what a view of the stream consists of."""
    rng = np.random.default_rng(seed)
    pixels, boxes = torch.full((count, 3, 224, 224), 0.1), torch.zeros(count, 6, 4)
    labels, masks = torch.full((count, 6), -1), torch.zeros(count, 6, 224, 224)
    for n in range(count):
        (y1, x1), (height, width) = rng.integers(10, 90, 2), rng.integers(50, 120, 2)
        pixels[n, n % 3, y1:y1 + height, x1:x1 + width] = 0.9
        masks[n, 0, y1:y1 + height, x1:x1 + width] = 1
        boxes[n, 0] = torch.tensor([y1, x1, y1 + height, x1 + width]) / 224
        labels[n, 0] = n % 9
    return SimpleNamespace(pixels=pixels, labels=labels, boxes=boxes, masks=masks)


class ThePack(unittest.TestCase):
    def test_taken_apart_it_is_transformers_paligemma(self):
        torch.manual_seed(0)
        model = base()
        joint, isolated, masks = check.differences(model, words(), to_transformers(model, words()))
        self.assertLess(joint, 1e-3)
        self.assertLess(isolated, 1e-3)
        self.assertGreater(masks, 1e-1)

    def test_its_adapter_comes_back_as_peft_wrote_it(self):
        folder = PACK / "adapters" / "segment"
        model, tensors = base(), from_pack.adapter_of(folder)
        theirs = to_transformers(model, words())
        rank = next(tensor.shape[0] for name, tensor in tensors.items() if name.endswith(".a"))
        adapters.attach(model, {"rank": rank, **tensors})
        with tempfile.TemporaryDirectory() as work:
            write_adapter(theirs, model, Path(work) / "segment")
            before, after = (load_file(at / "adapter_model.safetensors") for at in (folder, Path(work) / "segment"))
        self.assertEqual(before.keys(), after.keys())
        for name, tensor in before.items():
            self.assertTrue(torch.equal(tensor, after[name]), name)


class Outlines(unittest.TestCase):
    def test_a_view_is_written_as_the_engine_writes_it(self):
        some, known, masks = views(4, 1), words(), codec()
        batch = sequences(known, masks, some.labels, some.boxes, some.masks, np.random.default_rng(0),
                          [("segment", list(range(9)))] * 4)
        for n, (row, start) in enumerate(zip(batch.ids.tolist(), batch.prefix.tolist())):
            self.assertEqual(row[start - 1], known.tokenizer.encode("\n", add_special_tokens=False).ids[0])
            item, end = row[start:start + 4 + CELLS + 1], row[start + 4 + CELLS + 1]
            box = (torch.tensor(item[:4]) - known.loc0) / 1023
            self.assertLess((box - batch.shown[n]).abs().max().item(), 1e-3)
            self.assertTrue(all(0 <= code - known.seg0 < 128 for code in item[4:-1]))
            self.assertEqual(item[-1], known.labels[int(some.labels[n, 0])])
            self.assertEqual(end, known.eos)
            # A place is told what comes after it.
            self.assertIn([n, start + 3 + CELLS, item[-1]], batch.label.tolist())
            self.assertEqual(batch.loc[4 * n:4 * n + 4].tolist(), [[n, start - 1 + j] for j in range(4)])

    def test_true_codes_draw_the_mask(self):
        some, masks = views(6, 2), codec()
        coverage = sequences(words(), masks, some.labels, some.boxes, some.masks, np.random.default_rng(0),
                             [("segment", list(range(9)))] * 6).coverage
        drawn, true = masks.decode(masks.encode(coverage)) > 0, coverage > 0.5
        iou = (drawn & true).sum((1, 2)) / (drawn | true).sum((1, 2))
        self.assertGreater(iou.min().item(), 0.9)

    def test_the_adapter_learns_and_nothing_else_does(self):
        torch.manual_seed(0)
        model, known, masks, some = base().requires_grad_(False), words(), codec(), views(3, 3)
        adapters.attach(model)
        learned = {name + end: p for name, m in adapters.places(model).items()
                   for end, p in ((".lora_a", m.lora_a), (".lora_b", m.lora_b))}
        before = {name: p.clone() for name, p in model.named_parameters() if name not in learned}
        kept = adapters.seeing(model)(some.pixels)
        optimiser = torch.optim.AdamW(learned.values(), lr=3e-3, weight_decay=0.0)
        sums = []
        for step in range(10):
            loss = L.total(adapters.learn(model, known, masks, some, kept, np.random.default_rng(0)))
            optimiser.zero_grad()
            loss.backward()
            # B begins as zero, so A has a gradient from the second step on.
            silent = [name for name, p in learned.items() if not p.grad.abs().sum() > 0]
            self.assertEqual([name for name in silent if step or name.endswith("b")], [])
            optimiser.step()
            sums.append(loss.item())
        self.assertLess(np.mean(sums[-3:]), 0.7 * np.mean(sums[:2]), sums)
        for name, p in model.named_parameters():
            self.assertTrue(name in learned or torch.equal(p, before[name]), name)


PROMPT = "dispose 1<loc0100><loc0200><loc0700><loc0600>greasy [pizza box]:pizza-box,cardboard=box+lid;" \
         "2<loc0001><loc0002><loc0003><loc0004>thing:"
PIECES = ["<s_1><s_item>", "pizza-box", "</s_item><s_state>", "dirty", "</s_state><s_parts>", "<list/>",
          "</s_parts><s_battery>", "no", "</s_battery></s_1><s_2><s_item>", "none", "</s_item><s_state>", "unsure",
          "</s_state><s_battery>", "unsure", "</s_battery></s_2>"]


class WrittenTasks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.path = Path(os.environ["KERBSIDE_TEXTS"])
        cls.lines = [json.loads(line) for line in cls.path.read_text().splitlines()]

    def test_a_prompt_is_read_for_its_rows(self):
        self.assertEqual(rows_of(PROMPT), [(["pizza-box", "cardboard"], ["lid"]), ([], [])])
        choices = permitted(PROMPT, PIECES)
        self.assertEqual(choices[1], ["pizza-box", "cardboard", "none", "unsure"])
        self.assertEqual(choices[5], ["<list>", "<list/>"])
        self.assertEqual(choices[9], ["none", "unsure"])
        self.assertEqual([len(choices[n]) for n in (0, 2, 3, 7)], [1, 1, 3, 3])

    def test_what_a_prompt_decides_is_told_where_it_stands(self):
        told = hints(PROMPT, PIECES)
        stands = lambda field: [(PROMPT[at:at + 9], value) for at, name, value in told if name == field]
        self.assertEqual(stands("row"), [("pizza-box", 1), ("cardboard", 0)])
        # A label is told at its last character, before the colon.
        self.assertEqual(stands("item"), [("]:pizza-b", 0), ("g:", 1)])
        self.assertEqual(stands("state"), [("]:pizza-b", 1), ("g:", 2)])
        self.assertEqual(stands("battery"), [("]:pizza-b", 1), ("g:", 2)])

    def test_every_line_becomes_the_tokens_of_its_pieces(self):
        known = words()
        some = [line for line in self.lines if line["split"] == "train"]
        texts = Texts(self.path, known)
        encoded = [texts.encoded(line["prompt"], line["pieces"]) for line in some]
        self.assertEqual(len(texts.rows), sum(len(row.ids) <= LONGEST for row in encoded))
        for line, row in zip(some, encoded):
            pieces = [token for piece in line["pieces"] for token in texts.ids(piece)]
            self.assertEqual(row.ids[row.prefix:], pieces)
            for at, choices, right in row.places:
                self.assertEqual((pieces + [known.eos])[at + 1 - row.prefix], choices[right])
                self.assertEqual(len(set(choices)), len(choices))

    def test_an_adapter_and_its_words_learn_an_answer(self):
        torch.manual_seed(0)
        model, known = base().requires_grad_(False), words()
        adapters.attach(model, rank=32)
        texts = Texts(self.path, known, tasks=("dispose",))
        batch, told, table = texts.padded(texts.rows[:8]), L.Told(model.s.width), model.embed_tokens.weight
        free, before = written.free_rows(known, model.s.vocab), table.detach().clone()
        table.requires_grad_(True)
        learned = [p for m in adapters.places(model).values() for p in (m.lora_a, m.lora_b)] + [*told.parameters(), table]
        optimiser, seen = torch.optim.AdamW(learned, lr=4e-3, weight_decay=0.0), []
        for _ in range(30):
            each, right, (loss, shares) = written.losses(model, batch, told)
            optimiser.zero_grad()
            (each.mean() + loss).backward()
            self.assertTrue(all(p.grad.abs().sum() > 0 for p in told.parameters()))
            table.grad *= free
            optimiser.step()
            seen.append((each.mean().item(), right.float().mean().item(), np.mean(list(shares.values()))))
        self.assertLess(seen[-1][0], 0.5 * seen[0][0], seen)
        self.assertGreaterEqual(seen[-1][1], max(0.8, seen[0][1]), seen)
        self.assertGreater(seen[-1][2], seen[0][2], seen)
        # What outlines are written with stays as it was.
        kept = free[:, 0] == 0
        self.assertTrue(torch.equal(table[kept], before[kept]) and not torch.equal(table, before))
        self.assertTrue(kept[known.loc0] and kept[known.seg0] and kept[known.eos] and kept[known.labels].all())

    def test_the_bundled_adapter_answers_better_than_the_base(self):
        model, texts = base(), Texts(self.path, words(), tasks=("dispose",))
        batch = texts.padded(texts.rows[::2])
        with torch.no_grad():
            alone = written.losses(model, batch)[0].mean().item()
            tensors = from_pack.adapter_of(PACK / "adapters" / "dispose")
            rank = next(tensor.shape[0] for name, tensor in tensors.items() if name.endswith(".a"))
            adapters.attach(model, {"rank": rank, **tensors})
            each, right, _ = written.losses(model, batch)
        self.assertLess(each.mean().item(), 0.8 * alone)
        self.assertGreater(right.float().mean().item(), 0.9)

    def test_texts_that_are_read_together_are_about_as_long(self):
        texts = Texts(self.path, words())
        batch = texts.pick(4, np.random.default_rng(0))
        lengths = sorted(len(row.ids) for row in texts.rows)
        self.assertEqual(lengths, [len(row.ids) for row in texts.rows])
        self.assertEqual(batch.ids.shape[0], 4)
        self.assertEqual((grown(0), grown(1)), (SHORT, 1.0))

    def test_the_engine_is_told_that_texts_had_no_photo(self):
        self.assertEqual(told("segment", {}), {})
        self.assertEqual(told("dispose", {"dispose": "0.7"}), {"sees_photo": False, "sure": 0.7})


if __name__ == "__main__":
    unittest.main()
