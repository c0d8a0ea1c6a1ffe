from __future__ import annotations

from pathlib import Path

import pytest
from tests.casts import HARBOUR, library_at, put_film

from cinedex.formats.seen import characters
from cinedex.library import Library
from cinedex.people.telling import told
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Person


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return library_at(tmp_path)


@pytest.fixture
def movie(library: Library) -> Movie:
    return put_film(library, "harbour.mp4", HARBOUR)


def test_people_are_called_as_somebody_has_said(library: Library, movie: Movie) -> None:
    library.cast.name(f"{movie.name}#1", "Ann")
    timeline, names = library.told(movie)
    assert "Ann" in names.values()
    people = characters(timeline, names)
    assert people[0].name == "Ann"
    assert people[0].seconds == pytest.approx(95)
    assert {p.name for p in people[1:]} == {"Person 2", "Person 3"}


def test_what_was_merged_is_one_and_who_is_hidden_is_not_shown(library: Library, movie: Movie) -> None:
    before = library.timeline(movie)
    library.cast.merge(f"{movie.name}#1", f"{movie.name}#2")
    library.cast.hide(f"{movie.name}#3")
    timeline, names = library.told(movie)
    assert len(set(names.values())) == len({row.number for row in timeline.track(Person)}) == 1
    assert len(timeline.track(Person)) == 5
    assert len(before.track(Person)) == 6
    assert library.timeline(movie).track(Person).table.equals(before.track(Person).table)


def test_where_nobody_is_known_nothing_changes(tmp_path: Path) -> None:
    library = library_at(tmp_path, on=False)
    movie = put_film(library, "harbour.mp4", HARBOUR)
    timeline, names = told(library.timeline(movie), library.people(movie))
    assert names == {} or timeline.find(Person) is not None
    assert characters(timeline, names) == [] or names
