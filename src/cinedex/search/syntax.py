"""What is asked, as written: words, "quoted phrases" and filters such as `place:beach`; plain words are read into them.

Reading is a pure function of the text and of what the library has names for. `str` of a query is the query in full, so
that a user sees how they were understood and can correct it. Nothing here looks anything up or touches the index.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache

from cinedex.errors import CinedexError, UsageError
from cinedex.search.facets import KEYS, label_of
from cinedex.search.noises import meant
from cinedex.timeline.time import SECOND, Time

LONGEST_QUERY = 500
"""Characters of a query that are used."""

METADATA = ("title", "director", "artist", "genre")
"""Filters by what a film's file says of itself in the tag of that name."""

_OWN = ("film", "person", "speaker", "text", "time", "year", *METADATA)
FILTERS = (*_OWN, *KEYS)
"""What may stand before a colon; all else is words. `dialogue:yes` and `dialogue:no` are read as `has:dialogue`."""

_ABSENT = frozenset({"film", "text", "time", "year", *METADATA})
"""Filters that cannot be turned round with a minus."""

_PIECE = re.compile(r'(?P<minus>-?)(?P<key>[a-z]+):(?P<value>"[^"]*"|[^\s"]+)|"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+|")')

_END = Time(2**62)

_SPOKEN = {"yes": False, "no": True}
"""What `dialogue:` may be, and whether it is then to be absent."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition: a key of `FILTERS`, values of which one must fit, or none where it is turned round."""

    key: str
    values: tuple[str, ...]
    without: bool = False

    def __str__(self) -> str:
        text = ",".join(self.values)
        quoted = f'"{text}"' if re.search(r"\s", text) else text
        return f"{'-' * self.without}{self.key}:{quoted}"


@dataclass(frozen=True, slots=True)
class Query:
    """A query taken apart. `read` are the filters that plain words were taken for."""

    words: str = ""
    phrases: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    read: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join(
            [*([self.words] if self.words else []), *(f'"{p}"' for p in self.phrases), *map(str, self.filters)]
        )

    def of(self, key: str) -> Iterator[Filter]:
        """The filters under a key."""
        return (f for f in self.filters if f.key == key)


@dataclass(frozen=True, slots=True)
class Known:
    """What the library has names for: facets ('place:beach'), people, films (without the file's ending).

    `speakers` are the people one of whose voices is known.
    """

    facets: Collection[str] = frozenset()
    people: Collection[str] = ()
    films: Collection[str] = ()
    speakers: Collection[str] = ()


def parse(text: str, known: Known | None = None) -> Query:
    """A query as written; with `known`, plain words outside quotes are read into filters that the library has.

    Raises UsageError for a filter whose value cannot be one.
    """
    clean = " ".join(unicodedata.normalize("NFC", text[: LONGEST_QUERY * 4]).split())[:LONGEST_QUERY]
    words: list[str] = []
    phrases: list[str] = []
    filters: list[Filter] = []
    for piece in _PIECE.finditer(clean):
        key = piece["key"]
        if key == "dialogue" and piece["value"] in _SPOKEN:
            filters.append(Filter("has", ("dialogue",), without=_SPOKEN[piece["value"]] != bool(piece["minus"])))
        elif key in FILTERS and (values := _values(piece["value"])):
            filters.append(_checked(Filter(key, values, bool(piece["minus"]))))
        elif piece["phrase"] is not None:
            phrases += [" ".join(piece["phrase"].split())] if piece["phrase"].strip() else []
        else:
            words.append(piece.group())
    query = Query(" ".join(words), tuple(phrases), tuple(dict.fromkeys(filters)))
    return _Reader(query, known).query if known is not None else query


def times_of(one: Filter) -> list[tuple[int, int]]:
    """The stretches of film time that a `time:` filter names: '10:00-20:00', '10:00-', '-5:00', '1:02:03'."""
    found = []
    for value in one.values:
        first, dash, last = value.partition("-")
        start = Time.parse(first) if first else Time(0)
        end = Time.parse(last) if last else _END if dash else start + SECOND
        found.append((int(start), int(end)))
    return found


def years_of(one: Filter) -> list[tuple[int, int]]:
    """The years that a `year:` filter names: '1920', '1920-1929', '1920..1929', '1950-', '-1960'."""
    found = []
    for value in one.values:
        first, dash, last = value.replace("..", "-").partition("-")
        start = int(first) if first else 1
        found.append((start, int(last) if last else 9999 if dash else start))
    return found


def facets_of(one: Filter, there: Collection[str]) -> list[str]:
    """The facets that a filter means: those whose label is, or has in it as whole words, a value."""
    own = [f for f in there if f.startswith(f"{one.key}:")]
    wanted = [label_of(v) for v in one.values]
    wanted += [label for w in wanted for label in meant(w) if one.key == "sound"]
    exact = [f for f in own if f.partition(":")[2] in wanted]
    if one.key == "voice":
        return sorted(exact)
    return sorted(
        exact or (f for f in own if any(f" {w} " in f" {f.partition(':')[2].replace('-', ' ')} " for w in wanted if w))
    )


def _values(text: str) -> tuple[str, ...]:
    bare = text[1:-1] if text.startswith('"') else text
    return tuple(dict.fromkeys(" ".join(v.split()) for v in bare.split(",") if v.strip()))


def _checked(one: Filter) -> Filter:
    if one.without and one.key in _ABSENT:
        raise UsageError(f"-{one.key}: cannot be asked for", remedy=f"Say what {one.key} it is to be instead.")
    try:
        if one.key == "time":
            times_of(one)
        elif one.key == "year":
            years_of(one)
    except (ValueError, CinedexError) as wrong:
        example = {"time": "time:10:00-20:00", "year": "year:1920-1929"}[one.key]
        raise UsageError(f"{str(one)!r} cannot be used: {wrong}", remedy=f"For example {example}.") from None
    return one


_Made = Callable[["re.Match[str]"], "Filter | None"]


def _facet(key: str, label: str, *, without: bool = False) -> _Made:
    return lambda _: Filter(key, (label,), without)


_CLOCK = r"(\d{1,2}(?::\d\d){1,2}|\d+ (?:minutes?|seconds?|hours?))"

_PLAIN: tuple[tuple[str, _Made], ...] = (
    (r"without (?:any )?(?:dialogue|speech|talking)", _facet("has", "dialogue", without=True)),
    (r"(?:where )?nobody (?:speaks|talks)", _facet("has", "dialogue", without=True)),
    (r"with dialogue|(?:where )?(?:someone|somebody|people) (?:speaks?|talks?)", _facet("has", "dialogue")),
    (r"extreme[ -]close[ -]?ups?(?: of)?", _facet("scale", "extreme close-up")),
    (r"medium[ -]close[ -]?ups?(?: of)?", _facet("scale", "medium close-up")),
    (r"close[ -]?ups?(?: of)?", _facet("scale", "close-up")),
    (r"(?:extreme|very)[ -](?:long|wide) shots?(?: of)?", _facet("scale", "extreme long")),
    (r"(?:long|wide) shots?(?: of)?", _facet("scale", "long")),
    (r"medium shots?(?: of)?", _facet("scale", "medium")),
    (r"(?:at|by) night", _facet("place", "night")),
    (r"(?:by day|in daylight|during the day)", _facet("place", "day")),
    (r"indoors|inside(?= *$)", _facet("place", "interior")),
    (r"outdoors|outside(?= *$)", _facet("place", "exterior")),
    (rf"in the first {_CLOCK}", lambda m: Filter("time", (f"0:00-{_clock(m[1])}",))),
    (rf"after (?:the first )?{_CLOCK}", lambda m: Filter("time", (f"{_clock(m[1])}-",))),
    (rf"between {_CLOCK} and {_CLOCK}", lambda m: Filter("time", (f"{_clock(m[1])}-{_clock(m[2])}",))),
    (rf"before {_CLOCK}", lambda m: Filter("time", (f"0:00-{_clock(m[1])}",))),
    (r"(?:in films? )?(?:from|of) the ((?:18|19|20)\d0)s", lambda m: Filter("year", (f"{m[1]}-{int(m[1]) + 9}",))),
    (r"in films? (?:from|of) ((?:18|19|20)\d\d)", lambda m: Filter("year", (m[1],))),
)  # fmt: skip
"""Plain words and the filter that they are read as. One that names a facet is only read where the library has it."""

_SOUND = re.compile(
    r"\b(?:the )?(?:sounds? of|hear(?:ing)?) (?:an? |the )?([\w\- ]+?)(?=$| (?:and|with|in|at|by|on)\b)", re.IGNORECASE
)


_PEOPLE = re.compile(
    r"\s*(?:where |when |are |is |there |the |any |some |a )*(?:people|persons?|somebody|someone|anybody|anyone)"
    r"(?: (?:are|is|be|seen|there|on screen))*\s*",
    re.IGNORECASE,
)
"""All that is left of a query whose other words were read into filters: that somebody is in the picture."""

_IN_PLACE = re.compile(r"\s(?:in|at|on|by) (?:an? |the )?(?P<place>\w[\w -]{1,30}?)\s*$", re.IGNORECASE)

_ROOMS = frozenset(["room", "rooms", "house", "houses", "building", "buildings", "hall"])
"""Places of which no more is known than that they are inside."""

_SAYS = r"(?:'s voice|\u2019s voice| (?:says?|said|saying|talks?|talking|speaks?|speaking|tells?)(?: about| of| to)?)"
"""What follows somebody's name where they are to be heard rather than seen."""


def _clock(text: str) -> str:
    number, _, unit = text.partition(" ")
    if not unit:
        return text
    seconds = int(number[:6]) * {"s": 1, "m": 60, "h": 3600}[unit[0]]
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _folded(text: str) -> str:
    """Without case, so that all that patterns take for the same is the same."""
    return text.translate(_DOTS).casefold()


_DOTS = {ord(letter): "i" for letter in "\u0130\u0131"}
"""The capital with a dot and the small letter without one: patterns take both for an i."""


@lru_cache(50_000)
def _parts(name: str) -> tuple[str, ...]:
    """The words of a name: one that is not in a text spares looking for the name, of which a library has thousands."""
    return tuple(_folded(w) for w in re.split(r"[\s_-]+", name) if w)


@dataclass
class _Reader:
    """Reads plain words into filters, longest and surest first; words inside phrases are never read."""

    given: Query
    known: Known
    text: str = field(init=False, default="")
    found: list[Filter] = field(init=False, default_factory=list)

    @property
    def query(self) -> Query:
        self.text, self.found = self.given.words, []
        self._named("speaker", self.known.speakers, r"\b(?:said|spoken|told) by ")
        self._named("speaker", self.known.speakers, r"(?<!\w)", _SAYS)
        self._named("person", self.known.people, r"(?<!\w)")
        self._named("film", self.known.films, r"\b(?:in|from|of) (?:the film )?")
        for pattern, made in _PLAIN:
            for match in reversed(list(re.finditer(rf"\b(?:{pattern})(?!\w)", self.text, re.IGNORECASE))):
                one = made(match)
                if one is not None:
                    self._take(match, one)
        for match in reversed(list(_SOUND.finditer(self.text))):
            self._take(match, Filter("sound", (" ".join(match[1].split()),)))
        place = _IN_PLACE.search(self.text)
        if place is not None and _PEOPLE.fullmatch(self.text[: place.start()]):
            inside = place["place"].casefold() in _ROOMS
            self._take(place, Filter("place", ("interior" if inside else place["place"],)))
        if self.found and (only := _PEOPLE.fullmatch(self.text)) is not None:
            self._take(only, Filter("has", ("people",)))
        fresh = [f for f in self.found if f not in self.given.filters]
        return replace(
            self.given,
            words=" ".join(self.text.split()),
            filters=(*self.given.filters, *fresh),
            read=tuple(map(str, fresh)),
        )

    def _named(self, key: str, names: Iterable[str], before: str, after: str = r"(?:'s|\u2019s)?") -> None:
        text = _folded(self.text)
        here = {n for n in names if len(n) > 1 and all(word in text for word in _parts(n))}
        for name in sorted(here, key=lambda n: (-len(n), n)):
            spaced = r"[\s_-]+".join(re.escape(w) for w in re.split(r"[\s_-]+", name) if w)
            pattern = rf"{before}{spaced}{after}(?!\w)"
            match = re.search(pattern, self.text, re.IGNORECASE)
            if match is not None:
                self._take(match, Filter(key, (name,)))

    def _take(self, match: re.Match[str], one: Filter) -> None:
        if one.key in KEYS and not facets_of(one, self.known.facets):
            return
        if any(
            f.key == one.key and f.key not in {"person", "speaker", "place", "sound", "has"}
            for f in (*self.given.filters, *self.found)
        ):
            return
        self.text = f"{self.text[: match.start()]} {self.text[match.end() :]}"
        self.found.append(one)
