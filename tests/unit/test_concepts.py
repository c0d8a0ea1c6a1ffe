"""Concepts: what is tagged, placed among words; and how the index finds pictures by words with any embedder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.clips import files, spec
from tests.stage_films import made, movie, rows, shots_of
from tests.unit.search_fixtures import by_vector, film

from cinedex.errors import ModelError, UsageError
from cinedex.media.views import Look
from cinedex.models.clip import load
from cinedex.models.concepts import Concepts
from cinedex.models.fakes import FakeImageEmbedder, FakeTextEmbedder
from cinedex.models.registry import registry
from cinedex.models.spec import RunOptions
from cinedex.models.tasks import LabelEmbedder, TextEmbedder
from cinedex.search.index import Index
from cinedex.search.query import search
from cinedex.search.sights import seen
from cinedex.stages.visuals import Visuals, visuals
from cinedex.timeline.rows import Shot, Sight
from cinedex.timeline.time import SECOND, Span, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Track

RED, BLUE = (255, 0, 0), (0, 0, 255)


def no_embedder() -> TextEmbedder:
    raise ModelError("no weights here")


def test_concepts_of_near_labels_are_near():
    concepts = Concepts(FakeTextEmbedder())
    assert isinstance(concepts, LabelEmbedder)
    found = concepts.embed_labels(
        [[("steam locomotive", 0.5), ("alp", 0.1)], [("locomotive", 0.9)], [("piano", 0.9)], [], [("x", 0.0)]]
    )
    assert found[0] @ found[1] > found[0] @ found[2] + 0.2
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), [1, 1, 1, 0, 0], atol=1e-5)


def test_without_a_tagger_pictures_are_refused_by_name():
    with pytest.raises(ModelError, match="without a tagger"):
        Concepts(FakeTextEmbedder()).embed_pictures(np.zeros((1, 260, 260, 3), np.uint8))


def looked(model: FakeImageEmbedder, colours: list[tuple[int, int, int]]) -> list[Sight]:
    shots = shots_of([5] * len(colours))
    height, width = model.size
    looks = [
        Look(row, shot.start + i, np.broadcast_to(np.array(colour, np.uint8), (height, width, 3)))
        for row, (shot, colour) in enumerate(zip(shots, colours, strict=True))
        for i in range(3)
    ]
    stage = Visuals("any", height, width)
    assert (stage.uses, stage.view.height) == (("any",), height)
    tables = made(stage, movie(SECOND * 5 * len(shots)), looks, tracks={Shot: shots}, models=lambda _: model)
    return rows(tables, Sight)


def test_every_shot_has_a_sight_of_length_one():
    found = looked(FakeImageEmbedder(), [RED, BLUE])
    assert [(s.start, s.refs, s.space) for s in found] == [
        (0, ("shot@0",), "fake-sight"), (SECOND * 5, (f"shot@{int(SECOND * 5)}",), "fake-sight"),
    ]  # fmt: skip
    assert [int(np.argmax(s.values)) for s in found] == [2, 4]


def pictured(model: FakeImageEmbedder) -> Timeline:
    """A film of two shots, red and blue, in which nobody speaks and nothing is tagged."""
    timeline = film(("", ()), ("", ()), id_="m1-two", made="3")
    track = Track.of(Sight, looked(model, [RED, BLUE]), Maker("visuals", 1, "9" * 64))
    return replace(timeline, tracks=timeline.tracks | {("visuals", "sight"): track})


@pytest.mark.parametrize("which", ["fake", "clip"])
def test_another_embedder_takes_the_stand_ins_place(which: str, tmp_path: Path):
    model = FakeImageEmbedder() if which == "fake" else load(spec(), files(tmp_path), RunOptions(threads=1))
    index = Index(str(tmp_path / "index"), FakeTextEmbedder, lambda: model)
    assert index.update(pictured(model))
    assert not index.update(pictured(model))
    assert index.spaces == {"meaning": "fake-words", "concept": model.space, "look": "efficientnet-lite2"}
    hits = search(index, "blue").hits
    assert (hits[0].at, dict(hits[0].ranks)) == (SECOND * 5, {"concept": 1})
    assert index.check({"m1-two": pictured(model)}) == []


def test_it_finds_pictures_also_where_no_text_can_be_embedded(tmp_path: Path):
    index = Index(str(tmp_path), no_embedder, FakeImageEmbedder)
    index.update(pictured(FakeImageEmbedder()))
    assert index.spaces == {"concept": "fake-sight", "look": "efficientnet-lite2"}
    assert index.lacking
    assert [h.at for h in search(index, "red").hits] == [0]


def test_pictures_of_two_embedders_never_meet_and_words_stay(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    first = Index(str(tmp_path), FakeTextEmbedder)
    first.update(film(("the sea is calm", [("lighthouse", 0.8)]), id_="m1-sea"))
    other = Index(str(tmp_path), FakeTextEmbedder, FakeImageEmbedder)
    assert "concept" not in other.query_vectors("red")
    other.update(pictured(FakeImageEmbedder()))
    assert "another picture embedder" in caplog.text
    assert {r["movie"] for r in by_vector(other, "concept", other.query_vectors("red")["concept"], 9)} == {"m1-two"}
    calm = other.query_vectors("the sea is calm")["meaning"]
    assert by_vector(other, "meaning", calm, 1)[0]["movie"] == "m1-sea", "what is said is still found by meaning"


def test_sights_count_for_as_long_as_they_are_shared():
    def sight(start: int, end: int, *values: float, space: str = "s") -> Sight:
        return Sight(start=Time(start), end=Time(end), space=space, values=values)

    sights = [sight(0, 10, 1, 0), sight(10, 20, 0, 1), sight(0, 20, 5, 5, space="another")]
    timeline = Timeline(film().movie, {("v", "sight"): Track.of(Sight, sights, Maker("v", 1))})
    where = [Span(Time(0), Time(10)), Span(Time(5), Time(20)), Span(Time(30), Time(40))]
    found = seen(timeline, "s", 2, where)
    assert found is not None
    np.testing.assert_allclose(found, [[1, 0], np.array([1, 2]) / np.sqrt(5), [0, 0]], atol=1e-6)
    assert seen(timeline, "unknown", 2, where) is None
    assert seen(film(), "s", 2, where) is None
    with pytest.raises(ValueError, match="not all of length 3"):
        seen(timeline, "s", 3, where)


def test_the_settings_name_the_model_that_looks():
    known = {"small-clip": spec(), "e5-small": registry()["e5-small"]}
    assert visuals("", known) == ()
    assert visuals("small-clip", known) == (Visuals("small-clip", 24, 32),)
    for name in ("e5-small", "nobody"):
        with pytest.raises(UsageError, match="one of: small-clip"):
            visuals(name, known)
