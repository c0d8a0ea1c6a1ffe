"""`python -m bench decode FILM`: ways to decode a film and to make small pictures of it, side by side in one run.

Wall and CPU milliseconds a picture, medians over the runs; what is scaled was decoded before it is timed. The error of
a scaler is its mean difference, in 255 levels, from the exact area average of the full-size picture where sizes divide.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from itertools import islice
from statistics import median
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter
from PIL import Image
from rich.console import Console
from rich.table import Table

SIZES = ((48, 27), (260, 260), (320, 180), (640, 360))
HELD = 120
"""Decoded pictures held in memory for the scalers."""

SCALERS = {
    "swscale area": Interpolation.AREA,
    "swscale bilinear": Interpolation.BILINEAR,
    "swscale fast bilinear": Interpolation.FAST_BILINEAR,
    "swscale bicubic": Interpolation.BICUBIC,
}


def pictures(film: str, count: int, kind: str, threads: int) -> int:
    """Decode the first pictures and keep none."""
    with av.open(film) as container:
        stream = container.streams.video[0]
        stream.thread_type = kind
        stream.codec_context.thread_count = threads
        return sum(1 for _ in islice(container.decode(stream), count))


def held(film: str) -> list[Any]:
    """Pictures from the film's middle, decoded."""
    with av.open(film) as container:
        if container.duration:
            container.seek(container.duration // 2)
        return list(islice(container.decode(video=0), HELD))


def swscale(frames: list[Any], size: tuple[int, int], how: Interpolation) -> list[np.ndarray]:
    """Scaling and colour conversion in one step, as the pass does."""
    scaler = VideoReformatter()
    return [
        scaler.reformat(
            f, *size, "rgb24", interpolation=how, dst_color_range=ColorRange.JPEG, threads=1
        ).to_ndarray()
        for f in frames
    ]  # fmt: skip


def colour_first(frames: list[Any], size: tuple[int, int]) -> list[np.ndarray]:
    """Full-size RGB first, then a box filter: what a first program does."""
    return [
        np.asarray(Image.fromarray(f.to_ndarray(format="rgb24")).resize(size, Image.Resampling.BOX)) for f in frames
    ]


def exact(frame: Any, size: tuple[int, int]) -> np.ndarray | None:
    """The area average of the full-size picture, where sizes divide."""
    whole = VideoReformatter().reformat(frame, format="rgb24", dst_color_range=ColorRange.JPEG).to_ndarray()
    height, width = whole.shape[:2]
    if width % size[0] or height % size[1]:
        return None
    blocks = whole.reshape(size[1], height // size[1], size[0], width // size[0], 3)
    return blocks.mean(axis=(1, 3))


def timed(work: Callable[[], Any], count: int) -> tuple[float, float]:
    """Wall and CPU milliseconds a picture."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return (time.perf_counter() - wall) / count * 1000, (time.process_time() - cpu) / count * 1000


def show(title: str, rows: dict[str, tuple[Callable[[], Any], int, str]], runs: int, console: Console) -> None:
    """Measure every row in turn, `runs` times, and print the medians beside the first row's."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in rows}
    for run in range(runs):
        for name, (work, count, _) in rows.items():
            with console.status(f"{title}: run {run + 1}, {name}"):
                found[name].append(timed(work, count))
    table = Table(title=title)
    for column in ("", "wall ms", "CPU ms", "CPU, of the first", "error"):
        table.add_column(column, justify="right" if column else "left")
    first = median(cpu for _, cpu in next(iter(found.values())))
    for name, taken in found.items():
        wall, cpu = (median(t[i] for t in taken) for i in (0, 1))
        table.add_row(name, f"{wall:.2f}", f"{cpu:.2f}", f"{cpu / first:.2f}", rows[name][2])
    console.print(table)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench decode", description=__doc__)
    parser.add_argument("film")
    parser.add_argument("--pictures", type=int, default=1200)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    console = Console(width=100)
    count = pictures(given.film, given.pictures, "AUTO", 2)
    ways = {
        f"{threads} thread{'s' if threads > 1 else ''}, {kind.lower()}": (
            partial(pictures, given.film, count, kind, threads), count, "",
        )
        for kind, threads in (("AUTO", 1), ("SLICE", 2), ("FRAME", 2), ("AUTO", 2), ("AUTO", 4))
    }  # fmt: skip
    show(f"Decoding {count} pictures", ways, given.runs, console)
    frames = held(given.film)
    for size in SIZES:
        true = exact(frames[0], size)

        def error(made: np.ndarray, true: np.ndarray | None = true) -> str:
            return f"{np.abs(made - true).mean():.2f}" if true is not None else ""

        rows: dict[str, tuple[Callable[[], Any], int, str]] = {
            name: (partial(swscale, frames, size, how), len(frames), error(swscale(frames[:1], size, how)[0]))
            for name, how in SCALERS.items()
        }
        rows["RGB, then Pillow's box"] = (
            partial(colour_first, frames, size), len(frames), error(colour_first(frames[:1], size)[0]),
        )  # fmt: skip
        show(f"{frames[0].width} x {frames[0].height} to {size[0]} x {size[1]}", rows, given.runs, console)


if __name__ == "__main__":
    main()
