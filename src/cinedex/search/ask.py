"""Questions: read into one of a few plans, carried out by small tools over tracks and index, answered with evidence.

No text is ever obeyed: a plan comes from the form of the user's question alone, and what films say is only quoted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from cinedex.errors import CinedexError, UsageError
from cinedex.people.view import Character
from cinedex.search.answer import (
    Answer,
    Claim,
    Coverage,
    Evidence,
    Writing,
    claims_of,
    cut,
    numbered,
    quoted,
    verified,
)
from cinedex.search.filters import Where
from cinedex.search.finder import Finder
from cinedex.search.hits import SPOKEN_FOR, Hit
from cinedex.search.resolve import films_called
from cinedex.search.syntax import LONGEST_QUERY, Filter, Query
from cinedex.search.terms import TELLS_NOTHING, matches, terms_of, words_of
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Cue, Face, Object, Place, Row, Sight, Sound, Tag, Text, Voice
from cinedex.timeline.time import SECOND, Time

_MOST_HITS = 5
"""Moments that an answer rests on."""

_NEXT = SECOND * 60
"""How far from a moment what happens before or after it is looked for."""

_LEAD = re.compile(
    r"^(?:what (?:does|do|did|is|are|was|were)|where|when|who(?:m)?|how|which|why|show me|find|tell me|is there"
    r"|are there|does|do|did)\b(?: (?:is|are|was|were|does|do|did|someone|somebody|anyone|the moment when))*",
    re.IGNORECASE,
)
"""How questions begin; what follows is looked for."""

LOOKED: frozenset[type[Row]] = frozenset({Face, Object, Place, Sight, Tag, Text})
LISTENED: frozenset[type[Row]] = frozenset({Cue, Sound, Voice})
"""Kinds that tell that a film's pictures were looked at, or its sound listened to."""

Looked = Callable[[Movie], tuple[bool, bool]]
"""Whether a film's pictures have been looked at, and its sound listened to."""

_Found = tuple[list[Claim], list[Evidence], list[str]]
_Done = tuple[list[str], _Found] | None


class Asker:
    """Answers questions about a library. `looked` is for coverage; `writing` phrases answers, if there is a writer."""

    def __init__(self, finder: Finder, looked: Looked, writing: Writing | None = None) -> None:
        self._finder = finder
        self._looked = looked
        self._writing = writing
        self._movies = {m.id: m for m in finder.movies()}

    def ask(self, question: str, movie: Movie | None = None) -> Answer:
        """An answer that makes only claims which cite evidence. Raises UsageError for no question."""
        text = " ".join(question[: LONGEST_QUERY * 4].split())[:LONGEST_QUERY].rstrip(" ?!.")
        if not re.search(r"\w", text):
            raise UsageError("there is no question", remedy="Ask, for example: who is in holiday?")
        plan, (claims, evidence, notes) = self._planned(text, movie)
        kept, dropped = verified(claims, evidence)
        written = False
        if kept and self._writing is not None:
            phrased, lost, why = _phrased(self._writing, text, evidence)
            kept, dropped, written = (phrased, dropped + lost, True) if phrased else (kept, dropped + lost, False)
            notes += [why] if why else []
        cited = {n for c in kept for n in c.cites}
        shown = tuple(e for e in evidence if e.number in cited)
        return Answer(text, tuple(plan), kept, shown, self._coverage(movie), tuple(notes), dropped, written)

    def _planned(self, text: str, movie: Movie | None) -> tuple[list[str], _Found]:
        for pattern, tool in _TOOLS:
            match = pattern.fullmatch(text)
            if match is not None and (done := self._tool(tool)(*match.groups(), movie=movie)) is not None:
                return done
        query = self._query(text)
        return [f"search {query}"], self._found(query, movie)

    def _query(self, text: str) -> Query:
        read = self._finder.read(text)
        bare = " ".join(_LEAD.sub("", read.words).split())
        return replace(read, words=bare) if bare or read.filters or read.phrases else read

    def _hits(self, query: Query, movie: Movie | None) -> tuple[Sequence[Hit], list[str]]:
        try:
            result = self._finder.asked(query, limit=_MOST_HITS, movie=movie)
        except UsageError as empty:
            return (), [str(empty)]
        return result.hits, list(result.notes)

    def _found(self, query: Query, movie: Movie | None) -> _Found:
        hits, notes = self._hits(query, movie)
        evidence = numbered(piece for hit in hits for piece in self._pieces(hit))
        if not evidence and not notes:
            notes = ["nothing in this library fits; other words may find more"]
        return [quoted(e) for e in evidence], list(evidence), notes

    def _pieces(self, hit: Hit) -> list[Evidence]:
        """What of a hit speaks for it, in the film's own words; all that is known where only filters chose it."""
        how = {reason.partition(": ")[0] for reason in hit.why}
        near = any(reason.startswith("words near") for reason in hit.why)
        first = hit.matched[0][0] if hit.matched else 0
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
        chosen = chosen or [(kind, text) for kind, (text, _) in texts.items() if text][:2]
        return [
            self._piece(hit.movie, hit.start, hit.end, kind, cut(text, first if kind == "said" else 0))
            for kind, text in chosen
        ]

    def _piece(self, film: str, start: Time, end: Time, kind: str, text: str) -> Evidence:
        movie = self._movies.get(film)
        return Evidence(0, film, cut(movie.name) if movie else film, movie.uri if movie else "", start, end, kind, text)

    # Tools

    def _tool(self, name: str) -> Callable[..., _Done]:
        tools: dict[str, Callable[..., _Done]] = {
            "both": self._both, "together": self._together, "who": self._who, "how long": self._how_long,
            "first": self._first, "around": self._around, "says": self._says,
        }  # fmt: skip
        return tools[name]

    def _film(self, name: str) -> Movie | None:
        found = films_called(name, [*self._movies.values()])
        return found[0] if len(found) == 1 else None

    def _cast_of(self, movie: Movie) -> list[Character]:
        return list(self._finder.people_of(movie))

    def _who(self, film: str, *, movie: Movie | None = None) -> _Done:
        del movie
        one = self._film(film)
        if one is None:
            return None
        people = self._cast_of(one)
        evidence = numbered(self._seen(c) for c in people)
        claims = [Claim(e.text, (e.number,)) for e in evidence]
        notes = (
            []
            if people
            else [f"who is in {one.name} is not known: nobody is seen in it, or people were not looked for"]
        )
        return [f"people of {one.name}"], (claims, list(evidence), notes)

    def _both(self, first: str, second: str, *, movie: Movie | None = None) -> _Done:
        one, two = self._film(first), self._film(second)
        if one is None or two is None:
            return self._together(first, second, movie=movie)
        mine, theirs = self._cast_of(one), self._cast_of(two)
        pairs = [(a, b) for a in mine for b in theirs if _same(a, b)]
        evidence = numbered(self._seen(c) for pair in pairs for c in pair)
        numbers = {(e.movie, e.text): e.number for e in evidence}
        claims = []
        for a, b in pairs:
            cites = tuple(numbers[c.film, _on_screen(c)] for c in (a, b) if (c.film, _on_screen(c)) in numbers)
            claims.append(Claim(f"{a.title} is on screen in both {one.name} and {two.name}", cites))
        notes = [] if pairs else [f"nobody is known to be in both {one.name} and {two.name}"]
        if not self._finder.recognition:
            notes.append("recognition is off: only people who were named in both films can be told to be the same")
        return [f"people of {one.name}", f"people of {two.name}", "those in both"], (claims, list(evidence), notes)

    def _together(self, first: str, second: str, *, movie: Movie | None = None) -> _Done:
        one, two = self._finder.presence(first), self._finder.presence(second)
        if not one or not two:
            return None
        pieces = []
        for film in sorted(one.keys() & two.keys()):
            if movie is None or film == movie.id:
                for span in one[film].intersect(two[film]).support(within=int(SECOND)):
                    text = f"{_title(first)} and {_title(second)} are on screen together"
                    pieces.append(self._piece(film, span.start, span.end, "on screen", text))
        evidence = numbered(pieces)
        notes = [] if evidence else [f"{first} and {second} are never on screen together in what was looked at"]
        claims = [Claim(e.text, (e.number,)) for e in evidence]
        return [f"person:{first}", f"person:{second}", "times of both"], (claims, list(evidence), notes)

    def _how_long(self, name: str, film: str | None = None, *, movie: Movie | None = None) -> _Done:
        one = self._film(film) if film else movie
        people = [c for c in self._finder.characters(name) if one is None or c.film == one.id]
        if not people:
            return None
        evidence = numbered(self._seen(c) for c in people)
        return [f"person:{name}", "seconds on screen"], (
            [Claim(e.text, (e.number,)) for e in evidence],
            list(evidence),
            [],
        )

    def _first(self, what: str, which: str, *, movie: Movie | None = None) -> _Done:
        query = self._query(re.sub(r"\b(?:appears?|seen|heard|said|mentioned|is|are|does|do)\b", " ", what))
        result = self._finder.asked(query, limit=200, movie=movie)
        films = {h.movie for h in result.hits}
        if not films:
            return [f"search {query}"], ([], [], list(result.notes) or ["nothing in this library fits"])
        choose = min if which.lower() == "first" else max
        ends = [choose((h for h in result.hits if h.movie == film), key=lambda h: h.at) for film in sorted(films)]
        evidence = numbered(self._pieces(h)[0] for h in ends[:_MOST_HITS] if self._pieces(h))
        return [f"search {query}", f"{which.lower()} in every film"], (
            [quoted(e) for e in evidence],
            list(evidence),
            [],
        )

    def _says(self, who: str, topic: str | None = None, *, movie: Movie | None = None) -> _Done:
        own = {f: o for f, o in self._finder.owned(who).items() if movie is None or f == movie.id}
        if not own:
            return self._told_of(who, topic, movie) if topic else None
        lines = [(f, cue) for f, o in sorted(own.items()) for cue in self._finder.lines(f, {v.number for v in o})]
        plan, notes = [f"speaker:{who}"], list[str]()
        if topic:
            query = Query(topic, filters=(Filter("speaker", (who,)),))
            hits, notes = self._hits(query, movie)
            plan = [f"search {query}"]
            lines = self._about(topic, lines, hits)
        evidence = numbered(self._piece(f, c.start, c.end, "said", cut(c.text)) for f, c in lines)
        sure = min(o.score for each in own.values() for o in each)
        notes.append(f"whose voice it is was worked out from who is on screen while it is heard, {sure:.2f} sure")
        if not evidence:
            notes.insert(0, f"{_title(who)} is not heard to say that in what was listened to")
        return [*plan, f"lines in that voice: {len(lines)}"], ([quoted(e) for e in evidence], list(evidence), notes)

    def _told_of(self, who: str, topic: str, movie: Movie | None) -> _Done:
        """What is said about a topic where nobody knows whose voice it is; with somebody known, while they are seen."""
        known = (Filter("person", (who,)),) if self._finder.presence(who) else ()
        query = Query(topic, filters=known)
        hits, notes = self._hits(query, movie)
        evidence = numbered(piece for hit in hits for piece in self._pieces(hit) if piece.kind == "said")
        if not evidence:
            return None
        notes.append(f"this is what is said; whether {who} says it is not known, since no voice is known to be theirs")
        return [f"search {query}", "what is said"], ([quoted(e) for e in evidence], list(evidence), notes)

    def _about(self, topic: str, lines: Sequence[tuple[str, Cue]], hits: Sequence[Hit]) -> list[tuple[str, Cue]]:
        """Lines inside hits that have a topic's words, since others may have said them; else those near in meaning."""
        stems = self._finder.index.stems
        terms = terms_of([w for w in words_of(topic) if w.casefold() not in TELLS_NOTHING], stems)
        inside = [(f, c, h) for f, c in lines for h in hits if h.movie == f and h.start < c.end and c.start < h.end]
        said = [(f, c) for f, c, _ in inside if matches(c.text, terms, stems)]
        return said or [(f, c) for f, c, h in inside if any(w.startswith(SPOKEN_FOR["meaning"]) for w in h.why)]

    def _around(self, side: str, what: str, *, movie: Movie | None = None) -> _Done:
        query = self._query(what)
        hits, notes = self._hits(query, movie)
        if not hits:
            return [f"search {query}"], ([], [], notes or ["nothing in this library fits"])
        anchor = hits[0]
        after = side.lower() == "after"
        reach = (int(anchor.end), int(anchor.end + _NEXT)) if after else (int(anchor.start - _NEXT), int(anchor.start))
        rows = self._finder.index.within(Where(movies=(anchor.movie,), times=(reach,)))
        near = rows[:_MOST_HITS] if after else rows[-_MOST_HITS:]
        pieces = [p for row in near for p in self._told(row)]
        evidence = numbered([*self._pieces(anchor)[:1], *pieces])
        plan = [f"search {query}", f"the minute {side.lower()} {anchor.name} {anchor.at.clock[:-4]}"]
        return plan, ([quoted(e) for e in evidence], list(evidence), notes)

    def _told(self, row: dict[str, object]) -> list[Evidence]:
        """One piece of a moment: what is said, else what is read, else what is seen."""
        for kind, columns in (("said", ("words",)), ("read", ("screen",)), ("seen", ("tags", "things"))):
            text = ", ".join(str(row[c]) for c in columns if row[c])
            if text:
                start, end = Time(int(str(row["start"]))), Time(int(str(row["end"])))
                return [self._piece(str(row["movie"]), start, end, kind, cut(text))]
        return []

    def _seen(self, character: Character) -> Evidence:
        first = next(iter(character.spans))
        return self._piece(character.film, first.start, first.end, "on screen", _on_screen(character))

    def _coverage(self, movie: Movie | None) -> Coverage:
        movies = [movie] if movie else [*self._movies.values()]
        seconds = [(m.duration.seconds, *self._looked(m)) for m in movies]
        return Coverage(
            len(movies),
            sum(s for s, _, _ in seconds),
            sum(s for s, looked, _ in seconds if looked),
            sum(s for s, _, listened in seconds if listened),
        )


def _phrased(writing: Writing, question: str, evidence: Sequence[Evidence]) -> tuple[tuple[Claim, ...], int, str]:
    """What a writer makes of the evidence, as far as that bears it out; how much it does not, and what to say of it."""
    try:
        text = writing(question, [f"[{e.number}] ({e.kind} in {e.name}) {e.text}" for e in evidence])
    except CinedexError as error:
        return (), 0, f"not phrased by the writer: {error}"
    kept, lost = verified(claims_of(text), evidence)
    return kept, lost, "" if kept else "nothing that the writer wrote was borne out by the evidence"


def _on_screen(character: Character) -> str:
    times = "once" if character.appearances == 1 else f"{character.appearances} times"
    return f"{character.title} is on screen {times}, {character.seconds:.0f} seconds in all"


def _same(one: Character, other: Character) -> bool:
    return bool(one.person and one.person == other.person) or (other.film, other.label) in one.elsewhere


def _title(name: str) -> str:
    return name[:1].upper() + name[1:]


_NAME = r"([^?]{1,120}?)"

_FORMS = (
    (rf"who (?:is|appears|was) (?:seen )?in both {_NAME} and {_NAME}", "both"),
    (rf"(?:when|where) (?:are|do|is) {_NAME} and {_NAME} (?:seen |appear |on screen )?together", "together"),
    (rf"(?:who(?: all)? (?:is|are|appears|was) (?:seen )?in|who are the people in) {_NAME}", "who"),
    (
        rf"how (?:long|often|many times|much) (?:is|does) {_NAME} (?:on screen|seen|appear|shown)(?: in {_NAME})?",
        "how long",
    ),
    (
        rf"when (?:is|does|do|are) {_NAME} (first|last)(?: (?:seen|appear|heard|mentioned|said|speak))?",
        "first",
    ),
    (rf"what (?:does|do|did) {_NAME} (?:say|tell|talk)(?: (?:about|of) {_NAME})?", "says"),
    (rf"what (?:happens|comes|is said|is seen) (?:right |just |directly )?(after|before) {_NAME}", "around"),
)

_TOOLS = tuple((re.compile(form, re.IGNORECASE), tool) for form, tool in _FORMS)
"""Forms of questions and what answers them; all others are searched for. Names are whatever stands in their places."""
