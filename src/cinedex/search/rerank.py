"""The top of the hits in the order in which a reranker judges that their texts answer the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cinedex.models.tasks import Reranker
from cinedex.search.hits import Hit

TOP = 20
"""Hits that are read; the others stay where they are."""


def reranked(hits: Sequence[Hit], question: str, reranker: Reranker) -> list[Hit]:
    """Hits by score, of which the top is read. What the reranker takes for an answer goes first, in its order.

    All else stays in the order that it had: of texts that do not answer, or that it cannot read, it knows nothing. The
    hits take over the scores of the places that they move to, so that nothing else weighs them differently.
    """
    ordered = sorted(hits, key=lambda h: -h.score)
    top = [hit for hit in ordered[:TOP] if text_of(hit)]
    if not question.strip() or len(top) < 2:
        return ordered
    judged = reranker.judge(question, [text_of(hit) for hit in top])
    sure = {id(hit): float(score) for hit, score in zip(top, judged, strict=True) if score >= reranker.near}
    moved = sorted(ordered, key=lambda h: -sure.get(id(h), float("-inf")))
    return [
        replace(hit, score=place.score, why=(*hit.why, f"reads as an answer ({sure[id(hit)]:.1f})"))
        if id(hit) in sure
        else replace(hit, score=place.score)
        for hit, place in zip(moved, ordered, strict=True)
    ]


def text_of(hit: Hit) -> str:
    """All that is known of a hit in words, what is said first."""
    return ". ".join(text for text in (hit.english or hit.words, hit.screen, hit.tags, hit.things, hit.heard) if text)
