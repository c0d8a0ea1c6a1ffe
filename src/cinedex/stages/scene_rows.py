"""From the rows of a film to what is known of its shots as arrays: the evidence by which scenes are told."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cinedex.stages.base import Inputs
from cinedex.stages.scene_evidence import Evidence, Scores
from cinedex.timeline.rows import Cue, Palette, Person, Place, Quality, Row, Shot, Vector, Voice
from cinedex.timeline.time import FLICKS_PER_SECOND
from cinedex.timeline.track import Spans, Ticks, Track

Floats = npt.NDArray[np.float32]

SHARES = {"pictures": 0.5, "colours": 0.5}
"""Of what looks say, chosen on the tuning part."""

_SPOKEN = 0.3
"""Seconds by which speech must reach over a border on both sides to be said to go on across it."""

_JOINED = 0.6
"""Seconds between two stretches of speech that are one all the same."""

_PAUSE = (1.5, 6.0, 15.0)
"""Seconds without speech from which on a pause counts, at which it does in full, and from which on it is no pause."""

_NEAR = 1.0
"""Seconds around a border in which a picture may be black."""

_DARK, _LIT = 0.06, 0.12
"""Luma below which a picture is black, and which the film must exceed on both sides for black to mean something."""

_MOST = 512
"""Characters, and labels of places, that are told apart: the most frequent ones."""

_LEVELS = (
    np.stack(
        np.meshgrid(np.arange(10, 100, 20), np.arange(-60, 61, 20), np.arange(-60, 61, 20), indexing="ij"), axis=-1
    )
    .reshape(-1, 3)
    .astype(np.float64)
)
"""Centres of the cells of CIE L*a*b* in which colours are counted."""

_BLUR = 12.0
"""How far (L*a*b*) a colour is counted in cells around it, so that like colours have like counts."""

_BATCH = 4096


def evidence_of(inputs: Inputs, shots: Track[Shot]) -> Evidence:
    """All that the tracks say; what no track says is left out."""
    spans = shots.spans
    starts, ends = spans.starts / FLICKS_PER_SECOND, spans.ends / FLICKS_PER_SECOND
    looks = {"pictures": _vectors(inputs.welcomed(Vector), spans), "colours": _colours(inputs, spans)}
    gradual = np.array(shots.table.column("opening").to_pylist()) == "gradual"
    talk, pause = _speech(inputs, spans.starts)
    return Evidence(
        starts,
        ends,
        {name: (values, SHARES[name]) for name, values in looks.items() if values is not None},
        gradual=gradual.astype(np.float64),
        dark=_dark(inputs.welcomed(Quality), spans.starts),
        talk=talk,
        pause=pause,
        people=_people(inputs.welcomed(Person), spans),
        places=_places(inputs.welcomed(Place), spans),
    )


def _vectors(track: Track[Vector] | None, spans: Spans) -> Floats | None:
    """The vector of each shot in the space that most shots have one in; zeros where a shot has none."""
    if track is None or not len(track):
        return None
    names, counts = np.unique(track.table.column("space").to_numpy(zero_copy_only=False), return_counts=True)
    rows = track.table.filter(pc.equal(track.table.column("space"), str(names[counts.argmax()])))
    values = rows.column("values").combine_chunks()
    sizes = values.value_lengths().to_numpy(zero_copy_only=False)
    size = int(np.bincount(sizes).argmax())
    rows = rows.filter(pa.array(sizes == size))
    flat = rows.column("values").combine_chunks().flatten().to_numpy(zero_copy_only=False)
    at = _exactly(spans.starts, rows.column("start").to_numpy())
    table = np.zeros((len(spans), size), dtype=np.float32)
    table[at[at >= 0]] = flat.reshape(-1, size)[at >= 0]
    return np.where(np.isfinite(table), table, np.float32(0))


def _exactly(starts: Ticks, moments: Ticks) -> Ticks:
    """The number of the shot that starts at each moment, or -1."""
    place = np.searchsorted(starts, moments).clip(0, len(starts) - 1)
    return np.where(starts[place] == moments, place, -1)


def _colours(inputs: Inputs, spans: Spans) -> Floats | None:
    """Square roots of the counts of colours in each shot: their dot product is Bhattacharyya's coefficient."""
    palette, quality = inputs.welcomed(Palette), inputs.welcomed(Quality)
    counts = _from_palette(palette, spans) if palette is not None and len(palette) else None
    if counts is None and quality is not None:
        counts = _from_means(quality, spans)
    if counts is None:
        return None
    roots = np.sqrt(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-12))
    return np.asarray(roots, dtype=np.float32)


def _from_palette(track: Track[Palette], spans: Spans) -> Scores | None:
    colours, shots, shares = [], [], []
    for row, at in zip(track, _exactly(spans.starts, track.column("start")).tolist(), strict=True):
        count = min(len(row.shares), len(row.colours) // 3)
        if at >= 0 and count:
            colours.append(np.array(row.colours[: 3 * count], dtype=np.float64).reshape(-1, 3))
            shares.append(np.array(row.shares[:count], dtype=np.float64))
            shots.append(np.full(count, at))
    if not colours:
        return None
    return _counted(np.concatenate(colours), np.concatenate(shares), np.concatenate(shots), len(spans))


def _from_means(track: Track[Quality], spans: Spans) -> Scores | None:
    """From the mean colours of half seconds, by the shot in which each half second has its middle."""
    parts = [_measure(track, name) for name in ("red", "green", "blue")]
    count = min(len(starts) for starts, _, _ in parts)
    if not count:
        return None
    starts, ends, _ = parts[0]
    colours = np.stack([values[:count] for _, _, values in parts], axis=1) * 255
    shots = np.searchsorted(spans.starts, (starts[:count] + ends[:count]) // 2, side="right") - 1
    inside = (shots >= 0) & np.isfinite(colours).all(axis=1)
    return _counted(colours[inside], np.ones(int(inside.sum())), shots[inside], len(spans))


def _counted(colours: Scores, weights: Scores, shots: npt.NDArray[np.intp], count: int) -> Scores:
    """How much of each cell's colour there is in each shot."""
    counts = np.zeros((count, len(_LEVELS)))
    weights = np.where(np.isfinite(weights) & (weights > 0), weights, 0.0)
    for at in range(0, len(colours), _BATCH):
        some = slice(at, at + _BATCH)
        apart = ((lab(colours[some])[:, None, :] - _LEVELS[None]) ** 2).sum(axis=2)
        near = np.exp(-(apart - apart.min(axis=1, keepdims=True)) / (2 * _BLUR**2))
        np.add.at(counts, shots[some], near / near.sum(axis=1, keepdims=True) * weights[some][:, None])
    return counts


def lab(colours: Scores) -> Scores:
    """Colours of sRGB (0..255) [n, 3] as CIE L*a*b* under D65."""
    part = colours.clip(0, 255) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    ratio = linear @ matrix.T / np.array([0.9505, 1.0, 1.089])
    bent = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = bent.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


def _measure(track: Track[Quality], name: str) -> tuple[Ticks, Ticks, Scores]:
    rows = track.table.filter(pc.equal(track.table.column("measure"), name))
    starts, ends, values = (rows.column(c).to_numpy() for c in ("start", "end", "value"))
    return starts, ends, values.astype(np.float64)


def _dark(track: Track[Quality] | None, borders: Ticks) -> Scores | None:
    """1 where the picture near a border is black, though it is not on either side; 0 where it is light."""
    if track is None:
        return None
    starts, _, values = _measure(track, "luma")
    if not len(starts):
        return None
    near, wide = int(_NEAR * FLICKS_PER_SECOND), int(4 * _NEAR * FLICKS_PER_SECOND)
    found = np.zeros(len(borders))
    values = np.nan_to_num(values)
    for i, border in enumerate(borders.tolist()):
        far, first, middle, last, end = np.searchsorted(
            starts, [border - wide, border - near, border, border + near, border + wide]
        ).tolist()
        if i and far < middle < end and min(values[far:middle].max(), values[middle:end].max()) > _LIT:
            found[i] = np.clip(2 * (1 - values[first:last].min(initial=1.0) / _DARK), 0, 1)
    return found


def _speech(inputs: Inputs, borders: Ticks) -> tuple[Scores | None, Scores | None]:
    """Whether somebody talks across each border, and whether speech pauses there; None without any speech."""
    heard = [t.spans for t in (inputs.welcomed(Voice), inputs.welcomed(Cue)) if t is not None and len(t)]
    if not heard:
        return None, None
    both = Spans(np.concatenate([s.starts for s in heard]), np.concatenate([s.ends for s in heard]))
    union = both.support(int(_JOINED * FLICKS_PER_SECOND))
    if not len(union):
        return None, None
    reach = int(_SPOKEN * FLICKS_PER_SECOND)
    place = np.searchsorted(union.starts, borders - reach, side="right") - 1
    talk = (place >= 0) & (union.ends[place.clip(0)] >= borders + reach)
    before = np.searchsorted(union.starts, borders, side="right") - 1
    since = np.where(before >= 0, union.ends[before.clip(0)], np.iinfo(np.int64).min // 4)
    after = np.searchsorted(union.starts, borders, side="left")
    until = np.where(after < len(union), union.starts[after.clip(0, len(union) - 1)], np.iinfo(np.int64).max // 4)
    within = (since <= borders) & (before >= 0) & (after < len(union))
    silent = np.where(within, (until - since) / FLICKS_PER_SECOND, 0.0)
    low, high, over = _PAUSE
    return talk.astype(np.float64), np.where(silent < over, np.clip((silent - low) / (high - low), 0, 1), 0.0)


def _people(track: Track[Person] | None, spans: Spans) -> Scores | None:
    """Which characters are seen in each shot."""
    if track is None or not len(track):
        return None
    return _seen(track, np.asarray(track.column("number")), np.ones(len(track)), spans)


def _places(track: Track[Place] | None, spans: Spans) -> tuple[Scores, ...]:
    """By aspect, how sure each label is in each shot."""
    if track is None or not len(track):
        return ()
    found = []
    for aspect in ("setting", "light", "place"):
        rows = Track[Place](track.table.filter(pc.equal(track.table.column("aspect"), aspect)), track.maker)
        if len(rows):
            labels = rows.table.column("label").to_numpy(zero_copy_only=False)
            scores = np.nan_to_num(rows.column("score").astype(np.float64)).clip(0, 1)
            found.append(_seen(rows, labels, scores, spans))
    return tuple(found)


def _seen(track: Track[Row], names: npt.NDArray[np.generic], scores: Scores, spans: Spans) -> Scores:
    """The highest score of each name (column, the most frequent ones) in each shot (row)."""
    _, columns, counts = np.unique(names, return_inverse=True, return_counts=True)
    rank = np.empty(len(counts), dtype=np.int64)
    rank[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    columns = rank[columns]
    table = np.zeros((len(spans), min(len(counts), _MOST)))
    shots, rows = spans.join(track.spans)
    kept = columns[rows] < _MOST
    np.maximum.at(table, (shots[kept], columns[rows[kept]]), scores[rows[kept]])
    return table
