"""Who is known: the log replayed to a state. The same entries give the same state in whatever order they arrive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from cinedex.people.decisions import (
    Claim,
    Consent,
    Delete,
    Deny,
    Enrol,
    Entry,
    Erased,
    Hide,
    Merge,
    Name,
    Recognition,
    ShowAgain,
    Sighting,
    Undo,
)

OFF = Recognition(on=False)


@dataclass(frozen=True, slots=True)
class Consented:
    """A consent and when it was recorded."""

    at: str
    who: str
    basis: str
    note: str


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Somebody whom people have decided about; `name` is empty for one without a name."""

    id: str
    name: str = ""
    hidden: bool = False
    prints: tuple[str, ...] = ()
    consents: tuple[Consented, ...] = ()
    created: str = ""
    decided: str = ""
    """When anything was last decided about them."""
    also: tuple[str, ...] = ()
    """Ids that were merged into this one."""

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id by which the log knows them."""
        return (self.id, *self.also)


@dataclass(frozen=True, slots=True)
class Deletion:
    """A deletion: who, where they had been seen, and whether it is carried out."""

    id: str
    at: str
    by: str
    why: str
    people: tuple[str, ...]
    seen: tuple[Sighting, ...]
    removed: tuple[tuple[str, int], ...] | None = None
    """What was erased; None while it is not carried out to the end."""


@dataclass(frozen=True)
class Register:
    """The state of who is who. `claims` and `denials` are in the order in which they were decided."""

    people: Mapping[str, KnownPerson] = field(default_factory=dict)
    claims: tuple[Claim, ...] = ()
    denials: tuple[Deny, ...] = ()
    deletions: tuple[Deletion, ...] = ()
    recognition: Recognition = OFF
    since: str = ""
    """When recognition was last switched."""

    @property
    def dead(self) -> frozenset[str]:
        """Ids of deleted people."""
        return frozenset(p for d in self.deletions for p in d.people)

    def named(self, name: str) -> list[KnownPerson]:
        """People of that name, however it is capitalised."""
        return [p for p in self.people.values() if p.name and p.name.casefold() == name.casefold()]


def live(entries: Iterable[Entry]) -> list[Entry]:
    """The entries that count, in order: those not undone, or whose undoing is itself undone."""
    ordered = sorted(entries, key=lambda e: e.id)
    undone: set[str] = set()
    for entry in reversed(ordered):
        if entry.id not in undone:
            undone |= {a.entry for a in entry.acts if isinstance(a, Undo) and a.entry < entry.id}
    return [e for e in ordered if e.id not in undone or e.lasting]


def replay(entries: Iterable[Entry]) -> Register:
    """The state that these entries come to. Deletion wins over everything, also over what is decided after it."""
    counting = live(entries)
    deletions = _deletions(counting)
    state = _State(frozenset(p for d in deletions for p in d.people))
    for entry in counting:
        state.take(entry)
    return state.register(deletions)


def _deletions(entries: list[Entry]) -> tuple[Deletion, ...]:
    done = {a.deletion: a.removed for e in entries for a in e.acts if isinstance(a, Erased)}
    return tuple(
        Deletion(e.id, e.at, e.by, a.why, a.people, a.seen, done.get(e.id))
        for e in entries
        for a in e.acts
        if isinstance(a, Delete)
    )


class _State:
    """People while the log is replayed; those merged into others are looked up through `parent`."""

    def __init__(self, dead: frozenset[str]) -> None:
        self.dead = dead
        self.people: dict[str, KnownPerson] = {}
        self.parent: dict[str, str] = {}
        self.claims: list[Claim] = []
        self.denials: list[Deny] = []
        self.recognition, self.since = OFF, ""

    def root(self, person: str) -> str:
        while person in self.parent:
            person = self.parent[person]
        return person

    def take(self, entry: Entry) -> None:
        """Let an entry count."""
        for act in entry.acts:
            match act:
                case Recognition():
                    self.recognition, self.since = act, entry.at
                case Merge(into=into, person=person):
                    if not {into, person} & self.dead:
                        self._merge(into, person, entry.at)
                case Claim() | Deny() | Name() | Hide() | ShowAgain() | Enrol() | Consent():
                    if act.person not in self.dead:
                        self._decide(act, entry.at)

    def _decide(self, act: Claim | Deny | Name | Hide | ShowAgain | Enrol | Consent, at: str) -> None:
        person = self._person(act.person, at)
        match act:
            case Claim():
                self.claims.append(act)
            case Deny():
                self.denials.append(act)
            case Name(name=name):
                person = replace(person, name=name)
            case Hide() | ShowAgain():
                person = replace(person, hidden=isinstance(act, Hide))
            case Enrol(prints=prints):
                person = replace(person, prints=tuple(dict.fromkeys((*person.prints, *prints))))
            case Consent():
                consent = Consented(at, act.who, act.basis, act.note)
                person = replace(person, consents=(*person.consents, consent))
        self.people[person.id] = replace(person, decided=max(person.decided, at))

    def _person(self, person: str, at: str) -> KnownPerson:
        root = self.root(person)
        return self.people.get(root) or KnownPerson(root, created=at)

    def _merge(self, into: str, person: str, at: str) -> None:
        kept, gone = self._person(into, at), self._person(person, at)
        if kept.id == gone.id:
            return
        self.parent[gone.id] = kept.id
        self.people.pop(gone.id, None)
        self.people[kept.id] = replace(
            kept,
            name=kept.name or gone.name,
            prints=tuple(dict.fromkeys((*kept.prints, *gone.prints))),
            consents=(*kept.consents, *gone.consents),
            created=min(kept.created, gone.created),
            decided=max(kept.decided, gone.decided, at),
            also=(*kept.also, gone.id, *gone.also),
        )

    def register(self, deletions: tuple[Deletion, ...]) -> Register:
        claims = tuple(replace(c, person=self.root(c.person)) for c in self.claims)
        denials = tuple(replace(d, person=self.root(d.person)) for d in self.denials)
        return Register(self.people, claims, denials, deletions, self.recognition, self.since)
