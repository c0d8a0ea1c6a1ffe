"""What the tools have in common: a library's finder and films, and how moments and people become evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from cinedex.errors import UsageError
from cinedex.people.view import Character
from cinedex.search.answer import FRAME, Claim, Evidence, cut
from cinedex.search.finder import Finder
from cinedex.search.hits import SPOKEN_FOR, Hit
from cinedex.search.resolve import called, films_called
from cinedex.search.scope import scoped
from cinedex.search.syntax import Filter, Query
from cinedex.search.terms import TELLS_NOTHING, words_of
from cinedex.timeline.movie import Movie
from cinedex.timeline.time import Time

MOST_HITS = 5
"""Moments that an answer rests on."""

_LEAD = re.compile(
    r"^(?:(?:where|when|how|what) can (?:i|we|you|one)(?: (?:see|find))?"
    r"|what (?:does|do|did|is|are|was|were)|where|when|who(?:m)?|how|which|why|show me|find|tell me|is there"
    r"|are there|does|do|did)\b(?: (?:is|are|was|were|does|do|did|someone|somebody|anyone|the moment when))*",
    re.IGNORECASE,
)
"""How questions begin; what follows is looked for."""

_CAN_BE = re.compile(r"^(?:can|could) (.+?) be (?:seen|heard|found|read)$", re.IGNORECASE)

_ADDRESS = re.compile(r"\b(?:https?://)?www\.|\bhttps?://", re.IGNORECASE)

_FORM = """
happen happens happened have has had many much often scenes shots moments films movies clips recordings videos about
after before over under into onto end beginning start whole all any some no not more other
can could may might should would anyone anybody everyone mention mentioned mentions
"""

IN_FORMS = TELLS_NOTHING | FRAME | frozenset(_FORM.split())
"""Words of a question that belong to its form and are not looked for."""

Found = tuple[list[Claim], list[Evidence], list[str]]
"""Claims, the evidence for them, and notes."""

Done = tuple[list[str], Found] | None


class Basics:
    """A library as tools see it."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._movies = {m.id: m for m in finder.movies()}

    def _query(self, text: str) -> Query:
        asked, films = scoped(text, [*self._movies.values()])
        read = self._finder.read(asked if films else text)
        if films and not any(read.of("film")):
            own = Filter("film", tuple(dict.fromkeys(called(m).replace(",", " ") for m in films)))
            read = replace(read, filters=(*read.filters, own), read=(*read.read, str(own)))
        bare = " ".join(_CAN_BE.sub(r"\1", _LEAD.sub("", read.words).strip()).split())
        return replace(read, words=bare) if bare or read.filters or read.phrases else read

    def _hits(self, query: Query, movie: Movie | None) -> tuple[Sequence[Hit], list[str]]:
        try:
            result = self._finder.asked(query, limit=MOST_HITS, movie=movie)
        except UsageError as empty:
            return (), [str(empty)]
        return result.hits, list(result.notes)

    def _pieces(self, hit: Hit) -> list[Evidence]:
        """What of a hit speaks for it, in the film's own words; all that is known where only filters chose it."""
        how = {reason.partition(": ")[0] for reason in hit.why}
        near = any(reason.startswith("words near") for reason in hit.why)
        first = {"said": hit.matched[0][0] if hit.matched else 0, "read": _place(hit)}
        texts = {
            "said": (hit.words, bool({"said", "said in English"} & how) or near),
            "read": (hit.screen, "read" in how),
            "seen": (
                ", ".join(x for x in (hit.tags, hit.things) if x),
                "seen" in how or "picture near" in str(hit.why),
            ),
            "heard": (hit.heard, "heard" in how),
        }
        chosen = [(kind, text) for kind, (text, there) in texts.items() if text and there]
        if not chosen:
            told = _told_by(hit.why)
            chosen = [(kind, text) for kind, (text, _) in texts.items() if text and kind in told]
        chosen = chosen or [(kind, text) for kind, (text, _) in texts.items() if text][:2]
        return [
            self._piece(hit.movie, hit.start, hit.end, kind, cut(text, first.get(kind, 0))) for kind, text in chosen
        ]

    def _piece(self, film: str, start: Time, end: Time, kind: str, text: str) -> Evidence:
        # An address in a picture is told without what makes a link of it: claims hold none.
        text = _ADDRESS.sub("", text) if kind == "read" else text
        movie = self._movies.get(film)
        return Evidence(0, film, cut(movie.name) if movie else film, movie.uri if movie else "", start, end, kind, text)

    def _film(self, name: str) -> Movie | None:
        found = films_called(name, [*self._movies.values()])
        return found[0] if len(found) == 1 else None

    def _cast_of(self, movie: Movie) -> list[Character]:
        return list(self._finder.people_of(movie))

    def _told(self, row: Mapping[str, Any], kinds: Iterable[str] = ("said", "read", "seen")) -> list[Evidence]:
        """What is known of a moment, in these ways: one piece each, what is said first."""
        span = Time(int(row["start"])), Time(int(row["end"]))
        texts = ((kind, ", ".join(str(row[c]) for c in columns if row[c])) for kind, columns in SHOWN.items())
        return [
            self._piece(str(row["movie"]), *span, kind, cut(text)) for kind, text in texts if text and kind in kinds
        ]

    def _seen(self, character: Character) -> Evidence:
        first = next(iter(character.spans))
        return self._piece(character.film, first.start, first.end, "on screen", on_screen(character))


def named(why: Sequence[str]) -> set[str]:
    """The words of a query that stand in a hit by name: said, read, seen or heard."""
    reasons = (reason.partition(": ") for reason in why)
    return {w for how, _, words in reasons if how in _BY_NAME for w in words.split(", ")}


def sure(query: Query, hits: Iterable[Hit]) -> list[Hit]:
    """Those of them that more than a likeness of meaning speaks for, or a great one: for what an answer hangs on."""
    hits = borne_out(query, hits)
    return [h for h in hits if named(h.why) or any(not r.startswith(SPOKEN_FOR["meaning"]) or _near(r) for r in h.why)]


def borne_out(query: Query, hits: Iterable[Hit]) -> list[Hit]:
    """The hits that have more than half of a question's telling words, or are near to it in meaning.

    What happens after a plane crash is not told by where a plane is heard.
    """
    words = words_of(" ".join((query.words, *query.phrases)).casefold())
    asked = {w for w in words if w not in IN_FORMS}
    near = (SPOKEN_FOR["meaning"], SPOKEN_FOR["concept"])
    return [
        h for h in hits if not asked or 2 * len(named(h.why)) > len(asked) or any(r.startswith(near) for r in h.why)
    ]


def _near(reason: str) -> bool:
    number = reason.rpartition("(")[2].rstrip(")")
    return number.replace(".", "", 1).isdigit() and float(number) >= SURE


SURE = 0.86
"""Cosine of meaning from which a moment answers without a word of the question in it; `BOUNDS` lets it be a hit."""

_BY_NAME = frozenset(["said", "said in English", "read", "seen", "heard"])


def _place(hit: Hit) -> int:
    """Where in what is read the first word of the query stands."""
    words = {w for r in hit.why if r.startswith("read: ") for w in r.removeprefix("read: ").split(", ")}
    found = [hit.screen.casefold().find(w) for w in words]
    return min((at for at in found if at >= 0), default=0)


def _told_by(why: Sequence[str]) -> set[str]:
    """In which ways the filters that chose a moment say that something is in it."""
    keys = {reason if reason.startswith("has:") else reason.partition(":")[0] for reason in why}
    return {kind for kind, own in _FILTERED.items() if keys & own}


_FILTERED = {
    "said": {"has:dialogue", "speaker", "voice", "lang"},
    "read": {"has:text", "text"},
    "seen": {"has:people", "place", "object", "tag", "event", "flag", "scale", "camera"},
    "heard": {"has:music", "sound"},
}


def on_screen(character: Character) -> str:
    """How often and how long somebody is on screen, as a sentence."""
    times = "once" if character.appearances == 1 else f"{character.appearances} times"
    seconds = f"{character.seconds:.0f}"
    return f"{character.title} is on screen {times}, {seconds} second{'' if seconds == '1' else 's'} in all"


def title(name: str) -> str:
    """A name as it begins a sentence."""
    return name[:1].upper() + name[1:]


SHOWN = {"said": ("words",), "read": ("screen",), "seen": ("tags", "things"), "heard": ("heard",)}
"""Ways in which something of a moment is known, and the columns that hold it."""
