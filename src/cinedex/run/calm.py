"""The mildest remedy for every window that flashes too much: it is watched once more, and remedies are tried on it.

What was found is kept beside the film's facts, since watching again takes a while.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from cinedex.canonical import build, canonical, plain
from cinedex.media.decode import Pass
from cinedex.media.views import FrameChunk, Frames, Samples
from cinedex.stages.flashes import Flashes
from cinedex.stages.flicker.fix import AROUND, LONGEST, Remedy, Shown, mildest, untried, windows
from cinedex.stages.flicker.judge import Finding, Verdict, judged
from cinedex.stages.flicker.profiles import profile
from cinedex.stages.stripes import Stripes
from cinedex.store import Store
from cinedex.timeline.movie import Movie
from cinedex.timeline.time import Span
from cinedex.timeline.timeline import Timeline

_VIEWS: dict[str, Frames | Samples] = {"small": Flashes().needs[0], "gray": Stripes().needs[0]}


@dataclass(frozen=True)
class Flicker:
    """A library's films and the standards on flashing; `tracks` gives what is known of a film."""

    tracks: Callable[[Movie], Timeline]
    store: Store

    def verdict(self, movie: Movie, standard: str = "wcag-2-2") -> Verdict:
        """What a standard says of a film, from its facts alone. Raises UsageError for an unknown standard."""
        return judged(self.tracks(movie), profile(standard))

    def remedies(self, movie: Movie, said: Verdict) -> Iterator[Remedy]:
        """For each window that fails, in order of time, the mildest remedy under which it passes when watched again.

        Raises MediaError where the film cannot be read.
        """
        for span, worst, known in self.found(movie, said):
            if known is not None:
                yield known
                continue
            around = span.grow(AROUND) & movie.span or span
            made = mildest(said.profile, watch(movie, around), span, worst)
            self.store.put_mark(movie.id, _name(said, span, worst), json.dumps(plain(made)))
            yield made

    def found(self, movie: Movie, said: Verdict) -> Iterator[tuple[Span, Finding, Remedy | None]]:
        """Every window that fails with its worst finding, and its remedy; None where that was not looked for yet."""
        for span, worst in windows(said):
            if span.duration > LONGEST:
                yield span, worst, untried(span, worst)
                continue
            kept = self.store.mark(movie.id, _name(said, span, worst))
            yield span, worst, _read(kept) if kept is not None else None


def _name(said: Verdict, span: Span, worst: Finding) -> str:
    """What a remedy depends on beside the film, as a name."""
    profile = said.profile
    by = [profile.name, profile.version, Flashes.version, Stripes.version, worst.rule.name, worst.value, worst.limit]
    return f"remedy-{hashlib.sha256(canonical([*by, span.start, span.end])).hexdigest()[:24]}"


def _read(kept: str) -> Remedy | None:
    try:
        return build(Remedy, json.loads(kept))
    except (ValueError, TypeError, KeyError):  # torn or of another form: it is looked for anew
        return None


def watch(movie: Movie, span: Span) -> Shown:
    """The pictures of a short stretch, as the stages on flashing see them."""
    found: dict[str, list[FrameChunk]] = {name: [] for name in _VIEWS}
    with Pass(movie, _VIEWS, span=span) as source:

        def take(name: str) -> None:
            found[name] += [chunk for chunk in source.open(name) if isinstance(chunk, FrameChunk)]

        threads = [threading.Thread(target=take, args=(name,), daemon=True) for name in _VIEWS]
        for thread in threads:
            thread.start()
        source.run()
        for thread in threads:
            thread.join()
    return Shown(movie, _joined(found["small"]), _joined(found["gray"]))


def _joined(chunks: list[FrameChunk]) -> FrameChunk:
    """Consecutive chunks as one."""
    parts = ([getattr(c, name) for c in chunks] for name in ("starts", "ends", "pts", "keys", "pixels"))
    return FrameChunk(*(np.concatenate(part) for part in parts))
