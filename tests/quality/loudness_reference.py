"""A film's loudness and faults as this project finds them, and as FFmpeg's own filters do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
from tests.stage_films import made, rows
from tests.watching import watch

from cinedex.media.probe import probe
from cinedex.stages.loudness import LoudnessMeter
from cinedex.stages.programme import Programmes
from cinedex.stages.soundfaults import SoundFaults
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Flag, Level, Loudness, Programme

Stretch = tuple[float, float]
"""Start and end in seconds."""


@dataclass
class Heard:
    """What is said of a film; `cpu` is the meter's own CPU time a minute of film."""

    measures: dict[str, float]
    flags: list[Flag] = field(default_factory=list)
    rows: list[Loudness] = field(default_factory=list)
    movie: Movie | None = None
    cpu: float = 0.0

    def stretches(self, label: str) -> list[Stretch]:
        return [(f.start.seconds, f.end.seconds) for f in self.flags if f.label == label]


def ours(path: Path) -> Heard:
    """By the stages, over the whole film in one pass."""
    movie, meter = probe(path), LoudnessMeter()
    assert meter.view is not None
    chunks = watch(movie, {"loudness": meter.view})["loudness"]
    began = time.process_time()
    tables = made(meter, movie, chunks)
    spent = time.process_time() - began
    loudness, levels = rows(tables, Loudness), rows(tables, Level)
    found = rows(made(Programmes(), movie, tracks={Loudness: loudness}), Programme)
    flags = rows(made(SoundFaults(), movie, tracks={Level: levels}), Flag)
    measures = {row.measure: row.value for row in found}
    return Heard(measures, flags, loudness, movie, spent / movie.duration.seconds * 60)


def theirs(path: Path) -> dict[str, float]:
    """Integrated loudness, range and true peak (dBTP) by FFmpeg's `ebur128`."""
    last: dict[str, str] = {}
    for frame in _filtered(path, "ebur128", "metadata=1:peak=true:framelog=quiet"):
        last |= frame.metadata
    named = {"I": "integrated-loudness", "LRA": "loudness-range", "true_peak": "true-peak"}
    found = {name: float(last[f"lavfi.r128.{key}"]) for key, name in named.items() if f"lavfi.r128.{key}" in last}
    if "true-peak" in found:
        found["true-peak"] = 20 * float(np.log10(max(found["true-peak"], 1e-6)))
    return found


def their_silence(path: Path) -> list[Stretch]:
    """By FFmpeg's `silencedetect` below -60 dB for two seconds."""
    found: list[Stretch] = []
    opened: float | None = None
    last = 0.0
    for frame in _filtered(path, "silencedetect", "n=-60dB:d=2"):
        last = frame.time + frame.samples / frame.sample_rate
        start, end = (frame.metadata.get(f"lavfi.silence_{edge}") for edge in ("start", "end"))
        if end is not None and opened is not None:
            found.append((opened, float(end)))
            opened = None
        if start is not None and (end is None or float(start) > float(end)):
            opened = float(start)
    return [*found, (opened, last)] if opened is not None else found


def _filtered(path: Path, name: str, options: str) -> Iterator[Any]:
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        graph: Any = None
        for frame in _decoded(container, stream):
            if graph is None:
                graph = av.filter.Graph()
                source = graph.add_abuffer(
                    sample_rate=frame.sample_rate,
                    format=frame.format.name,
                    layout=frame.layout.name,
                    time_base=stream.time_base,
                )
                tested, sink = graph.add(name, options), graph.add("abuffersink")
                source.link_to(tested)
                tested.link_to(sink)
                graph.configure()
            graph.push(frame)
            yield from _ready(graph)
        if graph is not None:
            graph.push(None)
            yield from _ready(graph)


def _decoded(container: Any, stream: Any) -> Iterator[Any]:
    """What can be decoded; files of a corpus begin and end in the middle of things."""
    for packet in container.demux(stream):
        try:
            yield from packet.decode()
        except av.error.InvalidDataError:
            continue


def _ready(graph: Any) -> Iterator[Any]:
    while True:
        try:
            yield graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
