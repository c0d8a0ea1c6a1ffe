"""The report: one HTML page with all that is known of a film, complete in itself. It loads nothing but the film."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote, urlsplit
from urllib.request import url2pathname

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from cinedex import __version__
from cinedex.errors import UsageError
from cinedex.formats.facts import Known, format_facts, known, length, rhythm
from cinedex.formats.heard import TARGET, measures, speech_share
from cinedex.formats.report.data import page_data, script_json
from cinedex.formats.seen import Names
from cinedex.models.registry import registry
from cinedex.models.spec import Licence
from cinedex.timeline.rows import Shot
from cinedex.timeline.timeline import State, Timeline

SCRIPTS = (
    "film",
    "dom",
    "clock",
    "choice",
    "barcode",
    "draw",
    "scenes",
    "people",
    "speakers",
    "sightlanes",
    "loudnesslanes",
    "lanelist",
    "lanes",
    "sheet",
    "transcript",
    "lists",
    "rows",
    "rhythm",
    "look",
    "boxes",
    "main",
)
"""The page's ES modules, each after those that it imports from; on the page they are one module."""

_IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=const |let |function |class )", re.MULTILINE)
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?")


def write_report(timeline: Timeline, to: Path, *, video: str | None = None, names: Names | None = None) -> Path:
    """Write the page to `to` and give its path.

    `video` is where the film is: a path (linked relative to the page, so that both can move together), an http(s)
    URL, or None; on the page another file can be chosen. `names` says what the film's people are called, by number.
    Raises UsageError where `to` cannot be written.
    """
    text = render_report(timeline, link=media_link(video, to), names=names)
    aside = to.with_name(f".{to.name}.{os.getpid()}.part")
    try:
        # A film's name may hold bytes that are no text; they are shown as question marks.
        aside.write_bytes(text.encode("utf-8", "replace"))
        aside.replace(to)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise UsageError(
            f"the report cannot be written to {to}: {error.strerror or error}",
            film=timeline.movie.name,
            remedy="Name a file in a folder that exists and that you may write to.",
        ) from error
    return to


def render_report(timeline: Timeline, *, link: str | None = None, names: Names | None = None) -> str:
    """The page as text; `link` is the film's address as seen from the page."""
    data, status = page_data(timeline, names), known(timeline)
    script, style = _script(), _asset("report.css") + _asset("sights.css")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["length"] = length
    template = environment.from_string(_asset("report.html.j2"))
    return template.render(
        movie=timeline.movie,
        title=Path(timeline.movie.name).stem or timeline.movie.name,
        facts=format_facts(timeline.movie),
        status=status,
        counts={state: sum(k.state is state for k in status) for state in State},
        rests=_rests(status),
        failures=sorted(timeline.failures.items()),
        rhythm=rhythm(timeline.find(Shot)),
        sound=measures(timeline),
        speech=speech_share(timeline),
        target=TARGET,
        hidden=data.hidden,
        link=link,
        policy=_policy(script, style, link),
        style=_inside(style, "style"),
        script=_inside(script, "script"),
        # Not HTML but JSON, in which script_json has left nothing that HTML would read.
        data=Markup(script_json(data.facts)),  # noqa: S704 - see above
        stills=Markup(script_json(data.stills)),  # noqa: S704 - see above
        portraits=Markup(script_json(data.portraits)),  # noqa: S704 - see above
        version=__version__,
    )


def media_link(video: str | None, to: Path) -> str | None:
    """The film's address as seen from the page at `to`; None for one that a browser cannot open from there."""
    if not video:
        return None
    scheme = urlsplit(video).scheme if "://" in video else ""
    if scheme in {"http", "https"}:
        return video
    if scheme not in {"", "file"}:
        return None
    path = Path(url2pathname(urlsplit(video).path) if scheme else video).absolute()
    try:
        return quote(Path(os.path.relpath(path, to.absolute().parent)).as_posix())
    except ValueError:  # another drive
        return path.as_uri()


@dataclass
class _Rest:
    """One stage that made what is shown, its kinds, and its models with their licences."""

    stage: str
    version: int
    models: list[tuple[str, Licence]]
    kinds: list[str] = field(default_factory=list)


def _rests(status: list[Known]) -> list[_Rest]:
    described = registry()
    stages: dict[str, _Rest] = {}
    for one in status:
        for maker in one.makers:
            models = [(name, described[name].licence if name in described else _UNKNOWN) for name in maker.models]
            rest = stages.setdefault(maker.stage, _Rest(maker.stage, maker.version, models))
            rest.kinds.append(one.title.lower())
    return list(stages.values())


_UNKNOWN = Licence("licence not known here", "unverified")


def _policy(script: str, style: str, link: str | None) -> str:
    """The page's content security policy: its own script and style by their sums, no network but for the film."""
    origin = _ORIGIN.match(link or "")
    media = ["'self'", "file:", "blob:", *([origin.group()] if origin else [])]
    return (
        f"default-src 'none'; script-src '{_sum(script)}'; style-src '{_sum(style)}'; img-src data:; "
        f"media-src {' '.join(media)}; base-uri 'none'; form-action 'none'"
    )


def _sum(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _asset(name: str) -> str:
    return (files("cinedex.formats.report") / "page" / name).read_text(encoding="utf-8")


def _script() -> str:
    """The page's modules as one: an inline module cannot import its neighbours from a file of its own."""
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", _asset(f"{name}.js"))) for name in SCRIPTS)


def _inside(text: str, element: str) -> Markup:
    """Text of ours to stand inside <script> or <style> as it is."""
    if re.search(rf"</{element}|<!--", text, re.IGNORECASE):
        raise ValueError(f"the page's own {element} would end its element early")
    return Markup(text)  # noqa: S704 - our own file, checked above
