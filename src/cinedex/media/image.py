"""Small stills as files: JPEG bytes from arrays, and arrays from such bytes."""

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
