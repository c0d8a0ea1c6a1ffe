"""`python -m bench pipeline FILM`: the whole pipeline beside decoding alone and beside a naive prototype, in one run.

Each is a process of its own, in turn, `--runs` times; medians are printed. Then every stage by itself (with what it
needs), for its share and its peak of memory.
"""

from __future__ import annotations

import argparse
import os
from fractions import Fraction

import av
from rich.console import Console
from rich.table import Table

from bench._measure import Taken, in_process, middle
from cinedex.library import Library


def length(film: str) -> float:
    """Seconds of film."""
    with av.open(film) as container:
        return float(Fraction(container.duration or 0, av.time_base))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench pipeline", description=__doc__)
    parser.add_argument("film")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--cores", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--stages", default="", help="only these, comma-separated, and what they need")
    parser.add_argument("--no-naive", action="store_true", help="leave the naive prototype out")
    parser.add_argument("--no-stages", action="store_true", help="leave the single stages out")
    given = parser.parse_args()
    film, cores, seconds = given.film, str(given.cores), length(given.film)
    sides = {"decode only": ("bench._floor", film, cores), "cinedex": ("bench._ours", film, given.stages, cores)}
    if not given.no_naive:
        sides["naive prototype"] = ("bench._naive", film, cores)
    found: dict[str, list[Taken]] = {name: [] for name in sides}
    console = Console()
    for run in range(given.runs):
        for name, call in sides.items():
            with console.status(f"run {run + 1} of {given.runs}: {name}"):
                found[name].append(in_process(*call))
    taken = {name: middle(runs) for name, runs in found.items()}
    ours, floor = taken["cinedex"], taken["decode only"]
    table = Table(title=f"{film.rsplit('/', 1)[-1]}, {seconds:.0f} s, {cores} cores, medians of {given.runs}")
    for column in ("", "x real time", "wall s", "CPU s", "peak MiB", "wall, of decode only", "wall, of cinedex"):
        table.add_column(column, justify="left" if not column else "right")
    for name, took in taken.items():
        table.add_row(
            name,
            f"{seconds / took.wall:.1f}",
            f"{took.wall:.1f}",
            f"{took.cpu:.1f}",
            f"{took.peak:.0f}",
            f"{took.wall / floor.wall:.2f}",
            f"{took.wall / ours.wall:.2f}",
        )
    console.print(table)
    if not given.no_stages:
        console.print(single(film, cores, seconds, floor, given.stages))


def single(film: str, cores: str, seconds: float, floor: Taken, stages: str = "") -> Table:
    """Every stage by itself, with what it needs."""
    table = Table(title="Single stages, with what each needs, one run")
    for column in ("stage", "x real time", "wall s", "CPU s", "CPU without decoding s", "peak MiB", "rows"):
        table.add_column(column, justify="left" if column == "stage" else "right")
    for stage in (s for s in Library().stages if not stages or s.name in stages.split(",")):
        took = in_process("bench._ours", film, stage.name, cores)
        table.add_row(
            stage.name,
            f"{seconds / took.wall:.1f}",
            f"{took.wall:.1f}",
            f"{took.cpu:.1f}",
            f"{max(took.cpu - floor.cpu, 0):.1f}",
            f"{took.peak:.0f}",
            str(took.says["rows"].get(stage.name, 0)),
        )
    return table


main()
