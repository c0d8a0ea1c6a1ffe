"""What stages that work on whole arrays share: chunks of the one sort they asked for, and tables made from columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from cinedex.media.views import Chunk, Frames
from cinedex.timeline.arrow import schema
from cinedex.timeline.rows import Row

TINY = Frames(height=27, width=48, exact=True)
"""The smallest pictures, which measures of light and the shot detector take: equal views are converted once."""

ChunkType = TypeVar("ChunkType", bound=Chunk)


def expect(sort: type[ChunkType], chunks: Iterable[Chunk]) -> Iterator[ChunkType]:
    """The chunks, which are of the sort that the stage's view promises. Raises TypeError for another."""
    for chunk in chunks:
        if not isinstance(chunk, sort):
            raise TypeError(f"asked for {sort.__name__} and got {chunk!r}")
        yield chunk


def row_table(row: type[Row], **columns: Any) -> pa.Table:
    """A table of a row kind from arrays of equal length, one for each field but `refs`, which may be left out.

    Makes the rows of a long film in milliseconds, where a Python object each would take seconds. Arrays of Arrow are
    taken as they are.
    """
    shape = schema(row)
    count = len(columns["start"])
    if "refs" not in columns:
        nothing = pa.array([], type=pa.string())
        columns["refs"] = pa.ListArray.from_arrays(np.zeros(count + 1, dtype=np.int32), nothing)
    whole = ((shape.field(name).type, columns[name]) for name in shape.names)
    arrays = [(one if isinstance(one, pa.Array) else pa.array(one)).cast(sort) for sort, one in whole]
    return pa.table(arrays, schema=shape)
