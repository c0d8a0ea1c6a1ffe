"""The top of the hits, read again: answers first, all else as it was, and scores that stay with the places."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from tests.unit.search_fixtures import film

from cinedex.errors import ModelError
from cinedex.models.crossencoder import CrossEncoder
from cinedex.models.fakes import FakeReranker, FakeTextEmbedder
from cinedex.search.finder import Finder
from cinedex.search.hits import Hit
from cinedex.search.index import Index
from cinedex.search.query import search
from cinedex.search.rerank import TOP, reranked
from cinedex.timeline.time import Time


def hit(words: str, score: float) -> Hit:
    second = Time.from_seconds(100 - 100 * score)
    return Hit("m1-a", "a.mp4", second, second, score, words, "en", "", "", Time(-1), second)


def order(hits: Sequence[Hit]) -> list[str]:
    return [h.words for h in hits]


def test_what_answers_goes_first_and_all_else_stays():
    hits = [hit("the sea", 0.9), hit("a boat", 0.8), hit("nothing of it", 0.7), hit("a boat at sea", 0.6)]
    found = reranked(hits[::-1], "boat sea", FakeReranker())
    assert order(found) == ["a boat at sea", "the sea", "a boat", "nothing of it"]
    assert [h.score for h in found] == [0.9, 0.8, 0.7, 0.6]
    assert found[0].why == ("reads as an answer (1.0)",)
    assert found[3].why == ()


def test_a_reranker_that_cannot_read_a_question_changes_nothing():
    hits = [hit("das Boot", 0.9), hit("das Meer", 0.8)]
    assert reranked(hits, "ship", FakeReranker()) == hits
    assert reranked(hits, "", FakeReranker()) == hits


def test_only_the_top_is_read():
    hits = [hit(f"number {n}", 1 - n / 100) for n in range(TOP)] + [hit("boat", 0.1)]
    assert order(reranked(hits, "boat", FakeReranker()))[-1] == "boat"


def test_a_search_reads_again_and_says_so_where_it_cannot(tmp_path: Path):
    index = Index(str(tmp_path), FakeTextEmbedder)
    lines = [("harbour boat boat boat boat", []), ("rain", []), ("the old boat in the harbour of the town", [])]
    index.update(film(*lines, id_="m1-a", gap=True))
    plain = search(index, "old boat harbour town")
    again = search(index, "old boat harbour town", reranker=FakeReranker())
    assert again.hits[0].words == lines[2][0]
    assert {h.words for h in plain.hits} == {h.words for h in again.hits}

    def missing() -> FakeReranker:
        raise ModelError("reranker-en is not here")

    nobody = type("Nobody", (), {"register": type("R", (), {"people": {}})(), "on": False})
    finder = Finder(index, list, nobody, FakeTextEmbedder, reranker=missing)  # type: ignore[arg-type]
    assert finder.search("boat").notes == ("the best hits were not read again: reranker-en is not here",)


class Told:
    """A tokenizer's answer, and the tokenizer."""

    ids = attention_mask = type_ids = (1, 2)

    def encode(self, *_: str) -> Told:
        return self

    def enable_truncation(self, **_: object) -> None: ...
    def no_padding(self) -> None: ...


@pytest.mark.parametrize("wrong", [np.zeros((1, 2), np.float32), np.full((1, 1), np.nan, np.float32)])
def test_a_network_that_gives_something_else_is_refused(wrong: np.ndarray):
    network = type("Network", (), {"inputs": ("input_ids",), "outputs": ("x",), "run": lambda *_: [wrong]})()
    with pytest.raises(ModelError, match="not one number a pair"):
        CrossEncoder("r", network, Told(), {"near": 0, "length": 8}).judge("a", ["b"])
