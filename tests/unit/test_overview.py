"""A library by rule packs: what cannot be shown and why, what is open, and what another version of a pack changes."""

from __future__ import annotations

import csv
import io
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bench import _compliance as made_up
from tests.timelines import make_movie
from tests.unit.test_review import PACK, _black, _shot, _timeline, _word
from typer.testing import CliRunner

from cinedex import many
from cinedex.app import cli, compliance_cli
from cinedex.compliance.judge import Judge
from cinedex.compliance.overview import change, check_highest, stands
from cinedex.compliance.read import built_in, read_pack
from cinedex.errors import CinedexError, StoreError, UsageError
from cinedex.library import Library
from cinedex.many import comply_all
from cinedex.settings import Settings
from cinedex.timeline.rows import Flag, Row
from cinedex.timeline.timeline import Timeline

FILMS = {
    "black.mp4": (_black(10, 13),),
    "clean.mp4": (),
    "said.mp4": (_word(60), _shot(100, 104)),
    "unseen.mp4": None,
}


def _stands(rows: tuple[Row, ...] | None, highest: str = "") -> Any:
    timeline = Timeline(make_movie(seconds=600)) if rows is None else _timeline(*rows)
    return stands(timeline.movie, Judge(timeline).judge(PACK), highest)


def test_what_fails_bars_a_film_and_what_is_open_never_clears_it():
    assert [_stands(rows).standing for rows in FILMS.values()] == [
        "cannot be shown", "not decided", "not decided", "not decided",
    ]  # fmt: skip
    assert {f.outcome for f in _stands(None).open} == {"not measured"}
    quiet = replace(PACK, clauses=PACK.clauses[:2])
    assert stands(make_movie(), Judge(_timeline()).judge(quiet)).standing == "nothing against it"


def test_a_rating_bars_a_film_above_the_highest_allowed_alone():
    assert _stands((_word(60),), "high").against == ()
    assert [f.clause.id for f in _stands((_word(60),), "low").against] == ["words"]
    with pytest.raises(UsageError, match="house has no rating 'middle'"):
        check_highest([PACK], "middle")
    with pytest.raises(UsageError, match="It rates nothing"):
        check_highest([built_in()["wcag"]], "PG")


def test_another_version_changes_what_it_changes_and_no_more():
    timeline = _timeline(_black(10, 13), _word(60))
    black, words, violence = PACK.clauses
    newer = replace(PACK, clauses=(replace(black, most=5.0), replace(words, id="language"), violence))
    found = change(timeline.movie, *(Judge(timeline).judge(p) for p in (PACK, newer)))
    outcomes = [(c.clause, c.before and c.before.outcome, c.after and c.after.outcome) for c in found.changes]
    assert outcomes == [("black", "fail", "pass"), ("words", "fail", None), ("language", None, "fail")]
    assert not change(timeline.movie, *(Judge(timeline).judge(p) for p in (PACK, PACK)))
    milder = replace(PACK, clauses=(black, replace(words, most=3.0), violence))
    rated = change(timeline.movie, *(Judge(timeline).judge(p) for p in (PACK, milder)))
    assert (rated.before, rated.after) == (("high", "high"), ("low", "high"))


# At the command line


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    library = Library(tmp_path / "library")
    for number, name in enumerate(FILMS):
        library.store.put_movie(replace(make_movie(seconds=600, name=name), id=f"film-{number}"))

    def evidence(_self: Library, movie: Any) -> Timeline:
        rows = FILMS[movie.name]
        return Timeline(movie) if rows is None else replace(_timeline(*rows), movie=movie)

    monkeypatch.setattr(Library, "evidence", evidence)
    monkeypatch.setattr(compliance_cli, "open_library", lambda: library)
    return library


PACK_TEXT = """
title = "House"
version = 1
[clauses.black]
text = "No black of more than a second."
source = "here"
known = "verified"
test = "longest"
stage = "faults"
kind = "flag"
labels = ["black"]
most = 1
unit = "s"
"""


OTHER = """most = 1
[clauses.more]
text = "More than two seconds of it."
source = "here"
known = "verified"
test = "longest"
stage = "faults"
kind = "flag"
labels = ["black"]
least = 2
"""


@pytest.fixture
def pack(tmp_path: Path) -> str:
    path = tmp_path / "house.toml"
    path.write_text(PACK_TEXT)
    return str(path)


def run(*words: str) -> str:
    done = CliRunner().invoke(cli.app, ["compliance", *words], env={"COLUMNS": "200"})
    if isinstance(done.exception, CinedexError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.usefixtures("library")
def test_the_whole_library_is_listed_with_reasons(pack: str):
    told = run("library", "--pack", pack)
    assert "cannot be shown    house  black.mp4" in told
    assert "black: 3 s, allowed at most 1 s; at 0:00:10.000" in told
    assert "not decided        house  unseen.mp4  1 not measured" in told
    assert "1 cannot be shown; 1 not decided; 2 nothing against it" in told
    facts = json.loads(run("library", "--pack", pack, "--json"))
    assert (facts[0]["film_name"], facts[0]["standing"]) == ("black.mp4", "cannot be shown")
    assert facts[0]["because"][0]["places"] == [{"start": 10.0, "end": 13.0}]
    assert facts[3]["counts"] == {"fail": 0, "needs a human": 0, "not measured": 1, "not applicable": 0, "pass": 0}
    lines = list(csv.DictReader(io.StringIO(run("library", "--pack", pack, "--csv"))))
    assert [(r["film"], r["verdict"]) for r in lines] == [
        ("black.mp4", "fail"), ("clean.mp4", ""), ("said.mp4", ""), ("unseen.mp4", "not measured"),
    ]  # fmt: skip
    assert (
        "said.mp4" in run("library", "--for", "us", "--up-to", "PG", "--film", "said.mp4").split("cannot be shown")[1]
    )


@pytest.mark.usefixtures("library")
def test_two_versions_of_a_pack_are_compared(pack: str, tmp_path: Path):
    newer = tmp_path / "newer.toml"
    newer.write_text(PACK_TEXT.replace("most = 1", "most = 5"))
    told = run("compare", pack, str(newer))
    assert "black: fail: 3 s (allowed at most 1 s) -> pass: 3 s (allowed at most 5 s)" in told
    assert "1 films change" in told
    assert run("compare", pack, pack) == "Nothing changes.\n"
    facts = json.loads(run("compare", pack, str(newer), "--json"))
    assert [(c["clause"], c["before"]["verdict"], c["after"]["verdict"]) for c in facts[0]["clauses"]] == [
        ("black", "fail", "pass")
    ]
    (line,) = csv.DictReader(io.StringIO(run("compare", pack, str(newer), "--csv")))
    assert (line["before"], line["after"], line["value after"]) == ("fail", "pass", "3")


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["library", "--for", "atlantis"], "there is no rule pack 'atlantis'"),
        (["library", "--for", "in", "--up-to", "PG-13"], "the pack in has no rating 'PG-13'"),
        (["compare", "us", "atlantis"], "there is no rule pack 'atlantis'"),
        (["compare", "us", "nowhere.toml"], "nowhere.toml: cannot be read"),
        (["library", "--film", "no such film"], "no such film"),
        (["no such film"], "no such film"),
    ],
)
def test_what_there_is_not_is_said(words: list[str], says: str):
    with pytest.raises(CinedexError, match=says):
        run(*words)


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    ("change_of", "says"),
    [
        (("most = 1", "most = 1\nleast = 3"), "least .3. is above most .1."),
        (("most = 1", "most = 1e9"), "most: 1000000000.0 is not a number"),
        (("most = 1", ""), "it allows anything"),
        (('test = "longest"', 'test = "share"\nscore = 2'), "score: not a number from 0 to 1"),
        (("most = 1", OTHER), "clause more: it contradicts the clause black"),
        (('kind = "flag"', 'kind = "flags"'), "there is no kind 'flags'"),
    ],
)  # fmt: skip
def test_a_pack_that_is_wrong_is_refused_before_a_film_is_judged(pack: str, change_of: tuple[str, str], says: str):
    Path(pack).write_text(PACK_TEXT.replace(*change_of))
    with pytest.raises(UsageError, match=says):
        run("library", "--pack", pack)


# From the store


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with stored facts of a few films, as the benchmark makes them, but smaller."""
    folder = tmp_path_factory.mktemp("stored")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(made_up, "MEASURED", {"flashes": 20, "stripes": 2, "concerns": 20})
        patch.setattr(made_up, "SUPPOSED", {"cues": 10, "mentions": 20})
        patch.setattr(made_up, "FLAGS", {"faults": 10, "soundfaults": 5})
        patch.setattr(made_up, "VARIANTS", 2)
        made_up.build(str(folder), 5)
    return folder


def test_judging_reads_nothing_that_it_does_not_need(stored: Path, monkeypatch: pytest.MonkeyPatch):
    library = Library(stored, settings=Settings(plugins=False))
    movie = library.movies()[0]
    asked: set[str] = set()
    read = library.store.read

    def noted(movie_id: str, stage: str, name: str, kinds: Any = None) -> Any:
        asked.update(kinds or {"everything"})
        return read(movie_id, stage, name, kinds)

    monkeypatch.setattr(library.store, "read", noted)
    judged = library.comply(movie, built_in().values())
    assert asked == {"flag", "flash", "pattern", "programme", "cue", "mention", "concern"}
    monkeypatch.undo()
    whole = Judge(library.timeline(movie))
    assert judged == [whole.judge(pack) for pack in built_in().values()]


def test_several_processes_come_to_the_same(stored: Path, monkeypatch: pytest.MonkeyPatch):
    packs = list(built_in().values())
    one, two = (Library(stored, settings=Settings(plugins=False, cores=n)) for n in (1, 2))
    movies = one.movies()
    alone = list(comply_all(one, movies, packs))
    monkeypatch.setattr(many, "PAYS_FROM", 5)
    monkeypatch.setattr(many, "AT_ONCE", 2)
    monkeypatch.setattr(two, "comply", None)  # nobody judges here
    assert list(comply_all(two, movies, packs)) == alone


def test_a_stage_that_there_is_not_is_told_from_one_that_did_not_run(stored: Path):
    library = Library(stored, settings=Settings(plugins=False))
    wrong = read_pack(PACK_TEXT.replace('stage = "faults"', 'stage = "fautls"'), "house.toml")
    (finding,) = library.comply(library.movies()[0], [wrong])[0].findings
    assert (finding.outcome, finding.why[:25]) == ("not measured", "no stage fautls makes fla")


def test_a_track_that_is_gone_is_said_and_nothing_is_judged_without_it(stored: Path):
    library = Library(stored, settings=Settings(plugins=False))
    movie = library.movies()[1]
    timeline = library.evidence(movie)
    library.store.drop(movie.id, "faults", timeline.tracks["faults", "flag"].maker.key)
    fresh = {f.clause.id: f for j in library.comply(movie, [built_in()["broadcast-eu"]]) for f in j.findings}
    assert fresh["black"].outcome == "not measured"
    again = library.evidence(movie)
    library.store.drop(movie.id, "cadence", next(s.key for s in library.plan(movie).steps if s.name == "cadence"))
    with pytest.raises(StoreError, match="its flag is gone"):
        Judge(again).judge(built_in()["broadcast-eu"])


def test_the_benchmark_makes_rows_that_clauses_count():
    rows = list(made_up._rows("faults", Flag, random.Random(1)))
    assert {r.label for r in rows} == {"black", "freeze"}
