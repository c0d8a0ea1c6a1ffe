"""Small stills as files: JPEG bytes from arrays, and smaller ones from such bytes."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

_LARGEST = 4096


def jpeg(pixels: npt.NDArray[np.uint8], *, quality: int = 80) -> bytes:
    """A JPEG of uint8 [height, width, 3] or [height, width]; the same bytes for the same picture."""
    if max(pixels.shape[:2]) > _LARGEST:
        raise ValueError(f"a still of {pixels.shape[1]}x{pixels.shape[0]} is larger than {_LARGEST} pixels a side")
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


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
