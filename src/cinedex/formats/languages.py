"""A film's cues in one language: those spoken in it, a subtitle that came with the film, what was translated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cinedex.errors import NotFoundError
from cinedex.subtitles.film import code_of
from cinedex.timeline.rows import Caption, Cue, Subtitling, Translation
from cinedex.timeline.time import FLICKS_PER_SECOND, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Track
from cinedex.translate.film import STAGE, FilmTranslator, with_written

_SPOKEN = 0.6
"""Share of a subtitle's lines under which somebody must speak for it to be taken for this film's."""


def in_language(timeline: Timeline, language: str) -> Timeline:
    """The timeline with all its cues in one language. Raises LookupError where there is nothing in it.

    Cues that are in it stay. In place of the others come the lines of a subtitle in it, if one came with the film and
    somebody speaks under most of them, else their translations: a writer's where there are any, then the recogniser's.
    What a writer has left is kept in its own language.
    """
    spoken = timeline.track(Cue)
    own = [c for c in spoken if c.language == language]
    others = [c for c in spoken if c.language != language]
    rest = _lines(timeline, language, own) if others else []
    if others and not rest:
        rest = _translated(timeline, language, others)
    if spoken.rows and not own and not rest:
        there = sorted({c.language for c in spoken} | {t.language for t in timeline.find(Translation) or ()})
        raise LookupError(f"{timeline.movie.name}: nothing is in {language!r}; there is {', '.join(there)}")
    made = Track.of(Cue, [*own, *rest], spoken.maker)
    kept = {name: track for name, track in timeline.tracks.items() if track.kind != Cue.kind}
    return replace(timeline, tracks=kept | {(spoken.maker.stage, Cue.kind): made})


def turned(timeline: Timeline, language: str | None, by: FilmTranslator) -> tuple[Timeline, tuple[str, ...]]:
    """The same for a tag such as 'pt-BR', with what a writer has translated, and what is to be said of that.

    Raises NotFoundError, with what to do about it, where there is nothing in the language.
    """
    if language is None or timeline.find(Cue) is None:
        return timeline, ()
    known = by.known(timeline.movie, language)
    try:
        found = in_language(with_written(timeline, known) if known.rows else timeline, code_of(language))
    except LookupError as missing:
        remedy = "Let CINEDEX_WRITER name an endpoint that translates."
        raise NotFoundError(str(missing), remedy=remedy) from missing
    refs = {cue.refs for cue in found.track(Cue)}
    return found, known.notes if any(row.refs in refs for row in known.rows) else ()


def lacking(timeline: Timeline, language: str) -> bool:
    """Whether cues are in other languages, and nothing that came with the film or was heard is in this one."""
    cues = timeline.find(Cue) or ()
    own = [c for c in cues if c.language == language]
    heard = (t for (stage, kind), t in timeline.tracks.items() if kind == Translation.kind and stage != STAGE)
    if len(own) == len(cues) or any(row.language == language for track in heard for row in track):
        return False
    return not _lines(timeline, language, own)


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


def _translated(timeline: Timeline, language: str, others: Sequence[Cue]) -> list[Cue]:
    """What is translated of cues, and what of them is not where a writer has translated the most of them."""
    tracks = [(stage, t) for (stage, kind), t in timeline.tracks.items() if kind == Translation.kind]
    rows = [(stage == STAGE, row) for stage, track in tracks for row in track if row.language == language]
    written = [row for by_writer, row in rows if by_writer]
    done = {ref for row in written for ref in row.refs}
    heard = [row for by_writer, row in rows if not by_writer and not done & set(row.refs)]
    if not written:
        return [_cue(row) for row in heard]
    done |= {ref for row in heard for ref in row.refs}
    return [*(_cue(row) for row in (*written, *heard)), *(cue for cue in others if cue.ref not in done)]


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
