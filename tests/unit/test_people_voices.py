"""Whose voices are whose: by the machine's links and by what people have decided; who says a line, found and asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.casts import ANN, BEN, HARBOUR, Seen, library_at, put_film
from tests.unit.search_fixtures import film

from cinedex.library import Library
from cinedex.people.voices import SURE, owned
from cinedex.search.finder import Finder
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Cue, Row, Speaker, Speaking
from cinedex.timeline.time import Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Track


def at(start: float, end: float) -> dict[str, Time]:
    return {"start": Time.from_seconds(start), "end": Time.from_seconds(end)}


LINES = [(12, 18, "the quay is cold", 1), (20, 26, "we sail at dawn", 2), (110, 118, "I will never sail again", 1)]


def heard(movie: Movie, *links: Speaking) -> Timeline:
    """Half minutes in which two voices say three lines."""
    base = film(*[("", [])] * 20, id_=movie.id, name=movie.name, seconds=30)
    rows: dict[type[Row], list[Row]] = {
        Cue: [Cue(**at(a, b), text=text, language="en", score=1, source="speech") for a, b, text, _ in LINES],
        Speaker: [Speaker(**at(a, b), number=n, score=0.9) for a, b, _, n in LINES],
        Speaking: list(links),
    }
    shots = {("shot", "shot"): base.tracks["shot", "shot"]}
    own = {("test", k.kind): Track.of(k, r, Maker("test", 1, "7" * 64)) for k, r in rows.items()}
    return replace(base, movie=movie, tracks=shots | own)


def link(speaker: int, person: int, score: float = 0.9) -> Speaking:
    return Speaking(**at(0, 600), speaker=speaker, person=person, score=score)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return library_at(tmp_path / "lib")


def known(library: Library, movie: Movie, *links: Speaking) -> Timeline:
    """The film's people with its voices."""
    both = library.timeline(movie)
    return replace(both, tracks=both.tracks | heard(movie, *links).tracks)


def names(library: Library, movie: Movie, *links: Speaking) -> list[tuple[int, str]]:
    return [(o.number, o.character.title) for o in owned(known(library, movie, *links), library.people(movie))]


def test_a_voice_is_its_characters_where_that_is_sure(library: Library):
    movie = put_film(library, "harbour.mp4", HARBOUR)
    assert names(library, movie, link(1, 1), link(2, 2, SURE - 0.01)) == [(1, "Person 1")]
    library.cast.name("harbour.mp4#1", "Ann")
    assert names(library, movie, link(1, 1), link(2, 2, SURE)) == [(1, "Ann"), (2, "Person 2")]
    assert names(library, movie, link(1, 9)) == []


def test_a_voice_follows_decisions(library: Library):
    """Merged people share their voices; one who is hidden has none; of a split one, who is there when it speaks."""
    movie = put_film(library, "harbour.mp4", (Seen(ANN, 1, 10, 40), Seen(BEN, 2, 12, 38), Seen(ANN, 1, 100, 160)))
    library.cast.merge("harbour.mp4#1", "harbour.mp4#2")
    (one,) = {title for _, title in names(library, movie, link(1, 1), link(2, 2))}
    assert one == library.people(movie).characters[0].title
    library.cast.undo()
    library.cast.hide("harbour.mp4#1")
    assert names(library, movie, link(1, 1), link(2, 2)) == [(2, "Person 2")]


@pytest.fixture
def finder(library: Library) -> Finder:
    movie = put_film(library, "harbour.mp4", HARBOUR)
    library.cast.name("harbour.mp4#1", "Ann")
    library.cast.name("harbour.mp4#2", "Ben")
    library.cast.name("harbour.mp4#3", "Cat")
    told = heard(movie, link(1, 1), link(2, 2))
    library.index.update(told)
    library.store.put_mark(movie.id, "indexed", "x")
    whole = known(library, movie, link(1, 1), link(2, 2))
    read: Any = lambda _movie, _rows: whole  # noqa: E731 - stands in for a method
    return Finder(library.index, library.movies, library.cast, library.pool.get, read)  # type: ignore[arg-type]


def test_what_somebody_says_is_found_by_who_says_it(finder: Finder):
    found = finder.search("Ann says never")
    assert (found.understood, found.read) == ("never speaker:Ann", ("speaker:Ann",))
    assert [h.words for h in found.hits] == ["I will never sail again"]
    assert [round(h.start.seconds) for h in finder.search("speaker:Ben").hits] == [0]
    silent = finder.search("speaker:Cat")
    assert (silent.hits, silent.notes[0][:22]) == ((), "no voice is known to b")
    assert finder.read("Cat says sail").filters[0].key == "person", "whose voice is not known is looked for, not heard"


def test_an_answer_quotes_the_lines_of_who_is_asked_about(finder: Finder):
    from cinedex.search.ask import Asker  # noqa: PLC0415 - beside what it is for

    asker = Asker(finder, lambda _: (True, True))
    both = asker.ask("What does Ann say?")
    assert [c.text for c in both.claims] == ["“the quay is cold”", "“I will never sail again”"]
    assert both.plan == ("speaker:Ann", "lines in that voice: 2")
    assert both.notes == ("whose voice it is was worked out from who is on screen while it is heard, 0.90 sure",)
    assert [round(e.start.seconds) for e in both.evidence] == [12, 110]
    about = asker.ask("what does Ann say about sailing?")
    assert [c.text for c in about.claims] == ["“I will never sail again”"]
    none = asker.ask("what does Ben say about zebras?")
    assert (none.claims, none.notes[0]) == ((), "Ben is not heard to say that in what was listened to")
