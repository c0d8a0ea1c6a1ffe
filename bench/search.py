"""`python -m bench search`: an index of synthetic moments: building it, asking it, adding films, and what it misses.

Words are real lines, recombined; vectors lie as those of an analysed library (CINEDEX_LIBRARY) do.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from bench._library import IN_A_FILM
from bench._measure import in_process
from cinedex.settings import Settings


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench search", description=__doc__)
    parser.add_argument("--moments", type=int, default=99_000, help="a multiple of 1,500; some 9 KB of disk each")
    given = parser.parse_args()
    count = str(given.moments // IN_A_FILM * IN_A_FILM)
    console = Console(width=110)
    like = f"{Path(Settings.from_env().library)}/index"
    with tempfile.TemporaryDirectory() as folder:
        told = {}
        for side in ("fit", "write", "tidy", "ask", "compare", "add"):
            with console.status(f"{side}: {count} moments"):
                told[side] = in_process("bench._search", side, folder, like if side == "fit" else count, timeout=7200)
    table = Table("side", "wall s", "CPU s", "peak MiB", box=None)
    for side, one in told.items():
        table.add_row(side, f"{one.wall:.0f}", f"{one.cpu:.0f}", f"{one.peak:.0f}")
    console.print(table)
    asked, added = told["ask"].says, told["add"].says
    console.print()
    console.print(
        f"query p50 {asked['p50']:.0f} ms, p95 {asked['p95']:.0f} ms, with a filter p95 {asked['filtered95']:.0f} ms"
    )
    console.print(
        f"{asked['spent']:.0f} ms of CPU; embedding {asked['embedding']:.0f} ms more; first {asked['cold']:.0f} ms"
    )
    console.print(
        f"a film of {IN_A_FILM:,} moments: {median(added['took']):.2f} s; again: {median(added['again']):.2f} s"
    )
    console.print(f"the first search after it: {median(added['after']):.2f} s")
    lists = Table("list", "recall@10", "ms", "share of rows", box=None)
    for name, got in told["compare"].says["compared"].items():
        lists.add_row(name, f"{got['recall']:.3f}", f"{got['ms']:.1f}", f"{got['share']:.4f}")
    console.print(lists)
    console.print_json(json.dumps({"spreads": told["fit"].says, "index": told["tidy"].says}))


main()
