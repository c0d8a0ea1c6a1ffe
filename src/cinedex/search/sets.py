"""Questions about how many and which: films and scenes that have something, and films that have it without another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cinedex.errors import UsageError
from cinedex.models.kinds import kinds_of
from cinedex.search.answer import MOST_EVIDENCE, Claim, numbered
from cinedex.search.basics import Basics, Done, named
from cinedex.search.facets import KEYS, label_of
from cinedex.search.filters import Where
from cinedex.search.noises import meant
from cinedex.search.resolve import called
from cinedex.search.scope import scoped
from cinedex.search.stems import stem
from cinedex.search.terms import telling_words, terms_of, words_of
from cinedex.timeline.movie import Movie
from cinedex.timeline.time import Span, Time

_FILMS = "films?|movies?|clips?|videos?|trailers?|recordings?|files?|sounds?"
_SCENES = "scenes?|shots?|moments?|places?|times"
_HAVE = (
    "(?:(?:that |which |who )?(?:have|has|had|having|contains?|containing|shows?|showing|features?|includes?|with"
    "|(?:are|is) there (?:any )?(?:with|of)|(?:do|can|does) (?:you|we|i|one) (?:see|hear|find)|(?:are|is) there with"
    "|there (?:is|are)|of))"
)

_NOT = r"(?:no|not|without|never|do(?:es)? not have|don't have)"

WHICH = (
    r"(?:which|what|list|find|show me|are there|is there)(?: all)?(?: the| any| an?)? "
    rf"(?P<sort>{_FILMS}) (?:in which |where )?{_HAVE} (?P<what>.+?)"
    rf"(?:,? (?:and|but)? ?(?P<no>{_NOT})(?: any| an?)? (?P<other>.+))?"
)
NUMBER = (
    (
        rf"how many (?:of the )?(?P<sort>{_FILMS}|{_SCENES})(?: (?:are|is) there)? ?(?:in which |where )?"
        rf"{_HAVE} (?P<what>.+?)"
    ),
    (
        rf"in how many (?P<sort>{_FILMS}|{_SCENES}) (?:is|are|do(?:es)? (?:one|we|you)) (?:there |see |hear )?"
        r"(?P<what>.+?)(?: seen| heard| shown)?"
    ),
    (
        r"how (?:often|many (?P<sort>times)) (?:does|do|is|are) (?P<what>.+?)"
        r"(?: (?:seen|heard|shown|there|appear|said|mentioned))?"
    ),
)

_HAS = {
    "dialogue": "dialogue dialog words spoken",
    "music": "music",
    "people": "people person persons humans somebody someone anybody anyone",
    "text": "text writing titles captions",
}
"""What `has:` says of a moment, and what people call it."""

_OF: dict[str, tuple[str, ...]] = {word: (f"has:{label}",) for label, words in _HAS.items() for word in words.split()}
_OF |= dict.fromkeys(["speech", "talking", "speaking", "talk", "voices", "narration"], ("has:dialogue", "sound:speech"))

_KEYS = tuple(k for k in KEYS if k not in {"voice", "lang", "camera", "scale"})

_MOST = 1000
"""Moments that are counted, at most."""

_JUST = re.compile(r"^(?:an?|the|any|some|only|just)\s+|\s+(?:in|on|at) (?:it|them|the picture)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Place:
    """A moment that has it, and the number of its scene."""

    movie: str
    span: Span
    scene: int


class Sets(Basics):
    """Counts, and sets of films. What is only near in meaning counts for nothing here."""

    def _which(
        self, sort: str, what: str, no: str | None = None, other: str | None = None, *, movie: Movie | None = None
    ) -> Done:
        del no, movie
        sets = [self._having(part) for part in _parts(what)]
        if not all(sets) and (head := self._head(what)):
            plan, (claims, evidence, notes) = self._which(sort, head, None, other) or ([], ([], [], []))
            return plan, (claims, evidence, [f"“{what}” is only told as “{head}” here", *notes])
        without = [self._having(part) for part in _parts(other)] if other else []
        if not all(sets):
            return [self._told_set(sort, what, other)], ([], [], [self._none_has(_parts(what), sets)])
        films = set.intersection(*({p.movie for p in own} for own in sets)) - {p.movie for own in without for p in own}
        seconds = {f: sum(p.span.duration.seconds for p in sets[0] if p.movie == f) for f in films}
        ranked = sorted(films, key=lambda f: (-seconds[f], self._movies[f].name if f in self._movies else f))
        pieces = []
        for film in ranked[:MOST_EVIDENCE]:
            first = min((p.span for p in sets[0] if p.movie == film), key=lambda s: s.start)
            text = f"{called(self._movies[film])} has {what}{f', and no {other} was found in it' if other else ''}"
            pieces.append(self._piece(film, first.start, first.end, "found", text))
        evidence = list(numbered(pieces))
        notes = []
        if len(films) > len(evidence):
            notes.append(f"{len(films)} {_many(sort)} in all; these have most of it")
        if other:
            notes.append(f"that there is no {other} in them is as far as they were looked at and listened to")
            if not films:
                notes = [f"what was found of {what} is only in films that have {other}, too"]
        return [self._told_set(sort, what, other)], ([Claim(e.text, (e.number,)) for e in evidence], evidence, notes)

    def _number(self, what: str, sort: str | None = None, *, movie: Movie | None = None) -> Done:
        sort = sort or "times"
        text, films = scoped(_JUST.sub("", what), [*self._movies.values()])
        chosen = [movie] if movie else films
        sets = [self._having(part, chosen) for part in _parts(text)]
        plan = [
            f"{_many(sort)} that have {text}{f' in {chr(44).join(called(m) for m in chosen[:3])}' if chosen else ''}"
        ]
        ids = set.intersection(*({(p.movie, p.span.start) for p in own} for own in sets))
        places = [p for p in sets[0] if (p.movie, p.span.start) in ids]
        if not places:
            return plan, ([], [], [self._none_has(_parts(text), sets)])
        of_films = re.fullmatch(_FILMS, sort, re.IGNORECASE) is not None
        by_film: dict[str, list[_Place]] = {}
        for one in places:
            by_film.setdefault(one.movie, []).append(one)
        counts = {f: _count(own, sort) for f, own in by_film.items()}
        ranked = sorted(by_film, key=lambda f: (-counts[f], self._movies[f].name))
        pieces = []
        for film in ranked[:MOST_EVIDENCE]:
            first = min((p.span for p in by_film[film]), key=lambda s: s.start)
            number = "" if of_films else _times(sort, counts[film])
            pieces.append(
                self._piece(film, first.start, first.end, "counted", f"{called(self._movies[film])} has {text}{number}")
            )
        evidence = list(numbered(pieces))
        total = len(by_film) if of_films else sum(counts.values())
        whole = f"in all: {total} {_unit(sort, total)}{'' if of_films else f' of {len(by_film)} films'}"
        notes = [f"{whole}; cited is the first of each film"]
        notes += [f"shown are {len(evidence)} of {len(by_film)} films"] if len(evidence) < len(by_film) else []
        notes += [] if of_films or sort.lower().startswith("scene") else ["moments are shots, or parts of long ones"]
        return plan, ([Claim(e.text, (e.number,)) for e in evidence], evidence, notes)

    def _having(self, what: str, films: Sequence[Movie] | None = None) -> list[_Place]:
        """The moments that have something, by what is known of them by name; else by its words, said, read or seen."""
        where = Where(movies=tuple(sorted(m.id for m in films or ())))
        facets = self._facets_called(what)
        if facets:
            rows = self._finder.index.within(
                Where(movies=where.movies, facets=(facets,)), shown=["movie", "start", "end", "scene"]
            )
            return [_Place(r["movie"], Span(Time(r["start"]), Time(r["end"])), r["scene"]) for r in rows]
        try:
            query = self._query(what)
            hits = self._finder.asked(query, limit=_MOST).hits
        except UsageError:
            return []
        wanted = {m.id for m in films} if films else None
        terms = {t.written for t in terms_of(telling_words(query.words), self._finder.index.stems)}
        return [
            _Place(h.movie, Span(h.start, h.end), h.scene)
            for h in hits
            if (wanted is None or h.movie in wanted) and terms <= named(h.why)
        ]

    def _facets_called(self, what: str) -> tuple[str, ...]:
        """The facets that bear a name, in whichever number; labels with it as their last word where none does."""
        label = label_of(what)
        if label in _OF:
            return _OF[label]
        there = [f for f in self._finder.index.vocabulary if f.partition(":")[0] in _KEYS]
        wanted = _stems(label)
        own = [f for f in there if _stems(f.partition(":")[2]) == wanted]
        tags = (f for f in there if f.startswith("tag:"))
        own += [f for f in tags if wanted in {_stems(k) for k in kinds_of([f.partition(":")[2]])}]
        others = {*meant(label), *meant(stem(label, "en"))}
        return tuple(sorted(set(own))) or tuple(sorted(f for f in there if f.removeprefix("sound:") in others))

    def _head(self, what: str) -> str:
        """A name by its last word, where only that is known here, as a sound: crying for a baby crying."""
        last = words_of(what)[-1] if len(words_of(what)) > 1 else ""
        return last if last and any(f.startswith("sound:") for f in self._facets_called(last)) else ""

    def _none_has(self, parts: Sequence[str], sets: Sequence[Sequence[_Place]]) -> str:
        lacking = [part for part, own in zip(parts, sets, strict=True) if not own]
        return f"nothing here is known to have {' or '.join(lacking)}" if lacking else "nothing has all of it at once"

    def _told_set(self, sort: str, what: str, other: str | None) -> str:
        return f"{_many(sort)} that have {what}{f' less those that have {other}' if other else ''}"


def _parts(text: str) -> list[str]:
    bare = re.sub(r"\b(?:both|but)\b", " ", text)
    parts = [_JUST.sub("", " ".join(part.split())) for part in re.split(r"\s+and\s+|,\s*", bare)]
    return [p for p in parts if words_of(p)] or [text]


def _stems(text: str) -> str:
    return " ".join(stem(w, "en") for w in words_of(text))


def _count(places: Sequence[_Place], sort: str) -> int:
    if sort.casefold().startswith("scene") and all(p.scene >= 0 for p in places):
        return len({p.scene for p in places})
    return len(places)


def _times(sort: str, number: int) -> str:
    if sort.casefold().startswith("time"):
        return " once" if number == 1 else f" {number} times"
    return f" in {number} {_unit(sort, number)}"


def _many(sort: str) -> str:
    return _unit(sort, 2)


def _unit(sort: str, number: int) -> str:
    bare = sort.casefold().removesuffix("s")
    return bare if number == 1 else f"{bare}s"
