"""A stretch in one call: in film time to the picture, from any key frame, without anything staying behind."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from tests.films import Sound, make_film
from tests.unit.test_library import library_at

from cinedex import Segment, process_movie_segment
from cinedex.errors import MediaError, UsageError

RED, GREEN, BLUE = (200, 40, 40), (40, 190, 60), (30, 50, 210)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stretch") / "three.mkv"
    return make_film(path, shots=[(3, RED), (3, GREEN), (3, BLUE)], sounds=[Sound()])


@pytest.mark.parametrize(("start", "end"), [(0, 9), (4, 8), (4.5, 6.5), (5.9, 9)])
def test_times_are_those_of_the_film(film: Path, tmp_path: Path, start: float, end: float):
    found = process_movie_segment(film, start, end, library=library_at(tmp_path))
    assert isinstance(found, Segment)
    shots = [(s["start"], s["end"]) for s in found.visual["shot"]]
    cuts = [c for c in (3, 6) if start < c < end]
    places = [start, *cuts, min(end, found.end)]
    assert shots == [pytest.approx(pair, abs=0.05) for pair in itertools.pairwise(places)]
    words = found.transcription["words"]
    assert words
    assert all(start <= w["start"] < w["end"] <= end for w in words)
    assert not library_at(tmp_path).movies()


def test_tags_are_of_the_stretch_alone(film: Path, tmp_path: Path):
    labels = {t["label"] for t in process_movie_segment(film, 3.5, 5.5, library=library_at(tmp_path)).tags}
    assert "green" in labels
    assert not {"red", "blue"} & labels


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (2, 2), (3, 1), (0, 601), (20, 30), (float("nan"), 2)])
def test_what_is_no_stretch_is_refused(film: Path, tmp_path: Path, start: float, end: float):
    with pytest.raises(UsageError):
        process_movie_segment(film, start, end, library=library_at(tmp_path))


def test_what_is_no_film_is_refused(tmp_path: Path):
    (tmp_path / "note.mp4").write_text("no film")
    with pytest.raises(MediaError):
        process_movie_segment(tmp_path / "note.mp4", 0, 1, library=library_at(tmp_path / "l"))
