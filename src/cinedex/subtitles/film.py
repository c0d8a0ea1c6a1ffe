"""A film's own subtitles: of the words heard in it, or of subtitles that came with it where those are its cues."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from cinedex.subtitles.build import Made, build, mend
from cinedex.subtitles.guide import Audience, load_guide
from cinedex.subtitles.subtitle import Subtitle
from cinedex.subtitles.tokens import Turn
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import KINDS, Cue, Row, Shot, Sound, Word
from cinedex.timeline.time import Rate, Time
from cinedex.timeline.timeline import Timeline

RATE = Rate(24)
"""The frame rate where no film says another."""
STYLE = "netflix"


def film_subtitles(
    timeline: Timeline,
    style: str = STYLE,
    *,
    language: str | None = None,
    audience: Audience = "adult",
    sdh: bool = False,
    widest: int | None = None,
) -> Made:
    """Subtitles of a film's cues by a style guide: by that for the language of most of them, if none is given.

    With `sdh`, sounds are told in brackets and songs marked. `widest` shortens lines for a format that needs it.
    Raises LookupError where cues were not computed.
    """
    cues: Sequence[Cue] = timeline.track(Cue).rows
    wanted = (language or _main(cues) or "en").replace("_", "-")
    guide = load_guide(style, wanted, audience=audience, sdh=sdh)
    guide = guide if widest is None else replace(guide, line=min(guide.line, widest))
    rate, cuts, last = film_rate(timeline.movie), film_cuts(timeline), timeline.movie.duration
    words: Sequence[Word] = () if (found := timeline.find(Word)) is None else found.rows
    # Words are of what is heard; the cues may have come with the film, or be in a language that nobody speaks.
    others = any(c.source == "subtitle" or any(r.startswith(f"{Cue.kind}@") for r in c.refs) for c in cues)
    if others or {c.language for c in cues} != {w.language for w in words}:
        given = [Subtitle(c.start, c.end, tuple(c.text.split("\n"))) for c in cues]
        return mend(given, guide, rate, cuts=cuts or (), last=last)
    turns = [Turn(r.start, r.end, r.number) for r in _rows(timeline, "speaker")]
    sounds = timeline.find(Sound) if sdh else None
    made = build(
        words, guide, rate, cuts=cuts or (), turns=turns, sounds=sounds.rows if sounds else (), last=last
    )  # fmt: skip
    lacking = [] if cuts is not None else ["cuts are not known: no edge was moved onto one"]
    lacking += ["sounds are not known: none is told"] if sdh and sounds is None else []
    return Made(made.subtitles, guide, made.verdict, (*made.notes, *lacking))


def film_rate(movie: Movie) -> Rate:
    """The frame rate by which a film's subtitles are timed."""
    return (movie.video.rate if movie.video is not None else None) or RATE


def film_cuts(timeline: Timeline) -> list[Time] | None:
    """When its pictures change at once; None where shots were not computed."""
    shots = timeline.find(Shot)
    return None if shots is None else [s.start for s in shots.rows if s.opening == "cut"]


def _main(cues: Sequence[Cue]) -> str | None:
    letters: Counter[str] = Counter()
    for cue in cues:
        letters[cue.language] += len(cue.text)
    return letters.most_common(1)[0][0] if letters else None


def code_of(language: str) -> str:
    """The language of a tag such as 'pt-BR'."""
    return language.replace("_", "-").split("-")[0].lower()


def _rows(timeline: Timeline, kind: str) -> Sequence[Any]:
    row: type[Row] | None = KINDS.get(kind)
    track = timeline.find(row) if row is not None else None
    return () if track is None else track.rows
