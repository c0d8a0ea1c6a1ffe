"""One dense pass of a film's pictures in one thread, with some of what rides it, in CPU seconds of the process."""

from __future__ import annotations

import json
import sys
import threading
import time

import av

import cinedex.run.job  # noqa: F401 - what any analysis has loaded before its first picture is no cost of a measure
from bench._measure import peak
from cinedex.media.decode import Pass
from cinedex.media.probe import probe
from cinedex.stages.arrays import TINY
from cinedex.stages.base import Inputs, Stage
from cinedex.stages.flashes import Flashes
from cinedex.stages.quality import Measures
from cinedex.stages.stripes import Stripes

VIEWS = {"tiny": TINY, "gray": Stripes().needs[0]}
STAGES: dict[str, Stage] = {"flashes": Flashes(), "stripes": Stripes(), "quality": Measures()}


def main(film: str, what: str) -> None:
    """Decode alone where `what` is empty, or pass pictures to the views and stages that it names."""
    movie = probe(film)
    began = time.process_time()
    if not what:
        with av.open(film) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            for _ in container.decode(stream):
                pass
    else:
        names = what.split(",")
        views = {name: STAGES[name].needs[0] if name in STAGES else VIEWS[name] for name in names}
        with Pass(movie, views, threads=1) as source:  # type: ignore[arg-type]  # these stages need one view each
            threads = [threading.Thread(target=_eat, args=(source, name, movie), daemon=True) for name in names]
            for thread in threads:
                thread.start()
            source.run()
            for thread in threads:
                thread.join()
    video = movie.video
    told = {
        "cpu": time.process_time() - began,
        "peak": peak(),
        "seconds": movie.duration.seconds,
        "size": f"{video.width}x{video.height}" if video else "",
    }
    print(json.dumps(told))


def _eat(source: Pass, name: str, movie: object) -> None:
    chunks = source.open(name)
    if name not in STAGES:
        for _ in chunks:
            pass
        return
    for _ in STAGES[name].run(Inputs(movie, movie.span, iter(chunks))):  # type: ignore[attr-defined, arg-type]
        pass


main(sys.argv[1], sys.argv[2])
