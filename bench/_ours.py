"""Cinedex itself over a film, in an empty library: all stages, or one and what it needs."""

from __future__ import annotations

import sys
import tempfile
import time

from bench._measure import report
from cinedex.library import Library
from cinedex.run.events import Happening
from cinedex.settings import Settings


def main(film: str, stages: str, cores: int) -> None:
    """Analyse, index included, and say how long each stage took from its start to its end."""
    with tempfile.TemporaryDirectory() as folder:
        library = Library(settings=Settings.from_env(library=folder, cores=cores))
        began = time.perf_counter()
        took, rows = {}, {}
        for event in library.run([film], stages=stages.split(",") if stages else None):
            if event.error is not None:
                raise event.error
            if event.what is Happening.DONE:
                took[event.stage], rows[event.stage] = round(event.seconds, 2), event.rows
        report(began, took=took, rows=rows)


main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
