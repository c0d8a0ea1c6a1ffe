"""What one worker does: read the tracks a few stages need, watch one reel of a film once for all of them, commit.

A Job is small, picklable data; frames never leave `execute`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from cinedex.errors import CancelledError, CinedexError, StageError
from cinedex.media.captions import captions
from cinedex.media.decode import Pass
from cinedex.media.look import LookPass
from cinedex.media.sound import Listener
from cinedex.media.views import (
    CaptionChunk,
    Captions,
    Chunk,
    FrameChunk,
    Frames,
    Listens,
    Look,
    Looks,
    SampleChunk,
    Samples,
)
from cinedex.run.plan import parameters
from cinedex.stages.base import Inputs, Made, Stage
from cinedex.store import Store
from cinedex.timeline import arrow
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Frame, Row
from cinedex.timeline.time import ZERO, Span, Time
from cinedex.timeline.track import Maker, Track


@dataclass(frozen=True)
class Task:
    """A stage to run and the key of its result; `reads` gives, by kind, the (stage, key) of the tracks it needs."""

    stage: Stage
    key: str
    models: Mapping[str, str] = field(default_factory=dict)
    reads: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """One reading of one stretch of a film for stages whose views can share it."""

    movie: Movie
    tasks: tuple[Task, ...]
    span: Span

    @property
    def whole(self) -> bool:
        """Whether the stretch is the whole film, so that results need no merging."""
        return self.span == self.movie.span


class Models(Protocol):
    """Where a job gets its models."""

    def get(self, name: str) -> Any:
        """A loaded model by name."""
        ...


@dataclass
class Tools:
    """What a worker has: the store, loaded models, threads to decode with, a way to stop and to tell how far it is."""

    store: Store
    models: Models
    threads: int = 0
    stop: threading.Event = field(default_factory=threading.Event)
    progress: Callable[[Time], None] = lambda _: None


@dataclass(frozen=True)
class Outcome:
    """How a stage ended on the stretch: rows made, or the error."""

    rows: int = 0
    seconds: float = 0.0
    error: Exception | None = None


def execute(job: Job, tools: Tools) -> dict[str, Outcome]:
    """Run the job's stages over its stretch and commit what each made; one stage's failure leaves the others alone."""
    with ExitStack() as stack:
        readings = _readings(job, tools, stack)
        runs = [_Run(task, job, tools, readings.get(task.stage.name)) for task in job.tasks]
        threads = [threading.Thread(target=r, name=f"stage-{r.task.stage.name}", daemon=True) for r in runs]
        for thread in threads:
            thread.start()
        broken: Exception | None = None
        for watch in {id(r.source): r.source for r in readings.values() if r.source is not None}.values():
            try:
                watch.run()
            except CinedexError as error:
                broken = error
        for thread in threads:
            thread.join()
        if tools.stop.is_set():
            raise CancelledError("interrupted", film=job.movie.name, remedy="Run again to go on from here.")
        return {r.task.stage.name: r.outcome(broken) for r in runs}


def reel_name(key: str, span: Span) -> str:
    """The name under which a part of a result is kept until the whole is there."""
    return f"{key}.{int(span.start)}-{int(span.end)}"


def described(error: Exception, movie: Movie, stage: str, span: Span) -> CinedexError:
    """An unexpected error as one that names film, stage and time."""
    if isinstance(error, CinedexError):
        return error
    wrapped = StageError(
        f"{type(error).__name__}: {error}",
        film=movie.name,
        stage=stage,
        at=span,
        remedy="This is a fault of the stage or of the film; the other stages go on.",
    )
    wrapped.__cause__ = error
    return wrapped


def merge(movie: Movie, task: Task, reels: list[Span], store: Store) -> int:
    """Join the stored parts of a result into the whole and commit it; gives the number of rows."""
    parts = []
    for reel in reels:
        part = store.read(movie.id, task.stage.name, reel_name(task.key, reel))
        if part is None:
            raise StageError(
                "a finished part is gone from the library", film=movie.name, stage=task.stage.name, at=reel
            )
        parts.append(part)
    tables = {
        row.kind: _sorted(pa.concat_tables([arrow.upgrade(p.tables[row.kind]) for p in parts]), row)
        for row in task.stage.makes
    }
    made = {"cpu_seconds": round(sum(p.manifest["made"]["cpu_seconds"] for p in parts), 3)}
    store.write(movie.id, task.stage.name, task.key, tables, _manifest(task, made))
    for reel in reels:
        store.drop(movie.id, task.stage.name, reel_name(task.key, reel))
    return sum(t.num_rows for t in tables.values())


@dataclass(frozen=True)
class _Reading:
    """How a stage meets the film: chunks of a shared pass, or a listener."""

    source: Pass | LookPass | None = None
    listener: Listener | None = None
    captions: Captions | None = None


def _readings(job: Job, tools: Tools, stack: ExitStack) -> dict[str, _Reading]:
    """Open the film once for all views of one sort that the job's stages ask for."""
    movie, tasks = job.movie, job.tasks
    dense = {t.stage.name: t.stage.view for t in tasks if isinstance(t.stage.view, Frames | Samples)}
    dense = {n: v for n, v in dense.items() if _carries(movie, v)}
    found: dict[str, _Reading] = {}
    if dense:
        halo = max((t.stage.halo or ZERO for t in tasks if t.stage.name in dense), default=ZERO)
        around = job.span.grow(halo) & movie.span or job.span
        source = stack.enter_context(
            Pass(movie, dense, span=None if around == movie.span else around, threads=tools.threads, stop=tools.stop)
        )
        found |= dict.fromkeys(dense, _Reading(source))
    looks = {t.stage.name: t for t in tasks if isinstance(t.stage.view, Looks) and movie.video is not None}
    if looks:
        wanted = {n: (v, _track(v.at, t, job, tools)) for n, t in looks.items() if isinstance(v := t.stage.view, Looks)}
        index = _track(Frame, next(iter(looks.values())), job, tools)
        seek = stack.enter_context(
            LookPass(movie, wanted, span=job.span, index=index, readers=tools.threads or 2, stop=tools.stop)
        )
        found |= dict.fromkeys(looks, _Reading(seek))
    for task in tasks:
        view = task.stage.view
        if isinstance(view, Listens) and _carries(movie, view):
            listener = stack.enter_context(Listener(movie, rate=view.rate, stream=view.stream))
            found[task.stage.name] = _Reading(listener=listener)
        elif isinstance(view, Captions):
            found[task.stage.name] = _Reading(captions=view)
    return found


def _carries(movie: Movie, view: Any) -> bool:
    return movie.video is not None if isinstance(view, Frames) else view.stream < len(movie.audio)


def _given(task: Task) -> Iterator[type[Row]]:
    """The kinds that it reads, and those it welcomes that somebody makes."""
    yield from task.stage.reads
    yield from (row for row in task.stage.welcomes if task.reads.get(row.kind))


def _track(row: type[Row], task: Task, job: Job, tools: Tools) -> Track[Any]:
    return needed(row, task, job.movie, tools.store)


def needed(row: type[Row], task: Task, movie: Movie, store: Store) -> Track[Any]:
    """A track that the task reads, from all that make it. Raises StageError where a part is gone."""
    tables, makers = [], []
    for stage, key in task.reads[row.kind]:
        part = store.read(movie.id, stage, key)
        if part is None:
            raise StageError(f"the {row.kind} track of stage {stage} is gone", film=movie.name, stage=task.stage.name)
        tables.append(arrow.upgrade(part.tables[row.kind]))
        makers.append(stage)
    return Track(_sorted(pa.concat_tables(tables), row), Maker("+".join(makers), 0))


class _Run:
    """One stage over the job's stretch, in a thread of its own."""

    def __init__(self, task: Task, job: Job, tools: Tools, reading: _Reading | None) -> None:
        self.task, self.job, self.tools, self.reading = task, job, tools, reading or _Reading()
        self.rows, self.seconds = 0, 0.0
        self.error: Exception | None = None

    def __call__(self) -> None:
        started = time.monotonic()
        stage, source = self.task.stage, self.reading.source
        chunks: Iterator[Chunk] = iter(())
        try:
            if source is not None:
                chunks = source.open(stage.name)
            elif self.reading.captions is not None:
                chunks = captions(self.job.movie, self.reading.captions, self.tools.stop)
            inputs = Inputs(
                movie=self.job.movie,
                span=self.job.span,
                chunks=self._watched(chunks),
                tracks={row: _track(row, self.task, self.job, self.tools) for row in _given(self.task)},
                models=self.tools.models.get,
                listener=self.reading.listener,
                stop=self.tools.stop,
            )
            self.rows = self._commit(stage.run(inputs))
        except Exception as error:  # noqa: BLE001 - whatever a stage raises fails that stage alone, and is reported
            self.error = error
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()
        self.seconds = time.monotonic() - started

    def outcome(self, broken: Exception | None) -> Outcome:
        """How it ended; a film that broke under the pass fails every stage that watched it."""
        error = self.error or (broken if self.reading.source is not None else None)
        if error is not None:
            error = described(error, self.job.movie, self.task.stage.name, self.job.span)
        return Outcome(self.rows, self.seconds, error)

    def _watched(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        for chunk in chunks:
            yield chunk
            self.tools.progress(_position(chunk))

    def _commit(self, made: Iterator[Made]) -> int:
        stage, span, movie = self.task.stage, self.job.span, self.job.movie
        cpu = time.thread_time()
        by_kind: dict[str, list[Row]] = {row.kind: [] for row in stage.makes}
        tables: dict[str, list[pa.Table]] = {row.kind: [] for row in stage.makes}
        for item in made:
            if self.tools.stop.is_set():
                raise CancelledError("interrupted", film=movie.name, stage=stage.name)
            kind = arrow.kind_of(item.schema)[0] if isinstance(item, pa.Table) else item.kind
            if kind not in by_kind:
                raise StageError(f"made a {kind!r}, which it does not declare", film=movie.name, stage=stage.name)
            if isinstance(item, pa.Table):
                tables[kind].append(item)
            else:
                by_kind[kind].append(item)
        whole = {
            row.kind: _cropped(
                _sorted(pa.concat_tables([*tables[row.kind], arrow.table(row, by_kind[row.kind])]), row), span, movie
            )
            for row in stage.makes
        }
        name = self.task.key if self.job.whole else reel_name(self.task.key, span)
        made_by = {"cpu_seconds": round(time.thread_time() - cpu, 3)}
        self.tools.store.write(movie.id, stage.name, name, whole, _manifest(self.task, made_by))
        return sum(t.num_rows for t in whole.values())


def _position(chunk: Chunk) -> Time:
    if isinstance(chunk, FrameChunk):
        return Time(int(chunk.ends[-1]))
    if isinstance(chunk, SampleChunk):
        return chunk.start + Time.from_seconds(len(chunk) / chunk.rate)
    if isinstance(chunk, Look):
        return chunk.at
    if isinstance(chunk, CaptionChunk):
        return chunk.entries[-1][0].end if chunk.entries else ZERO
    raise TypeError(f"not a chunk: {chunk!r}")


def _sorted(table: pa.Table, row: type[Row]) -> pa.Table:
    ordered = table.sort_by([("start", "ascending"), ("end", "ascending")])
    return ordered.cast(arrow.schema(row)).combine_chunks().replace_schema_metadata(arrow.schema(row).metadata)


def _cropped(table: pa.Table, span: Span, movie: Movie) -> pa.Table:
    """Rows that start in the span; the first and last stretch keep what lies before and after the film."""
    keep = None
    if span.start > 0:
        keep = pc.greater_equal(table.column("start"), int(span.start))
    if span.end < movie.duration:
        before = pc.less(table.column("start"), int(span.end))
        keep = before if keep is None else pc.and_(keep, before)
    return table if keep is None else table.filter(keep).combine_chunks()


def _manifest(task: Task, made: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "version": task.stage.version,
        "parameters": parameters(task.stage),
        "models": task.models,
        "needs": sorted(key for parts in task.reads.values() for _, key in parts),
        "made": {"cinedex": version("cinedex"), **made},
    }
