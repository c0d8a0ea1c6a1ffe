"""Which film it is: an id that follows the bytes, not the name."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO

import fsspec

from cinedex.errors import MediaError

_BLOCK = 1 << 20
_WHOLE = 64 * _BLOCK
_BLOCKS = 64


def content_id(uri: str | Path) -> str:
    """An id of the bytes: 'm1-' and 40 hex digits of SHA-256 over the size and the content.

    Files up to 64 MiB are hashed whole: any changed byte gives another id. Of larger ones 64 blocks of 1 MiB are,
    evenly spread from the first byte to the last, so that it takes a moment for a file of any size. Two large files
    get the same id only if they have the same size and agree in all 64 blocks: an edit moves everything after it and
    rewrites the header, another encoding differs everywhere, so in practice only damage to single bytes goes unseen.
    """
    with bytes_of(str(uri)) as file:
        size = file.seek(0, 2)
        digest = hashlib.sha256(f"cinedex content 1 {size}\n".encode())
        whole = size <= _WHOLE
        starts = [0] if whole else [round(i * (size - _BLOCK) / (_BLOCKS - 1)) for i in range(_BLOCKS)]
        for start in starts:
            file.seek(start)
            left = size if whole else _BLOCK
            while left > 0 and (data := file.read(min(left, _BLOCK))):
                digest.update(data)
                left -= len(data)
    return f"m1-{digest.hexdigest()[:40]}"


def size_of(uri: str, name: str) -> int:
    """Bytes in the file. Raises MediaError where it cannot be read."""
    with bytes_of(uri, name) as file:
        return file.seek(0, 2)


def bytes_of(uri: str, name: str | None = None) -> BinaryIO:
    """A local path or an fsspec URL opened for reading. Raises MediaError."""
    film = name or uri.rsplit("/", 1)[-1]
    if "://" not in uri and Path(uri).exists() and not (Path(uri).is_file() or Path(uri).is_dir()):
        raise MediaError("this is a pipe or a device, not a file", film=film, remedy="Save it as a file first.")
    try:
        opened: BinaryIO = fsspec.open(uri, "rb").open() if "://" in uri else Path(uri).open("rb")  # noqa: SIM115 - the caller closes it
    except FileNotFoundError:
        raise MediaError("there is no such file", film=film, remedy="Check the path.") from None
    except IsADirectoryError:
        raise MediaError("this is a folder, not a file", film=film, remedy="Give the film itself.") from None
    except (OSError, ValueError, ImportError) as wrong:
        raise MediaError(f"cannot be read: {wrong}", film=film, remedy="Check the path and its rights.") from wrong
    return opened
