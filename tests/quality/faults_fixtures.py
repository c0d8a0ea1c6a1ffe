"""Black and frozen stretches of a film as this project finds them, and as FFmpeg's own filters do at full size."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pyarrow as pa

from cinedex.media.decode import Pass
from cinedex.media.probe import probe
from cinedex.stages.base import Inputs
from cinedex.stages.faults import Faults
from cinedex.stages.quality import Measures
from cinedex.timeline.rows import Quality
from cinedex.timeline.track import Maker, Track

Stretch = tuple[float, float]
"""Start and end in seconds."""


def ours(path: Path) -> dict[str, list[Stretch]]:
    """By label, from the measures of the pass."""
    movie = probe(path)
    with Pass(movie, {"quality": Measures().view}) as source:
        reader = threading.Thread(target=source.run)
        reader.start()
        tables = list(Measures().run(Inputs(movie, movie.span, source.open("quality"))))
        reader.join()
    measured = Track(pa.concat_tables(tables), Maker("quality", 1))
    found: dict[str, list[Stretch]] = {"black": [], "freeze": []}
    for flag in Faults().run(Inputs(movie, movie.span, tracks={Quality: measured})):
        found[flag.label].append((flag.start.seconds, flag.end.seconds))
    return found


def theirs(path: Path) -> dict[str, list[Stretch]]:
    """By label, from `blackdetect` and `freezedetect` with FFmpeg's defaults; both need two seconds."""
    found: dict[str, list[Stretch]] = {"black": [], "freeze": []}
    opened: dict[str, float] = {}
    last = 0.0
    for frame in _filtered(path):
        last = frame.time
        for label, key in (("black", "lavfi.black"), ("freeze", "lavfi.freezedetect.freeze")):
            start, end = frame.metadata.get(f"{key}_start"), frame.metadata.get(f"{key}_end")
            # One stretch may end and the next begin on the same picture.
            if end is not None and label in opened:
                found[label].append((opened.pop(label), float(end)))
            if start is not None:
                opened[label] = float(start)
    for label, start in opened.items():
        found[label].append((start, last))
    return {label: [s for s in stretches if s[1] - s[0] >= 2] for label, stretches in found.items()}


def _filtered(path: Path) -> Iterator[Any]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        graph = av.filter.Graph()
        source = graph.add_buffer(template=stream)
        black = graph.add("blackdetect", "d=2:pic_th=0.98:pix_th=0.10")
        freeze = graph.add("freezedetect", "n=0.001:d=2")
        sink = graph.add("buffersink")
        source.link_to(black)
        black.link_to(freeze)
        freeze.link_to(sink)
        graph.configure()
        for frame in container.decode(stream):
            graph.push(frame)
            yield from _ready(graph)
        graph.push(None)
        yield from _ready(graph)


def _ready(graph: Any) -> Iterator[Any]:
    while True:
        try:
            yield graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
