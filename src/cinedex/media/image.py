"""Small stills as files: JPEG bytes from arrays, and smaller ones from such bytes."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

_LARGEST = 4096


def jpeg(pixels: npt.NDArray[np.uint8], *, quality: int = 80) -> bytes:
    """A JPEG of uint8 [height, width, 3] or [height, width]; the same bytes for the same picture."""
    if max(pixels.shape[:2]) > _LARGEST:
        raise ValueError(f"a still of {pixels.shape[1]}x{pixels.shape[0]} is larger than {_LARGEST} pixels a side")
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """A PNG of uint8 [height, width, 3] or [height, width]."""
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, "PNG")
    return out.getvalue()


PHOTO_PIXELS = 100_000_000
"""Most pixels of a photograph that is read."""

PHOTO_BYTES = 64 * 2**20


def read_photo(photo: bytes, side: int) -> npt.NDArray[np.uint8]:
    """A photograph as RGB uint8 [height, width, 3], upright, at most `side` pixels each way.

    Raises ValueError with the reason for what is no photograph, or an endless one.
    """
    if len(photo) > PHOTO_BYTES:
        raise ValueError(f"{len(photo) / 2**20:.0f} MiB are too much for a photo, at most {PHOTO_BYTES >> 20} are read")
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(photo), formats=_PHOTOS) as image:
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the next line bounds it
            if image.width * image.height > PHOTO_PIXELS:
                raise ValueError(f"{image.width}x{image.height} pixels are too many for a photo")
            image.draft("RGB", (side, side))
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((side, side), Image.Resampling.LANCZOS)
            return np.asarray(_flat(upright), np.uint8)
    except (OSError, SyntaxError, EOFError, OverflowError, MemoryError, Image.DecompressionBombError) as error:
        raise ValueError(f"this is no photo that can be read ({error})") from error


def stretched(photo: bytes, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """A photograph stretched to (height, width), as looks at films are. Raises ValueError as `read_photo` does."""
    return resized(read_photo(photo, 4 * max(size)), size)


def resized(pixels: npt.NDArray[np.uint8], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """A picture, uint8 [height, width, 3], stretched to (height, width): each pixel the mean of those it covers."""
    return np.asarray(Image.fromarray(pixels).resize(size[::-1], Image.Resampling.BOX), np.uint8)


_PHOTOS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "PPM")


def _flat(image: Image.Image) -> Image.Image:
    """The picture in RGB, on white where it is transparent."""
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        seen = image.convert("RGBA")
        white = Image.new("RGBA", seen.size, "white")
        return Image.alpha_composite(white, seen).convert("RGB")
    return image.convert("RGB")


def thumbnail(still: bytes, width: int, height: int) -> npt.NDArray[np.uint8]:
    """A still as RGB uint8 [height, width, 3], its middle cut out. Raises ValueError for no still."""
    pixels = read_photo(still, 8 * max(width, height))
    fitted = ImageOps.fit(Image.fromarray(pixels), (width, height), Image.Resampling.LANCZOS)
    return np.asarray(fitted, np.uint8)


def smaller(still: bytes, height: int, *, quality: int = 70) -> bytes:
    """A still (any format that Pillow reads) as a JPEG at most `height` pixels high. Raises ValueError for no still."""
    try:
        with Image.open(io.BytesIO(still)) as image:
            image.thumbnail((image.width, height), Image.Resampling.LANCZOS)
            small = image.convert("RGB")
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"not a still: {error}") from error
    out = io.BytesIO()
    small.save(out, "JPEG", quality=quality)
    return out.getvalue()


def reduced(pixels: npt.NDArray[np.uint8], height: int) -> npt.NDArray[np.uint8]:
    """The picture `height` pixels high in its own shape, each pixel the mean of the area that it stands for."""
    width = max(1, round(pixels.shape[1] * height / pixels.shape[0]))
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BOX))


def sheet(tiles: Sequence[tuple[bytes, int, int]], size: tuple[int, int]) -> bytes:
    """Stills on one JPEG, each cut to `size` (width, height) with its corner at (x, y); what is no still stays grey."""
    width, height = size
    whole = Image.new("RGB", (max(x for _, x, _ in tiles) + width, max(y for _, _, y in tiles) + height), "#333")
    for still, x, y in tiles:
        try:
            whole.paste(Image.fromarray(thumbnail(still, width, height)), (x, y))
        except ValueError:
            continue
    out = io.BytesIO()
    whole.save(out, "JPEG", quality=72, optimize=True)
    return out.getvalue()
