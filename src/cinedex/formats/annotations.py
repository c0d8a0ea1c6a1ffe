"""Everything as JSON and back: the lossless form, for programs without Arrow and for archives.

`{"cinedex": 1, "movie", "makers", "failures", "tracks": [{"stage", "version", "key", "models", "kind": "shot/1",
"rows"}], "left_out": ["faceprint"]}`; times are flicks (1/705 600 000 s), start and end with seconds beside them;
binary fields are base64. What identifies a face or a voice never leaves the library in this way.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from cinedex.canonical import build, plain
from cinedex.errors import UsageError
from cinedex.timeline import arrow
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import KINDS
from cinedex.timeline.time import FLICKS_PER_SECOND
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Track

SCHEME = 1

PRIVATE = frozenset({"faceprint", "voiceprint"})
"""Kinds that are not written: biometric data, by which a person could be found elsewhere."""


def write_json(timeline: Timeline, to: Path) -> None:
    """Write every track but those of PRIVATE kinds; the film's place on this machine is left out."""
    movie = plain(timeline.movie) | {"uri": ""}
    tracks = [
        _track(stage, track) for (stage, _), track in sorted(timeline.tracks.items()) if track.kind not in PRIVATE
    ]
    left_out = sorted({kind for _, kind in timeline.tracks} & PRIVATE)
    makers = {kind: list(stages) for kind, stages in sorted(timeline.makers.items())}
    whole = {"cinedex": SCHEME, "movie": movie, "makers": makers, "failures": dict(timeline.failures), "tracks": tracks}
    whole |= {"left_out": left_out} if left_out else {}
    to.write_text(json.dumps(whole, ensure_ascii=False, indent=1), encoding="utf-8")


def read_json(source: Path) -> Timeline:
    """Read what `write_json` wrote. Raises UsageError for anything else."""
    try:
        whole = json.loads(source.read_text(encoding="utf-8"))
        if whole["cinedex"] != SCHEME:
            raise UsageError(f"{source.name} is of scheme {whole['cinedex']}; this Cinedex reads {SCHEME}")
        tracks: dict[tuple[str, str], Track[Any]] = {}
        for told in whole["tracks"]:
            kind, version = told["kind"].split("/")
            maker = Maker(told["stage"], told["version"], told["key"], tuple(told["models"]))
            tracks[told["stage"], kind] = Track(_table(kind, int(version), told["rows"]), maker)
        makers = {kind: tuple(stages) for kind, stages in whole["makers"].items()}
        return Timeline(build(Movie, whole["movie"]), tracks, whole["failures"], makers)
    except (KeyError, TypeError, AttributeError, ValueError) as wrong:
        raise UsageError(f"{source.name} is not an export of Cinedex ({wrong!r})") from wrong


def _track(stage: str, track: Track[Any]) -> dict[str, Any]:
    kind, version = arrow.kind_of(track.table.schema)
    maker = track.maker
    return {
        "stage": stage,
        "version": maker.version,
        "key": maker.key,
        "models": list(maker.models),
        "kind": f"{kind}/{version}",
        "rows": [_row(row) for row in track.table.to_pylist()],
    }


def _row(row: dict[str, Any]) -> dict[str, Any]:
    seconds = {f"{n}_seconds": round(row[n] / FLICKS_PER_SECOND, 6) for n in ("start", "end")}
    return {n: base64.b64encode(v).decode() if isinstance(v, bytes) else v for n, v in row.items()} | seconds


def _table(kind: str, version: int, rows: list[dict[str, Any]]) -> pa.Table:
    row = KINDS.get(kind)
    if row is None or row.version != version:
        raise UsageError(f"{kind}/{version} cannot be read from JSON by this Cinedex")
    shape = arrow.schema(row)
    columns = []
    for name in shape.names:
        sort = shape.field(name).type
        values = [r[name] for r in rows]
        columns.append(
            pa.array([base64.b64decode(v) for v in values] if pa.types.is_binary(sort) else values, type=sort)
        )
    return pa.table(columns, schema=shape)
