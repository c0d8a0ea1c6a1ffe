"""The charts along the film: colour barcode, shot lengths, palette, who is on screen when, rhythm and motion."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from cinedex.formats.charts.drawing import (
    ACCENT,
    BLOCK,
    COLD,
    FAINT,
    LINE,
    QUIET,
    TEAL,
    TEXT,
    WARM,
    Anchor,
    Drawing,
    Rgb,
)
from cinedex.formats.charts.film import Film, NotThereError, Numbers
from cinedex.formats.colours import Swatch, hexadecimal
from cinedex.formats.facts import length
from cinedex.timeline.rows import Person
from cinedex.timeline.time import FLICKS_PER_SECOND
from cinedex.timeline.track import Spans

WIDTH = 1600
SIDE = 64
TOP = 148
INNER = WIDTH - 2 * SIDE

PEOPLE = 16
"""Most people in the chart of who is on screen."""

_NEIGHBOURS = 7


def barcode(film: Film) -> Drawing:
    """Every column the mean colour of its moment."""
    columns = INNER
    found = film.colours(columns)
    page = _page(film, "Colour barcode", 420)
    _strip(page, found, SIDE, TOP, INNER, 420)
    _ruler(page, film, TOP + 420)
    return page


def shot_lengths(film: Film) -> Drawing:
    """The length of every shot on a logarithmic scale, in the shot's own colour, with the running mean of fifteen."""
    tall = 420
    shots = film.shots
    lengths = np.maximum((shots.ends - shots.starts) / FLICKS_PER_SECOND, 0.04)
    about = f"mean {length(float(lengths.mean()))}, median {length(float(np.median(lengths)))}"
    page = _page(film, f"Length of every shot: {about}", tall)
    least, most = min(0.5, float(lengths.min())), max(float(lengths.max()) * 1.1, 1.0)

    def rise(seconds: float) -> float:
        return math.log(seconds / least) / math.log(most / least) * tall

    for mark in (1, 2, 5, 10, 30, 60, 300):
        if least * 1.3 < mark < most:
            y = TOP + tall - rise(mark)
            page.line([(SIDE, y), (SIDE + INNER, y)], LINE)
            page.words(SIDE - 10, y + 5, f"{mark} s" if mark < 60 else f"{mark // 60} min", 13, QUIET, anchor="end")
    gap = 1.5 if len(lengths) < INNER / 4 else 0.0
    for start, end, seconds, colour in zip(
        shots.starts.tolist(), shots.ends.tolist(), lengths.tolist(), film.shot_colours, strict=True
    ):
        left, right = _x(film, start), _x(film, end)
        wide = max(right - left - gap, 0.6)
        page.rect(left, TOP + tall - rise(seconds), wide, rise(seconds), colour)
        page.rect(left, TOP + tall - rise(seconds), wide, 1.0, QUIET)
    if len(lengths) > 2 * _NEIGHBOURS:
        middles = (shots.starts + shots.ends) // 2
        sums = np.concatenate(([0.0], np.cumsum(lengths)))
        low = np.maximum(np.arange(len(lengths)) - _NEIGHBOURS, 0)
        high = np.minimum(np.arange(len(lengths)) + _NEIGHBOURS + 1, len(lengths))
        means = (sums[high] - sums[low]) / (high - low)
        points = [
            (_x(film, m), TOP + tall - rise(float(v))) for m, v in zip(middles.tolist(), means.tolist(), strict=True)
        ]
        page.line(points, ACCENT, 2.5)
    _ruler(page, film, TOP + tall)
    return page


def palette(film: Film) -> Drawing:
    """The film's palette, and below it that of every scene."""
    whole = film.palette(10)
    scenes = film.scenes
    page = _page(film, "Palette", 400 if scenes is not None else 240, ruled=scenes is not None)
    x = float(SIDE)
    sizes = np.array([max(s.share, 0.06) for s in whole])
    for swatch, wide in zip(whole, (sizes / sizes.sum() * INNER).tolist(), strict=True):
        page.rect(x, TOP - 1, wide, 182, LINE)  # so that a colour like the page's has an edge
        page.rect(x, TOP, wide, 180, swatch.colour)
        page.words(x + 2, TOP + 206, hexadecimal(swatch.colour), 14, TEXT, room=wide - 8)
        page.words(x + 2, TOP + 226, f"{max(1, round(swatch.share * 100))} %", 13, QUIET)
        x += wide
    if scenes is not None:
        page.words(SIDE, TOP + 272, "every scene", 15, QUIET)
        scene_strip(page, film, film.scene_palettes(), TOP + 288, 112)
        _ruler(page, film, TOP + 400)
    return page


def scene_strip(page: Drawing, film: Film, palettes: Sequence[Sequence[Swatch]], y: float, tall: float) -> None:
    """The palette of every scene as a column where the scene stands."""
    if film.scenes is None:
        return
    for start, end, swatches in zip(film.scenes.starts.tolist(), film.scenes.ends.tolist(), palettes, strict=True):
        left, right = _x(film, start), _x(film, end)
        total = sum(s.share for s in swatches) or 1.0
        at = y
        for swatch in swatches:
            high = swatch.share / total * tall
            page.rect(left, at, max(right - left - (1.5 if right - left > 6 else 0), 0.6), high, swatch.colour)
            at += high


def presence(film: Film) -> Drawing:
    """Who is on screen when: a row for each of the people seen longest, the scenes as faint lines."""
    film.need(Person, "people")
    people = film.people[:PEOPLE]
    row, names = 46, 300
    more = len(film.people) - len(people)
    rest = f", the {PEOPLE} seen longest of {len(film.people):,}" if more > 0 else ""
    page = _page(film, f"Who is on screen when{rest}", row * len(people))
    left, wide = SIDE + names, INNER - names

    def x(at: int) -> float:
        return left + at / film.duration * wide

    if film.scenes is not None and len(film.scenes) < wide / 6:
        for start in film.scenes.starts[1:].tolist():
            page.line([(x(start), TOP), (x(start), TOP + row * len(people))], LINE)
    for number, person in enumerate(people):
        y = TOP + row * number
        portrait = film.portraits.get(person.number)
        if portrait is not None:
            page.photo(SIDE, y + 5, 36, portrait.format, portrait.data)
        else:
            page.rect(SIDE, y + 5, 36, 36, BLOCK, radius=18)
        page.words(SIDE + 50, y + 29, person.name, 17, TEXT, room=names - 128)
        page.words(left - 16, y + 29, length(person.seconds), 13, QUIET, anchor="end")
        page.rect(left, y + 22, wide, 2, FAINT)
        bars(page, person.spans, x, y + 11, 24)
    _ruler(page, film, TOP + row * len(people), left, wide)
    return page


def bars(page: Drawing, spans: Spans, x: Callable[[int], float], y: float, tall: float) -> None:
    """A bar for each stretch, thin ones as wide as can be seen."""
    for start, end in zip(spans.starts.tolist(), spans.ends.tolist(), strict=True):
        wide = max(x(end) - x(start), 1.6)
        page.rect(x(start), y, wide, tall, TEAL, radius=3)


def rhythm(film: Film) -> Drawing:
    """Cuts a minute, movement of the picture and colour temperature, each along the film."""
    bins = INNER // 4
    curves = {name: film.curve(name, bins) for name in ("cuts", "motion", "warmth")}
    if all(values is None for values in curves.values()):
        raise NotThereError("neither shots nor motion nor palettes were found")
    tall, gap, above = 130, 52, 24
    page = _page(film, "Rhythm, motion and colour temperature", 3 * tall + 2 * gap + above)
    y = float(TOP + above)
    for name, title in (("cuts", "cuts a minute"), ("motion", "motion"), ("warmth", "colour temperature")):
        values = curves[name]
        page.words(SIDE, y - 10, title, 15, QUIET)
        if values is None:
            page.words(SIDE, y + tall / 2, "not known", 15, QUIET)
        elif name == "warmth":
            _warmth(page, values, y, tall)
        else:
            unit = "" if name == "cuts" else " picture widths a second"
            _area(page, values, y, tall, unit)
        y += tall + gap
    _ruler(page, film, TOP + above + 3 * tall + 2 * gap)
    return page


def _area(page: Drawing, values: Numbers, y: float, tall: float, unit: str) -> None:
    top = max(float(np.nanpercentile(values, 99.5)), 1e-6)
    step = INNER / len(values)
    points = [
        (SIDE + (i + 0.5) * step, y + tall - min(v / top, 1.0) * tall) for i, v in enumerate(values) if math.isfinite(v)
    ]
    if len(points) < 2:
        return
    page.polygon([(points[0][0], y + tall), *points, (points[-1][0], y + tall)], BLOCK, 0.6)
    page.line(points, TEXT, 1.75)
    page.words(SIDE + INNER, y - 10, f"up to {top:.3g}{unit}", 13, QUIET, anchor="end")


def _warmth(page: Drawing, values: Numbers, y: float, tall: float) -> None:
    top = max(float(np.nanmax(np.abs(values))), 0.25)
    step, middle = INNER / len(values), y + tall / 2
    for i, value in enumerate(values.tolist()):
        if math.isfinite(value):
            rise = abs(value) / top * tall / 2
            page.rect(
                SIDE + i * step, middle - rise if value > 0 else middle, step, max(rise, 0.75),
                WARM if value > 0 else COLD, opacity=0.4 + 0.6 * abs(value) / top,
            )  # fmt: skip
    page.line([(SIDE, middle), (SIDE + INNER, middle)], LINE)
    page.words(SIDE + INNER, y - 10, "warm above, cold below", 13, QUIET, anchor="end")


def _page(film: Film, title: str, tall: int, *, ruled: bool = True) -> Drawing:
    """A page with the film's name, what it shows and a line about the film, and room for a chart `tall` points high."""
    page = Drawing(WIDTH, TOP + tall + (84 if ruled else 40), f"{film.title}: {title}")
    page.words(SIDE, 74, film.title, 38, room=INNER * 0.66)
    page.words(SIDE, 106, title, 17, QUIET, room=INNER * 0.8)
    page.words(SIDE + INNER, 74, film.facts, 17, QUIET, anchor="end", room=INNER * 0.32)
    return page


def _x(film: Film, at: int) -> float:
    return SIDE + at / film.duration * INNER


def _strip(page: Drawing, colours: Sequence[Rgb | None], x: float, y: float, wide: float, tall: float) -> None:
    """Columns of colour, neighbours of one colour as one; what was not measured stays as the page is."""
    step = wide / len(colours)
    first = 0
    for i in range(1, len(colours) + 1):
        if i < len(colours) and colours[i] == colours[first]:
            continue
        colour = colours[first]
        if colour is not None:
            page.rect(x + first * step, y, (i - first) * step + (0.25 if i < len(colours) else 0), tall, colour)
        first = i


def _ruler(page: Drawing, film: Film, y: float, left: float = SIDE, wide: float = INNER) -> None:
    """Times along the film, below a chart."""
    for at in film.marks(12):
        x = left + at / film.duration * wide
        page.line([(x, y + 8), (x, y + 18)], QUIET)
        anchor: Anchor = "start" if at == 0 else "end" if x > left + wide - 20 else "middle"
        page.words(x, y + 38, film.clock(at), 14, QUIET, anchor=anchor)
