"""Writes the seeds from which libFuzzer begins: `python3 fuzz/make_seeds.py`.

Each is small and accepted by what it is fed to; `xtask/tests/fuzz_seeds.rs` holds them to that.
"""

import base64
import json
import shutil
import struct
from pathlib import Path

HERE = Path(__file__).parent
SEEDS = HERE / "seeds"
GOLDEN = HERE.parent / "core/tests/golden"


def write(target, name, *parts):
    """One seed: its parts, NUL between them."""
    path = SEEDS / target / name
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = [part.encode() if isinstance(part, str) else part for part in parts]
    path.write_bytes(b"\0".join(parts))


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# A pack: the smallest PaliGemma there can be.

WIDTH, VOCABULARY = 4, 8


def manifest(**changes):
    def file(role, path):
        return {"role": role, "path": path, "bytes": 1, "sha256": "0" * 64}

    text = {
        "hidden": WIDTH, "layers": 1, "q_heads": 1, "kv_heads": 1, "head_dim": WIDTH, "mlp": WIDTH,
        "vocab": VOCABULARY, "eps": 1e-6, "rope_theta": 10000.0, "query_pre_attn_scalar": 16.0,
        "layer_pattern": ["full"], "hidden_act": "gelu_pytorch_tanh",
    }
    vision = {
        "hidden": WIDTH, "layers": 1, "heads": 1, "mlp": WIDTH, "hidden_act": "gelu_pytorch_tanh",
        "eps": 1e-6,
    }
    architecture = {
        "family": "paligemma", "image_size": 4, "patch_size": 2, "prefix_mode": "joint",
        "projection_dim": WIDTH, "vision": vision, "text": text,
    }
    return {
        "schema": 1, "name": "tiny", "version": "1.0.0", "min_core": "0.1.0", "licence": "MIT",
        "attribution": "nobody", "origin": "random",
        "base": {"id": "kerbside/tiny", "sha256": "0" * 64}, "architecture": architecture,
        "tasks": {"segment": "cut"}, "adapters": [{"id": "cut", "prefix_mode": "joint"}],
        "masks": False, "peak_bytes": 1000,
        "files": [
            file("weights", "weights.safetensors"), file("tokenizer", "tokenizer.json"),
            file("adapter", "adapters/cut/adapter_config.json"),
            file("adapter", "adapters/cut/adapter_model.safetensors"),
        ],
        **changes,
    }


def tensors():
    """(name, rows, columns) as `core/src/pack/tensors.rs` lists them; one row is a vector."""
    def linear(name, rows, cols):
        return [(f"{name}.weight", rows, cols), (f"{name}.bias", 1, rows)]

    def norm(name):
        return [(f"{name}.weight", 1, WIDTH), (f"{name}.bias", 1, WIDTH)]

    yield from linear("vision.patch", WIDTH, 12)
    yield "vision.position", 4, WIDTH
    for part in ["norm1", "norm2"]:
        yield from norm(f"vision.layers.0.{part}")
    for part in ["q", "k", "v", "o", "fc1", "fc2"]:
        yield from linear(f"vision.layers.0.{part}", WIDTH, WIDTH)
    yield from norm("vision.norm")
    yield from linear("projector", WIDTH, WIDTH)
    yield "language.embed", VOCABULARY, WIDTH
    for part in ["q", "k", "v", "o", "gate", "up", "down"]:
        yield f"language.layers.0.{part}.weight", WIDTH, WIDTH
    for part in ["attention_in", "mlp_in"]:
        yield f"language.layers.0.norm.{part}", 1, WIDTH
    yield "language.norm", 1, WIDTH


def weights(kind):
    """How many bytes of numbers, and the header of a weights file whose matrices are of `kind`."""
    entries, packed, at = [], {}, 0
    for name, rows, cols in tensors():
        shape = [cols] if rows == 1 else [rows, cols]
        if rows == 1 or name == "vision.position":
            entries.append((name, "F32", shape, 4 * rows * cols))
        elif kind in ("q4", "q8"):
            # One tile of 16 rows and 32 columns.
            length = -(-{"q4": 288, "q8": 544}[kind] // 64) * 64
            packed[name] = {"kind": kind, "rows": rows, "cols": cols}
            entries.append((name, "U8", [length], length))
        else:
            entries.append((name, kind, shape, {"F32": 4, "F16": 2}[kind] * rows * cols))
    header = {"__metadata__": {"packed": compact(packed)}} if packed else {}
    # Packed tensors stand on cache lines: they come first.
    for name, dtype, shape, length in sorted(entries, key=lambda entry: entry[1] != "U8"):
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + length]}
        at += length
    text = compact(header).encode()
    text += b" " * (-(len(text) + 8) % 64)
    return struct.pack("<IQ", at, len(text)) + text


def packs():
    write("pack", "sample", compact(manifest()), weights("F32"))
    for kind in ["F16", "q4", "q8"]:
        write("pack", kind, "", weights(kind))
    numbers = {
        "place": {"bias": -1.0, "corners": 0.5, "area": 0.25},
        "label": {"bias": -0.5, "label": 0.75}, "floor": 0.25,
    }
    write("pack", "calibrated", compact(manifest(calibration={"segment": numbers})))


# Adapters of that pack.


def adapter(name, dtype="F32", **config):
    # What is zero was never trained, and is refused.
    one = {"F32": b"\0\0\x80\x3f", "F16": b"\0\x3c", "BF16": b"\x80\x3f"}[dtype]
    size = len(one)
    module = "base_model.model.model.language_model.layers.0.self_attn.o_proj"
    header, at = {}, 0
    for half, shape in [("lora_A", [2, WIDTH]), ("lora_B", [WIDTH, 2])]:
        length = size * shape[0] * shape[1]
        header[f"{module}.{half}.weight"] = {
            "dtype": dtype, "shape": shape, "data_offsets": [at, at + length],
        }
        at += length
    text = compact(header).encode()
    text += b" " * (-len(text) % 8)
    config = {
        "peft_type": "LORA", "r": 2, "lora_alpha": 4, "target_modules": ["layers.0.self_attn.o_proj"],
        **config,
    }
    write("adapter", name, compact(config), struct.pack("<Q", len(text)) + text + one * (at // size))


def adapters():
    adapter("plain")
    adapter("half", dtype="F16")
    adapter("brain", dtype="BF16", use_rslora=True, bias="none", lora_dropout=0.1)
    adapter("regex", target_modules=r".*language_model.*\.o_proj")
    adapter("all_linear", target_modules="all-linear")
    adapter("patterns", rank_pattern={"o_proj": 2}, alpha_pattern={"o_proj": 8}, exclude_modules=["q_proj"])
    adapter("layers", target_modules=["o_proj"], layers_to_transform=[0], layers_pattern="layers")


# Rules: one of everything.


def rules():
    def text(words):
        return {"en": words}

    def row(id, **rest):
        return {"id": id, **rest, "source": "page"}

    price = {"amount": "2.50", "currency": "EUR", "as_of": "2026", "source": "page"}
    classes = "glass paper carton metal foam special food general".split()
    files = {
        "pack.json": {
            "id": "tiny", "names": text("Tiny"), "country": "xx", "languages": ["en"],
            "time_zone": "Europe/Zurich", "version": "1", "from": "2026-01-01",
            "until": "2027-12-31", "licence": "CC0-1.0", "zone_question": text("Where?"),
            "contact": {"name": "Town hall", "source": "page"},
        },
        "sources.json": [{
            "id": "page", "title": "Page", "publisher": "Town", "url": "https://example.org",
            "language": "en", "retrieved": "2026-01-01", "verified": None,
        }],
        "zones.json": [{"id": "hill", "names": text("Hill")}, {"id": "lake", "names": text("Lake")}],
        "streams.json": [
            row("rest", names=text("Rest"), icon="rest", residual=True,
                ways=[{"how": "kerb", "bags": ["bag"], "source": "page"}]),
            row("packaging", names=text("Packaging"), icon="packaging", ways=[
                {"how": "drop_off", "place": "island", "until": "2026-12-31", "source": "page"},
                {"how": "kerb", "from": "2027-01-01", "source": "page"},
                {"how": "kerb", "zones": ["lake"], "container": text("yellow bin"), "source": "page"},
            ]),
            row("danger", names=text("Danger"), icon="danger",
                ways=[{"how": "hazardous", "place": "island", "source": "page"}]),
        ],
        "bags.json": [row("bag", names=text("Bag"), sizes=[{"litres": 10, "price": price}],
                          sold_at=text("in shops"))],
        "places.json": [row("island", names=text("the island"))],
        "steps.json": [{"id": "rinse", "text": text("rinse it")}],
        "questions.json": [{"id": "kind", "text": text("Which one?"), "answers": [{"item": "tub"}]}],
        "items.json": [
            {"id": "tub", "names": text("Tub"), "aliases": {"en": ["pot"]}, "classes": ["plastic"]},
            {"id": "tray", "names": text("Tray"), "classes": ["plastic", "foam"]},
        ],
        "rules.json": [
            row("class", classes=["plastic"], then={"ask": "kind"}),
            row("others", then="unknown", classes=classes),
            row("tubs", items=["tub"], then={"stream": "packaging"}, steps=["rinse"]),
            row("trays", items=["tray"], when={"dirty": True}, then={"stream": "rest"}),
            row("clean-trays", items=["tray"], when={"dirty": False}, then={"stream": "packaging"}),
        ],
        "hazards.json": [row("battery-inside", names=text("Battery"), question=text("A battery?"),
                             stream="danger")],
        "schedule.json": {
            "holidays": [{"date": "2026-12-25", "names": text("Christmas"), "source": "page"}],
            "rows": [
                row("weekly", streams=["rest"], when={"weekly": ["monday", "friday"]},
                    **{"from": "2026-01-01"}, until="2026-12-31", holiday="slide_week",
                    **{"except": ["2026-11-30"]}, extra=["2026-12-01"]),
                row("monthly", streams=["packaging"], zones=["hill"],
                    when={"monthly": [{"nth": -1, "weekday": "tuesday"}]}, months=[11, 12],
                    **{"from": "2026-01-01"}, until="2026-12-31", holiday="plus_one"),
                row("every", streams=["packaging"], zones=["lake"],
                    when={"every_weeks": 2, "anchor": "2026-01-07"}, **{"from": "2026-01-01"},
                    until="2026-12-31", moves=[{"from": "2026-12-09", "to": "2026-12-10"}]),
            ],
        },
    }
    parts = [part for name, rows in files.items() for part in (name, compact(rows))]
    write("rules", "tiny", *parts)


# Calendars.


def calendar(*lines, zone=""):
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *([zone] if zone else []), *lines,
                        "END:VCALENDAR", ""])


def event(*lines):
    return "\r\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT"])


def calendars():
    def seed(name, *events, zone=""):
        write("calendar", name, calendar(*events, zone=zone))

    seed("day", event("UID:1", "DTSTART;VALUE=DATE:20260105", "SUMMARY:Restmüll"))
    seed("weekly", event("UID:2", "DTSTART:20260105T060000Z",
                         "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;UNTIL=20261231T000000Z",
                         "EXDATE:20260119T060000Z", "SUMMARY:Papier\\, Karton"))
    seed("monthly", event("UID:3", "DTSTART;TZID=Europe/Berlin:20260105T060000",
                          "RRULE:FREQ=MONTHLY;BYDAY=-1FR,2MO;COUNT=10", "RDATE;VALUE=DATE:20260301",
                          "DTEND;TZID=Europe/Berlin:20260106T060000", "SUMMARY:Bio"),
         zone="X-WR-TIMEZONE:Europe/Berlin")
    seed("yearly", event("UID:4", "DTSTART:20240229", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1",
                         "DURATION:P1D", "SUMMARY:a", " folded line"))
    seed("revised", event("UID:5", "DTSTART:20260105", "SUMMARY:old", "SEQUENCE:0"),
         event("UID:5", "DTSTART:20260106", "SUMMARY:new", "SEQUENCE:1", "STATUS:CANCELLED"),
         event("UID:6", "DTSTART:20260105", "RRULE:FREQ=DAILY;COUNT=3"),
         event("UID:6", "RECURRENCE-ID:20260106", "DTSTART:20260108"))
    seed("zone", "BEGIN:VTIMEZONE\r\nTZID:Ort\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\n"
         "TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE",
         event("DTSTART;TZID=Ort:20260105T000000", "BEGIN:VALARM\r\nTRIGGER:-PT6H\r\nEND:VALARM"))
    write("calendar", "two_files", calendar(event("UID:1", "DTSTART:20260105")),
          calendar(event("UID:1", "DTSTART:20260106", "SEQUENCE:2")))


# Photos.

ONE_PIXEL = {
    "lossy.webp": "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA",
    "lossless.webp": "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==",
}


def photos():
    folder = SEEDS / "photo"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ["line.png", "palette.png", "small.png", "grey.png", "alpha.png", "orientation_6.jpg",
                 "orientation_none.jpg"]:
        shutil.copyfile(GOLDEN / "preprocess" / name, folder / name)
    for name, text in ONE_PIXEL.items():
        write("photo", name, base64.b64decode(text))
    # Width, height, bytes from row to row and from sample to sample, bytes of the first plane; then
    # rotation and kind.
    for name, numbers, turn, length in [("rgba", (2, 2, 8, 4, 0), 0, 16), ("nv21", (4, 2, 4, 1, 0), 2, 16),
                                        ("yuv", (2, 2, 2, 1, 4), 4, 6)]:
        kind = ["rgba", "nv21", "yuv"].index(name)
        # The rotation is in eighths of a turn and stands above the kind, which is its remainder by 3.
        last = next(byte for byte in range(4 * turn, 4 * turn + 4) if byte % 3 == kind)
        write("photo", name, b"P" + struct.pack("<5HB", *numbers, last) + bytes(range(length)))


# What the model writes.


def forms():
    for name, text in {
        "object": "<s_item>bottle</s_item><s_state>clean</s_state>",
        "list": "<list>a<sep/>b<sep/><num>-1.5e3</num></list>",
        "empty": "<s_a><list/></s_a><s_b><object/></s_b><s_c></s_c>",
        "words": "<s_x><true/></s_x><s_y><false/></s_y><s_z><null/></s_z>",
        "escaped": "a &lt;b&gt; &amp; c",
        "nested": "<s_a><list><s_b><list><s_c>1</s_c></list></s_b></list></s_a>",
        "json": compact({"a": [1, 2.5, "x<y", None, True, {}], "b": {"c": []}}),
        "schema": compact({
            "type": "object", "additionalProperties": False, "required": ["item", "parts"],
            "properties": {
                "item": {"enum": ["bottle", "can"]},
                "parts": {"type": "array", "maxItems": 3, "items": {"type": "string", "maxLength": 8}},
            },
        }),
    }.items():
        write("form", name, text)


def detections():
    box = "<loc0010><loc0020><loc0500><loc1023>"
    codes = "".join(f"<seg{code:03}>" for code in range(16))
    write("detections", "box", f"{box} plastic")
    write("detections", "masked", f"{box}{codes} glass")
    write("detections", "several", f"{box}{codes} glass ; {box} metal ; <loc0000><loc0000><loc0001><loc0001> food")


if __name__ == "__main__":
    shutil.rmtree(SEEDS, ignore_errors=True)
    for make in [packs, adapters, rules, calendars, photos, forms, detections]:
        make()
