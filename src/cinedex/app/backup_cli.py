"""`cinedex backup` and `cinedex restore`: a library's facts, and a server's state, into a folder and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cinedex import backup as backups
from cinedex.app.opening import Json, open_library, out, print_json
from cinedex.canonical import plain
from cinedex.errors import CinedexError
from cinedex.library import Library

State = Annotated[Path | None, typer.Option("--state", help="The server's file of jobs and keys, copied as well.")]


def backup(
    to: Annotated[Path, typer.Argument(help="A new folder, which appears when the backup is whole.")],
    state: State = None,
    as_json: Json = False,
) -> None:
    """Copy the library's facts while others work on it, each file with its sum; films themselves are not copied."""
    with out.status("copying") as shown:
        made = backups.back_up(
            open_library().store, to, state=state, seen=lambda n: shown.update(f"copying, {n:,} files")
        )
    _say(made, f"Backed up into {to}", as_json=as_json)


def restore(
    of: Annotated[Path, typer.Argument(help="A folder that `cinedex backup` made.")],
    state: Annotated[Path | None, typer.Option("--state", help="Where the server's state file is put.")] = None,
    only_check: Annotated[bool, typer.Option("--check", help="Only read it through and compare every sum.")] = False,
    as_json: Json = False,
) -> None:
    """Put a backup into an empty library, after comparing every sum, and make the index anew."""
    if only_check:
        _say(backups.check(of), f"Nothing is wrong with {of}", as_json=as_json)
        return
    library = open_library()
    found = backups.restore(of, library.store, state=state)
    try:
        _index(library)
    except CinedexError as wrong:
        out.print(f"The index is yet to be made, `cinedex index rebuild` does it: {wrong}")
    _say(found, f"Restored {of}", as_json=as_json)


def _index(library: Library) -> None:
    """Only films that were in the index: what was being analysed is put in when that is done."""
    films = [m for m in library.movies() if library.indexing.holds(m)]
    library.indexing.rebuild(films)


def _say(what: backups.Backup, done: str, *, as_json: bool) -> None:
    if as_json:
        print_json(plain(what))
        return
    state = ", with the server's state" if what.state else ""
    out.print(f"{done}: {what.files:,} files, {what.size / 1e6:,.1f} MB{state}, of {what.made}.")
