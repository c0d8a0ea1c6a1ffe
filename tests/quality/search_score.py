"""Search, scored: recall at 1 and 5, mean reciprocal rank, and how rarely it answers what has no answer.

`python -m tests.quality.search_score tune` prints the figures from which the bounds in `cinedex.search.query` were
chosen; `test` those of the queries that were kept apart.
"""

from __future__ import annotations

import csv
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
from PIL import Image
from tests.timelines import make_movie
from tests.unit.search_fixtures import film

from cinedex.models import concepts
from cinedex.models.pool import ModelPool
from cinedex.models.registry import registry
from cinedex.models.tasks import Reranker
from cinedex.search import query
from cinedex.search.ask import Asker
from cinedex.search.finder import Finder
from cinedex.search.hits import Hit
from cinedex.search.index import Index
from cinedex.search.query import search
from cinedex.settings import Settings
from cinedex.stages.tags import Tags
from cinedex.timeline.rows import Cue, Shot
from cinedex.timeline.time import SECOND, ZERO, Span, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Track

DATA = Path(__file__).parents[3] / "shared" / "data"
QUERIES = json.loads(Path(__file__).with_name("search_queries.json").read_text("utf-8"))

_CUE = re.compile(r"([\d:.]+) --> ([\d:.]+)[^\n]*\n(.+?)(?:\n\s*\n|\Z)", re.DOTALL)

Judge = Callable[[Hit], bool]


@dataclass(frozen=True)
class Score:
    """Shares of the queries; `false` is the share of absent queries that got an answer all the same.

    `ndcg` is of the first ten, with every hit that fits as good as another. A query for which nothing is found is
    `silent`: `silent_right` is the share of silent queries that have no answer, `1 - false` of those, how many are.
    """

    first: float
    fifth: float
    mrr: float
    answered: float
    false: float
    present: int
    absent: int
    tenth: float = 0.0
    ndcg: float = 0.0
    silent_right: float = 1.0

    def __str__(self) -> str:
        return (
            f"R@1 {self.first:.2f}  R@5 {self.fifth:.2f}  R@10 {self.tenth:.2f}  MRR {self.mrr:.2f}  "
            f"nDCG@10 {self.ndcg:.2f}  answered {self.answered:.2f} of {self.present}; "
            f"silence: precision {self.silent_right:.2f}, recall {1 - self.false:.2f} of {self.absent}"
        )


LISTS = ("text", "meaning", "concept")
"""The lists that a search of words fuses."""


CUTS: dict[str, tuple[str, ...]] = {
    "all": (),
    **{f"without {x}": (x,) for x in LISTS},
    **{f"{x} alone": tuple(y for y in LISTS if y != x) for x in LISTS},
}
"""Ablations, and the lists that each does without."""


@contextmanager
def without(*lists: str) -> Iterator[None]:
    """Search as if some of the lists were not there."""
    every = Index.lists

    def fewer(index: Index, text: str, vectors: Mapping[str, Any], *limits: Any) -> Iterator[tuple[str, Any]]:
        kept = {space: v for space, v in vectors.items() if space not in lists}
        return every(index, "" if "text" in lists else text, kept, *limits)

    with mock.patch.object(Index, "lists", fewer):
        yield


def ablations(run: Run, reranker: Reranker) -> dict[str, Score]:
    """All lists, all but one, and one alone; then all with the top read again."""
    scores = {}
    for name, lists in CUTS.items():
        with without(*lists):
            scores[name] = run()
    return scores | {"all, reranked": run(reranker)}


def spoken_film(subtitles: Path, shot_seconds: float) -> Timeline:
    """A film of which only the subtitles are known, cut into shots of one length (0: without pictures)."""
    text = subtitles.read_text("utf-8-sig").replace("\r", "")
    cues = [
        Cue(
            start=Time.parse(start), end=Time.parse(end), text=" ".join(said.split()), language="en", score=1.0,
            source="subtitle",
        )
        for start, end, said in _CUE.findall(text)
    ]  # fmt: skip
    end = cues[-1].end + SECOND * 5
    tracks = {("subtitles", "cue"): Track.of(Cue, cues, Maker("subtitles", 1, "1" * 64))}
    if shot_seconds:
        cuts = Span(ZERO, end).cut(Time.from_seconds(shot_seconds))
        shots = [Shot(start=s.start, end=s.end, number=i, opening="cut", score=1.0) for i, s in enumerate(cuts)]
        tracks["shots", "shot"] = Track.of(Shot, shots, Maker("shots", 1, "2" * 64))
    return Timeline(replace(make_movie(end.seconds, name=subtitles.stem), id="m1-spoken"), tracks)


def pictured_film(photos: Path, pool: ModelPool) -> tuple[Timeline, list[str]]:
    """A film that shows one photograph after another, tagged as the tag stage does, with their classes in order."""
    model, stage = pool.get("efficientnet-lite2"), Tags()
    classes, shots = [], []
    with (photos / "labels.csv").open(encoding="utf-8") as file:
        files = [row["file"] for row in csv.DictReader(file)]
    for name in files:
        if not (photos / name).exists():
            continue
        picture = Image.open(photos / name).convert("RGB").resize(model.size[::-1], Image.Resampling.BOX)
        scores = model.tags(np.asarray(picture)[None])[0][0]
        best = [i for i in np.argsort(-scores, kind="stable")[: stage.most] if scores[i] >= stage.threshold]
        shots.append(("", [(model.labels[i], float(scores[i])) for i in best]))
        classes.append(name.partition("_")[2].removesuffix(".jpg"))
    return film(*shots, id_="m1-pictured", seconds=4, gap=True), classes


def score(
    index: Index, present: Sequence[tuple[str, Judge]], absent: Sequence[str], reranker: Reranker | None = None
) -> Score:
    """Ask everything."""
    ranks, gains = [], []
    for text, fits in present:
        good = [fits(hit) for hit in search(index, text, limit=50, reranker=reranker).hits]
        ranks.append(good.index(True) + 1 if True in good else 0)
        discounts = 1 / np.log2(np.arange(2, 12))
        ideal = discounts[: max(1, min(sum(good), 10))].sum()
        gains.append(float(discounts[: len(good[:10])][np.array(good[:10], bool)].sum() / ideal) if good else 0.0)
    found = np.array(ranks)
    inverse = [1 / r if r else 0.0 for r in ranks]
    false = [bool(search(index, text).hits) for text in absent]
    silent = int(
        np.sum(found == 0) - sum(bool(search(index, t).hits) for (t, _), r in zip(present, ranks, strict=True) if not r)
    )
    quiet = len(false) - sum(false)
    return Score(
        float(np.mean(found == 1)), float(np.mean((found > 0) & (found <= 5))), float(np.mean(inverse)),
        float(np.mean(found > 0)), float(np.mean(false)) if absent else 0.0, len(present), len(absent),
        float(np.mean((found > 0) & (found <= 10))), float(np.mean(gains)), quiet / max(quiet + silent, 1),
    )  # fmt: skip


Run = Callable[..., Score]
"""Scores an index with a reranker, or without."""


def spoken(part: str, pool: ModelPool, shot_seconds: float, folder: Path) -> Run:
    """An index of a film's subtitles, and how to score it."""
    told = QUERIES["spoken"][part]
    index = Index(str(folder / f"spoken{shot_seconds}"), lambda: pool.get("e5-small"))
    index.update(spoken_film(DATA / "speech" / "subtitles" / told["subtitles"], shot_seconds))
    present = [(text, _says(words)) for text, words in told["present"]]
    return lambda reranker=None: score(index, present, told["absent"], reranker)


def seen(part: str, pool: ModelPool, film_and_classes: tuple[Timeline, list[str]], folder: Path) -> Run:
    """An index of photographs, and how to score it."""
    timeline, classes = film_and_classes
    index = Index(str(folder / f"seen {part}"), lambda: pool.get("e5-small"))
    index.update(timeline)
    told = QUERIES["seen"][part]
    present = [(text, _shows(set(wanted), classes)) for text, wanted in told["present"]]
    return lambda reranker=None: score(index, present, told["absent"], reranker)


def in_languages() -> dict[str, list[tuple[str, str]]]:
    """The first spoken queries of the test part by language, each with the words that answer it."""
    told = QUERIES["spoken"]["languages"]
    english = QUERIES["spoken"]["test"]["present"][: len(next(iter(told.values())))]
    every = {"en": [text for text, _ in english], **told}
    return {name: [(text, words) for text, (_, words) in zip(own, english, strict=True)] for name, own in every.items()}


def by_language(pool: ModelPool, shot_seconds: float, folder: Path) -> dict[str, Score]:
    """English subtitles, searched in every language."""
    index = Index(str(folder / f"languages{shot_seconds}"), lambda: pool.get("e5-small"))
    index.update(spoken_film(DATA / "speech" / "subtitles" / QUERIES["spoken"]["test"]["subtitles"], shot_seconds))
    return {name: score(index, [(t, _says(w)) for t, w in own], []) for name, own in in_languages().items()}


def asked_by_language(pool: ModelPool, folder: Path) -> dict[str, str]:
    """The same asked as questions: how many are answered, and of how many the right place is cited."""
    asker = _asker(pool, "test", folder / "asked in languages")
    found = {}
    for name, own in in_languages().items():
        answers = [(asker.ask(text), words) for text, words in own]
        cited = [[_bare(words) in _bare(e.text) for e in answer.evidence] for answer, words in answers]
        found[name] = (
            f"answered {sum(bool(a.claims) for a, _ in answers)} of {len(own)}, first citation right "
            f"{sum(c[:1] == [True] for c in cited)}, any {sum(True in c for c in cited)}"
        )
    return found


def _asker(pool: ModelPool, part: str, folder: Path) -> Asker:
    """Answers questions about a film's subtitles."""
    timeline = spoken_film(DATA / "speech" / "subtitles" / QUERIES["spoken"][part]["subtitles"], 4.0)
    index = Index(str(folder), lambda: pool.get("e5-small"))
    index.update(timeline)
    nobody: Any = SimpleNamespace(register=SimpleNamespace(people={}), on=False, film=None, everybody=list)
    finder = Finder(index, lambda: [timeline.movie], nobody, lambda: pool.get("efficientnet-lite2"))
    return Asker(finder, lambda _: (True, True))


def asked(part: str, pool: ModelPool, folder: Path) -> dict[str, Any]:
    """Questions about a film's subtitles: which answers cite the right place, and what is answered that has no answer.

    Claims are checked again here, by hand-made words of the answer; `claims` is how many were made in all.
    """
    told = QUERIES["spoken"][part]
    asker = _asker(pool, part, folder / "asked")
    answers = [(asker.ask(text), words) for text, words in told["present"]]
    cited = [[_bare(words) in _bare(e.text) for e in answer.evidence] for answer, words in answers]
    return {
        "questions": len(cited),
        "answered": sum(bool(c) for c in cited),
        "first citation right": sum(c[:1] == [True] for c in cited),
        "any citation right": sum(True in c for c in cited),
        "claims": sum(len(a.claims) for a, _ in answers),
        "claims whose citation has their words": sum(
            any(_bare(c.text) in _bare(e.text) for e in a.evidence if e.number in c.cites)
            for a, _ in answers
            for c in a.claims
        ),
        "absent": len(told["absent"]),
        "absent but answered": sum(bool(asker.ask(text).claims) for text in told["absent"]),
    }


def alike(pool: ModelPool, photos: Path, chosen: slice) -> dict[str, Any]:
    """Photographs looked for by their middles (76 % of each side), and by pictures that are not in the index."""
    model = pool.get("efficientnet-lite2")
    with (photos / "labels.csv").open(encoding="utf-8") as file:
        names = [row["file"] for row in csv.DictReader(file)]
    names = [n for n in names if (photos / n).exists()][chosen]
    pictures = [Image.open(photos / n).convert("RGB") for n in names]

    def feature(picture: Image.Image) -> Any:
        pixels = np.asarray(picture.resize(model.size[::-1], Image.Resampling.BOX))
        one = model.tags(pixels[None])[1][0]
        return one / np.linalg.norm(one)

    whole = np.stack([feature(p) for p in pictures])
    middles = [p.crop((*(round(x * 0.12) for x in p.size), *(round(x * 0.88) for x in p.size))) for p in pictures]
    near = np.stack([feature(p) for p in middles]) @ whole.T
    own, bound = np.diag(near), query.BOUNDS["look"]
    others = (near - 2 * np.eye(len(near))).max(axis=1)
    return {
        "pictures": len(names),
        "found first": int(((near.argmax(axis=1) == np.arange(len(near))) & (own >= bound)).sum()),
        "found though not there": int((others >= bound).sum()),
        "bound": bound,
    }


def _says(words: str) -> Judge:
    return lambda hit: _bare(words) in _bare(hit.words)


def _shows(wanted: set[str], classes: Sequence[str]) -> Judge:
    return lambda hit: classes[round(hit.at.seconds / 8)] in wanted


def _bare(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def core_pool() -> ModelPool:
    """The core models, from the user's cache."""
    return ModelPool(registry(), cache=Settings.from_env().cache / "models", offline=True)


def tell(figures: Mapping[str, Any]) -> None:
    """Print figures, one a line, for the page of them."""
    for name, figure in figures.items():
        print(f"{name}: {figure}")  # noqa: T201 - what it is for


def main(part: str) -> None:
    """Print the figures of one part of the queries, and of other bounds beside them."""
    pool = core_pool()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        runs: dict[str, tuple[str, Sequence[float], Run]] = {}
        around: Any = lambda at, step: [round(at + step * i, 3) for i in range(-3, 4)]  # noqa: E731 - said once, used twice
        for cut in (0.0, 4.0):
            bounds = around(query.BOUNDS["meaning"], 0.01)
            runs[f"spoken, {f'shots of {cut:g} s' if cut else 'sound only'}"] = (
                "meaning", bounds, spoken(part, pool, cut, folder),
            )  # fmt: skip
        photos = pictured_film(DATA / "retrieval" / "imagenet_sample_1000", pool)
        runs["seen, photographs"] = "concept", around(concepts.NEAR, 0.02), seen(part, pool, photos, folder)
        for name, (space, bounds, run) in runs.items():
            for bound in bounds:
                with mock.patch.dict(query.BOUNDS, {space: bound}), mock.patch.object(Index, "near", {space: bound}):
                    print(f"{part}: {name}: {space} from {bound:.2f}: {run()}")  # noqa: T201 - a report on demand


if __name__ == "__main__":
    main(sys.argv[1])
