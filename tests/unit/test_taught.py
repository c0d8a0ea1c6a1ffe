"""Taught tags: learnt from a few shots, seen in every film without another look, forgotten without a trace."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stage_films import movie, shots_of
from typer.testing import CliRunner

from cinedex.app import tags_cli
from cinedex.app.cli import app
from cinedex.errors import NotFoundError, UsageError
from cinedex.store import Store
from cinedex.taught import LEAST_OTHERS, MOST_TAGS, Lessons
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Shot, Vector
from cinedex.timeline.time import SECOND, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Track

WIDTH = 24


def film(name: str, sorts: str, *, seed: int = 0, space: str = "s", vectors: bool = True) -> Timeline:
    """A shot a second; letters are sorts of what is seen, each of its own direction, '.' is anything, '0' none."""
    random = np.random.default_rng(seed)
    shots, rows = shots_of([1] * len(sorts)), []
    for shot, sort in zip(shots, sorts, strict=True):
        own = np.random.default_rng(ord(sort)).normal(size=WIDTH) if sort != "." else random.normal(size=WIDTH)
        value = own / np.linalg.norm(own) + random.normal(0, 0.05, WIDTH)
        unit = value / np.linalg.norm(value) if sort != "0" else np.zeros(WIDTH)
        rows.append(Vector(start=shot.start, end=shot.end, refs=(shot.ref,), space=space, values=tuple(unit.tolist())))
    tracks = {("shots", "shot"): Track.of(Shot, shots, Maker("shots", 1, name * 8))}
    if vectors:
        tracks["tags", "vector"] = Track.of(Vector, rows, Maker("tags", 1, name * 8))
    return Timeline(replace(movie(SECOND * len(sorts)), id=f"m1-{name}", name=f"{name}.mkv"), tracks)


class Shelf:
    """A library of such films."""

    def __init__(self, folder: Path, *films: Timeline) -> None:
        self.films = {f.movie.id: f for f in films}
        self.told = 0
        self.lessons = Lessons(
            Store(str(folder)), lambda: [f.movie for f in self.films.values()], self._known, self._changed
        )

    def _known(self, movie: Movie) -> Timeline:
        return self.films[movie.id]

    def _changed(self) -> None:
        self.told += 1

    def at(self, name: str, second: float) -> tuple[Movie, Time]:
        return self.films[f"m1-{name}"].movie, Time.from_seconds(second)

    def tagged(self, name: str) -> list[int]:
        track = self.lessons.track(self.films[f"m1-{name}"])
        assert track is None or {t.vocabulary for t in track} <= {"taught"}
        return [round(t.start.seconds) for t in track or ()]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path, film("a", "a.b..a...b...a....", seed=1), film("b", "..a..0..b.", seed=2))


def test_one_example_finds_the_others_in_every_film(shelf: Shelf):
    lesson = shelf.lessons.teach("sunset", [shelf.at("a", 0.5)])
    assert (lesson.name, lesson.space, len(lesson.examples)) == ("sunset", "s", 1)
    assert shelf.tagged("a") == [0, 5, 13]
    assert shelf.tagged("b") == [2]
    row = shelf.lessons.track(shelf.films["m1-b"])[0]
    assert (row.label, row.refs, row.score > 0.9) == (
        "sunset",
        (f"shot@{2 * int(SECOND)}", f"vector@{2 * int(SECOND)}"),
        True,
    )
    assert shelf.told == 1


def test_films_that_come_later_have_it_too(shelf: Shelf):
    shelf.lessons.teach("sunset", [shelf.at("a", 0), shelf.at("a", 5.9)])
    shelf.films["m1-c"] = film("c", "...a", seed=3)
    assert shelf.tagged("c") == [3]
    shelf.films["m1-d"] = film("d", "aaaa", space="another")
    assert shelf.tagged("d") == []
    shelf.films["m1-e"] = film("e", "aa", vectors=False)
    assert shelf.lessons.track(shelf.films["m1-e"]) is None


def test_what_it_is_unlike_takes_away(tmp_path: Path):
    """Two sorts that look half alike: one example takes both, an example of what is not meant parts them."""
    shelf = Shelf(tmp_path, film("a", "a.b..a...b...a....", seed=1))
    table = shelf.films["m1-a"].tracks["tags", "vector"]
    mixed = [
        replace(r, values=tuple((np.array(r.values) + np.array(table[0].values) * (i in {2, 9})).tolist()))
        for i, r in enumerate(table)
    ]
    shelf.films["m1-a"] = replace(
        shelf.films["m1-a"],
        tracks=shelf.films["m1-a"].tracks | {("tags", "vector"): Track.of(Vector, mixed, Maker("tags", 1, "x"))},
    )
    shelf.lessons.teach("sunset", [shelf.at("a", 0)])
    before = shelf.tagged("a")
    shelf.lessons.teach("sunset", [shelf.at("a", 0)], [shelf.at("a", 2)])
    assert 9 in before
    assert 9 not in shelf.tagged("a")
    assert {0, 5, 13} <= set(shelf.tagged("a"))


def test_taught_anew_it_is_one_tag_and_forgotten_it_is_none(shelf: Shelf):
    first = shelf.lessons.teach("Sunset", [shelf.at("a", 0)])
    key = shelf.lessons.key(["v"])
    second = shelf.lessons.teach("sunset", [shelf.at("a", 2)])
    assert [lesson.name for lesson in shelf.lessons] == ["sunset"]
    assert first.direction != second.direction
    assert shelf.lessons.key(["v"]) not in {key, shelf.lessons.key(["w"]), ""}
    shelf.lessons.forget("SUNSET")
    assert list(shelf.lessons) == []
    assert shelf.lessons.key(["v"]) == ""
    assert shelf.lessons.track(shelf.films["m1-a"]) is None
    with pytest.raises(NotFoundError, match=r"no taught tag is called 'sunset'\. There are: none"):
        shelf.lessons.forget("sunset")
    assert shelf.told == 3


def test_what_was_learnt_is_the_same_when_read_again(shelf: Shelf):
    lesson = shelf.lessons.teach("sunset", [shelf.at("a", 0)], [shelf.at("b", 8)])
    assert list(shelf.lessons) == [lesson]


@pytest.mark.parametrize("name", ["", "  ", "a, b", "x" * 61, "a\0b", "\u202e"])
def test_names_that_cannot_be_used(name: str, shelf: Shelf):
    with pytest.raises(UsageError, match="cannot be a tag's name"):
        shelf.lessons.teach(name, [shelf.at("a", 0)])


def test_what_is_wrong_with_examples_is_said(shelf: Shelf, tmp_path: Path):
    teach = shelf.lessons.teach
    with pytest.raises(UsageError, match="at least one example"):
        teach("x", [], [shelf.at("a", 0)])
    with pytest.raises(UsageError, match=r"a\.mkv: 0:00:18\.000 is not in the film, which ends at 0:00:18\.000"):
        teach("x", [shelf.at("a", 18)])
    with pytest.raises(UsageError, match="as like and as unlike"):
        teach("x", [shelf.at("a", 0)], [shelf.at("a", 0.7)])
    with pytest.raises(UsageError, match="101 examples are more than 100"):
        teach("x", [shelf.at("a", 0)] * 101)
    with pytest.raises(UsageError, match="nothing is known of what is seen at 0:00:05"):
        teach("x", [shelf.at("b", 5)])
    shelf.films["m1-e"] = film("e", "aa", vectors=False)
    with pytest.raises(NotFoundError, match=r"e\.mkv: it has not been looked at\. `cinedex analyze` it first"):
        teach("x", [shelf.at("e", 0)])
    few = Shelf(tmp_path / "few", film("a", "a" + "." * (LEAST_OTHERS - 1)))
    with pytest.raises(UsageError, match=f"the library has {LEAST_OTHERS - 1} other shots"):
        few.lessons.teach("x", [few.at("a", 0)])
    assert list(shelf.lessons) == []


def test_there_is_a_bound_on_how_many_there_are(shelf: Shelf, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cinedex.taught.MOST_TAGS", 1)
    shelf.lessons.teach("x", [shelf.at("a", 0)])
    shelf.lessons.teach("x", [shelf.at("a", 2)])
    with pytest.raises(UsageError, match="at most"):
        shelf.lessons.teach("y", [shelf.at("a", 0)])
    assert MOST_TAGS > 1


@settings(max_examples=25, deadline=None)
@given(likes=st.lists(st.integers(0, 17), min_size=1, max_size=5), seed=st.integers(0, 9))
def test_scores_are_probabilities_whatever_is_taught(
    likes: list[int], seed: int, tmp_path_factory: pytest.TempPathFactory
):
    shelf = Shelf(tmp_path_factory.mktemp("s"), film("a", "a.b..a...b...a....", seed=seed), film("b", ".0a"))
    lesson = shelf.lessons.teach("x", [shelf.at("a", second) for second in likes])
    vectors = np.random.default_rng(seed).normal(size=(50, WIDTH))
    scores = lesson.scores(np.concatenate([vectors, np.zeros((1, WIDTH))]))
    assert np.all((scores >= 0) & (scores <= 1))


@pytest.mark.parametrize("moment", ["film", "@1:00", "film@", "film@soon", "film@-1"])
def test_moments_that_name_nothing_are_refused(moment: str, tmp_path: Path):
    ran = CliRunner().invoke(app, ["--library", str(tmp_path), "tags", "teach", "x", "--like", moment])
    assert isinstance(ran.exception, UsageError)
    assert "names no" in str(ran.exception)


def test_an_empty_list_says_how_to_begin(tmp_path: Path):
    ran = CliRunner().invoke(app, ["--library", str(tmp_path), "tags", "list"])
    assert ran.exit_code == 0
    assert "cinedex tags teach" in ran.output
    assert tags_cli.app.info.help
