"""Films run through the stages of camera and defects, without the shot network: shots are given, or the film is one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from cinedex.media.decode import Pass
from cinedex.media.look import LookPass
from cinedex.media.probe import probe
from cinedex.media.views import Frames, Looks
from cinedex.stages.base import Inputs, Stage
from cinedex.timeline import arrow
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Frame, Row, Shot
from cinedex.timeline.time import ZERO, Time
from cinedex.timeline.track import Maker, Track

DATA = Path(__file__).parents[3] / "shared" / "data"

Pixels = npt.NDArray[np.uint8]

Tracks = dict[type[Row], Track[Any]]


def there(name: str) -> Path:
    """A file of the evaluation data; the test is skipped without it."""
    if not (DATA / name).exists():
        pytest.skip(f"{name} is not here")
    return DATA / name


def shots_of(movie: Movie, cuts: Sequence[float] = ()) -> Track[Shot]:
    """Shots between cuts given in seconds."""
    inside = [t for c in cuts if ZERO < (t := Time.from_seconds(c)) < movie.duration]
    edges = [ZERO, *inside, movie.duration]
    rows = [
        Shot(start=a, end=b, number=i, opening="cut" if i else "start", score=1.0)
        for i, (a, b) in enumerate(pairwise(edges))
    ]
    return Track.of(Shot, rows, Maker("test", 1))


def analysed(path: Path, stages: Sequence[Stage], cuts: Sequence[float] = ()) -> tuple[Movie, Tracks]:
    """The tracks that the stages, in an order in which each finds what it needs, make of a film."""
    movie = probe(path)
    tracks: Tracks = {Shot: shots_of(movie, cuts)}
    dense = [s for s in stages if isinstance(s.view, Frames)]
    _together(tracks, movie, dense, Pass(movie, {s.name: s.view for s in dense if isinstance(s.view, Frames)}))
    for stage in stages:
        view = stage.view
        if isinstance(view, Looks):
            source = LookPass(movie, {stage.name: (view, tracks[view.at])}, index=tracks.get(Frame))
            _together(tracks, movie, [stage], source)
        elif view is None:
            _add(tracks, stage, list(stage.run(Inputs(movie, movie.span, tracks=tracks))))
    return movie, tracks


def _together(tracks: Tracks, movie: Movie, stages: Sequence[Stage], source: Pass | LookPass) -> None:
    made: dict[str, list[Any]] = {}

    def consume(stage: Stage) -> None:
        made[stage.name] = list(stage.run(Inputs(movie, movie.span, source.open(stage.name), tracks)))

    if not stages:
        return
    with source:
        threads = [threading.Thread(target=consume, args=(s,), daemon=True) for s in stages]
        for thread in threads:
            thread.start()
        source.run()
        for thread in threads:
            thread.join()
    for stage in stages:
        _add(tracks, stage, made[stage.name])


def _add(tracks: Tracks, stage: Stage, items: Iterable[Any]) -> None:
    made = [i if isinstance(i, pa.Table) else arrow.table(type(i), [i]) for i in items]
    for row in stage.makes:
        tables = [t for t in made if arrow.kind_of(t.schema)[0] == row.kind]
        before = [tracks[row].table] if row in tracks else []
        whole = pa.concat_tables([*before, *tables, arrow.table(row, [])])
        whole = whole.sort_by([("start", "ascending"), ("end", "ascending")]).combine_chunks()
        tracks[row] = Track(whole, Maker(stage.name, stage.version))


def pictures(path: Path, *, width: int, height: int, seconds: tuple[float, float] = (0, 1e9)) -> list[Pixels]:
    """The RGB pictures of a stretch of a film, at a size."""
    found = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        if seconds[0] > 0:
            container.seek(int(seconds[0] * av.time_base))
        for frame in container.decode(stream):
            if frame.time >= seconds[1]:
                break
            if frame.time >= seconds[0]:
                found.append(frame.to_ndarray(format="rgb24", width=width, height=height))
    return found


def write(
    path: Path,
    frames: Iterable[Pixels],
    *,
    rate: Fraction | int = 24,
    crf: int = 18,
    options: Mapping[str, str] | None = None,
) -> Path:
    """A film in H.264 of these pictures."""
    with av.open(str(path), "w") as out:
        stream: Any = None
        for frame in frames:
            if stream is None:
                stream = out.add_stream("libx264", rate=rate)
                stream.height, stream.width = frame.shape[:2]
                stream.pix_fmt = "yuv420p"
                stream.options = {"crf": str(crf), "preset": "veryfast", "threads": "1", **(options or {})}
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
        out.mux(stream.encode(None))
    return path


def changed(frames: Sequence[Pixels], how: Callable[[int, Pixels], Pixels]) -> list[Pixels]:
    """Every picture with its number put through a function."""
    return [how(i, f) for i, f in enumerate(frames)]
