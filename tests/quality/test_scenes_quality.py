"""Scenes of films that people have marked, of Big Buck Bunny by the whole pipeline, and of composed films.

Everything stands beside scenes of one length (as many as we find), clustering of shots by colour with its bound and
window tuned, and optimal sequential grouping with its own number of scenes, ours, and the true one. Figures are means
over films. How they are measured: `scenes_score.py`; on what: `scenes_fixtures.py`; what they were: 0010-scenes.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.quality.scenes_compare import NAMES, chances, table, ways
from tests.quality.scenes_fixtures import (
    BUNNY,
    CLIPS,
    FEATURES,
    Marked,
    bunny,
    composed,
    halves,
    known,
    marked,
    parts_of,
)
from tests.quality.scenes_score import reliability

from cinedex.library import Library
from cinedex.settings import Settings
from cinedex.stages.scenes import _calm
from cinedex.timeline.rows import Scene

pytestmark = [
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not FEATURES.is_dir(), reason="the marked films are not here"),
]

F1, NEAR, SECONDS, FCO, AP, ERROR, NUMBER = range(len(NAMES))


@pytest.fixture(scope="module")
def films() -> list[Marked]:
    return list(marked())


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    return Library(tmp_path_factory.mktemp("scenes"), settings=Settings.from_env(offline=True))


def test_marked_films(films: list[Marked]):
    tuning, testing = [f for f in films if f.tuning], [f for f in films if not f.tuning]
    by = ways(tuning)
    table(tuning, by)
    for family in ("bbc", "ovsd", "rai"):
        print(f"\n{family}, of the test part:", end="")  # noqa: T201 - the figures are what this is for
        table([f for f in testing if f.name.startswith(family)], by)
    print("\nthe test part:", end="")  # noqa: T201 - as above
    found = table(testing, by)
    ours, even = found.pop("ours"), found.pop("fixed length")
    clustered = next(v for n, v in found.items() if n.startswith("colour"))
    assert ours[F1] > 0.43
    assert ours[NEAR] > 0.55
    assert ours[FCO] > 0.63
    assert ours[AP] > 0.44
    assert 0.8 < ours[NUMBER] < 1.4
    assert ours[F1] > even[F1] + 0.25
    assert ours[F1] > clustered[F1] + 0.12
    assert ours[AP] > clustered[AP] + 0.08
    assert all(ours[F1] > other[F1] and ours[FCO] > other[FCO] for other in (even, *found.values()))


def test_a_border_is_as_probable_as_is_said(films: list[Marked]):
    testing = [f for f in films if not f.tuning]
    said = np.concatenate([_calm(chances(f))[1:] for f in testing])
    true = np.concatenate([np.isin(np.arange(1, len(f.evidence)), f.borders) for f in testing])
    off, bins = reliability(said, true)
    print(f"\n{len(said)} cuts of {len(testing)} films, expected calibration error {off:.3f}")  # noqa: T201 - as above
    for mean, share, count in bins:
        print(f"  said {mean:.2f}: true {share:.2f} of {count}")  # noqa: T201 - as above
    assert off < 0.04


@pytest.mark.weights
@pytest.mark.skipif(not BUNNY.exists(), reason="the film is not here")
def test_a_film_by_the_whole_pipeline(films: list[Marked], library: Library):
    movie = library.analyze(BUNNY, stages=["scenes"])
    film = bunny(library, movie)
    found = table([film], ways([f for f in films if f.tuning]))
    scenes = list(library.timeline(movie).track(Scene))
    for scene in scenes:
        print(f"  {scene.start.clock} {scene.score:.2f} {', '.join(scene.reasons)}")  # noqa: T201 - as above
    ours = found.pop("ours")
    assert scenes[0].start == 0
    assert scenes[-1].end == movie.duration
    assert ours[SECONDS] > max(v[SECONDS] for v in found.values())


@pytest.mark.weights
@pytest.mark.skipif(not all(path.exists() for path in [BUNNY, *CLIPS.values()]), reason="the clips are not here")
def test_composed_films(films: list[Marked], library: Library):
    parts = parts_of("bunny", bunny(library, library.analyze(BUNNY, stages=["scenes"])))
    for name, path in CLIPS.items():
        parts += halves(name, known(library, library.analyze(path, stages=["scenes"])))
    print(f"\n{len(parts)} parts: {[(name, len(evidence)) for name, evidence in parts]}", end="")  # noqa: T201 - as above
    found = table(composed(parts, 24, 14), ways([f for f in films if f.tuning]))
    ours = found.pop("ours")
    assert ours[F1] > max(v[F1] for v in found.values())


def test_the_data_are_all_there(films: list[Marked]):
    assert (len(films), sum(f.tuning for f in films)) == (37, 19)
    assert Path(FEATURES).is_dir()
