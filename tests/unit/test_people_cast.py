"""Who is who: named once and known everywhere, split rather than merged, and a person's word over the machine's."""

from __future__ import annotations

import uuid
from dataclasses import replace as changed
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.casts import ANN, BEN, CAT, HARBOUR, TRAIN, Seen, analyse, library_at, put_film, rows_for

from cinedex.errors import NotFoundError, UsageError
from cinedex.library import Library
from cinedex.people.decisions import Delete
from cinedex.people.evidence import evidence_of
from cinedex.people.register import Register
from cinedex.people.resolve import resolve
from cinedex.people.view import Character, Gallery, Standing
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Faceprint, Person, Tracklet
from cinedex.timeline.timeline import State

Films = tuple[Library, Movie, Movie]


@pytest.fixture
def films(tmp_path: Path) -> Films:
    library = library_at(tmp_path)
    return library, put_film(library, "harbour.mp4", HARBOUR), put_film(library, "train.mp4", TRAIN)


def titles(gallery: Gallery) -> dict[str, str]:
    return {c.label: c.title for c in gallery.characters}


def one(gallery: Gallery, label: str) -> Character:
    return next(c for c in gallery.characters if c.label == label)


def test_everybody_is_anonymous_until_somebody_is_named(films: Films):
    library, harbour, _ = films
    assert titles(library.people(harbour)) == {"1": "Person 1", "2": "Person 2", "3": "Person 3"}
    ann = library.people(harbour).characters[0]
    assert (ann.seconds, ann.appearances, len(ann.looks)) == (95.0, 3, 2)
    assert {c.standing for c in library.people(harbour).characters} == {Standing.ANONYMOUS}


def test_named_once_known_everywhere_with_no_film_analysed_again(films: Films):
    library, harbour, train = films
    stored = {p: p.stat().st_mtime_ns for p in Path(library.store.root).rglob("*.parquet")}
    library.cast.name("harbour.mp4#1", "Ann")
    assert titles(library.people(harbour)) == {"1": "Ann", "2": "Person 2", "3": "Person 3"}
    assert titles(library.people(train)) == {"1": "Person 1", "2": "Ann", "3": "Person 3"}
    assert one(library.people(harbour), "1").standing is Standing.CONFIRMED
    assert one(library.people(train), "2").standing is Standing.RECOGNISED
    assert {p: p.stat().st_mtime_ns for p in Path(library.store.root).rglob("*.parquet")} == stored
    later = put_film(library, "sequel.mp4", [Seen(BEN, 1, 0, 50), Seen(ANN, 2, 60, 70)])
    assert titles(library.people(later)) == {"1": "Person 1", "2": "Ann"}


def test_rows_of_a_film_have_names(films: Films):
    library, harbour, _ = films
    library.cast.name("harbour.mp4#1", "Ann")
    library.cast.split("harbour.mp4#1", look=1, name="Bea")
    people = library.people(harbour)
    rows = library.timeline(harbour).track(Person)
    told = [character.title for row in rows if (character := people.of_row(row)) is not None]
    assert told == ["Ann", "Person 2", "Bea", "Person 3", "Person 2", "Ann"]


def test_a_report_and_charts_call_them_by_name(films: Films):
    library, harbour, train = films
    library.cast.name("harbour.mp4#1", "Ann")
    assert set(library.told(train)[1].values()) == {"Ann", "Person 1", "Person 3"}
    library.cast.split("harbour.mp4#1", tracklets=[5], name="Bea")
    assert set(library.told(harbour)[1].values()) == {"Ann", "Bea", "Person 2", "Person 3"}


def test_strangers_of_two_films_are_one_in_the_list(films: Films):
    library, _, _ = films
    strangers = [s for s in library.cast.everybody() if not s.person]
    assert sorted(tuple(c.label for c in s.characters) for s in strangers) == [("1", "2"), ("3", "1")]


def test_a_confirmed_name_is_told_from_a_recognised_one(films: Films):
    library, _, train = films
    library.cast.name("harbour.mp4#1", "Ann")
    assert [(c.film, c.title) for c in library.cast.suggestions()] == [(train.id, "Ann")]
    library.cast.confirm("train.mp4#2")
    assert one(library.people(train), "2").standing is Standing.CONFIRMED
    assert library.cast.suggestions() == []


def test_what_is_refused_is_not_recognised_again(films: Films):
    library, _, train = films
    library.cast.name("harbour.mp4#1", "Ann")
    library.cast.refuse("train.mp4#2")
    assert titles(library.people(train))["2"] == "Person 2"
    assert not any(s.name == "Ann" for c in library.people(train).characters for s in c.suggestions)
    library.cast.undo()
    assert titles(library.people(train))["2"] == "Ann"


def test_naming_a_recognised_character_otherwise_is_believed(films: Films):
    library, _, train = films
    library.cast.name("harbour.mp4#1", "Ann")
    library.cast.name("train.mp4#2", "Twin")
    assert titles(library.people(train))["2"] == "Twin"
    assert {p.name for p in library.cast.register.people.values()} == {"Ann", "Twin"}


def test_a_name_that_is_known_means_that_person(films: Films):
    library, harbour, train = films
    library.cast.name("harbour.mp4#3", "Cat")
    library.cast.name("train.mp4#3", "cat")
    assert len(library.cast.register.people) == 1
    assert titles(library.people(train)) == {"1": "Cat", "2": "Person 2", "3": "Cat"}
    assert titles(library.people(harbour))["3"] == "Cat"


def test_a_name_is_corrected_where_it_stands(films: Films):
    library, harbour, _ = films
    library.cast.name("harbour.mp4#1", "Jon")
    library.cast.name("harbour.mp4#1", "John")
    assert [p.name for p in library.cast.register.people.values()] == ["John"]
    library.cast.name("John", "Johnny")
    assert titles(library.people(harbour))["1"] == "Johnny"
    library.cast.name("harbour.mp4#2", "Ben")
    with pytest.raises(UsageError, match="somebody else is called"):
        library.cast.name("Ben", "Johnny")


def test_two_characters_that_are_one_become_one(films: Films):
    library, harbour, _ = films
    library.cast.merge("harbour.mp4#2", "harbour.mp4#3")
    merged = library.people(harbour).characters
    assert [c.label for c in merged] == ["1", "2"]
    assert merged[1].seconds == 66.0
    library.cast.undo()
    assert len(library.people(harbour).characters) == 3


def test_two_people_that_are_one_become_one_in_every_film(films: Films):
    library, harbour, train = films
    library.cast.name("harbour.mp4#1", "Ann")
    library.cast.name("train.mp4#3", "Annie")
    library.cast.merge("Ann", "Annie")
    assert titles(library.people(train))["3"] == "Ann"
    assert [p.name for p in library.cast.register.people.values()] == ["Ann"]
    with pytest.raises(UsageError, match="one already"):
        library.cast.merge("harbour.mp4#1", "train.mp4#3")
    assert titles(library.people(harbour))["1"] == "Ann"


def test_a_look_is_split_off_and_stays_apart(films: Films):
    library, harbour, _ = films
    library.cast.name("harbour.mp4#1", "Ann")
    library.cast.split("harbour.mp4#1", look=2)
    gallery = library.people(harbour)
    assert titles(gallery) == {"1": "Ann", "1b": "Person 1b", "2": "Person 2", "3": "Person 3"}
    assert (one(gallery, "1").tracklets, one(gallery, "1b").tracklets) == ((2,), (0, 5))
    assert not any(s.name == "Ann" for s in one(gallery, "1b").suggestions)
    library.cast.name("harbour.mp4#1b", "Bea")
    assert titles(library.people(harbour))["1b"] == "Bea"


def test_a_tracklet_is_split_off_before_anybody_has_a_name(films: Films):
    library, harbour, _ = films
    library.cast.split("harbour.mp4#1", tracklets=[5], name="Bea")
    assert titles(library.people(harbour)) == {"1": "Person 1", "2": "Person 2", "3": "Person 3", "1b": "Bea"}
    library.cast.name("harbour.mp4#1", "Ann")
    assert titles(library.people(harbour)) == {"1": "Ann", "2": "Person 2", "3": "Person 3", "1b": "Bea"}
    assert one(library.people(harbour), "1b").tracklets == (5,)


def test_all_or_nothing_cannot_be_split_off(films: Films):
    library, _, _ = films
    for options in ({}, {"tracklets": [1, 4]}, {"look": 1}):
        with pytest.raises(UsageError, match="takes a part"):
            library.cast.split("harbour.mp4#2", **options)
    with pytest.raises(NotFoundError, match="no look 9"):
        library.cast.split("harbour.mp4#1", look=9)
    with pytest.raises(NotFoundError, match="no tracklet 3"):
        library.cast.split("harbour.mp4#1", tracklets=[3])


def test_who_is_hidden_is_hidden_wherever_they_are_seen(films: Films):
    library, harbour, train = films
    library.cast.hide("harbour.mp4#3")
    assert [c.label for c in library.people(harbour).shown] == ["1", "2"]
    assert [c.label for c in library.people(train).shown] == ["2", "3"]
    library.cast.show_again("harbour.mp4#3")
    assert len(library.people(train).shown) == 3


def test_nobody_is_in_two_places_at_once(tmp_path: Path):
    """Twins: both look like Ann, but Ann is already seen beside one of them."""
    library = library_at(tmp_path)
    put_film(library, "first.mp4", [Seen(ANN, 1, 0, 50)])
    twins = put_film(library, "twins.mp4", [Seen(ANN, 1, 0, 50), Seen(ANN, 2, 10, 40, x=0.8), Seen(ANN, 3, 90, 99)])
    library.cast.name("first.mp4#1", "Ann")
    found = library.people(twins).characters
    named = [c for c in found if c.name == "Ann"]
    assert len(named) == 2
    assert not (named[0].spans.intersect(named[1].spans).total.seconds)


def test_between_two_who_are_alike_nobody_is_named(tmp_path: Path):
    library = library_at(tmp_path)
    put_film(library, "a.mp4", [Seen(ANN, 1, 0, 50)])
    put_film(library, "b.mp4", [Seen(ANN, 1, 0, 50)])
    third = put_film(library, "c.mp4", [Seen(ANN, 1, 0, 50)])
    library.cast.name("a.mp4#1", "Ann")
    library.cast.name("b.mp4#1", "Her twin")
    found = library.people(third).characters[0]
    assert found.standing is Standing.ANONYMOUS
    assert {s.name for s in found.suggestions} == {"Ann", "Her twin"}


# Another analysis of the same film


def again(folder: Path, movie: Movie, seen: list[Seen]) -> Library:
    library = library_at(folder, other=1)
    assert library.people(movie).state == State.MISSING.value
    analyse(library, movie, seen)
    return library


def shifted(character: int = 10) -> list[Seen]:
    """The harbour as another version sees it: other numbers, other characters' numbers, edges a little off."""
    moved = [Seen(s.who, character - s.who, s.start + 0.4, s.end - 0.3, s.look, s.x + 0.02) for s in HARBOUR]
    return [*moved[::-1], Seen(ANN, character - ANN, 500, 520)]


def test_decisions_hold_when_a_film_is_analysed_again(films: Films, tmp_path: Path):
    library, harbour, _ = films
    library.cast.name("harbour.mp4#1", "Ann")
    library.cast.name("harbour.mp4#2", "Ben")
    library.cast.split("harbour.mp4#2", tracklets=[4], name="Bob")
    library.cast.refuse("train.mp4#2")
    library = again(tmp_path, harbour, shifted())
    found = library.people(harbour)
    by_name = {c.title: c for c in found.characters}
    assert set(by_name) == {"Ann", "Ben", "Bob", "Person 7"}
    assert by_name["Ann"].seconds == pytest.approx(95 - 3 * 0.7 + 20)
    assert [round(s.start.seconds) for s in by_name["Bob"].spans] == [300]


def test_a_character_that_another_analysis_parts_keeps_its_name_in_both_parts(films: Films, tmp_path: Path):
    library, harbour, _ = films
    library.cast.name("harbour.mp4#1", "Ann")
    parted = [Seen(s.who, 1 if s.start < 50 else 4, s.start, s.end, s.look, s.x) for s in HARBOUR if s.who == ANN]
    library = again(tmp_path, harbour, parted)
    assert titles(library.people(harbour)) == {"4": "Ann"}


def test_characters_that_another_analysis_joins_stay_two_people(films: Films, tmp_path: Path):
    library, harbour, _ = films
    library.cast.name("harbour.mp4#1", "Ann")
    library.cast.name("harbour.mp4#3", "Cat")
    joined = [Seen(s.who, 1, s.start, s.end, s.look, s.x) for s in HARBOUR if s.who != BEN]
    library = again(tmp_path, harbour, [*joined, Seen(CAT, 1, 450, 460)])
    named = {c.title: c.seconds for c in library.people(harbour).characters}
    assert named == {"Ann": 95.0 + 10.0, "Cat": 30.0}  # what nobody decided about goes with most of the character


def test_two_faces_of_one_moment_are_told_by_their_place(films: Films, tmp_path: Path):
    library, harbour, _ = films
    library.cast.name("harbour.mp4#1", "Ann")
    same_time = [Seen(BEN, 1, 10, 40, x=0.7), Seen(ANN, 2, 10, 40, x=0.4)]
    library = again(tmp_path, harbour, same_time)
    assert titles(library.people(harbour)) == {"1": "Person 1", "2": "Ann"}


# Nothing, much, odd


def test_a_film_without_faces_says_so(tmp_path: Path):
    library = library_at(tmp_path)
    empty = library.people(put_film(library, "landscape.mp4", []))
    assert (empty.state, empty.tracklets, empty.characters) == ("done", 0, ())
    movie = put_film(library, "later.mp4", [Seen(ANN, 1, 0, 5)])
    assert library_at(tmp_path, other=3).people(movie).state == "missing"


def test_nobody_is_who_is_not_there(films: Films):
    library, _, _ = films
    for who in ("Zoe", "harbour.mp4#9", "harbour.mp4#", "#1", "nofilm.mp4#1", "", "a\0b#1", "x" * 10_000):
        with pytest.raises(NotFoundError):
            library.cast.whom(who)
    with pytest.raises(UsageError, match="suggests nobody"):
        library.cast.confirm("harbour.mp4#1")
    library.cast.name("harbour.mp4#1", "Ann")
    with pytest.raises(UsageError, match="not one character"):
        library.cast.confirm("Ann")


def test_two_people_of_one_name_are_told_by_their_ids(films: Films):
    library, _, _ = films
    library.cast.name("harbour.mp4#1", "Ann")
    other = library_at(library.store.url)
    other.cast.name("harbour.mp4#2", "Ben")
    other.cast.name("Ben", "Ben B")
    library.cast.name("Ann", "ben")
    other.cast.name("Ben B", "Bob")
    for cast in (library.cast, other.cast):
        assert sorted(p.name for p in cast.register.people.values()) == ["Bob", "ben"]


@settings(deadline=None, max_examples=30)
@given(
    st.lists(
        st.sampled_from(
            ["name 1 Ann", "name 2 Ben", "name 3 Ann", "merge 1 2", "merge 2 3", "split 1", "hide 2", "refuse", "undo"]
        ),
        max_size=8,
    )
)
def test_whatever_is_decided_every_tracklet_is_somebodys_once(steps: list[str]):
    library = library_at(f"memory://cast-{uuid.uuid4().hex}")
    movie = put_film(library, "harbour.mp4", HARBOUR)
    for step in steps:
        what, *about = step.split()
        labels = [c.label for c in library.people(movie).characters]
        who = [f"harbour.mp4#{a}" if a in labels else f"harbour.mp4#{labels[0]}" for a in about if a.isdigit()]
        try:
            if what == "name":
                library.cast.name(who[0], about[1])
            elif what == "merge":
                library.cast.merge(*who)
            elif what == "split":
                library.cast.split(who[0], look=2)
            elif what == "hide":
                library.cast.hide(who[0])
            elif what == "undo":
                library.cast.undo()
        except (UsageError, NotFoundError):
            continue
        found = library.people(movie).characters
        assert sorted(t for c in found for t in c.tracklets) == list(range(len(HARBOUR)))
        assert len({c.label for c in found}) == len(found)
        people = [c.person for c in found if c.person]
        assert len(set(people)) == len(people)


def test_a_thousand_characters_of_many_films_are_matched_in_seconds(tmp_path: Path):
    library = library_at(tmp_path)
    for n in range(5):
        put_film(
            library,
            f"film {n}.mp4",
            [Seen(w, w, w / 2, w / 2 + 9, x=w % 8 / 10, portrait=False) for w in range(1, 201)],
        )
    library.cast.name("film 0.mp4#7", "Ann")
    everybody = library.cast.everybody()
    ann = next(p for p in everybody if p.name == "Ann")
    assert [c.label for c in ann.characters] == ["7"] * 5
    strangers = [s for s in everybody if not s.person]
    assert len(strangers) == 199
    assert all(len({c.label for c in s.characters}) == 1 and len(s.characters) == 5 for s in strangers)


def test_prints_that_are_no_numbers_name_nobody(tmp_path: Path):
    library = library_at(tmp_path)
    movie = put_film(library, "odd.mp4", [Seen(ANN, 1, 0, 5), Seen(BEN, 2, 10, 15)])
    timeline = library.timeline(movie)
    table = timeline.track(Faceprint).table
    bad = [[float("nan")] * 32, [0.0] * 32]
    column = pa.array(bad, type=table.schema.field("values").type)
    track = timeline.track(Faceprint)
    odd = changed(
        track, table=table.set_column(table.schema.get_field_index("values"), table.schema.field("values"), column)
    )
    evidence = evidence_of(changed(timeline, tracks={**timeline.tracks, ("faces", "faceprint"): odd}))
    assert evidence is not None
    assert not np.isnan(evidence.prints).any()
    assert [p.looks[0].print.any() for p in resolve(evidence, Register()).parts] == [False, False]


def test_rows_without_a_tracklet_are_not_lost_or_invented(tmp_path: Path):
    made = rows_for(HARBOUR)
    assert len(made[Tracklet]) == len(HARBOUR)
    library = library_at(tmp_path, on=False)
    movie = put_film(library, "harbour.mp4", HARBOUR)
    gallery = library.people(movie)
    assert (gallery.tracklets, gallery.recognition) == (6, False)
    assert sorted(t for c in gallery.characters for t in c.tracklets) == list(range(6))
    assert not any(isinstance(a, Delete) for e in library.cast.log.entries() for a in e.acts)
