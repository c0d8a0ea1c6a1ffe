"""Cinedex understands films: cuts, words, pictures and sounds as typed, timed facts that one can search."""

from importlib import import_module as _import_module
from importlib.metadata import version as _version
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

if _TYPE_CHECKING:
    from cinedex.errors import CinedexError
    from cinedex.library import Library
    from cinedex.run.events import Event
    from cinedex.run.plan import Plan
    from cinedex.search.answer import Answer, Claim, Evidence
    from cinedex.search.hits import Hit
    from cinedex.search.query import SearchResult
    from cinedex.search.summary import Summary
    from cinedex.segments import Segment, process_movie_segment
    from cinedex.settings import Settings
    from cinedex.stages.base import Cost, Inputs, Stage
    from cinedex.timeline.movie import Movie
    from cinedex.timeline.rows import (
        Cue,
        Flag,
        Frame,
        Picture,
        Quality,
        Row,
        Shot,
        Sound,
        Tag,
        Transition,
        Vector,
        Voice,
        Word,
    )
    from cinedex.timeline.time import SECOND, Rate, Span, Time
    from cinedex.timeline.timeline import State, Timeline
    from cinedex.timeline.track import Maker, Spans, Track

__version__ = _version("cinedex")

_FROM = {
    "cinedex.errors": "CinedexError",
    "cinedex.library": "Library",
    "cinedex.run.events": "Event",
    "cinedex.run.plan": "Plan",
    "cinedex.search.answer": "Answer Claim Evidence",
    "cinedex.search.hits": "Hit",
    "cinedex.search.query": "SearchResult",
    "cinedex.search.summary": "Summary",
    "cinedex.segments": "Segment process_movie_segment",
    "cinedex.settings": "Settings",
    "cinedex.stages.base": "Cost Inputs Stage",
    "cinedex.timeline.movie": "Movie",
    "cinedex.timeline.rows": "Cue Flag Frame Picture Quality Row Shot Sound Tag Transition Vector Voice Word",
    "cinedex.timeline.time": "Rate SECOND Span Time",
    "cinedex.timeline.timeline": "State Timeline",
    "cinedex.timeline.track": "Maker Spans Track",
}
"""Where each public name lives: they are imported when first asked for, so that `import cinedex` takes no time."""

_WHERE = {name: module for module, names in _FROM.items() for name in names.split()}

__all__ = [
    "SECOND",
    "Answer",
    "CinedexError",
    "Claim",
    "Cost",
    "Cue",
    "Event",
    "Evidence",
    "Flag",
    "Frame",
    "Hit",
    "Inputs",
    "Library",
    "Maker",
    "Movie",
    "Picture",
    "Plan",
    "Quality",
    "Rate",
    "Row",
    "SearchResult",
    "Segment",
    "Settings",
    "Shot",
    "Sound",
    "Span",
    "Spans",
    "Stage",
    "State",
    "Summary",
    "Tag",
    "Time",
    "Timeline",
    "Track",
    "Transition",
    "Vector",
    "Voice",
    "Word",
    "__version__",
    "process_movie_segment",
]


def __getattr__(name: str) -> _Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'cinedex' has no attribute {name!r}")
    return getattr(_import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return __all__
