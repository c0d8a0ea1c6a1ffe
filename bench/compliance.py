"""`python -m bench compliance`: a library of two-hour films judged anew under changed packs, from what is stored.

The films are synthetic: `bench/_compliance.py` says how many rows of each kind they have, and from where.
"""

from __future__ import annotations

import argparse
import os
import tempfile

from rich.console import Console
from rich.table import Table

from bench._measure import in_process, middle


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench compliance", description=__doc__)
    parser.add_argument("--films", type=int, default=1_000)
    parser.add_argument("--cores", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    console = Console(width=110)
    table = Table("films", "cores", "s", "CPU s", "ms of CPU a film", "peak MiB", "clauses", "not measured", box=None)
    with tempfile.TemporaryDirectory() as folder, console.status(f"{given.films:,} films"):
        built = in_process("bench._compliance", "build", folder, str(given.films))
        for cores in given.cores:
            took = middle([in_process("bench._compliance", "judge", folder, str(cores)) for _ in range(given.runs)])
            table.add_row(
                f"{took.says['films']:,}", str(cores), f"{took.wall:.1f}", f"{took.cpu:.1f}",
                f"{1000 * took.cpu / given.films:.0f}", f"{took.peak:.0f}", f"{took.says['clauses']:,}",
                f"{took.says['not measured']:,}",
            )  # fmt: skip
    console.print(f"{built.says['mib']:.1f} MiB of facts that judging may open a film; load {os.getloadavg()[0]:.1f}")
    console.print(table)


main()
