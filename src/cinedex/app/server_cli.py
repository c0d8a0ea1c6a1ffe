"""`cinedex serve` and `cinedex keys`: the service of one machine."""

from __future__ import annotations

import os
import signal
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from cinedex.app import logs
from cinedex.app.memory import few_arenas
from cinedex.app.opening import Json, open_library, out, print_json
from cinedex.errors import UsageError
from cinedex.settings import Settings

keys = typer.Typer(help="API keys of the service.", no_args_is_help=True)
server = typer.Typer(help="The service's own records.", no_args_is_help=True)

StateFile = Annotated[
    Path | None,
    typer.Option("--state", help="The file of jobs and keys (else CINEDEX_DATABASE_URL, or beside the model files)."),
]


def _state(path: Path | None) -> Any:
    from cinedex.app.server.state import State  # noqa: PLC0415 - only the service needs it

    settings = Settings.from_env()
    return State(path or settings.database_url or settings.cache / "server.sqlite")


def serve(
    host: Annotated[
        str, typer.Option(help="The address to listen on. Any but loopback needs a key to be in force.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 8765,
    roots: Annotated[
        list[Path] | None, typer.Option("--films", help="A folder out of which films may be added; may be said again.")
    ] = None,
    uploads: Annotated[Path | None, typer.Option(help="Where uploaded films are kept (else beside the state).")] = None,
    name: Annotated[
        list[str] | None, typer.Option("--name", help="A host name under which it answers, besides loopback's.")
    ] = None,
    origins: Annotated[
        list[str] | None,
        typer.Option("--from", help="The beginning of addresses to fetch films from, as https://films.example.org/."),
    ] = None,
    rate: Annotated[
        float, typer.Option(min=0, help="Requests a second of a key, eight times as many at once; 0: no limit.")
    ] = 50.0,
    log: Annotated[str, typer.Option(help="The log's form: text, or json for programs, a line each.")] = "text",
    called: Annotated[
        str | None,
        typer.Option("--library-name", help="The library's name where several share a database (else of its folder)."),
    ] = None,
    works: Annotated[
        bool, typer.Option("--work/--no-work", help="Analyse in this process, or leave that to `cinedex work`.")
    ] = True,
    state: StateFile = None,
) -> None:
    """Serve the library: web page and API, until Ctrl-C or SIGTERM."""
    few_arenas()
    logs.set_up(log)
    try:
        from cinedex.app import serving  # noqa: PLC0415 - an extra
        from cinedex.app.server.fetching import origin  # noqa: PLC0415
        from cinedex.app.server.oidc import login_of  # noqa: PLC0415
        from cinedex.app.server.service import LOOPBACK, Service  # noqa: PLC0415
        from cinedex.app.server.shared import Shared  # noqa: PLC0415
        from cinedex.app.server.tracing import from_environment  # noqa: PLC0415
        from cinedex.app.server.watching import Watch  # noqa: PLC0415
    except ImportError as missing:
        raise UsageError(
            f"the service needs {missing.name}, which is not installed", remedy="pip install 'cinedex[server]'"
        ) from missing
    settings = Settings.from_env()
    known = _state(state)
    here = host in LOOPBACK
    service = Service(
        open_library(),
        known,
        uploads or (state.parent if state else settings.cache) / "uploads",
        tuple(roots or ()),
        origins=tuple(origin(o) for o in origins or ()),
        rate=rate,
        watch=Watch(from_environment()),
        login=login_of(settings),
        works=works,
        name=called or _called(settings),
        shared=Shared(settings.redis_url) if settings.redis_url else None,
    )
    guarded = service.keys.any or service.login is not None
    service.open_here = here and not guarded
    if not here and not guarded:
        raise UsageError(
            f"{host} is not loopback, and no key is in force: everybody who reaches it could do everything",
            remedy="`cinedex keys create NAME --scope read` makes one; or leave --host out.",
        )
    names = (*LOOPBACK, *((host,) if not here else ()), *(name or ()))
    out.print(f"http://{host}:{port}/  (Ctrl-C ends it)" + ("" if service.open_here else "  a key is needed"))
    serving.server(service, names, host, port).run()


def _called(settings: Settings) -> str:
    return settings.library.rstrip("/").rpartition("/")[2]


def work(
    called: Annotated[
        str | None, typer.Option("--library-name", help="The library's name, as its servers say it.")
    ] = None,
    niceness: Annotated[int, typer.Option(min=0, max=19, help="How far it lets others go first.")] = 10,
    metrics_host: Annotated[str, typer.Option(help="The address of its metrics.")] = "127.0.0.1",
    metrics_port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port of its metrics, which ask for no key; 0: none.")
    ] = 0,
    log: Annotated[str, typer.Option(help="The log's form: text, or json for programs, a line each.")] = "text",
    state: StateFile = None,
) -> None:
    """Work through the queue of analyses beside a server that says --no-work, until Ctrl-C or SIGTERM."""
    few_arenas()
    logs.set_up(log)
    try:
        from cinedex.app.server.jobs import Jobs, Worker  # noqa: PLC0415 - an extra
        from cinedex.app.server.news import News  # noqa: PLC0415
        from cinedex.app.server.shared import Shared  # noqa: PLC0415
        from cinedex.app.server.tracing import from_environment  # noqa: PLC0415
        from cinedex.app.server.watching import Watch  # noqa: PLC0415
    except ImportError as missing:
        raise UsageError(
            f"the service needs {missing.name}, which is not installed", remedy="pip install 'cinedex[server]'"
        ) from missing
    settings = Settings.from_env()
    os.nice(niceness)
    news = News(Shared(settings.redis_url) if settings.redis_url else None)
    watch = Watch(from_environment())
    worker = Worker(open_library(), Jobs(_state(state), news, called or _called(settings)), watch)
    for end in (signal.SIGTERM, signal.SIGINT):
        signal.signal(end, lambda *_: worker.halt())
    watch.open()
    unserve = watch.serve(metrics_host, metrics_port) if metrics_port else lambda: None
    worker.start()
    out.print("Working through the queue  (Ctrl-C ends it)")
    while not worker.stop.wait(1.0):
        pass
    worker.close()
    unserve()
    watch.close()


@keys.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Whose key it is.")],
    scope: Annotated[
        list[str] | None, typer.Option(help="read, analyse, review or admin; may be said again. Else it may read.")
    ] = None,
    role: Annotated[str | None, typer.Option(help="In place of scopes: viewer, analyst, reviewer or owner.")] = None,
    library: Annotated[
        list[str] | None, typer.Option(help="A library that it opens, by --library-name; may be said again. Else all.")
    ] = None,
    state: StateFile = None,
) -> None:
    """Make a key and print it: it is not kept and cannot be shown again."""
    from cinedex.app.server.keys import ROLES, Keys  # noqa: PLC0415

    if role is not None and role not in ROLES:
        raise UsageError(f"there is no role {role!r}", remedy=f"Say {', '.join(ROLES)}.")
    scopes = tuple(scope or ()) or (() if role else ("read",))
    key = Keys(_state(state)).create(name, scopes, role=role, libraries=tuple(library or ()))
    out.print(key, soft_wrap=True)


@keys.command("rotate")
def rotate(
    number: Annotated[str, typer.Argument(help="The key's id, as `keys list` shows it.")],
    grace: Annotated[float, typer.Option(min=0, help="Seconds for which the old key still holds.")] = 0.0,
    state: StateFile = None,
) -> None:
    """Make a key that may the same, print it, and end the old one."""
    from cinedex.app.server.keys import Keys  # noqa: PLC0415

    out.print(Keys(_state(state)).rotate(number, grace=grace), soft_wrap=True)


@keys.command("list")
def listed(state: StateFile = None, as_json: Json = False) -> None:
    """List the keys, without what is secret in them."""
    from cinedex.app.server.keys import Keys  # noqa: PLC0415

    found = Keys(_state(state)).list()
    if as_json:
        print_json(found)
        return
    table = Table("id", "name", "scopes", "libraries", "", box=None)
    for row in found:
        ended = "" if row["revoked"] is None else "revoked" if row["revoked"] <= time.time() else "ends soon"
        table.add_row(row["id"], row["name"], row["scopes"], ", ".join(row["libraries"]) or "all", ended)
    out.print(table if found else "No key yet. `cinedex keys create NAME` makes one.")


@keys.command("revoke")
def revoke(
    number: Annotated[str, typer.Argument(help="The key's id, as `keys list` shows it.")], state: StateFile = None
) -> None:
    """End a key at once."""
    from cinedex.app.server.keys import Keys  # noqa: PLC0415

    Keys(_state(state)).revoke(number)
    out.print("Revoked.")


@server.command("audit")
def audit(
    who: Annotated[str, typer.Option(help="Only what somebody did, by the key's name.")] = "",
    did: Annotated[str, typer.Option(help="Only this, as 'remove film'.")] = "",
    film: Annotated[str, typer.Option(help="Only what was done to a film, by its id.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Lines at most, the latest first.")] = 50,
    state: StateFile = None,
    as_json: Json = False,
) -> None:
    """Say who did what through the service, the latest first."""
    found = _state(state).audited({"who": who, "did": did, "film": film}, limit=limit)
    if as_json:
        print_json(found)
        return
    table = Table("when (UTC)", "who", "key", "did", "what", "film", "result", box=None)
    for row in found:
        when = datetime.fromtimestamp(row["at"], UTC).strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(
            when, *(escape(str(row[n])) for n in ("who", "key_id", "did", "what")), row["film"][:16], row["result"]
        )
    out.print(table if found else "Nothing was done yet.")
