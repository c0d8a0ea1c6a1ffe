"""The people of a film and of a library on a terminal: a gallery with portraits in half blocks, lists, the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from cinedex.canonical import plain
from cinedex.media.image import thumbnail
from cinedex.people.decisions import (
    Act,
    Claim,
    Consent,
    Delete,
    Deny,
    Enrol,
    Entry,
    Erased,
    Merge,
    Name,
    Recognition,
    Undo,
)
from cinedex.people.view import Character, Gallery, Somebody, Standing
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Portrait

COLUMNS, LINES = 12, 6
"""Of a portrait: a line holds two rows of pixels."""

MOST = 40
"""Characters listed, unless all are asked for."""

_STANDINGS = {Standing.CONFIRMED: "", Standing.RECOGNISED: "recognised, not confirmed", Standing.ANONYMOUS: ""}


def gallery_table(gallery: Gallery, *, colours: bool, everybody: bool = False) -> RenderableType:
    """A film's people: portrait, who, screen time, appearances, suggestions."""
    listed = gallery.characters if everybody else gallery.shown
    head = Text.assemble((line(gallery.movie.name), "bold"), ("  " + said(gallery), "dim"))
    if not listed:
        return Group(head, *_notes(gallery))
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 1 if colours else 0, 0))
    stills = colours and bool(gallery.portraits)
    for column in (*(("",) if stills else ()), "who", "on screen", "times", "looks", "may be"):
        table.add_column(column, justify="right" if column in {"on screen", "times", "looks"} else "left")
    for character in listed[: None if everybody else MOST]:
        cells: list[RenderableType] = [_portrait(character, gallery.portraits)] if stills else []
        looks = str(len(character.looks))
        cells += [_who(character), clock(character.seconds), f"{character.appearances:,}", looks, _maybe(character)]
        table.add_row(*cells)
    hidden = len(listed) - MOST
    rest = [Text(f"and {hidden:,} more; --all lists them, --page shows them", style="dim")] if hidden > 0 else []
    return Group(head, table, *([] if everybody else rest), *_notes(gallery))


def said(gallery: Gallery) -> str:
    """What is known of a film's people, in a line."""
    if gallery.state == "missing":
        return "not looked for faces yet, or not since recognition was switched; `cinedex analyze` does it"
    if gallery.state == "failed":
        return "looking for faces failed; `cinedex plan` says why"
    if not gallery.tracklets:
        return "no face is seen in this film"
    if not gallery.characters:
        return f"{_count(gallery.tracklets, 'face')} followed, none clear enough to tell whose"
    named = sum(c.standing is not Standing.ANONYMOUS for c in gallery.characters)
    return f"{_count(len(gallery.characters), 'character')}, {named:,} with a name"


def _notes(gallery: Gallery) -> Iterable[Text]:
    hidden = len(gallery.characters) - len(gallery.shown)
    if hidden:
        yield Text(f"{_count(hidden, 'character')} hidden; --all shows them", style="dim")
    if gallery.deleted:
        yield Text(f"{_count(gallery.deleted, 'tracklet')} of people who were deleted", style="dim")
    if not gallery.recognition and gallery.tracklets:
        yield Text("Recognition is off: nobody is recognised from other films. See `cinedex people on`.", style="dim")
    for note in gallery.notes:
        yield Text(note, style="yellow")


def _who(character: Character) -> Text:
    how = _STANDINGS[character.standing]
    text = Text(line(character.title), style="bold" if character.name else "")
    text.append(f"\n#{character.label}", style="dim")
    if how:
        text.append(f"\n{how} {character.score:.2f}", style="cyan")
    if character.hidden:
        text.append("\nhidden", style="dim")
    return text


def _maybe(character: Character) -> Text:
    return Text("\n".join(f"{line(s.name)}? {s.score:.2f}" for s in character.suggestions), style="yellow")


def _portrait(character: Character, stills: Mapping[int, Portrait]) -> Text:
    """A portrait as half blocks: the upper pixel is the letter's colour, the lower one the ground's."""
    still = next((stills[look.best] for look in character.looks if look.best in stills), None)
    if still is None:
        return Text("\n".join([" " * COLUMNS] * LINES))
    try:
        pixels = thumbnail(still.data, COLUMNS, 2 * LINES)
    except ValueError:
        return Text("\n".join(["no still".center(COLUMNS), *[" " * COLUMNS] * (LINES - 1)]), style="dim")
    text = Text()
    for row in range(LINES):
        for upper, lower in zip(pixels[2 * row], pixels[2 * row + 1], strict=True):
            text.append("▀", Style.parse(f"rgb({_rgb(upper)}) on rgb({_rgb(lower)})"))
        text.append("\n" if row < LINES - 1 else "")
    return text


def _rgb(colour: np.ndarray[Any, Any]) -> str:
    return ",".join(str(int(v)) for v in colour)


def people_table(people: Sequence[Somebody], movies: Mapping[str, Movie]) -> RenderableType:
    """Everybody in the library."""
    if not people:
        return Text("Nobody is known in this library. `cinedex people FILM` shows who is in a film.")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("who", "id", "on screen", "films", "photos", "consents", "where"):
        table.add_column(column, justify="right" if column in {"on screen", "films", "photos", "consents"} else "left")
    for one in people:
        where = ", ".join(f"{line(_title(c, movies))}#{c.label}" for c in one.characters[:4])
        more = f" and {len(one.characters) - 4:,} more" if len(one.characters) > 4 else ""
        who = Text(line(one.title) if one.person else "a stranger", style="bold" if one.name else "dim")
        films = len({c.film for c in one.characters})
        cells = (one.person, clock(one.seconds), f"{films:,}", str(one.photos or ""), str(one.consents or ""))
        table.add_row(who, *cells, Text(where + more, style="dim"))
    return table


def suggestions_table(found: Sequence[Character], movies: Mapping[str, Movie]) -> RenderableType:
    """Characters that somebody may be."""
    if not found:
        return Text("There is nothing to confirm or to refuse.")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("character", "is", "may be", "score"):
        table.add_column(column)
    for c in found:
        where = f"{line(_title(c, movies))}#{c.label}"
        if c.standing is Standing.RECOGNISED:
            table.add_row(
                Text(where), Text(line(c.title), style="cyan"), Text("recognised, not confirmed"), f"{c.score:.2f}"
            )
        for s in c.suggestions:
            table.add_row(Text(where), Text(line(c.name)), Text(line(s.name), style="yellow"), f"{s.score:.2f}")
    return table


def log_table(entries: Sequence[Entry], counting: frozenset[str]) -> RenderableType:
    """What was decided, the latest last."""
    if not entries:
        return Text("Nothing was decided yet.")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("entry", "when", "by", "what"):
        table.add_column(column)
    for entry in entries:
        style = "" if entry.id in counting else "strike dim"
        told = Text("; ".join(dict.fromkeys(act_says(a) for a in entry.acts)), style=style)
        table.add_row(Text(entry.id, style="dim"), Text(line(entry.at)), Text(line(entry.by)), told)
    return table


def act_says(act: Act) -> str:  # noqa: PLR0911 - one answer an act
    """An act in words."""
    match act:
        case Claim() | Deny():
            verb = "is" if isinstance(act, Claim) else "is not"
            return line(f"{act.sighting.film[:12]}#{act.sighting.number} {verb} {act.person}")
        case Name():
            return line(f"{act.person} is called {act.name}")
        case Merge():
            return line(f"{act.person} is also {act.into}")
        case Enrol():
            return line(f"{act.person} is known by {_count(len(act.prints), 'photo')}")
        case Consent():
            return line(f"{act.person}: consent by {act.who}, {act.basis} {act.note}")
        case Delete():
            tracklets = sum(len(s.anchors) for s in act.seen)
            return line(
                f"deleted {', '.join(act.people) or 'a character'} ({_count(tracklets, 'tracklet')}), {act.why}"
            )
        case Erased():
            gone = ", ".join(f"{count:,} {kind}" for kind, count in act.removed) or "nothing was left"
            return line(f"carried out {act.deletion}: {gone}")
        case Recognition():
            return line(f"recognition on, {act.basis}, kept {act.keep_days} days" if act.on else "recognition off")
        case Undo():
            return line(f"took back {act.entry}")
    return line(f"{'shown again' if type(act).__name__ == 'ShowAgain' else 'hidden'}: {act.person}")


# For programs


def character_facts(character: Character) -> dict[str, Any]:
    """A character as JSON, times in seconds."""
    return {
        "label": character.label,
        "title": character.title,
        "name": character.name,
        "person": character.person,
        "standing": character.standing.value,
        "score": character.score,
        "hidden": character.hidden,
        "seconds": round(character.seconds, 3),
        "appearances": character.appearances,
        "seen": [[round(s.start.seconds, 3), round(s.end.seconds, 3)] for s in character.spans.support()],
        "looks": [plain(look) for look in character.looks],
        "suggestions": [plain(s) for s in character.suggestions],
    }


def gallery_facts(gallery: Gallery) -> dict[str, Any]:
    """A film's people as JSON."""
    return {
        "film": gallery.movie.id,
        "name": gallery.movie.name,
        "state": gallery.state,
        "recognition": gallery.recognition,
        "says": said(gallery),
        "tracklets": gallery.tracklets,
        "deleted": gallery.deleted,
        "notes": list(gallery.notes),
        "characters": [character_facts(c) for c in gallery.characters],
    }


def somebody_facts(one: Somebody, movies: Mapping[str, Movie]) -> dict[str, Any]:
    """A person of the library as JSON."""
    seen = [{"film": c.film, "film_name": _title(c, movies), **character_facts(c)} for c in one.characters]
    facts = {"person": one.person, "name": one.name, "hidden": one.hidden, "photos": one.photos}
    return {**facts, "consents": one.consents, "created": one.created, "seconds": round(one.seconds, 3), "seen": seen}


def entry_facts(entry: Entry, counting: frozenset[str]) -> dict[str, Any]:
    """An entry of the log as JSON."""
    acts = [act_says(a) for a in entry.acts]
    return {"id": entry.id, "at": entry.at, "by": entry.by, "counts": entry.id in counting, "acts": acts}


def _title(character: Character, movies: Mapping[str, Movie]) -> str:
    movie = movies.get(character.film)
    return movie.name if movie is not None else character.film[:12]


def clock(seconds: float) -> str:
    """A length as m:ss or h:mm:ss."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


def line(text: str) -> str:
    """Text of somebody's on one line, without anything that a terminal would obey."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[:400]).split())


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
