"""The dense pass of an analysis by the default plan, whole or without some of its stages, in CPU seconds."""

from __future__ import annotations

import json
import sys
import tempfile
import time

from bench._measure import peak
from cinedex.library import Library
from cinedex.media.views import Frames, Samples
from cinedex.run.local import LocalRunner
from cinedex.settings import Settings


def main(film: str, without: str) -> None:
    """Run all stages of the default plan that watch or hear the whole film, through the runner that analyses take.

    Models are loaded before. What each stage took of the CPU in its own thread is told beside.
    """
    with tempfile.TemporaryDirectory() as folder:
        library = Library(settings=Settings.from_env(library=folder))
        movie = library.add(film)
        dense = [s for s in library.stages if isinstance(s.view, Frames | Samples) and s.halo is not None]
        names = [s.name for s in dense if s.name not in without.split(",")]
        plan = library.plan(movie, names)
        for model in plan.models:
            library.pool.get(model.name)
        began = time.process_time()
        for event in LocalRunner(library.store, library.pool, library.settings).run([plan]):
            if event.error is not None:
                raise event.error
        cpu = time.process_time() - began
        own = {}
        for step in plan.steps:
            stored = library.store.read(movie.id, step.name, step.key)
            own[step.name] = stored.manifest["made"]["cpu_seconds"] if stored is not None else 0.0
        print(json.dumps({"cpu": cpu, "peak": peak(), "own": own}))


main(sys.argv[1], sys.argv[2])
