"""A film's own subtitles: of the words that are heard in it, or of subtitles that came with it where those are its cues."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from cinedex.errors import UsageError
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
) -> Made:
    """Subtitles of a film by a style guide, in the language that is spoken most, or in another if it was translated.

    With `sdh`, sounds are told in brackets and songs marked. Raises LookupError where cues were not computed, and
    UsageError for a language that the film has no words in.
    """
    cues: Sequence[Cue] = timeline.track(Cue).rows
    wanted = (language or _main(cues) or "en").replace("_", "-")
    guide = load_guide(style, wanted, audience=audience, sdh=sdh)
    rate, cuts, last = film_rate(timeline.movie), film_cuts(timeline), timeline.movie.duration
    spoken = {_code(c.language) for c in cues}
    if language is not None and spoken and guide.language not in spoken:
        rows = [r for r in _rows(timeline, "translation") if _code(r.language) == guide.language]
        if not rows:
            raise UsageError(
                f"{timeline.movie.name} has words in {', '.join(sorted(spoken))}, not in {guide.language}",
                remedy="Leave --language out, or translate the film first.",
            )
        return mend([_subtitle(r.start, r.end, r.text) for r in rows], guide, rate, cuts=cuts or (), last=last)
    words = timeline.find(Word)
    if words is None or any(c.source == "subtitle" for c in cues):
        return mend([_subtitle(c.start, c.end, c.text) for c in cues], guide, rate, cuts=cuts or (), last=last)
    turns = [Turn(r.start, r.end, r.number) for r in _rows(timeline, "speaker")]
    sounds = timeline.find(Sound) if sdh else None
    made = build(
        words.rows, guide, rate, cuts=cuts or (), turns=turns, sounds=sounds.rows if sounds else (), last=last
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


def _subtitle(start: Time, end: Time, text: str) -> Subtitle:
    return Subtitle(start, end, tuple(text.split("\n")))


def _main(cues: Sequence[Cue]) -> str | None:
    letters: Counter[str] = Counter()
    for cue in cues:
        letters[cue.language] += len(cue.text)
    return letters.most_common(1)[0][0] if letters else None


def _code(language: str) -> str:
    return language.replace("_", "-").split("-")[0].lower()


def _rows(timeline: Timeline, kind: str) -> Sequence[Any]:
    row: type[Row] | None = KINDS.get(kind)
    track = timeline.find(row) if row is not None else None
    return () if track is None else track.rows
