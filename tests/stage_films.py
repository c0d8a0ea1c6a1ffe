"""Films that exist only as arrays, and what a stage makes of them: the runner's part of the work, nothing decoded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from hypothesis import strategies as st

from cinedex.media.views import Chunk, FrameChunk
from cinedex.stages.base import Inputs, Stage
from cinedex.timeline import arrow
from cinedex.timeline.movie import AudioStream, Movie, VideoStream
from cinedex.timeline.rows import Row, Shot
from cinedex.timeline.time import FLICKS_PER_SECOND, ZERO, Rate, Span, Time
from cinedex.timeline.track import Maker, Track

Pixels = npt.NDArray[np.uint8]


def movie(duration: Time, *, video: bool = True, audio: bool = False) -> Movie:
    """A film of one picture stream, one sound stream, both or neither."""
    picture = VideoStream(
        index=0,
        codec="none",
        width=48,
        height=27,
        display=(48, 27),
        rotation=0,
        rate=Rate(24),
        variable=False,
        start=ZERO,
        duration=duration,
        frames=None,
        pixel_format="rgb24",
        bits=8,
        interlaced=False,
        color_range="full",
        color_space="",
        color_transfer="",
        hdr=None,
    )
    sound = AudioStream(
        index=1,
        codec="none",
        rate=16000,
        channels=1,
        layout="mono",
        language=None,
        title=None,
        start=ZERO,
        duration=duration,
        default=True,
    )
    return Movie(
        id="0" * 16,
        uri="nowhere",
        name="made.mkv",
        size=1,
        container="none",
        duration=duration,
        video=picture if video else None,
        audio=(sound,) if audio else (),
    )


@dataclass
class ArrayFilm:
    """Pictures (uint8 [n, height, width, 3]) with their times in flicks; what `chunks` gives is what a pass would."""

    pixels: Pixels
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    movie: Movie = field(init=False)

    def __post_init__(self) -> None:
        self.movie = movie(Time(int(self.ends[-1])) if len(self.ends) else ZERO)

    @classmethod
    def steady(cls, pixels: Pixels, rate: int = 24) -> ArrayFilm:
        """A film of constant rate."""
        starts = np.arange(len(pixels), dtype=np.int64) * (FLICKS_PER_SECOND // rate)
        return cls(pixels, starts, starts + FLICKS_PER_SECOND // rate)

    @classmethod
    def held(cls, pixels: Pixels, seconds: Sequence[float]) -> ArrayFilm:
        """A film whose pictures are shown for as long as `seconds` say."""
        ends = np.cumsum([int(Time.from_seconds(s)) for s in seconds]).astype(np.int64)
        return cls(pixels, np.concatenate(([0], ends[:-1])).astype(np.int64), ends)

    def chunks(self, around: Span, size: int = 32) -> Iterator[FrameChunk]:
        """The pictures that start inside `around` (all of them for the whole film)."""
        inside = np.flatnonzero((self.starts >= int(around.start)) & (self.starts < int(around.end)))
        if around == self.movie.span:
            inside = np.arange(len(self.starts))
        for at in range(0, len(inside), size):
            some = inside[at : at + size]
            yield FrameChunk(
                self.starts[some], self.ends[some], some.astype(np.int64), some % 12 == 0, self.pixels[some]
            )


def made(
    stage: Stage,
    film: Movie,
    chunks: Iterable[Chunk] = (),
    *,
    span: Span | None = None,
    tracks: Mapping[type[Row], Sequence[Row]] | None = None,
    models: Any = None,
) -> dict[str, pa.Table]:
    """What the runner would store of a stage's answer for `span`, by kind."""
    span = span or film.span
    given = {row: Track.of(row, rows, Maker("test", 1)) for row, rows in (tracks or {}).items()}
    inputs = Inputs(film, span, iter(chunks), given, models)
    found: dict[str, list[pa.Table]] = {row.kind: [arrow.table(row, [])] for row in stage.makes}
    for item in stage.run(inputs):
        table = item if isinstance(item, pa.Table) else arrow.table(type(item), [item])
        found[arrow.kind_of(table.schema)[0]].append(table)
    return {row.kind: _kept(_ordered(found[row.kind]), span, film) for row in stage.makes}


def _ordered(parts: Sequence[pa.Table]) -> pa.Table:
    return pa.concat_tables(parts).sort_by([("start", "ascending"), ("end", "ascending")]).combine_chunks()


def _kept(table: pa.Table, span: Span, film: Movie) -> pa.Table:
    """Rows that start in the span; the first and the last reel keep what lies before and after the film."""
    starts = table.column("start").to_numpy()
    first, last = span.start <= film.span.start, span.end >= film.span.end
    return table.filter(((starts >= int(span.start)) | first) & ((starts < int(span.end)) | last)).combine_chunks()


def watched(stage: Stage, film: ArrayFilm, span: Span | None = None, *, size: int = 32, **given: Any) -> dict[str, Any]:
    """The same for a stage that watches the dense pass."""
    span = span or film.movie.span
    around = span.grow(stage.halo or ZERO) & film.movie.span or span
    return made(stage, film.movie, film.chunks(around, size), span=span, **given)


def shots_of(seconds: Sequence[float]) -> list[Shot]:
    """Consecutive shots of these lengths, the first at the start of the film."""
    edges = [ZERO, *accumulate(Time.from_seconds(s) for s in seconds)]
    return [
        Shot(start=a, end=b, number=i, opening="cut" if i else "start", score=1.0)
        for i, (a, b) in enumerate(pairwise(edges))
    ]


def merged(parts: Sequence[dict[str, pa.Table]]) -> dict[str, pa.Table]:
    """The tables of consecutive reels as one."""
    return {kind: _ordered([p[kind] for p in parts]) for kind in parts[0]}


@st.composite
def cuttings(draw: st.DrawFn, film: Span) -> list[Span]:
    """Ways to cut a film into reels."""
    inside = st.integers(min_value=int(film.start) + 1, max_value=int(film.end) - 1)
    cuts = sorted(draw(st.sets(inside, max_size=4)))
    edges = [int(film.start), *cuts, int(film.end)]
    return [Span(Time(a), Time(b)) for a, b in pairwise(edges)]


def rows(tables: Mapping[str, pa.Table], row: type[Row]) -> list[Any]:
    """The rows of one kind."""
    return arrow.rows(row, tables[row.kind])
