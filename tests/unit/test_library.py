"""The library service with every stage and fake models: three lines of Python, honest states, no film stops another."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.films import Sound, make_film

from cinedex import Cue, Library, Picture, Settings, Shot, State, Tag
from cinedex.errors import MediaError, NotFoundError, UsageError
from cinedex.formats.charts import CHARTS
from cinedex.media.films import films_in
from cinedex.models.fakes import fake_pool
from cinedex.run.events import Happening

RED, GREEN, BLUE = (200, 40, 40), (40, 190, 60), (30, 50, 210)


def library_at(folder: Path) -> Library:
    library = Library(folder, settings=Settings(cores=2))
    library.__dict__["pool"] = fake_pool()
    library.__dict__["_obstacle"] = lambda _: None
    return library


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "three colours.mkv"
    return make_film(path, shots=[(3, RED), (3, GREEN), (3, BLUE)], sounds=[Sound()])


@pytest.fixture(scope="module")
def analysed(film: Path, tmp_path_factory: pytest.TempPathFactory) -> Library:
    library = library_at(tmp_path_factory.mktemp("library"))
    library.analyze(film)
    return library


def test_three_lines(analysed: Library):
    movie = analysed.movies()[0]
    shots = analysed.timeline(movie).track(Shot).rows
    assert [round(s.start.seconds, 3) for s in shots] == [0, 3, 6]
    assert shots[-1].end == movie.duration


def test_every_stage_left_its_tracks(analysed: Library):
    timeline = analysed.timeline(analysed.movies()[0])
    made = {row for stage in analysed.stages for row in stage.makes}
    assert {row.kind: timeline.state(row) for row in made} == dict.fromkeys((r.kind for r in made), State.DONE)
    assert len(timeline.track(Picture)) == 3
    assert {t.label for t in timeline.track(Tag)} >= {"red", "green", "blue"}


def test_not_computed_is_said(analysed: Library, film: Path, tmp_path: Path):
    library = library_at(tmp_path)
    movie = library.add(film)
    timeline = library.timeline(movie)
    assert timeline.state(Shot) is State.MISSING
    with pytest.raises(LookupError, match="shot was not computed"):
        timeline.track(Shot)
    with pytest.raises(NotFoundError, match="cue was not computed"):
        library.export(movie, "srt", tmp_path / "x.srt")
    assert analysed.timeline(movie).state(Cue) is State.DONE


def test_charts_are_drawn_as_far_as_their_facts_go(analysed: Library, film: Path, tmp_path: Path):
    movie = analysed.movies()[0]
    made = analysed.charts(movie, tmp_path / "charts", form="svg")
    names = {path.stem for path in made.written}
    assert {"barcode", "shot-lengths", "fingerprint"} <= names
    assert names | made.left_out.keys() == set(CHARTS)
    nothing = library_at(tmp_path)
    left_out = nothing.charts(nothing.add(film), tmp_path / "none").left_out
    assert left_out["barcode"] == "measures of colour were not computed"


def test_found_by_what_is_seen_and_nothing_else(analysed: Library):
    found = analysed.search("something green")
    assert [round(h.start.seconds) for h in found.hits] == [3]
    assert "seen: green" in found.hits[0].why
    nothing = analysed.search("zebra crossing")
    assert nothing.hits == ()
    assert (nothing.films, nothing.moments) == (1, 3)


@pytest.mark.parametrize("query", ["'; DROP TABLE", "a' OR movie != '", "words:purple", 'say "x', "zz\0zz", "x" * 5000])
def test_hostile_queries_are_only_words(analysed: Library, query: str):
    assert analysed.search(query).hits == ()


@pytest.mark.parametrize("query", ["", "  ", '"', "(((", "*", "🎬", "-" * 5000])
def test_a_query_without_words_is_refused(analysed: Library, query: str):
    with pytest.raises(UsageError, match="no words"):
        analysed.search(query)


def test_a_film_is_found_by_id_name_and_path(analysed: Library, film: Path):
    movie = analysed.movies()[0]
    for text in (movie.id, movie.id[:12], movie.id[3:12], film.name, film.stem, str(film)):
        assert analysed.find(text).id == movie.id
    for text in ("nobody", "../../etc/passwd", "", "m1-ffff"):
        with pytest.raises(NotFoundError):
            analysed.find(text)


def test_the_same_content_is_the_same_film(analysed: Library, film: Path, tmp_path: Path):
    copy = tmp_path / "another name.mkv"
    copy.write_bytes(film.read_bytes())
    events = list(analysed.run([copy]))
    assert {e.what for e in events} == {Happening.SKIPPED, Happening.FILM_DONE}
    assert len(analysed.movies()) == 1


def test_a_film_that_cannot_be_used_is_one_event(film: Path, tmp_path: Path):
    library = library_at(tmp_path / "lib")
    (tmp_path / "empty.mkv").touch()
    events = list(library.run([tmp_path / "empty.mkv", tmp_path / "gone.mkv", film]))
    refused = [e for e in events if e.error is not None]
    assert [e.film for e in refused] == ["empty.mkv", "gone.mkv"]
    assert all(isinstance(e.error, MediaError) for e in refused)
    assert [e.film for e in events if e.what is Happening.FILM_DONE] == [film.name]


def test_removing_forgets_facts_and_index_but_not_the_file(film: Path, tmp_path: Path):
    library = library_at(tmp_path)
    movie = library.analyze(film)
    library.remove(movie)
    assert library.movies() == []
    assert library.search("green").moments == 0
    assert film.exists()


def test_the_index_comes_back_when_it_is_lost(film: Path, tmp_path: Path):
    library = library_at(tmp_path)
    library.analyze(film)
    shutil.rmtree(tmp_path / "index")
    again = library_at(tmp_path)
    again.analyze(film)
    assert len(again.search("green").hits) == 1


def test_a_lost_index_comes_back_with_every_film(film: Path, tmp_path: Path):
    other = make_film(tmp_path / "other.mkv", shots=[(3, GREEN)], sounds=[Sound()])
    library_at(tmp_path / "lib").analyze(film)
    library_at(tmp_path / "lib").analyze(other)
    whole = library_at(tmp_path / "lib").search("green")
    for analysed_again in ([], [film]):
        shutil.rmtree(tmp_path / "lib" / "index")
        library = library_at(tmp_path / "lib")
        list(library.run(analysed_again))
        found = library.search("green")
        # Not their scores: full text weighs words of films that came since it was tidied a little otherwise.
        assert [(h.movie, h.start, h.why) for h in found.hits] == [(h.movie, h.start, h.why) for h in whole.hits]
        assert (found.films, found.moments) == (2, whole.moments)


def test_a_wrong_stage_name_is_refused_before_anything_is_done(film: Path, tmp_path: Path):
    with pytest.raises(UsageError, match="no stage is called 'scenery'"):
        list(library_at(tmp_path).run([film], stages=["scenery"]))


def test_folders_are_searched_and_files_taken_as_they_are(tmp_path: Path):
    for name in ("b.mp4", "a.MKV", "notes.txt", "deep/c.webm"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [Path(p).name for p in films_in([tmp_path])] == ["a.MKV", "b.mp4", "c.webm"]
    assert list(films_in(["s3://bucket/film", tmp_path / "notes.txt"])) == ["s3://bucket/film", tmp_path / "notes.txt"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no film in the folder"):
        list(films_in([tmp_path / "empty"]))
