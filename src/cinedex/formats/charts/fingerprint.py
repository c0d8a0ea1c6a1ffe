"""The film's fingerprint: a poster on which the film runs once round, clockwise from the top.

From the outside in: the length of every shot in its colour, the film's colours, the scenes, who is on screen, and how
much the picture moves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from cinedex.formats.charts.drawing import BLOCK, FAINT, LINE, PAPER, QUIET, TEAL, TEXT, Drawing, Point, Rgb
from cinedex.formats.charts.film import Film, NotThereError
from cinedex.formats.facts import length
from cinedex.timeline.rows import Shot
from cinedex.timeline.time import FLICKS_PER_SECOND

WIDTH, HEIGHT = 1600, 2200
_X, _Y = 800.0, 820.0
_GAP = 0.02
"""The share of the circle left open at the top, where the film begins and ends."""

_COLOURS = (400.0, 520.0)
_LENGTHS = (528.0, 690.0)
_PEOPLE = 388.0
_RINGS = 6
_RING = 15.0
_MOTION = (150.0, 262.0)
_FINE = math.tau / 900
"""No edge of a ring is drawn with longer pieces than this."""


def fingerprint(film: Film) -> Drawing:
    """The poster. Whatever is not known of the film is left out; raises NotThereError where nothing is."""
    page = Drawing(WIDTH, HEIGHT, f"{film.title}: fingerprint")
    drawn = [_colours(page, film), _lengths(page, film), _people(page, film), _motion(page, film)]
    if not any(drawn):
        raise NotThereError("nothing that it shows is known of the film")
    _scenes(page, film)
    _times(page, film)
    page.words(_X, _Y - 4, length(film.timeline.movie.duration.seconds), 34, anchor="middle")
    about = film.facts.split(" \N{MIDDLE DOT} ")[1:]
    for number, fact in enumerate(about):
        page.words(_X, _Y + 30 + 24 * number, fact, 17, QUIET, anchor="middle")
    page.words(_X, 1704, film.title, 64, anchor="middle", room=WIDTH - 220)
    _below(page, film, drawn)
    return page


def _below(page: Drawing, film: Film, drawn: Sequence[bool]) -> None:
    """The palette, and what the rings are."""
    y = 1766.0
    try:
        swatches = film.palette(9)
    except NotThereError:
        swatches = []
    sizes = np.array([max(s.share, 0.05) for s in swatches])
    x, wide = 220.0, WIDTH - 440.0
    for swatch, share in zip(swatches, (sizes / sizes.sum()).tolist() if swatches else [], strict=True):
        page.rect(x, y - 1, share * wide, 90, LINE)
        page.rect(x, y, share * wide + 0.5, 88, swatch.colour)
        x += share * wide
    y += 140 if swatches else 0
    rings = (
        (drawn[1], "length of every shot, in its colour"),
        (drawn[0], "colour of every moment"),
        (drawn[2], ", ".join(p.name for p in film.people[:_RINGS])),
        (drawn[3], "movement of the picture"),
    )
    page.words(_X, y, "once round is the whole film; from the outside in", 16, QUIET, anchor="middle")
    for is_drawn, says in rings:
        if is_drawn:
            y += 32
            page.words(_X, y, says, 19, TEXT, anchor="middle", room=WIDTH - 300)


def _angle(film: Film, at: float) -> float:
    """Where a moment stands: radians, clockwise from the top."""
    share = min(max(at / film.duration, 0.0), 1.0)
    return math.tau * (_GAP / 2 + share * (1 - _GAP)) - math.tau / 4


def _point(radius: float, angle: float) -> Point:
    return _X + radius * math.cos(angle), _Y + radius * math.sin(angle)


def _arc(page: Drawing, inner: float, outer: float, ends: tuple[float, float], fill: Rgb) -> None:
    """A piece of a ring between two angles."""
    first, last = ends
    steps = max(1, math.ceil((last - first) / _FINE))
    angles = [first + (last - first) * i / steps for i in range(steps + 1)]
    page.polygon([*(_point(outer, a) for a in angles), *(_point(inner, a) for a in reversed(angles))], fill)


def _colours(page: Drawing, film: Film) -> bool:
    try:
        found = film.colours(1080)
    except NotThereError:
        return False
    for number, colour in enumerate(found):
        if colour is not None:
            ends = tuple(_angle(film, film.duration * (number + step) / len(found)) for step in (0, 1))
            # A hair over the next one, so that no seam shows between the pieces.
            _arc(page, *_COLOURS, (ends[0], ends[1] + 0.0008), colour)
    return True


def _lengths(page: Drawing, film: Film) -> bool:
    track = film.timeline.find(Shot)
    if track is None or not len(track):
        return False
    seconds = np.maximum((film.shots.ends - film.shots.starts) / FLICKS_PER_SECOND, 0.04)
    least, most = min(0.3, float(seconds.min())), max(float(seconds.max()), 1.0)
    rise = np.log(seconds / least) / math.log(most / least)
    inner, outer = _LENGTHS
    gap = 0.0012 if len(seconds) < 1500 else 0.0
    for start, end, share, colour in zip(
        film.shots.starts.tolist(), film.shots.ends.tolist(), rise.tolist(), film.shot_colours, strict=True
    ):
        first, last = _angle(film, start), _angle(film, end)
        _arc(
            page, inner, inner + 4 + share * (outer - inner - 4), (first, max(last - gap, first + 0.0006)), _lit(colour)
        )
    return True


def _lit(colour: Rgb) -> Rgb:
    """A colour that can be seen on the page: dark ones a little lighter."""
    lift = max(0, 62 - max(colour))
    red, green, blue = (min(255, part + lift) for part in colour)
    return red, green, blue


def _people(page: Drawing, film: Film) -> bool:
    for number, person in enumerate(film.people[:_RINGS]):
        outer = _PEOPLE - number * (_RING + 6)
        _arc(page, outer - _RING / 2 - 1, outer - _RING / 2 + 1, (_angle(film, 0), _angle(film, film.duration)), FAINT)
        for start, end in zip(person.spans.starts.tolist(), person.spans.ends.tolist(), strict=True):
            first, last = _angle(film, start), _angle(film, end)
            _arc(page, outer - _RING, outer, (first, max(last, first + 0.004)), TEAL)
    return bool(film.people)


def _motion(page: Drawing, film: Film) -> bool:
    values = film.curve("motion", 540)
    if values is None:
        return False
    inner, outer = _MOTION
    top = max(float(np.nanpercentile(values, 99)), 1e-6)
    heights = np.nan_to_num(np.clip(values / top, 0, 1)).tolist()
    angles = [_angle(film, film.duration * (i + 0.5) / len(heights)) for i in range(len(heights))]
    edge = [_point(inner + h * (outer - inner), a) for h, a in zip(heights, angles, strict=True)]
    page.polygon([*edge, *(_point(inner, a) for a in reversed(angles))], BLOCK, 0.75)
    page.line(edge, QUIET, 1.25)
    return True


def _scenes(page: Drawing, film: Film) -> None:
    """Where scenes begin, as cuts through the ring of colours."""
    if film.scenes is None or len(film.scenes) > 400:
        return
    for start in film.scenes.starts[1:].tolist():
        angle = _angle(film, start)
        page.line([_point(_COLOURS[0] - 3, angle), _point(_COLOURS[1] + 3, angle)], PAPER, 2.5)


def _times(page: Drawing, film: Film) -> None:
    for at in film.marks(12):
        angle = _angle(film, at)
        page.line([_point(_LENGTHS[1] + 12, angle), _point(_LENGTHS[1] + 22, angle)], LINE, 2)
        x, y = _point(_LENGTHS[1] + 44, angle)
        page.words(x, y + 5, film.clock(at), 15, QUIET, anchor="middle")
