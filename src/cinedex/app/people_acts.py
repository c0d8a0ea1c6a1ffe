"""`cinedex people`, the deciding half: every command writes one entry of the log and says what follows from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from cinedex.app.opening import Json, err, open_library, out, print_json
from cinedex.canonical import plain
from cinedex.library import Library
from cinedex.people.decisions import Entry
from cinedex.people.keeping import KEEP_DAYS

Who = Annotated[str, typer.Argument(help="A name, a person's id, or FILM#3 for person 3 of a film.")]
One = Annotated[str, typer.Argument(help="A character of a film: FILM#3.")]
Basis = Annotated[str, typer.Option("--basis", help="By which right: a release, a contract, a law.")]
Note = Annotated[str, typer.Option("--note", help="More about it, such as where the paper is.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

MEANS = """\
Recognition is on in this library. That means:
 · Faces in films are turned into vectors that hold in every film (biometric data) when films are analysed;
   before, they hold inside their own film alone. Films that were analysed before are looked through for faces
   again with the next `cinedex analyze`.
 · A person whom you name or enrol is then recognised in every film of the library.
 · Nothing leaves this library. No emotions, ages or origins are inferred, here or anywhere in Cinedex.
 · You are answerable for the basis that you gave. People have a right to know, and to have it deleted:
   `cinedex people export WHO` and `cinedex people delete WHO`.
 · What nobody uses for {days} days is due for `cinedex people expire`."""


def call(who: Who, name: Annotated[str, typer.Argument(help="The name.")], as_json: Json = False) -> None:
    """Say who a character is, or what somebody is called; known in every film at once."""
    library = _ready()
    entry = library.cast.name(who, name)
    _done(library, entry, f"{who} is now {name}.", as_json=as_json)


def merge(
    who: Who,
    other: Annotated[str, typer.Argument(help="Who is the same; their name is dropped.")],
    as_json: Json = False,
) -> None:
    """Say that two are one."""
    library = _ready()
    _done(library, library.cast.merge(who, other), f"{other} is {who}.", as_json=as_json)


def split(
    who: One,
    look: Annotated[int | None, typer.Option("--look", help="The look that is somebody else.")] = None,
    tracklet: Annotated[
        list[int] | None, typer.Option("--tracklet", help="A tracklet that is; may be repeated.")
    ] = None,
    called: Annotated[str, typer.Option("--name", help="Who it is, if that is known.")] = "",
    as_json: Json = False,
) -> None:
    """Say that a part of a character is somebody else."""
    library = _ready()
    entry = library.cast.split(who, look=look, tracklets=tracklet or (), name=called)
    _done(library, entry, f"Split a part off {who}.", as_json=as_json)


def hide(who: Who, as_json: Json = False) -> None:
    """Leave somebody out of galleries and lists."""
    library = _ready()
    _done(library, library.cast.hide(who), f"{who} is hidden.", as_json=as_json)


def show_again(who: Who, as_json: Json = False) -> None:
    """Show somebody again who was hidden."""
    library = _ready()
    _done(library, library.cast.show_again(who), f"{who} is shown.", as_json=as_json)


def confirm(
    who: One,
    person: Annotated[str | None, typer.Argument(help="Who it is; else whom the machine thinks likeliest.")] = None,
    as_json: Json = False,
) -> None:
    """Say that the machine is right about a character."""
    library = _ready()
    _done(library, library.cast.confirm(who, person), f"Confirmed {who}.", as_json=as_json)


def refuse(
    who: One,
    person: Annotated[str | None, typer.Argument(help="Who it is not; else whom the machine thinks likeliest.")] = None,
    as_json: Json = False,
) -> None:
    """Say that the machine is wrong about a character."""
    library = _ready()
    _done(library, library.cast.refuse(who, person), f"Refused for {who}.", as_json=as_json)


def undo(
    entry: Annotated[str | None, typer.Argument(help="The entry to take back; else the last.")] = None,
    as_json: Json = False,
) -> None:
    """Take a decision back; undoing an undo brings it again. Deletions stay."""
    library = _ready()
    _done(library, library.cast.undo(entry), "Taken back.", as_json=as_json)


def enrol(
    name: Annotated[str, typer.Argument(help="Whose photos they are.")],
    photos: Annotated[list[Path], typer.Argument(help="Photos with exactly one clear face.")],
    consent_by: Annotated[str, typer.Option("--consent-by", help="Who gave consent, if none is recorded yet.")] = "",
    basis: Basis = "",
    note: Note = "",
    as_json: Json = False,
) -> None:
    """Know somebody by photos. Nothing of a photo is kept but the vector of the face."""
    library = _ready()
    consent = (consent_by, basis, note) if consent_by or basis else None
    entry = library.enrol(name, photos, consent=consent)
    _done(library, entry, f"{name} is known by {len(photos)} more photo{'s' * (len(photos) != 1)}.", as_json=as_json)


def consent(
    who: Who,
    given_by: Annotated[str, typer.Option("--by", help="Who gave it.")],
    basis: Basis,
    note: Note = "",
    as_json: Json = False,
) -> None:
    """Record that somebody agreed to be recognised."""
    library = _ready()
    entry = library.cast.consent(who, given_by=given_by, basis=basis, note=note)
    _done(library, entry, f"Recorded the consent of {who}.", as_json=as_json)


def delete(who: Who, yes: Yes = False, as_json: Json = False) -> None:
    """Delete somebody: vectors, portraits, names, decisions, index rows, in every film. It cannot be undone."""
    library = _ready()
    library.cast.whom(who)
    if not yes and not typer.confirm(f"Delete {who} and all that is known of them? This cannot be undone"):
        raise typer.Exit(1)
    gone = library.keeper.delete(who)
    removed = dict(gone.removed or ())
    if as_json:
        print_json({"deletion": gone.id, "removed": removed, "films": sorted({s.film for s in gone.seen})})
        return
    counts = ", ".join(f"{count:,} {kind}" for kind, count in removed.items()) or "nothing was left"
    out.print(f"Deleted ({escape(counts)}). Entry {gone.id} records it, without saying who it was.")
    out.print(
        "[dim]Films and their stills stay, and so do pages and exports that you wrote: those are yours to delete.[/]"
    )


def export(
    who: Who,
    to: Annotated[Path, typer.Option("--output", "-o", help="The file to write (JSON); - for the terminal.")] = Path(
        "-"
    ),
) -> None:
    """Write everything that is known of somebody, for the person who asks."""
    facts = _ready().keeper.known_of(who)
    if str(to) == "-":
        print_json(facts)
        return
    to.write_text(json.dumps(facts, ensure_ascii=False, indent=1), encoding="utf-8")
    out.print(f"Wrote [bold]{escape(str(to))}[/]")


def switch_on(
    basis: Basis,
    keep_days: Annotated[
        int, typer.Option("--keep-days", help=f"Days to keep what is not used, {KEEP_DAYS} at most.")
    ] = KEEP_DAYS,
    as_json: Json = False,
) -> None:
    """Switch recognition on in this library, and say what that means."""
    library = _ready()
    entry = library.keeper.switch_on(basis, keep_days=keep_days)
    _done(library, entry, MEANS.format(days=keep_days), as_json=as_json)


def switch_off(
    erase: Annotated[bool, typer.Option("--erase", help="Delete every vector of a face too.")] = False,
    as_json: Json = False,
) -> None:
    """Switch recognition off: people are told apart inside a film alone, and nobody is recognised."""
    library = _ready()
    entry, gone = library.keeper.switch_off(erase=erase)
    if as_json:
        print_json({"entry": entry.id if entry else None, "erased": gone})
        return
    out.print("Recognition is off. Names that people gave to characters stay." if entry else "Recognition was off.")
    kept = f"{gone:,} stored results with vectors are deleted." if erase else "Vectors stay; --erase deletes them."
    out.print(f"[dim]{kept}[/]")


def status(as_json: Json = False) -> None:
    """Say whether people are recognised here, on which basis, and what is kept of whom."""
    library = _ready()
    register, due = library.cast.register, library.keeper.due()
    state, people = register.recognition, register.people.values()
    facts = {
        "recognition": state.on,
        "basis": state.basis,
        "since": register.since,
        "keep_days": state.keep_days or KEEP_DAYS,
        "people": len(people),
        "named": sum(bool(p.name) for p in people),
        "enrolled": sum(bool(p.prints) for p in people),
        "without_consent": sum(bool(p.name) and not p.consents for p in people),
        "deletions": len(register.deletions),
        "due": {"people": [p.id for p in due.people], "films": [m.id for m in due.films]},
    }
    if as_json:
        print_json(facts)
        return
    on = f"on since {register.since} ({state.basis})" if state.on else "off, as it is until somebody switches it on"
    out.print(f"Recognition is {escape(on)}.")
    out.print(
        f"{facts['people']} people, {facts['named']} with a name, {facts['enrolled']} known by photos, "
        f"{facts['without_consent']} named without a recorded consent; {facts['deletions']} deleted."
    )
    out.print(f"Kept for {facts['keep_days']} days after the last use.")
    warn_of_due(library)


def expire(yes: Yes = False, as_json: Json = False) -> None:
    """Delete people and vectors that nobody has used for longer than the library keeps them."""
    library = _ready()
    due = library.keeper.due()
    says = f"{len(due.people)} people and the vectors of {len(due.films)} films"
    if due and not yes and not typer.confirm(f"Delete {says}? This cannot be undone"):
        raise typer.Exit(1)
    due = library.keeper.expire()
    if as_json:
        print_json({"people": [p.id for p in due.people], "films": [m.id for m in due.films]})
        return
    out.print(f"Deleted {says}." if due else "Nothing is past its time.")


def warn_of_due(library: Library) -> None:
    """Say on the side what is past its time."""
    due = library.keeper.due() if library.cast.on else None
    if due:
        err.print(
            f"[yellow]{len(due.people)} people and the vectors of {len(due.films)} films have not been used for longer "
            "than this library keeps them; `cinedex people expire` deletes them.[/]"
        )


def add_to(app: typer.Typer) -> None:
    """Make these commands part of the group."""
    for command in (merge, split, hide, confirm, refuse, undo, enrol, consent, delete, export, status, expire):
        app.command()(command)
    app.command("name")(call)
    app.command("show-again")(show_again)
    app.command("on")(switch_on)
    app.command("off")(switch_off)


def _ready() -> Library:
    """The library, with every deletion carried out that was killed on its way."""
    library = open_library()
    library.keeper.finish()
    return library


def _done(library: Library, entry: Entry, says: str, *, as_json: bool) -> None:
    facts: dict[str, Any] = {"entry": entry.id, "at": entry.at, "acts": [_act(a) for a in entry.acts]}
    library.keeper.touch(people=entry.people & set(library.cast.register.people))
    if as_json:
        print_json(facts)
    else:
        out.print(escape(says))


def _act(act: Any) -> dict[str, Any]:
    return {"do": type(act).__name__.lower(), **{k: v for k, v in plain(act).items() if k != "sighting"}}
