"""The library as a whole with a model that looks for words, and with taught tags: nothing is decoded again."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.clips import files, spec
from tests.films import make_film

from cinedex import Library, Settings, Tag
from cinedex.models.clip import load
from cinedex.models.fakes import fake_loaders, fake_specs
from cinedex.models.pool import ModelPool
from cinedex.run.events import Happening
from cinedex.timeline.time import Time

STAGES = ["frames", "transitions", "shots", "tags"]
RED, GREEN, BLUE = (200, 40, 40), (40, 190, 60), (30, 50, 210)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return make_film(tmp_path / "colours.mkv", shots=[(1, c) for c in (RED, GREEN, BLUE) * 5])


def library_at(folder: Path, **given: str) -> Library:
    library = Library(folder / "library", settings=Settings(cores=2, **given))
    clip = spec(mean=[0, 0, 0], std=[1, 1, 1])
    there = files(folder)
    library.__dict__["models"] = known = fake_specs() | {clip.name: clip}
    loaders = fake_loaders() | {"clip-onnx": lambda s, _, o: load(s, there, o)}
    library.__dict__["pool"] = ModelPool(known, cache=folder / "none", offline=True, loaders=loaders)
    library.__dict__["_obstacle"] = lambda _: None
    return library


def test_a_setting_lets_another_model_look(film: Path, tmp_path: Path):
    plain = library_at(tmp_path)
    plain.analyze(film, stages=STAGES)
    assert "visuals" not in {s.name for s in plain.stages}
    library = library_at(tmp_path, sight="small-clip")
    ran = {e.stage: e.what for e in library.run([film], stages=[*STAGES, "visuals"]) if e.stage}
    assert ran["visuals"] is Happening.DONE
    assert {s: w for s, w in ran.items() if s != "visuals"} == dict.fromkeys(STAGES, Happening.SKIPPED)
    assert library.index.spaces["concept"] == "small-clip"
    ranked = library.search("a photo of green").hits
    assert any("concept" in dict(h.ranks) for h in ranked)


def test_a_taught_tag_is_found_in_a_film_that_is_not_looked_at_again(film: Path, tmp_path: Path):
    library = library_at(tmp_path)
    movie = library.analyze(film, stages=STAGES)
    before = library.store.keys(movie.id, "tags")
    film.unlink()
    library.taught.teach("lawn", [(movie, Time.from_seconds(1.5))])
    lawns = [t for t in library.timeline(movie).track(Tag) if t.label == "lawn"]
    assert [(round(t.start.seconds) % 3, t.vocabulary) for t in lawns] == [(1, "taught")] * 5
    assert "seen: lawn" in library.search("lawn").hits[0].why
    assert library.store.keys(movie.id, "tags") == before
    library.taught.forget("lawn")
    assert all(t.label != "lawn" for t in library.timeline(movie).track(Tag))
    assert library.search("lawn").hits == ()
