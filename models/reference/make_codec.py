"""Writes core/tests/golden/codec: a narrow mask VQ-VAE with the published structure and key names.

Structure: big_vision, evaluators/proj/paligemma/transfers/segmentation.py (decoder) and
pp/proj/paligemma/segmentation.py (encoder), after "All in Tokens", arXiv 2301.02229. Only widths differ here.
"""

import io

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from common import folder, save_json, save_tensors

PUBLISHED = {"dim": 512, "channels": [16, 32, 64, 128]}  # vae-oid.npz
PUBLISHED_BYTES = 8_479_556
NARROW = {"dim": 32, "channels": [2, 4, 8, 16]}
CODES = 128
BOXES = [(40, 23), (91, 70)]  # (width, height): smaller and larger than 64


def conv_shapes(name, out, into, kernel):
    return {f"{name}.weight": (out, into, kernel, kernel), f"{name}.bias": (out,)}


def transposed_shapes(name, out, into, kernel):
    """torch stores a transposed convolution's weight as [in, out, k, k]."""
    return {f"{name}.weight": (into, out, kernel, kernel), f"{name}.bias": (out,)}


def block_shapes(name, width):
    conv = lambda n, kernel: conv_shapes(f"{name}.net.{n}", width, width, kernel)
    return conv(0, 3) | conv(2, 3) | conv(4, 1)


def shapes(dim, channels):
    """Key -> shape of a whole codec; gaps in the numbering are ReLUs."""
    found, wide = {}, channels[-1]
    for n, (into, out) in enumerate(zip([1] + channels, channels)):
        found |= conv_shapes(f"encoder.{2 * n}", out, into, 4)
    found |= block_shapes("encoder.8", wide) | block_shapes("encoder.9", wide)
    found |= conv_shapes("encoder.10", dim, wide, 1) | conv_shapes("decoder.0", wide, dim, 1)
    found |= block_shapes("decoder.2", wide) | block_shapes("decoder.3", wide)
    widths = [wide] + channels[::-1]
    for n, (into, out) in enumerate(zip(widths, widths[1:])):
        found |= transposed_shapes(f"decoder.{4 + 2 * n}", out, into, 4)
    found |= conv_shapes("decoder.12", 1, widths[-1], 1)
    return found | {"_vq_vae._embedding": (CODES, dim)}


def training_leftovers(dim):
    """Moving averages that the published file also holds; nothing reads them."""
    return {"_vq_vae._ema_cluster_size": (CODES,), "_vq_vae._ema_w": (CODES, dim)}


def npz_bytes(tensors):
    file = io.BytesIO()
    np.savez(file, **tensors)
    return file.getvalue()


def check_published_shapes():
    """With the leftovers these shapes fill exactly the published number of bytes."""
    full = shapes(**PUBLISHED) | training_leftovers(PUBLISHED["dim"])
    assert len(npz_bytes({k: np.zeros(v, np.float32) for k, v in full.items()})) == PUBLISHED_BYTES
    return full


def random_weights(rng):
    """f32 tensors that f16 can hold, scaled so that signals keep their size through the ReLUs."""
    out = {}
    for name, shape in shapes(**NARROW).items():
        # A 4×4 stride-2 transposed convolution feeds each output from 4 taps of every input channel.
        fan_in = shape[0] * 4 if name.startswith("decoder") and shape[2:] == (4, 4) else np.prod(shape[1:])
        scale = 0.2 if name.endswith("bias") else (2.0 / fan_in) ** 0.5
        out[name] = (scale * torch.randn(shape, generator=rng)).half().float()
    return out


def resblock(w, name, x):
    """conv3 - relu - conv3 - relu - conv1, added to the input; no ReLU after the sum."""
    y = x
    for n, pad in (("0", 1), ("2", 1), ("4", 0)):
        y = F.conv2d(F.relu(y) if n != "0" else y, w[f"{name}.net.{n}.weight"], w[f"{name}.net.{n}.bias"], padding=pad)
    return x + y


def encode(w, masks):
    """[B, 64, 64] in 0..1 -> encoder output [B, 16, dim], grid rows first."""
    x = 2.0 * (masks[:, None] - 0.5)
    for n in (0, 2, 4, 6):
        x = F.relu(F.conv2d(x, w[f"encoder.{n}.weight"], w[f"encoder.{n}.bias"], stride=2, padding=1))
    x = resblock(w, "encoder.9", resblock(w, "encoder.8", x))
    x = F.conv2d(x, w["encoder.10.weight"], w["encoder.10.bias"])
    return x.flatten(2).transpose(1, 2)


def nearest(w, encoded):
    """-> codes [B, 16] and by how much (squared distance) the best beats the second best."""
    distance = (encoded[:, :, None] - w["_vq_vae._embedding"]).pow(2).sum(-1)
    best = distance.topk(2, largest=False)
    return best.indices[..., 0], (best.values[..., 1] - best.values[..., 0]).min()


def decode(w, codes):
    """[B, 16] -> mask logits [B, 64, 64], trained towards -1..1; the mask is where they are > 0."""
    x = w["_vq_vae._embedding"][codes].transpose(1, 2).unflatten(2, (4, 4))
    x = F.relu(F.conv2d(x, w["decoder.0.weight"], w["decoder.0.bias"]))
    x = resblock(w, "decoder.3", resblock(w, "decoder.2", x))
    for n in (4, 6, 8, 10):
        x = F.relu(F.conv_transpose2d(x, w[f"decoder.{n}.weight"], w[f"decoder.{n}.bias"], stride=2, padding=1))
    return F.conv2d(x, w["decoder.12.weight"], w["decoder.12.bias"])[:, 0]


def blob(rng, width, height):
    """A union of ellipses as u8 0 / 255 [height, width]."""
    y, x = np.mgrid[0:height, 0:width]
    mask = np.zeros((height, width), bool)
    for _ in range(rng.integers(1, 4)):
        cx, cy = rng.uniform(0.2, 0.8, 2) * (width, height)
        rx, ry = rng.uniform(0.1, 0.4, 2) * (width, height)
        mask |= ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1
    return mask.astype(np.uint8) * 255


def resized(values, width, height):
    """Pillow's antialiased bilinear on f32 [h, w] -> [height, width]."""
    image = Image.fromarray(np.asarray(values, np.float32))
    return torch.from_numpy(np.array(image.resize((width, height), Image.Resampling.BILINEAR)))


def sample_masks():
    """u8 [8, 64, 64]: six hard-edged, two with grey edges as a resized crop has."""
    rng = np.random.default_rng(5)
    hard = [blob(rng, 64, 64) for _ in range(6)]
    soft = [resized(blob(rng, w, h), 64, 64).round().numpy().astype(np.uint8) for w, h in ((150, 90), (31, 47))]
    return torch.from_numpy(np.stack(hard + soft))


def fit_codebook(w, rng):
    """Codes near what the encoder says, so that masks use many of them."""
    masks = np.stack([blob(np.random.default_rng(100 + i), 64, 64) for i in range(64)])
    said = encode(w, torch.from_numpy(masks) / 255).flatten(0, 1)
    picked = said[torch.randperm(len(said), generator=rng)[:CODES]]
    noise = 0.3 * said.std() * torch.randn(picked.shape, generator=rng)
    w["_vq_vae._embedding"] = (picked + noise).half().float()


def fit_output(w, codes):
    """Scales and shifts the last layer so that logits have mean 0 and spread 0.7, as a trained codec's."""
    out = decode(w, codes)
    gain = 0.7 / out.std()
    w["decoder.12.weight"] = (w["decoder.12.weight"] * gain).half().float()
    w["decoder.12.bias"] = ((w["decoder.12.bias"] - out.mean()) * gain).half().float()


def box_goldens(decoded):
    """Decoded logits resized into a box, and a drawn mask cut out and resized to 64×64 (still 0..255)."""
    drawn = blob(np.random.default_rng(9), 90, 57)
    fits = {f"in_box.{w}x{h}": resized(decoded[0].numpy(), w, h) for w, h in BOXES}
    return fits | {"drawn": torch.from_numpy(drawn), "drawn_64": resized(drawn, 64, 64)}


def save_weights(w):
    path = folder("codec")
    save_tensors(path / "mask_codec.safetensors", w)
    leftovers = {k: np.ones(v, np.float32) for k, v in training_leftovers(NARROW["dim"]).items()}
    (path / "mask_codec.npz").write_bytes(npz_bytes({k: v.numpy() for k, v in w.items()} | leftovers))


def main():
    rng = torch.Generator().manual_seed(71)
    w, masks = random_weights(rng), sample_masks()
    fit_codebook(w, rng)
    encoded = encode(w, masks / 255)
    codes, lead = nearest(w, encoded)
    assert lead > 1e-3 and len(codes.unique()) > 30, (lead, codes.unique())
    random_codes = torch.randint(0, CODES, (2, 16), generator=rng)
    fit_output(w, torch.cat([codes, random_codes]))
    decoded = decode(w, codes)
    save_weights(w)
    save_tensors(folder("codec") / "golden.safetensors", {
        "masks": masks, "encoded": encoded, "codes": codes, "decoded": decoded,
        "alpha.0": (decoded[0] * 0.5 + 0.5).clamp(0, 1),
        "random_codes": random_codes, "random_decoded": decode(w, random_codes), **box_goldens(decoded),
    })
    save_json(folder("codec") / "published_shapes.json", {k: list(v) for k, v in check_published_shapes().items()})
    print(f"code lead {lead:.3g}, codes used {len(codes.unique())}, logits {decoded.min():.2f}..{decoded.max():.2f}")


if __name__ == "__main__":
    with torch.no_grad():
        main()
