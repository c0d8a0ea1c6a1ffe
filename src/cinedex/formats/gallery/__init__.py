"""The gallery: one HTML page with everybody in a film, complete in itself. It loads nothing and tells nobody."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from itertools import islice
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from cinedex import __version__
from cinedex.errors import UsageError
from cinedex.formats.facts import format_facts
from cinedex.media.image import smaller
from cinedex.people.view import Character, Gallery, Standing
from cinedex.timeline.rows import Portrait
from cinedex.timeline.time import Time
from cinedex.timeline.track import Spans

UNFOLDED = 60
"""Characters that are seen at once; the others are behind a fold."""

MOST = 2_000
"""Most characters on a page."""

LOOKS = 6
"""Most looks shown of one character."""

TIMES = 100
"""Most appearances listed of one character."""

BAR = 1000
"""Places along a character's bar."""

SIDE, SMALL_SIDE = 208, 80
"""Pixels of a portrait, and of one that is behind the fold or of a further look."""


@dataclass(frozen=True)
class Card:
    """A character as the page shows it."""

    title: str
    label: str
    named: bool
    how: str
    hidden: bool
    looks: list[tuple[int, str]]
    """The number of each look and its portrait as a data URL, or ''."""
    more_looks: int
    screen: str
    share: str
    times: list[str]
    more_times: int
    appearances: int
    bar: str
    """The path of the bar, along 0..1000."""
    maybe: list[tuple[str, str]]
    who: str
    """What the command line calls them."""


def write_gallery(gallery: Gallery, to: Path) -> Path:
    """Write the page to `to` and give its path. Raises UsageError where it cannot be written."""
    aside = to.with_name(f".{to.name}.{os.getpid()}.part")
    try:
        aside.write_bytes(render_gallery(gallery).encode("utf-8", "replace"))
        aside.replace(to)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise UsageError(
            f"the gallery cannot be written to {to}: {error.strerror or error}",
            film=gallery.movie.name,
            remedy="Name a file in a folder that exists and that you may write to.",
        ) from error
    return to


def render_gallery(gallery: Gallery) -> str:
    """The page as text."""
    shown = sorted(gallery.characters, key=lambda c: c.hidden)[:MOST]
    cards = [_card(gallery, c, small=i >= UNFOLDED) for i, c in enumerate(shown)]
    script, style = _asset("gallery.js"), _asset("gallery.css")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(_asset("gallery.html.j2"))
    movie = gallery.movie
    return template.render(
        movie=movie,
        title=Path(movie.name).stem or movie.name,
        facts=format_facts(movie),
        gallery=gallery,
        nothing=_nothing(gallery),
        named=sum(c.named for c in cards),
        first=[c for c in cards[:UNFOLDED] if not c.hidden],
        folded=[c for c in cards[UNFOLDED:] if not c.hidden],
        hidden=sum(c.hidden for c in gallery.characters),
        left_out=len(gallery.characters) - len(shown),
        policy=(
            f"default-src 'none'; script-src '{_sum(script)}'; style-src '{_sum(style)}'; img-src data:; "
            "base-uri 'none'; form-action 'none'"
        ),
        style=_inside(style, "style"),
        script=_inside(script, "script"),
        version=__version__,
    )


def _nothing(gallery: Gallery) -> str:
    """Why nobody is shown, if nobody is."""
    if gallery.state == "missing":
        return "Faces were not looked for here yet, or not since recognition was switched. cinedex analyze does it."
    if gallery.state == "failed":
        return "Looking for faces failed. cinedex plan says why."
    if not gallery.tracklets:
        return "No face is seen in this film."
    if not gallery.characters:
        return f"{gallery.tracklets:,} faces were followed through this film, and none was clear enough to tell whose."
    return "" if gallery.shown else "Everybody in this film is hidden."


def _card(gallery: Gallery, character: Character, *, small: bool) -> Card:
    duration = max(int(gallery.movie.duration), 1)
    spans = character.spans.support(within=int(Time.from_seconds(1)))
    looks = list(_stills(character, gallery.portraits, small=small))
    recognised = character.standing is Standing.RECOGNISED
    return Card(
        title=character.title,
        label=character.label,
        named=bool(character.name),
        how=f"recognised {character.score:.2f}, not confirmed" if recognised else "",
        hidden=character.hidden,
        looks=looks,
        more_looks=len(character.looks) - len(looks),
        screen=_clock(character.seconds),
        share=f"{min(int(character.spans.total) / duration, 1):.0%}",
        times=[f"{_clock(a.start.seconds)} \N{EN DASH} {_clock(a.end.seconds)}" for a in islice(spans, TIMES)],
        more_times=max(len(spans) - TIMES, 0),
        appearances=len(spans),
        bar=_bar(spans, duration),
        maybe=[(s.name, f"{s.score:.2f}") for s in character.suggestions],
        who=_quoted(f"{gallery.movie.name}#{character.label}", gallery.movie.id, character.label),
    )


def _stills(character: Character, portraits: Mapping[int, Portrait], *, small: bool) -> Iterable[tuple[int, str]]:
    for i, look in enumerate(character.looks[: 1 if small else LOOKS]):
        still = portraits.get(look.best)
        side = SMALL_SIDE if small or i else SIDE
        yield look.number, _url(still.data, side) if still is not None else ""


def _url(still: bytes, side: int) -> str:
    """A still as a data URL, made anew: what is no picture does not reach the page."""
    try:
        data = smaller(still, side)
    except ValueError:
        return ""
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"


def _bar(spans: Spans, duration: int) -> str:
    """Rectangles along the film, each at least one place wide, as one path."""
    pieces: list[tuple[int, int]] = []
    for start, end in zip(spans.starts.tolist(), spans.ends.tolist(), strict=True):
        left = min(max(start, 0) * BAR // duration, BAR - 1)
        right = min(max(-(-end * BAR // duration), left + 1), BAR)
        if pieces and left <= pieces[-1][1]:
            pieces[-1] = (pieces[-1][0], max(right, pieces[-1][1]))
        else:
            pieces.append((left, right))
    return "".join(f"M{a} 0H{b}V10H{a}z" for a, b in pieces)


def _clock(seconds: float) -> str:
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


def _quoted(who: str, movie_id: str, label: str) -> str:
    """The word for a shell; a film whose name is hard to type is called by its id."""
    return shlex.quote(who) if who.isprintable() and len(who) <= 60 else f"{movie_id[:16]}#{label}"


def _sum(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _asset(name: str) -> str:
    return (files("cinedex.formats.gallery") / "page" / name).read_text(encoding="utf-8")


def _inside(text: str, element: str) -> Markup:
    """Text of ours to stand inside <script> or <style> as it is."""
    if re.search(rf"</{element}|<!--", text, re.IGNORECASE):
        raise ValueError(f"the page's own {element} would end its element early")
    return Markup(text)  # noqa: S704 - our own file, checked above
