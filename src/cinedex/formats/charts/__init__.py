"""The pictures of a film that people love, as files: barcode, palette, rhythm, who is on screen, a poster of it all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cinedex.errors import UsageError
from cinedex.formats.charts import fingerprint, pages
from cinedex.formats.charts.drawing import Drawing
from cinedex.formats.charts.film import Film, NotThereError
from cinedex.formats.charts.svg import svg
from cinedex.formats.seen import Names
from cinedex.timeline.timeline import Timeline

CHARTS: Mapping[str, Callable[[Film], Drawing]] = {
    "barcode": pages.barcode,
    "shot-lengths": pages.shot_lengths,
    "palette": pages.palette,
    "presence": pages.presence,
    "rhythm": pages.rhythm,
    "fingerprint": fingerprint.fingerprint,
}
"""Every chart by the name of its file."""

FORMATS = ("png", "svg")

Format = Literal["png", "svg"]


@dataclass(frozen=True)
class Charts:
    """What was written, and for each chart that was not, why."""

    written: tuple[Path, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)


def write_charts(timeline: Timeline, folder: Path, *, form: Format = "png", names: Names | None = None) -> Charts:
    """Write every chart that the film's facts suffice for into `folder`, which is made where it is not there.

    `names` says what the film's people are called, by number. The same facts give the same bytes. Raises UsageError
    for another format, or where the folder cannot be written to.
    """
    if form not in FORMATS:
        raise UsageError(f"charts are written as {' or '.join(FORMATS)}, not as {form!r}")
    written: list[Path] = []
    left_out: dict[str, str] = {}
    for name in CHARTS:
        try:
            data = chart(timeline, name, form=form, names=names)
        except NotThereError as why:
            left_out[name] = str(why)
        else:
            written.append(_written(data, folder / f"{name}.{form}", timeline.movie.name))
    return Charts(tuple(written), left_out)


def chart(timeline: Timeline, name: str, *, form: Format = "png", names: Names | None = None) -> bytes:
    """One chart as a file's bytes. Raises NotThereError where its facts are missing."""
    drawing = CHARTS[name](Film(timeline, names))
    if form == "svg":
        return svg(drawing)
    from cinedex.formats.charts.raster import png  # noqa: PLC0415 - loads Pillow, which only pictures need

    return png(drawing)


def _written(data: bytes, to: Path, film: str) -> Path:
    aside = to.with_name(f".{to.name}.{os.getpid()}.part")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(data)
        aside.replace(to)
    except OSError as error:
        with contextlib.suppress(OSError):  # the folder itself may be what is wrong
            aside.unlink(missing_ok=True)
        raise UsageError(
            f"the chart cannot be written to {to}: {error.strerror or error}",
            film=film,
            remedy="Name a folder that you may write to.",
        ) from error
    return to
