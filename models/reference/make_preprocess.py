"""Writes core/tests/golden/preprocess: images, what Hugging Face's SigLIP processor makes of them, EXIF turns."""

import numpy as np
import torch
from PIL import Image, ImageOps
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

from common import folder, noise_image, save_json, save_tensors

SIZE = 56
LARGE = "landscape"  # the one image that is also resized to 224
ORIENTATION = 0x0112
# What to do to the upright picture so that a viewer who obeys the tag sees it upright again.
STORED_AS = {
    1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def with_alpha(pixels):
    """Alpha from 0 to 255 across, over colours that show whether it is dropped or blended."""
    alpha = np.tile(np.linspace(0, 255, pixels.shape[1]).round().astype(np.uint8), (pixels.shape[0], 1))
    return Image.fromarray(np.dstack([pixels, alpha]))


def images():
    """Name -> Pillow image. Sizes in the names' order: wide, tall, shrunk, grown, a line, grey, with alpha, palette."""
    rgb = lambda seed, width, height: Image.fromarray(noise_image(seed, width, height))
    return {
        "landscape": rgb(1, 97, 61),
        "portrait": rgb(2, 45, 120),
        "large": rgb(3, 230, 150),
        "small": rgb(4, 20, 17),
        "line": rgb(5, 1, 30),
        "grey": rgb(6, 64, 80).convert("L"),
        "alpha": with_alpha(noise_image(7, 70, 50)),
        "palette": rgb(8, 33, 40).quantize(16),
    }


def processed(image, size):
    """The processor's pixel_values [3, size, size], f32 in -1..1."""
    processor = SiglipImageProcessorPil(size={"height": size, "width": size})
    return torch.from_numpy(processor(image, return_tensors="np")["pixel_values"][0])


def to_bytes(pixel_values):
    """The u8 [h, w, 3] that the processor had after resizing; normalising loses nothing of it."""
    pixels = (pixel_values + 1) * 127.5
    assert (pixels - pixels.round()).abs().max() < 1e-3
    return pixels.round().to(torch.uint8).permute(1, 2, 0)


def make_resized():
    tensors, about = {}, []
    for name, image in images().items():
        image.save(folder("preprocess") / f"{name}.png", optimize=True)
        # transformers up to 5.0 drops alpha, as we do; 5.23 lays the image on white unless it is RGB already.
        values = processed(image.convert("RGB"), SIZE)
        tensors[f"{name}.resized"] = to_bytes(values)
        if image.mode == "RGBA":
            tensors[f"{name}.on_white"] = to_bytes(processed(image, SIZE))
        about.append({"image": f"{name}.png", "width": image.width, "height": image.height, "mode": image.mode})
        if name == LARGE:
            tensors[f"{name}.pixel_values"] = values
            large = to_bytes(processed(image, 224)).numpy()
            Image.fromarray(large).save(folder("preprocess") / f"{name}.224.png", optimize=True)
    save_tensors(folder("preprocess") / "golden.safetensors", tensors)
    save_json(folder("preprocess") / "images.json", about)


def block_picture():
    """24×16 of flat 8×8 blocks, all different: JPEG keeps it to within a few levels however it is turned."""
    colours = np.array([[[230, 20, 30], [20, 200, 40], [30, 40, 220]], [[240, 230, 20], [10, 10, 10], [250, 250, 250]]])
    return Image.fromarray(colours.repeat(8, 0).repeat(8, 1).astype(np.uint8))


def save_jpeg(image, name, orientation=None):
    exif = Image.Exif()
    if orientation is not None:
        exif[ORIENTATION] = orientation
    path = folder("preprocess") / name
    image.save(path, quality=95, subsampling=0, exif=exif)
    seen = np.asarray(ImageOps.exif_transpose(Image.open(path)), int)
    assert np.abs(seen - np.asarray(block_picture(), int)).max() <= 3, name


def make_turned():
    upright = block_picture()
    upright.save(folder("preprocess") / "upright.png", optimize=True)
    for tag, turn in STORED_AS.items():
        save_jpeg(upright if turn is None else upright.transpose(turn), f"orientation_{tag}.jpg", tag)
    save_jpeg(upright, "orientation_none.jpg")
    save_jpeg(upright, "orientation_9.jpg", 9)  # not a turn the standard knows: left as it is


if __name__ == "__main__":
    make_resized()
    make_turned()
