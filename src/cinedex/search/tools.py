"""What answers a question: small tools over tracks and index, each for one form of question, with numbered evidence.

A tool gives what it did, claims, evidence and notes; or None where the question is not one for it, as where a name in
it is nobody's. What nothing here answers is searched for. Names are whatever stands in their places in the question.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from cinedex.errors import UsageError
from cinedex.people.view import Character
from cinedex.search.answer import Claim, Evidence, cut, numbered, quoted
from cinedex.search.basics import MOST_HITS, SHOWN, Done, Found, borne_out, named, on_screen, sure, title
from cinedex.search.credit import CREDIT, Credit
from cinedex.search.filters import Where
from cinedex.search.follow import Following
from cinedex.search.gist import GIST, Gist
from cinedex.search.hits import SPOKEN_FOR, Hit
from cinedex.search.matcher import Matcher
from cinedex.search.nearest import Nearest
from cinedex.search.onscreen import WRITTEN, OnScreen
from cinedex.search.resolve import called
from cinedex.search.sets import NUMBER, WHICH
from cinedex.search.syntax import Filter, Query
from cinedex.search.terms import TELLS_NOTHING, terms_of, words_of
from cinedex.search.tongues import in_english
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Cue
from cinedex.timeline.time import SECOND, Span, Time

_NEXT = SECOND * 60
"""How far from a moment what happens before or after it is looked for."""

_BESIDE = SECOND * 5
"""How long before or after a line somebody may be on screen who is taken to be spoken to."""

_FRAME = re.compile(
    r"^(?:(?:says?|said|saying|tells?|told|talks?) (?:something |anything )?about |there (?:an? |any )?"
    r"|(?:we|you|i|one) (?:hears?|sees?) |many )|(?<=\w) (?:is|are|was|were) there$",
    re.IGNORECASE,
)
"""What is left of the frame of a question, behind its beginning and at its end."""


class Tools(OnScreen, Credit, Gist, Nearest):
    """The tools over one library's index and tracks."""

    def answered(self, text: str, movie: Movie | None) -> tuple[list[str], Found, tuple[Evidence, ...]]:
        """What was done for a question in whichever language, what came of it, and where nothing did, what is near."""
        asked, language = in_english(text)
        taken = [f"read as: {asked}"] if language else []
        plan, found = self.planned(asked, movie)
        if found[0]:
            return [*taken, *plan], found, ()
        again, said = self.mended(asked)
        if said:
            mended, other = self.planned(again, movie)
            if other[0]:
                return [*taken, *mended], (other[0], other[1], [*said, *other[2]]), ()
        notes, near = self.nearest(asked, movie, spoken=any(step.startswith("speaker:") for step in plan))
        return [*taken, *plan], (found[0], found[1], [*found[2], *notes]), tuple(near)

    def planned(self, text: str, movie: Movie | None) -> tuple[list[str], Found]:
        """What was done for a question, and what came of it."""
        for pattern, tool in _TOOLS:
            match = pattern.fullmatch(text)
            if match is None:
                continue
            given = match.groupdict()  # forms of the newer tools name their places
            done = self._tool(tool)(*(() if given else match.groups()), **given, movie=movie)
            if done is not None:
                return done
        query = self._query(text)
        found = self._found(query, movie)
        bare = _FRAME.sub("", query.words)
        if found[1] or not bare or bare == query.words:
            return [f"search {query}"], found
        # Only where the question as it stands finds nothing: its frame also keeps out what has half of its words.
        again = replace(query, words=bare)
        return [f"search {query}", f"search {again}"], self._found(again, movie)

    def there(self, follow: Following) -> tuple[list[str], Found] | None:
        """The same for what is asked about a spot of the answer before; None where nothing is."""
        spot = follow.spot
        if spot is None or not follow.how:
            return None
        movie = self._movies.get(spot.movie)
        if movie is None:
            return None
        if follow.how in {"after", "before"}:
            return self._beside(movie, spot.span, follow.how)
        where = self._moments_of(movie, spot.span)
        told = f"{called(movie)} {where.start.clock[:-4]}-{where.end.clock[:-4]}"
        if follow.how == "who":
            evidence, notes = self._present(movie, where, follow.but)
            return [f"people of {told}"], ([Claim(e.text, (e.number,)) for e in evidence], evidence, notes)
        rows = self._finder.index.within(Where(movies=(movie.id,), times=((int(where.start), int(where.end)),)))
        kinds = {follow.how} if follow.how in SHOWN else {*SHOWN}
        evidence = list(numbered(p for row in rows for p in self._told(row, kinds) if p.kind in kinds))
        notes = [] if evidence else [f"nothing is {follow.how} there, as far as is known"]
        return [f"what is {follow.how} in {told}"], ([quoted(e) for e in evidence], evidence, notes)

    def _found(self, query: Query, movie: Movie | None) -> Found:
        hits, notes = self._hits(query, movie)
        hits = _best(borne_out(query, hits))
        evidence = numbered(piece for hit in hits for piece in self._pieces(hit))
        if not evidence and not notes:
            notes = ["nothing in this library fits; other words may find more"]
        if evidence and query.words.casefold().startswith("many "):
            notes = [*notes, "how many there are has not been counted; this is where they are"]
        return [quoted(e) for e in evidence], list(evidence), notes

    # What answers a form of question

    def _tool(self, name: str) -> Callable[..., Done]:
        tools: dict[str, Callable[..., Done]] = {
            "both": self._both, "together": self._together, "who": self._who, "how long": self._how_long,
            "first": self._first, "around": self._around, "says": self._says, "count": self._count,
            "only": self._only, "who when": self._who_when,
            "written": self._written, "which": self._which, "number": self._number, "gist": self._gist,
            "credit": self._credit,
        }  # fmt: skip
        return tools[name]

    def _who(self, film: str, *, movie: Movie | None = None) -> Done:
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

    def _both(self, first: str, second: str, *, movie: Movie | None = None) -> Done:
        one, two = self._film(first), self._film(second)
        if one is None or two is None:
            return self._together(first, second, movie=movie)
        mine, theirs = self._cast_of(one), self._cast_of(two)
        pairs = [(a, b) for a in mine for b in theirs if _same(a, b)]
        evidence = numbered(self._seen(c) for pair in pairs for c in pair)
        numbers = {(e.movie, e.text): e.number for e in evidence}
        claims = []
        for a, b in pairs:
            cites = tuple(numbers[c.film, on_screen(c)] for c in (a, b) if (c.film, on_screen(c)) in numbers)
            claims.append(Claim(f"{a.title} is on screen in both {one.name} and {two.name}", cites))
        notes = [] if pairs else [f"nobody is known to be in both {one.name} and {two.name}"]
        if not self._finder.recognition:
            notes.append("recognition is off: only people who were named in both films can be told to be the same")
        return [f"people of {one.name}", f"people of {two.name}", "those in both"], (claims, list(evidence), notes)

    def _together(self, first: str, second: str, *, movie: Movie | None = None) -> Done:
        one, two = self._finder.presence(first), self._finder.presence(second)
        if not one or not two:
            return None
        pieces = []
        for film in sorted(one.keys() & two.keys()):
            if movie is None or film == movie.id:
                for span in one[film].intersect(two[film]).support(within=int(SECOND)):
                    text = f"{title(first)} and {title(second)} are on screen together"
                    pieces.append(self._piece(film, span.start, span.end, "on screen", text))
        evidence = numbered(pieces)
        notes = [] if evidence else [f"{first} and {second} are never on screen together in what was looked at"]
        claims = [Claim(e.text, (e.number,)) for e in evidence]
        return [f"person:{first}", f"person:{second}", "times of both"], (claims, list(evidence), notes)

    def _how_long(self, name: str, film: str | None = None, *, movie: Movie | None = None) -> Done:
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

    def _first(self, what: str, which: str, *, movie: Movie | None = None) -> Done:
        query = self._query(re.sub(r"\b(?:appears?|seen|heard|said|mentioned|is|are|does|do)\b", " ", what))
        result = self._finder.asked(query, limit=200, movie=movie)
        films = {h.movie for h in result.hits}
        if not films:
            return [f"search {query}"], ([], [], list(result.notes) or ["nothing in this library fits"])
        choose = min if which.lower() == "first" else max
        ends = [choose((h for h in result.hits if h.movie == film), key=lambda h: h.at) for film in sorted(films)]
        evidence = numbered(self._pieces(h)[0] for h in ends[:MOST_HITS] if self._pieces(h))
        return [f"search {query}", f"{which.lower()} in every film"], (
            [quoted(e) for e in evidence],
            list(evidence),
            [],
        )

    def _says(self, who: str, whom: str | None = None, topic: str | None = None, *, movie: Movie | None = None) -> Done:
        own = {f: o for f, o in self._finder.owned(who).items() if movie is None or f == movie.id}
        if not own:
            told = self._told_of(who, topic, movie) if topic else self._said_by_nobody(who, whom, movie)
            return told or self._said_by_nobody(who, whom, movie)
        lines = [(f, cue) for f, o in sorted(own.items()) for cue in self._finder.lines(f, {v.number for v in o})]
        plan, notes = [f"speaker:{who}"], list[str]()
        if topic:
            query = Query(topic, filters=(Filter("speaker", (who,)),))
            hits, notes = self._hits(query, movie)
            plan = [f"search {query}"]
            lines = self._about(topic, lines, hits)
        if whom:
            lines, told_whom = self._to(whom, lines)
            plan, notes = [*plan, f"lines while person:{whom} is near"], [*notes, told_whom]
        evidence = numbered(self._piece(f, c.start, c.end, "said", cut(c.text)) for f, c in lines)
        sure = min(o.score for each in own.values() for o in each)
        notes.append(f"whose voice it is was worked out from who is on screen while it is heard, {sure:.2f} sure")
        if not evidence:
            notes.insert(0, f"{title(who)} is not heard to say that in what was listened to")
        return [*plan, f"lines in that voice: {len(lines)}"], ([quoted(e) for e in evidence], list(evidence), notes)

    def _to(self, whom: str, lines: Sequence[tuple[str, Cue]]) -> tuple[list[tuple[str, Cue]], str]:
        """The lines around which somebody is on screen, and what that does and does not say."""
        there = self._finder.presence(whom)
        if not there:
            return [*lines], f"to whom it is said is not known: nobody is called {whom}"
        near = [(f, c) for f, c in lines if f in there and len(there[f].crop(Span(c.start - _BESIDE, c.end + _BESIDE)))]
        return near, f"that it is said to {whom} is taken from their being on screen around it"

    def _said_by_nobody(self, who: str, whom: str | None, movie: Movie | None) -> Done:
        """Lines while somebody is on screen whose voice is not known; what is said in a film; or that nobody knows."""
        seen = {f: s for f, s in self._finder.presence(who).items() if movie is None or f == movie.id}
        if seen:
            lines = [(f, c) for f, s in sorted(seen.items()) for c in self._finder.lines(f) if len(s.crop(c.span))]
            plan, notes = [f"lines while person:{who} is on screen"], list[str]()
            if whom:
                lines, told_whom = self._to(whom, lines)
                plan, notes = [*plan, f"lines while person:{whom} is near"], [told_whom]
            evidence = list(numbered(self._piece(f, c.start, c.end, "said", cut(c.text)) for f, c in lines))
            notes.append(f"whether {who} says it is not known, since no voice is known to be theirs")
            notes = notes if evidence else [f"nothing is heard while {who} is on screen"]
            return plan, ([quoted(e) for e in evidence], evidence, notes)
        unknown = [who, *([whom] if whom and not self._finder.presence(whom) else [])]
        note = f"nobody here is called {' or '.join(unknown)}, so whose lines these would be is not known"
        return [f"speaker:{who}"], ([], [], [f"{note}; `cinedex people name` says who somebody is"])

    def _told_of(self, who: str, topic: str, movie: Movie | None) -> Done:
        """What is said about a topic where nobody knows whose voice it is; with somebody known, while they are seen."""
        known = (Filter("person", (who,)),) if self._finder.presence(who) else ()
        query = Query(topic, filters=known)
        hits, notes = self._hits(query, movie)
        hits = _best(sure(query, hits))
        evidence = numbered(piece for hit in hits for piece in self._pieces(hit) if piece.kind == "said")
        if not evidence:
            return None
        notes.append(f"this is what is said; whether {who} says it is not known, since no voice is known to be theirs")
        return [f"search {query}", "what is said"], ([quoted(e) for e in evidence], list(evidence), notes)

    def _about(self, topic: str, lines: Sequence[tuple[str, Cue]], hits: Sequence[Hit]) -> list[tuple[str, Cue]]:
        """Lines inside hits that have a topic's words, since others may have said them; else those near in meaning."""
        stems = self._finder.index.stems
        telling = [w for w in words_of(topic) if w.casefold() not in TELLS_NOTHING]
        matcher = Matcher(terms_of(telling, stems), stems)
        inside = [(f, c, h) for f, c in lines for h in hits if h.movie == f and h.start < c.end and c.start < h.end]
        said = [(f, c) for f, c, _ in inside if matcher.find(c.text)]
        return said or [(f, c) for f, c, h in inside if any(w.startswith(SPOKEN_FOR["meaning"]) for w in h.why)]

    def _around(self, side: str, what: str, *, movie: Movie | None = None) -> Done:
        query = self._query(what)
        hits, notes = self._hits(query, movie)
        hits = sure(query, hits)
        if not hits:
            return [f"search {query}"], ([], [], notes or ["nothing in this library fits"])
        anchor = next((h for h in hits if self._goes_on(h, side)), hits[0])
        movie = self._movies[anchor.movie]
        plan, (claims, evidence, _) = self._beside(
            movie, Span(anchor.start, anchor.end), side, self._pieces(anchor)[:1]
        )
        return [f"search {query}", *plan], (claims, evidence, notes)

    def _goes_on(self, hit: Hit, side: str) -> bool:
        """Whether a film has anything after or before a hit: a short recording of a sound has not."""
        return self._movies[hit.movie].duration > hit.end + SECOND if side.lower() == "after" else hit.start > SECOND

    def _beside(self, movie: Movie, span: Span, side: str, first: Sequence[Evidence] = ()) -> tuple[list[str], Found]:
        """What is told of the minute after or before a stretch, behind what is known of itself."""
        after = side.lower() == "after"
        reach = (int(span.end), int(span.end + _NEXT)) if after else (int(span.start - _NEXT), int(span.start))
        rows = self._finder.index.within(Where(movies=(movie.id,), times=(reach,)))
        near = rows[:MOST_HITS] if after else rows[-MOST_HITS:]
        evidence = list(numbered([*first, *(p for row in near for p in self._told(row)[:1])]))
        notes = [] if near else [f"{movie.name} has nothing {side.lower()} that"]
        at = f"the minute {side.lower()} {movie.name} {(span.end if after else span.start).clock[:-4]}"
        return [at], ([quoted(e) for e in evidence], evidence, notes)

    def _moments_of(self, movie: Movie, span: Span) -> Span:
        """The moments that a stretch touches, from the first's start to the last's end."""
        rows = self._finder.index.within(Where(movies=(movie.id,), times=((int(span.start), int(span.end)),)))
        edges = [int(span.start), int(span.end), *(t for r in rows for t in (r["start"], r["end"]))]
        return Span(Time(min(edges)), Time(max(edges)))

    def _present(self, movie: Movie, where: Span, but: str = "") -> tuple[list[Evidence], list[str]]:
        """Who is on screen in a stretch, those seen longest first, and what to say where that is nobody."""
        found = []
        for one in self._cast_of(movie):
            seen = one.spans.crop(where).support()
            if len(seen) and one.title.casefold() != but.casefold():
                text = f"{one.title} is on screen for {seen.total.seconds:.0f} seconds"
                found.append(
                    (seen.total, self._piece(movie.id, seen[0].start, seen[len(seen) - 1].end, "on screen", text))
                )
        evidence = list(numbered(p for _, p in sorted(found, key=lambda f: (-f[0], f[1].text))))
        whom = f"nobody but {but}" if but else "nobody"
        notes = [] if evidence else [f"{whom} is known to be on screen there; not everybody is recognised"]
        return evidence, notes

    def _who_when(self, beside: str | None, side: str, what: str, *, movie: Movie | None = None) -> Done:
        query = self._query(what)
        hits, notes = self._hits(query, movie)
        hits = sure(query, hits)
        if not hits:
            return [f"search {query}"], ([], [], notes or ["nothing in this library fits"])
        film, span = self._movies[hits[0].movie], Span(hits[0].start, hits[0].end)
        if side.lower() in {"after", "before"}:
            ahead = side.lower() == "after"
            edges = (span.end, min(span.end + _NEXT, film.duration)) if ahead else (span.start - _NEXT, span.start)
            span = Span(max(edges[0], Time(0)), max(edges[1], edges[0], Time(0)))
        evidence, more = self._present(film, span, beside or "")
        first = self._pieces(hits[0])[:1]
        both = list(numbered([*first, *evidence]))
        claims = [Claim(e.text, (e.number,)) if e.kind == "on screen" else quoted(e) for e in both] if evidence else []
        at = f"people of {called(film)} {span.start.clock[:-4]}-{span.end.clock[:-4]}"
        return [f"search {query}", at], (claims, both, [*notes, *more])

    def _count(self, what: str, film: str | None = None, *, movie: Movie | None = None) -> Done:
        one = self._film(film) if film else movie
        if film and one is None:
            return None
        query = self._query(what)
        try:
            result = self._finder.asked(query, limit=_COUNTED, movie=one)
        except UsageError:
            return None
        films: dict[str, list[Hit]] = {}
        for hit in result.hits:
            films.setdefault(hit.movie, []).append(hit)
        pieces = []
        for own in sorted(films.values(), key=lambda h: (-len(h), h[0].name)):
            first = min(own, key=lambda h: h.start)
            times = "once" if len(own) == 1 else f"{len(own)} times"
            pieces.append(self._piece(first.movie, first.start, first.end, "counted", f"{title(what)}: found {times}"))
        evidence = list(numbered(pieces))
        notes = list(result.notes) or ([] if evidence else ["nothing in this library fits"])
        if len(result.hits) >= _COUNTED:
            notes.append(f"counted up to {_COUNTED}; there may be more")
        plan = [f"search {query}", "stretches of each film in which it is found; cited is the first"]
        return plan, ([Claim(f"{e.text} in {e.name}", (e.number,)) for e in evidence], evidence, notes)

    def _only(self, first: str, second: str, *, movie: Movie | None = None) -> Done:
        del movie
        one, two = self._film(first), self._film(second)
        if one is None or two is None:
            return None
        theirs = self._cast_of(two)
        own = [c for c in self._cast_of(one) if not any(_same(c, other) for other in theirs)]
        evidence = list(numbered(self._seen(c) for c in own))
        notes = [] if own else [f"nobody is known to be in {one.name} and not in {two.name}"]
        if not self._finder.recognition:
            notes.append("recognition is off: people who were not named in both films count as others")
        claims = [Claim(e.text, (e.number,)) for e in evidence]
        return [f"people of {one.name}", f"people of {two.name}", "those only in the first"], (claims, evidence, notes)


def _best(hits: Sequence[Hit]) -> list[Hit]:
    """The hits that have about as many of the question's words as the best of them."""
    most = max((len(named(h.why)) for h in hits), default=0)
    return [h for h in hits if len(named(h.why)) >= _ABOUT * most]


_ABOUT = 0.75


def _same(one: Character, other: Character) -> bool:
    return bool(one.person and one.person == other.person) or (other.film, other.label) in one.elsewhere


_COUNTED = 200
"""Hits that are counted at most."""

_NAME = r"([^?]{1,120}?)"

_FORMS = (
    (rf"who is in {_NAME} but not in {_NAME}", "only"),
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
    (
        rf"how (?:often|many times) (?:is|are|do|does) {_NAME} (?:appear|seen|heard|said|mentioned)(?: in {_NAME})?",
        "count",
    ),
    (
        rf"who (?:else )?(?:is|was|are) (?:there|seen|on screen|with {_NAME}) (when|while|after|before) {_NAME}",
        "who when",
    ),
    *((form, "credit") for form in CREDIT),
    *((form, "written") for form in WRITTEN),
    (rf"what (?:does|do|did) {_NAME} (?:say|tell|talk)(?: to {_NAME})?(?: (?:about|of) {_NAME})?", "says"),
    (rf"what (?:happens|comes|is said|is seen) (?:right |just |directly )?(after|before) {_NAME}", "around"),
    *((form, "number") for form in NUMBER),
    (WHICH, "which"),
    *((form, "gist") for form in GIST),
)

_TOOLS = tuple((re.compile(form, re.IGNORECASE), tool) for form, tool in _FORMS)
"""Forms of questions and what answers them; all others are searched for. Names are whatever stands in their places."""
