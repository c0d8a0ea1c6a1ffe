"""What people decide about who is who: acts, kept in entries of a log. Plain values; nothing here is biometric.

An act never points at a machine's row alone, since rows change when a film is analysed again: it points at places of
the film where somebody was seen.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, get_args

from cinedex.canonical import build, plain
from cinedex.errors import StoreError, UsageError
from cinedex.timeline.time import Time

SCHEME = 1
"""Version of the entries' form."""

LONGEST_NAME = 200
LONGEST_NOTE = 4000


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place of a film where somebody was seen: when, and the middle of the face as shares of the picture (or -1)."""

    start: Time
    end: Time
    tracklet: int
    x: float = -1.0
    y: float = -1.0


@dataclass(frozen=True, slots=True)
class Sighting:
    """Tracklets of a film: those of its character `number`, or some of them.

    `key` names the analysis in which they have those numbers; in any other they are found by their anchors. `whole`
    says that the character is meant, so that tracklets that nobody has decided about follow; `longest` that there are
    too many, so that the anchors are only the longest of all the character's.
    """

    film: str
    key: str
    number: int
    anchors: tuple[Anchor, ...]
    whole: bool = True
    longest: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """These tracklets are this person."""

    person: str
    sighting: Sighting


@dataclass(frozen=True, slots=True)
class Deny:
    """These tracklets are not this person, whatever the machine thinks."""

    person: str
    sighting: Sighting


@dataclass(frozen=True, slots=True)
class Name:
    """The person is called so; an empty name takes the name away."""

    person: str
    name: str


@dataclass(frozen=True, slots=True)
class Merge:
    """Two people are one: `person` is also `into`."""

    into: str
    person: str


@dataclass(frozen=True, slots=True)
class Hide:
    """The person is left out of galleries and lists."""

    person: str


@dataclass(frozen=True, slots=True)
class ShowAgain:
    """The person is shown again."""

    person: str


@dataclass(frozen=True, slots=True)
class Enrol:
    """Prints from photos belong to the person; they are kept apart, under these names."""

    person: str
    prints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Consent:
    """The person, or whoever may, agreed to be recognised: `who` gave it, on which `basis`."""

    person: str
    who: str
    basis: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Delete:
    """Everything about these ids (one person's) goes, and where they were seen must not identify anybody again."""

    people: tuple[str, ...]
    seen: tuple[Sighting, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Erased:
    """A deletion has been carried out: how many rows of each kind, prints of photos and entries went."""

    deletion: str
    removed: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Recognition:
    """Recognition is on or off in this library, on which basis, and for how many days what is not used is kept."""

    on: bool
    basis: str = ""
    keep_days: int = 0


@dataclass(frozen=True, slots=True)
class Undo:
    """An earlier entry no longer counts."""

    entry: str


Act: TypeAlias = Claim | Deny | Name | Merge | Hide | ShowAgain | Enrol | Consent | Delete | Erased | Recognition | Undo

_ACTS: dict[str, type[Any]] = {cls.__name__.lower(): cls for cls in get_args(Act)}


@dataclass(frozen=True, slots=True)
class Entry:
    """Acts decided at once. Entries are in the order of their ids."""

    id: str
    at: str
    """When, by the clock of who decided: UTC, ISO 8601. For people to read; the order does not depend on it."""
    by: str
    acts: tuple[Act, ...]

    @property
    def number(self) -> int:
        """Its place in the log; entries written at once by two processes may share one."""
        return int(self.id.split("-", 1)[0])

    @property
    def lasting(self) -> bool:
        """Whether it cannot be undone."""
        return any(isinstance(act, Delete | Erased) for act in self.acts)

    @property
    def people(self) -> frozenset[str]:
        """Every person's id in it."""
        return frozenset[str]().union(*(about(act) for act in self.acts))


def about(act: Act) -> frozenset[str]:
    """The ids of the people that an act speaks of."""
    match act:
        case Merge(into=into, person=person):
            return frozenset({into, person})
        case Delete(people=people):
            return frozenset(people)
        case Erased() | Recognition() | Undo():
            return frozenset()
    return frozenset({act.person})


def written(entry: Entry) -> bytes:
    """An entry as JSON."""
    acts = [{"do": type(act).__name__.lower(), **plain(act)} for act in entry.acts]
    facts = {"scheme": SCHEME, "id": entry.id, "at": entry.at, "by": entry.by, "acts": acts}
    return json.dumps(facts, ensure_ascii=True, indent=1).encode()


def read(data: bytes) -> Entry:
    """The opposite. Raises StoreError for an entry that this build cannot understand: skipping one may undo a wish."""
    try:
        facts = json.loads(data)
        if facts["scheme"] != SCHEME:
            raise StoreError(f"an entry about people has the form {facts['scheme']}", remedy="Use a newer Cinedex.")
        return Entry(facts["id"], facts["at"], facts["by"], tuple(_act(act) for act in facts["acts"]))
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise StoreError(
            f"an entry about people cannot be read: {wrong}", remedy="It is damaged, or of a newer Cinedex."
        ) from wrong


def _act(facts: Mapping[str, Any]) -> Act:
    act: Act = build(_ACTS[facts["do"]], facts)
    return act


def named(text: str) -> str:
    """A name as it is kept. Raises UsageError for one that cannot be shown on a line."""
    name = unicodedata.normalize("NFC", " ".join(text.split()))
    if not name:
        raise UsageError("a name needs at least one letter")
    if len(name) > LONGEST_NAME:
        raise UsageError(f"a name of {len(name):,} characters is too long", remedy=f"At most {LONGEST_NAME} fit.")
    _printable(name, "a name")
    return name


def noted(text: str, what: str) -> str:
    """A basis or note as it is kept. Raises UsageError for an endless one or one with control characters."""
    note = unicodedata.normalize("NFC", " ".join(text.split()))
    if len(note) > LONGEST_NOTE:
        raise UsageError(f"{what} of {len(note):,} characters is too long", remedy=f"At most {LONGEST_NOTE} fit.")
    _printable(note, what)
    return note


_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"


def _printable(text: str, what: str) -> None:
    bad = next((c for c in text if not c.isprintable() and c not in _JOINERS), None)
    if bad is not None:
        raise UsageError(f"{what} cannot hold the character U+{ord(bad):04X}", remedy="Leave control characters out.")
