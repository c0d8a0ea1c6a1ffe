"""Deletion: rows that identify a person are taken out of every artifact of the films in which they had been seen.

That goes for every analysis that is stored, also older ones, and again for each that is made later. What remains of the
person are times and places in those films, so that nobody is made of them again; nothing of it is biometric.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pyarrow as pa

from cinedex.errors import StoreError
from cinedex.people.decisions import Anchor
from cinedex.people.evidence import evidence_of, tracklets_in
from cinedex.people.register import Deletion
from cinedex.store import Store
from cinedex.timeline import arrow
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Faceprint, Person, Portrait, Speaking, Tracklet, Voiceprint
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Track

IDENTIFYING = (Faceprint.kind, Portrait.kind, Person.kind, Voiceprint.kind, Speaking.kind)
"""Kinds of which a deleted person's rows go; those of voices go with everybody on screen while they spoke."""

_BIOMETRIC = (Faceprint.kind, Person.kind, Voiceprint.kind, Speaking.kind)
"""Kinds that recognition makes: prints, and what is concluded from them."""


def erase_in(store: Store, movie: Movie, deletion: Deletion) -> dict[str, int]:
    """Take the person out of every artifact of a film; gives how many rows of each kind are gone. Safe to repeat."""
    anchors = [a for seen in deletion.seen if seen.film == movie.id for a in seen.anchors]
    gone: dict[str, int] = {}
    doomed: dict[str, frozenset[int]] = {}
    # Tracklets first: who only refers to them is then judged by the same answer.
    for stage, key, kinds in sorted(_holding(store, movie.id), key=lambda h: Tracklet.kind not in h[2]):
        if Tracklet.kind in kinds:
            doomed[key] = _doomed(store, movie, stage, key, anchors)
        elif not set(IDENTIFYING) & set(kinds):
            continue
        needed = _needed(store, movie.id, stage, key) if Tracklet.kind not in kinds else [key]
        known = [doomed[k] for k in needed if k in doomed]
        keep = _keeping(frozenset[int]().union(*known) if known else None, anchors)
        for kind, count in _redacted(store, movie.id, stage, key, keep, deletion.id).items():
            gone[kind] = gone.get(kind, 0) + count
    return gone


def forget_prints(store: Store, movie_id: str) -> int:
    """Drop every stored result of a film that holds prints or was concluded from them; gives how many."""
    dropped = 0
    for stage, key, kinds in _holding(store, movie_id):
        if set(_BIOMETRIC) & set(kinds):
            store.drop(movie_id, stage, key)
            dropped += 1
    return dropped


def drop_unfinished(store: Store, movie_id: str) -> None:
    """Delete what a killed analysis left of prints and portraits without ever finishing it."""
    for stage in store.stages(movie_id):
        for key in store.keys(movie_id, stage):
            files = store.files(movie_id, stage, key)
            if "manifest.json" not in files and any(f.startswith(IDENTIFYING) for f in files):
                store.drop(movie_id, stage, key)


def _holding(store: Store, movie_id: str) -> Iterable[tuple[str, str, tuple[str, ...]]]:
    """Every whole artifact or part of a film's that holds rows about people: stage, key, kinds."""
    for stage in store.stages(movie_id):
        for key in store.keys(movie_id, stage):
            manifest = store.manifest(movie_id, stage, key)
            kinds = tuple(manifest["kinds"]) if manifest is not None else ()
            if set(kinds) & {*IDENTIFYING, Tracklet.kind}:
                yield stage, key, kinds


def _doomed(store: Store, movie: Movie, stage: str, key: str, anchors: list[Anchor]) -> frozenset[int]:
    """Numbers of an analysis's tracklets at which the person had been seen, also those that only may be theirs."""
    try:
        found = store.read(movie.id, stage, key, kinds={"tracklet", "face"})
    except StoreError as error:
        if error.stage is None:
            raise
        return frozenset()  # damaged: it is dropped below
    if found is None:
        return frozenset()
    maker = Maker(stage, 0, key)
    tracks: dict[tuple[str, str], Track[Any]] = {(stage, k): Track(t, maker) for k, t in found.tables.items()}
    evidence = evidence_of(Timeline(movie, tracks))
    if evidence is None:
        return frozenset()
    return frozenset(int(evidence.numbers[p]) for a in anchors for p in evidence.at(a, every=True))


def _needed(store: Store, movie_id: str, stage: str, key: str) -> list[str]:
    manifest: Mapping[str, Any] = store.manifest(movie_id, stage, key) or {}
    return [str(k) for k in manifest.get("needs", [])]


def _keeping(doomed: frozenset[int] | None, anchors: list[Anchor]) -> Callable[[str, pa.Table], pa.Table]:
    """What stays of a table. Where the tracklets are not known any more, times decide, and rather take too much."""

    def goes(row: Mapping[str, Any]) -> bool:
        numbers = {row["tracklet"]} if "tracklet" in row else set(tracklets_in(row["refs"] or ()))
        if doomed is not None and numbers:
            return bool(numbers & doomed)
        return any(row["start"] < a.end and a.start < row["end"] for a in anchors)

    def keep(kind: str, table: pa.Table) -> pa.Table:
        if kind not in IDENTIFYING or not table.num_rows:
            return table
        named = [n for n in ("start", "end", "refs", "tracklet") if n in table.schema.names]
        stays = [not goes(row) for row in table.select(named).to_pylist()]
        return table if all(stays) else arrow.upgrade(table).filter(pa.array(stays))

    return keep


def _redacted(
    store: Store, movie_id: str, stage: str, key: str, keep: Callable[[str, pa.Table], pa.Table], note: str
) -> dict[str, int]:
    try:
        return store.redact(movie_id, stage, key, keep, note)
    except StoreError as error:
        if error.stage is None:
            raise
        # Damaged: what cannot be read cannot be kept either. It is computed again with the next analysis.
        store.drop(movie_id, stage, key)
        return {}
