"""`python -m bench search`: an index of synthetic moments: building it, asking it, and what its vector index misses.

Words are of this project's own pages, names are the tagger's, vectors lie in clusters around real embeddings.
"""

from __future__ import annotations

import argparse
import tempfile

from rich.console import Console
from rich.table import Table

from bench._measure import in_process, middle


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench search", description=__doc__)
    parser.add_argument("--moments", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--runs", type=int, default=3, help="of the questions; the index is built once")
    given = parser.parse_args()
    console = Console(width=110)
    table = Table("moments", "build s", "MiB on disk", "build MiB", "query p50 ms", "p95 ms", "query MiB", box=None)
    vectors = Table("moments", "vectors", "recall@10", "ours ms", "brute force ms", box=None)
    for moments in given.moments:
        with tempfile.TemporaryDirectory() as folder, console.status(f"{moments:,} moments"):
            built = in_process("bench._search", "build", folder, str(moments))
            asked = [in_process("bench._search", "ask", folder, str(moments)) for _ in range(given.runs)]
            p50, p95 = (sorted(t.says[k] for t in asked)[len(asked) // 2] for k in ("p50", "p95"))
            compared = in_process("bench._search", "compare", folder, str(moments)).says
        table.add_row(
            f"{moments:,}", f"{built.wall:.0f}", f"{built.says['mib']:.0f}", f"{built.peak:.0f}", f"{p50:.0f}",
            f"{p95:.0f}", f"{middle(asked).peak:.0f}",
        )  # fmt: skip
        for name, got in compared.items():
            vectors.add_row(f"{moments:,}", name, f"{got['recall']:.3f}", f"{got['ours']:.1f}", f"{got['brute']:.1f}")
    console.print(table)
    console.print()
    console.print(vectors)


main()
