"""Checks over HTTP: what rule packs say of a film, and subtitles made and scored by style guides."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from cinedex.app.server.answering import cached, kept
from cinedex.app.server.openapi import operation
from cinedex.app.server.service import Film, Given, Reader, found_film
from cinedex.app.server.shapes import Checked, Packs, Remedying, Styles
from cinedex.compliance.model import Pack
from cinedex.compliance.read import built_in
from cinedex.errors import MediaError, UsageError
from cinedex.formats.compliance import failing, render_compliance
from cinedex.subtitles.check import Verdict
from cinedex.subtitles.files import FORMS, SCC_LINE, spelled
from cinedex.subtitles.guide import guides

router = APIRouter(prefix="/v1", tags=["checks"], generate_unique_id_function=operation)

_REPORTS = {"html": "text/html", "json": "application/json", "csv": "text/csv"}
_TITLES = {
    "srt": "application/x-subrip",
    "vtt": "text/vtt",
    "ass": "text/x-ssa",
    "ttml": "application/ttml+xml",
    "scc": "text/x-scc",
}
_FAULTS = 1_000
"""Departures listed of one check; all are counted."""

Style = Annotated[str, Query(min_length=1, max_length=60, description="A style guide; `/v1/subtitles` lists them.")]
Audience = Literal["adult", "child"]
TitleForm = Literal["srt", "vtt", "ass", "ttml", "scc"]
PackNames = Annotated[str, Query(max_length=1000, description="Rule packs, with commas between; none: all.")]
Language = Annotated[
    str | None, Query(pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}$", description="As en or pt-BR.")
]


@router.get("/compliance", response_model=Packs)
def packs(_: Reader) -> dict[str, Any]:
    """The rule packs that come with Cinedex."""
    found = built_in().values()
    told = [
        {"name": p.name, "title": p.title, "version": p.version, "about": p.about, "clauses": len(p.clauses)}
        for p in found
    ]
    return {"packs": told}


@router.get(
    "/films/{film}/compliance",
    response_class=Response,
    responses={200: {"content": {kind: {} for kind in _REPORTS.values()}, "description": "The report."}},
)
def compliance(
    movie: Film,
    service: Given,
    request: Request,
    packs: PackNames = "",
    form: Annotated[Literal["html", "json", "csv"], Query(alias="format")] = "json",
) -> Response:
    """What rule packs say of a film, clause by clause with evidence: pass, fail, needs a human or not measured.

    Remedies for flashing are in it as far as they were looked for: `POST /v1/films/{film}/remedies` does that.
    """
    library = service.library
    judged = library.comply(movie, chosen(packs))
    known = {standard: library.remedies(movie, standard)[1] for standard in failing(judged)}
    text = render_compliance(library.timeline(movie), judged, form, {s: found for s, found in known.items() if found})
    headers = kept(movie, "csv") if form == "csv" else {}
    return cached(text.encode("utf-8", "replace"), _REPORTS[form], request, **headers)


@router.get("/films/{film}/remedies", response_model=Remedying)
def remedies(movie: Film, service: Given, packs: PackNames = "") -> dict[str, Any]:
    """The mildest remedy for each window that flashes too much by the packs, as far as they were looked for."""
    return service.cures.told(movie, failing(service.library.comply(movie, chosen(packs))))


@router.post("/films/{film}/remedies", response_model=Remedying, status_code=202)
def find_remedies(movie: Film, service: Given, packs: PackNames = "") -> dict[str, Any]:
    """Look for remedies, beside the requests: each window is watched again, once. Asking again changes nothing."""
    standards = failing(service.library.comply(movie, chosen(packs)))
    service.cures.ask(movie, standards)
    return service.cures.told(movie, standards)


def chosen(packs: str) -> list[Pack]:
    """The packs that a query names, or all. Raises UsageError."""
    there = built_in()
    wanted = [name.strip() for name in packs.split(",") if name.strip()] or list(there)
    if unknown := [name for name in wanted if name not in there]:
        raise UsageError(f"there is no rule pack {unknown[0]!r}", remedy=f"There are: {', '.join(there)}.")
    return [there[name] for name in dict.fromkeys(wanted)]


@router.get("/subtitles", response_model=Styles)
def styles(_: Reader) -> dict[str, Any]:
    """How subtitles can be made: style guides, formats, audiences."""
    return {"styles": list(guides()), "forms": list(FORMS), "audiences": ["adult", "child"]}


@router.get(
    "/films/{film}/subtitles",
    response_class=Response,
    responses={
        200: {
            "content": {kind: {} for kind in _TITLES.values()},
            "description": "The file; `X-Cinedex-Conforming` is the share of subtitles that keep every rule.",
        }
    },
)
def subtitles(
    movie: Film,
    service: Given,
    request: Request,
    style: Style = "netflix",
    language: Language = None,
    sdh: Annotated[bool, Query(description="For those who do not hear.")] = False,
    audience: Audience = "adult",
    form: Annotated[TitleForm, Query(alias="format")] = "vtt",
    keep: Annotated[bool, Query(description="As a file to keep, not for a player.")] = False,
) -> Response:
    """A film's subtitles, made of its words so that they keep a style guide."""
    widest = SCC_LINE if form == "scc" else None
    made = service.library.subtitles(movie, _guide(style), language=language, sdh=sdh, audience=audience, widest=widest)
    text = spelled(made.subtitles, form, made.guide.language)
    headers = {"X-Cinedex-Conforming": f"{made.verdict.conforming:.4f}", "Content-Language": made.guide.language}
    headers |= kept(movie, f"{made.guide.language}.{form}") if keep else {}
    return cached(text.encode("utf-8", "replace"), _TITLES[form], request, **headers)


def _guide(style: str) -> str:
    """A style by name alone: a path would let callers read files of the server."""
    if style not in guides():
        raise UsageError(f"there is no style {style!r}", remedy=f"There are: {', '.join(guides())}.")
    return style


async def _body(request: Request) -> bytes:
    return await request.body()


@router.post(
    "/subtitles/check",
    response_model=Checked,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
def check(
    service: Given,
    _: Reader,
    data: Annotated[bytes, Depends(_body)],
    form: Annotated[TitleForm, Query(alias="format", description="What the file is.")] = "srt",
    style: Style = "netflix",
    language: Language = None,
    sdh: bool = False,
    audience: Audience = "adult",
    cuts_from: Annotated[str | None, Query(max_length=200, description="A film whose cuts and frames count.")] = None,
    against: Annotated[str | None, Query(max_length=200, description="A film to measure offset and speed by.")] = None,
    fix: Annotated[bool, Query(description="Give the file mended too, as far as its words allow.")] = False,
) -> dict[str, Any]:
    """Score a subtitle file, which is the request's body, by a style guide."""
    code = language or "en"
    with tempfile.TemporaryDirectory(prefix="cinedex-check-") as folder:
        file = Path(folder) / f"subtitles.{form}"
        file.write_bytes(data)
        try:
            found = service.library.check_subtitles(
                file,
                _guide(style),
                language=code,
                sdh=sdh,
                audience=audience,
                cuts_from=found_film(service, cuts_from) if cuts_from else None,
                against=found_film(service, against) if against else None,
                fix=fix,
            )
        except MediaError as wrong:
            raise MediaError(wrong.what.replace(str(file), "the file"), remedy=wrong.remedy) from wrong
    facts = _verdict(found.verdict) | {"notes": list(found.notes)}
    if found.mended is not None:
        mended = _verdict(found.mended.verdict) | {"notes": list(found.mended.notes)}
        facts["mended"] = mended | {"text": spelled(found.mended.subtitles, form, code)}
    return facts


def _verdict(verdict: Verdict) -> dict[str, Any]:
    faults = [
        {"rule": f.rule, "level": f.level, "number": f.number, "at": round(f.at.seconds, 3), "value": f.value,
         "limit": f.limit, "says": f.says}
        for f in verdict.faults[:_FAULTS]
    ]  # fmt: skip
    counts = {"count": verdict.count, "conforming": round(verdict.conforming, 4), "bad": verdict.bad}
    return counts | {"by_rule": verdict.by_rule, "faults": faults}
