"""A film's cues in one language: those spoken in it, a subtitle that came with the film, what was translated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cinedex.timeline.rows import Caption, Cue, Subtitling, Translation
from cinedex.timeline.time import FLICKS_PER_SECOND, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Track

_SPOKEN = 0.6
"""Share of a subtitle's lines under which somebody must speak for it to be taken for this film's."""


def in_language(timeline: Timeline, language: str) -> Timeline:
    """The timeline with all its cues in one language. Raises LookupError where there is nothing in it.

    Cues that are in it stay. In place of the others come the lines of a subtitle in it, if one came with the film and
    somebody speaks under most of them, else their translations.
    """
    spoken = timeline.track(Cue)
    own = [c for c in spoken if c.language == language]
    others = [c for c in spoken if c.language != language]
    rest = _lines(timeline, language, own) if others else []
    if others and not rest:
        rest = [_cue(t) for t in timeline.find(Translation) or () if t.language == language]
    if spoken.rows and not own and not rest:
        there = sorted({c.language for c in spoken} | {t.language for t in timeline.find(Translation) or ()})
        raise LookupError(f"{timeline.movie.name}: nothing is in {language!r}; there is {', '.join(there)}")
    made = Track.of(Cue, [*own, *rest], spoken.maker)
    kept = {name: track for name, track in timeline.tracks.items() if track.kind != Cue.kind}
    return replace(timeline, tracks=kept | {(spoken.maker.stage, Cue.kind): made})


def _lines(timeline: Timeline, language: str, own: Sequence[Cue]) -> list[Cue]:
    """The lines of the best subtitle in the language, on time, where no cue in it is."""
    weighed = [
        s for s in timeline.find(Subtitling) or () if s.language == language and not s.used and s.voiced >= _SPOKEN
    ]
    if not weighed:
        return []
    best = max(weighed, key=lambda s: (s.voiced, s.origin))
    found = []
    for line in timeline.find(Caption) or ():
        start, end = (Time(round(int(t) * best.pace + best.shift * FLICKS_PER_SECOND)) for t in (line.start, line.end))
        if line.origin == best.origin and 0 <= start < end and not any(c.start < end and start < c.end for c in own):
            found.append(_cue(replace(line, start=start, end=end), score=best.voiced))
    return found


def _cue(line: Caption | Translation, *, score: float | None = None) -> Cue:
    return Cue(
        start=line.start,
        end=line.end,
        text=" ".join(line.text.split()),
        language=line.language,
        score=line.score if isinstance(line, Translation) else score or 0.0,
        source="speech" if isinstance(line, Translation) else "subtitle",
        refs=line.refs if isinstance(line, Translation) else (line.ref,),
    )
