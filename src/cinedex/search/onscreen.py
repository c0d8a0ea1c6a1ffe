"""What stands in the picture: questions about titles, credits, signs and other text, at whichever end of a film."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cinedex.search.answer import MOST_EVIDENCE, Evidence, cut, numbered, quoted
from cinedex.search.basics import Basics, Done
from cinedex.search.filters import Where
from cinedex.search.matcher import Matcher
from cinedex.search.scope import scoped
from cinedex.search.terms import TELLS_NOTHING, terms_of, words_of
from cinedex.timeline.movie import Movie
from cinedex.timeline.time import Time

_TEXT = "text|words?|writing|inscription|lettering|caption|title(?: card)?|credits?|sign|poster|label|banner|slogan"
_CARD = rf"(?:(?:on[ -]screen|opening|end|closing|final|first|last|main|written|printed) )*(?:{_TEXT})s?"

WRITTEN = (
    rf"what (?:does|do|did) (?:the |a |any )?(?P<card>{_CARD})\b(?P<rest>.*?)(?: (?:say|read|show|tell|mean))?",
    (
        rf"what (?P<card>{_CARD}) (?:is|are|was|were|does|do|did|can be|can (?:we|you|one|i)|appears?|stands?|comes?)\b"
        r"(?: (?:it|there|we|you|one|shown|seen|read|see|visible|written))*(?P<rest>.*?)"
    ),
    rf"what (?:is|are|was|were) the (?P<card>{_CARD})\b(?P<rest>.*?)",
    r"what (?:is|was) (?:there )?(?:(?:to be )?(?:written|read|spelled)|(?P<card>on[ -]screen text))\b(?P<rest>.*?)",
    rf"(?:show me |list |read )(?:me )?(?:all )?(?:the )?(?P<card>{_CARD})\b(?P<rest>.*?)",
)
"""Forms of questions about text in the picture: of which sort, and what else is said of it."""

_END = re.compile(
    r"\b(?:(?:right |just )?(?:at|in|near|towards?) the (?:very )?(?:end|close)|(?:end|closing|final|last)(?= |$))",
    re.IGNORECASE,
)
_START = re.compile(
    r"\b(?:(?:right |just )?(?:at|in|near) the (?:very )?(?:start|beginning|opening)|(?:opening|first)(?= |$))",
    re.IGNORECASE,
)

_EDGE = 0.15
"""Share of a film that is its beginning, and its end."""

_CARDS = {"event:title card", "event:end credits", "event:opening credits"}

_PLACED = frozenset({"sign", "poster", "label", "banner", "inscription"})
"""Text that stands in a scene rather than on a card of its own."""

_SAYS_NOTHING = TELLS_NOTHING | frozenset(
    ["say", "says", "read", "reads", "shown", "seen", "screen", "picture", "visible"]
)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which text: its sort, where in a film, and words that are told of it beside."""

    card: str
    edge: str
    words: tuple[str, ...]


class OnScreen(Basics):
    """Answers from what is read in pictures."""

    def _written(self, card: str | None = None, rest: str = "", *, movie: Movie | None = None) -> Done:
        text, films = scoped(f"{card or 'text'}{rest}", [*self._movies.values()])
        wanted = _wanted(text)
        stems = self._finder.index.stems
        matcher = Matcher(terms_of(wanted.words, stems), stems)
        chosen = films if films is not None else [movie] if movie else None
        where = Where(facets=(("has:text",),), movies=tuple(sorted(m.id for m in chosen or ())))
        rows = [r for r in self._finder.index.within(where) if r["screen"] and _fits(r, wanted, matcher)]
        kept = _at_edge(rows, wanted.edge, self._movies)
        pieces = [self._read_piece(r, matcher) for r in kept]
        evidence = list(numbered(pieces))
        named = f" of {', '.join(m.name for m in films[:3])}{' …' * (len(films) > 3)}" if films else ""
        plan = [f"text in the picture{named}{f' at its {wanted.edge}' if wanted.edge else ''}{_beside(wanted)}"]
        notes = []
        if len(pieces) > MOST_EVIDENCE:
            notes.append(f"text is read in {len(pieces)} moments; these are the first {MOST_EVIDENCE}")
        if not evidence:
            notes.append(self._no_text(where, wanted))
        return plan, ([quoted(e) for e in evidence], evidence, notes)

    def _read_piece(self, row: Mapping[str, Any], matcher: Matcher) -> Evidence:
        found = matcher.find(row["screen"])
        at = min((a for places in found.values() for a, _ in places), default=0)
        return self._piece(row["movie"], Time(row["start"]), Time(row["end"]), "read", cut(row["screen"], at))

    def _no_text(self, where: Where, wanted: _Wanted) -> str:
        there = self._finder.index.within(where, shown=["movie", "start"])
        if not there:
            return "no text was read in the pictures that were looked at"
        what = f"text with {' and '.join(f'“{w}”' for w in wanted.words)}" if wanted.words else f"any {wanted.card}"
        films = len({r["movie"] for r in there})
        return f"text was read in {len(there)} moments of {films} films, but {what} was not"


def _fits(row: Mapping[str, Any], wanted: _Wanted, matcher: Matcher) -> bool:
    """Whether it is text of the sort that is asked for, with every word that is told of it read or seen there."""
    cards = _CARDS & {*row["facets"]}
    if wanted.card == "credits" and "event:end credits" not in cards and "event:opening credits" not in cards:
        return False
    if wanted.card in _PLACED and cards:
        return False
    there = f"{row['screen']} {row['tags']} {row['kinds']} {row['things']}"
    return len(matcher.find(there)) == len(matcher.terms)


def _wanted(text: str) -> _Wanted:
    edge = "end" if _END.search(text) else "beginning" if _START.search(text) else ""
    bare = _START.sub(" ", _END.sub(" ", text))
    match = re.search(rf"\b(?:{_TEXT})s?\b", bare, re.IGNORECASE)
    card = match[0].casefold() if match else "text"
    card = {"credit": "credits", "signs": "sign", "posters": "poster", "labels": "label", "banners": "banner"}.get(
        card, card
    )
    rest = f"{bare[: match.start()]} {bare[match.end() :]}" if match else bare
    words = [w for w in words_of(rest) if w.casefold() not in _SAYS_NOTHING and w.casefold() not in _QUALIFIES]
    return _Wanted(card, edge, tuple(dict.fromkeys(words)))


_QUALIFIES = frozenset(["main", "on-screen", "written", "printed", "all", "any", "right", "very"])


def _at_edge(rows: Sequence[dict[str, Any]], edge: str, movies: Mapping[str, Movie]) -> list[dict[str, Any]]:
    """Those at the end or the beginning of their film; where none is, the one of that half that is nearest to it."""
    if not edge:
        return [*rows]
    films: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        films.setdefault(row["movie"], []).append(row)
    kept: list[dict[str, Any]] = []
    for film, own in films.items():
        length = int(movies[film].duration) if film in movies else 0
        if edge == "end":
            near = [r for r in own if r["end"] >= length * (1 - _EDGE)]
            kept += near[::-1] or [r for r in own[-1:] if r["end"] >= length / 2]
        else:
            near = [r for r in own if r["start"] <= length * _EDGE]
            kept += near or [r for r in own[:1] if r["start"] < length / 2]
    return kept


def _beside(wanted: _Wanted) -> str:
    sort = "" if wanted.card in {"text", "word", "words", "writing"} else f", of the sort “{wanted.card}”"
    return f"{sort}, with {', '.join(wanted.words)}" if wanted.words else sort
