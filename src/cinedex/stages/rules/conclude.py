"""From strength along the film to events: stretches with a score and the rows that speak for them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cinedex.stages.rules.judge import Cells, Known, Strength, strength
from cinedex.stages.rules.model import Rows, Rule, leaves
from cinedex.timeline import arrow
from cinedex.timeline.rows import Event, Row, Shot
from cinedex.timeline.time import Span, Time
from cinedex.timeline.track import Spans, Ticks

_REFS_EACH, _REFS_MAX = 4, 16
"""How many rows an event names for each piece of evidence, and for all."""

EVENTS_MAX = 2000
"""Events of one rule and film at most, the surest."""


def conclude(rule: Rule, known: Known) -> Iterator[Event]:
    """The events that a rule finds in a film, in order."""
    if not known.film.duration or not any(known.chosen(leaf) for leaf in leaves(rule.evidence)):
        return
    cells = known.cells(rule.evidence)
    strong = strength(rule.evidence, known, cells)
    if strong is None:
        return
    spans, scores = _stretches(rule, known, cells, strong)
    kept = np.sort(np.argsort(-scores, kind="stable")[:EVENTS_MAX])
    spans, scores = Spans(spans.starts[kept], spans.ends[kept]), scores[kept]
    refs = _evidence(rule, known, cells, spans)
    for span, score, named in zip(spans, scores.tolist(), refs, strict=True):
        yield Event(
            start=span.start,
            end=span.end,
            refs=named,
            label=rule.label,
            score=round(rule.trust * score, 4),
            rule=rule.title,
        )


def _stretches(rule: Rule, known: Known, cells: Cells, strong: Strength) -> tuple[Spans, Strength]:
    """Where the rule holds, and the strongest evidence there."""
    holds = strong >= rule.threshold
    raw = Spans(cells.edges[:-1][holds], cells.edges[1:][holds]).support(int(rule.join))
    if rule.snap and Shot in known.tracks:
        raw = _snapped(raw, known.tracks[Shot].spans, int(rule.snap), known.film)
    lengths = raw.ends - raw.starts
    fits = (lengths >= int(rule.least)) & (lengths > 0)
    if rule.most is not None:
        fits &= lengths <= int(rule.most)
    spans = Spans(raw.starts[fits], raw.ends[fits])
    here, there = spans.join(Spans(cells.edges[:-1][holds], cells.edges[1:][holds]))
    scores = np.zeros(len(spans))
    np.maximum.at(scores, here, strong[holds][there])
    found = scores > 0
    return Spans(spans.starts[found], spans.ends[found]), scores[found]


def _snapped(spans: Spans, shots: Spans, reach: int, film: Span) -> Spans:
    """The spans with each edge moved to the nearest edge of a shot that is at most `reach` away, then joined."""
    edges = np.unique(np.concatenate((shots.starts, shots.ends, [int(film.start), int(film.end)])))

    def nearest(moments: Ticks) -> Ticks:
        after = np.searchsorted(edges, moments).clip(0, len(edges) - 1)
        before = (after - 1).clip(0)
        best = np.where(moments - edges[before] <= edges[after] - moments, edges[before], edges[after])
        return np.where(np.abs(best - moments) <= reach, best, moments)

    starts, ends = nearest(spans.starts), nearest(spans.ends)
    lost = ends <= starts
    return Spans(np.where(lost, spans.starts, starts), np.where(lost, spans.ends, ends)).support()


def _evidence(rule: Rule, known: Known, cells: Cells, spans: Spans) -> list[tuple[str, ...]]:
    """For each event the rows that speak most for it: the surest and longest of every piece of evidence."""
    named: list[list[str]] = [[] for _ in spans]
    for leaf in dict.fromkeys(leaves(rule.evidence)):
        speaks = strength(leaf, known, cells)
        chosen = known.chosen(leaf)
        if speaks is None or chosen is None or not len(chosen) or leaf.kind is Event:
            continue
        # A window lets a row speak for moments at which it is not there.
        reach = Spans(spans.starts + min(int(leaf.window[0]), 0), spans.ends + max(int(leaf.window[1]), 0))
        here, there = reach.join(chosen.spans)
        shared = np.minimum(reach.ends[here], chosen.spans.ends[there]) - np.maximum(
            reach.starts[here], chosen.spans.starts[there]
        )
        worth = shared * (chosen.numbers("score")[there] if "score" in chosen.table.column_names else 1.0)
        loud = cells.highest(speaks, (Time(0), Time(0)))
        heard = np.zeros(len(spans))
        at, cell = spans.join(cells.spans)
        np.maximum.at(heard, at, loud[cell])
        order = np.lexsort((there, -worth, here))
        here, there = here[order], there[order]
        first = np.searchsorted(here, np.arange(len(spans)))
        rank = np.arange(len(here)) - first[here]
        for event, place in zip(here[rank < _REFS_EACH].tolist(), there[rank < _REFS_EACH].tolist(), strict=True):
            if heard[event] > 0:
                named[event].append(_named(leaf.kind, known, leaf, place))
    return [tuple(dict.fromkeys(some))[:_REFS_MAX] for some in named]


def _named(kind: type[Row], known: Known, leaf: Rows, place: int) -> str:
    """The name by which rows refer to one; made of that row alone, for a track may be long."""
    chosen = known.chosen(leaf)
    if chosen is None:
        raise LookupError(f"no rows of kind {kind.kind!r} were chosen")
    return arrow.rows(kind, chosen.table.slice(place, 1))[0].ref
