"""The compliance report as HTML, JSON and CSV: every clause with its verdict, its number and its evidence."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import numpy as np
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from cinedex import __version__
from cinedex.compliance.model import Clause, Evidence, Finding, Judgement
from cinedex.compliance.signing import SignOff
from cinedex.formats.compliance.curves import flashing, told
from cinedex.media.image import smaller
from cinedex.stages.flicker.fix import Remedy
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Picture
from cinedex.timeline.time import Time
from cinedex.timeline.timeline import Timeline

Form = Literal["html", "json", "csv"]

STILLS_MAX = 4
"""Most pictures shown of one finding."""

PLACES_MAX = 40
"""Most places listed on the page of one finding; JSON has up to 200."""

NUDITY = (
    "How much of the nudity in films these signs find was never measured: none was at hand. In animated films they are "
    "often false (1.7 a minute of two of them)."
)
"""What a reader must know of signs of nudity."""

_SIDE = 200
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


Remedies = Mapping[str, Sequence[Remedy]]
"""By standard on flashing: what was tried for each window that fails it."""


def render_compliance(
    timeline: Timeline, judged: Sequence[Judgement], form: Form = "html", remedies: Remedies | None = None
) -> str:
    """The report as text; with `remedies`, what would make flashes pass is told in HTML and JSON."""
    if form == "json":
        return json.dumps(facts(timeline.movie, judged, remedies), ensure_ascii=False, indent=1) + "\n"
    return _csv(judged) if form == "csv" else _html(timeline, judged, remedies)


def failing(judged: Iterable[Judgement]) -> list[str]:
    """The standards on flashing that a film fails."""
    found = (f for j in judged for f in j.findings if f.clause.test == "flashing" and f.measured == "fail")
    return list(dict.fromkeys(f.clause.labels[0] for f in found))


def facts_of(remedy: Remedy) -> dict[str, Any]:
    """A remedy for programs; times in seconds."""
    return {
        "start": remedy.span.start.seconds,
        "end": remedy.span.end.seconds,
        "act": remedy.act,
        "amount": remedy.amount,
        "harm": remedy.harm,
        "before": remedy.before,
        "after": remedy.after,
        "limit": remedy.limit,
        "passes": remedy.passes,
    }


def facts(movie: Movie, judged: Sequence[Judgement], remedies: Remedies | None = None) -> dict[str, Any]:
    """The report for programs; times in seconds."""
    return {
        "film": movie.name,
        "id": movie.id,
        "cinedex": __version__,
        "note": "Evidence clause by clause, not a certificate.",
        "packs": [
            {
                "pack": j.pack.name,
                "version": j.pack.version,
                "title": j.pack.title,
                "rating": {"from": j.low, "to": j.high, "because": list(j.drives)} if j.low else None,
                "clauses": [_facts(f) | _cures(f, remedies) for f in j.findings],
            }
            for j in judged
        ],
    }


def allowed(clause: Clause) -> str:
    """What a clause allows, in words."""
    if clause.test == "flashing":
        return f"profile {clause.labels[0]}"
    if clause.least is not None and clause.most is not None:
        return f"{clause.least:g} to {clause.most:g} {clause.unit}".strip()
    if clause.most is not None:
        return f"at most {clause.most:g} {clause.unit}".strip()
    return f"at least {clause.least:g} {clause.unit}".strip() if clause.least is not None else ""


def _facts(finding: Finding) -> dict[str, Any]:
    clause = finding.clause
    return {
        "clause": clause.id,
        "text": clause.text,
        "source": clause.source,
        "known": clause.known,
        "verdict": finding.outcome,
        "measured": finding.measured,
        "signed": signed_facts(finding.signed),
        "signed_before": signed_facts(finding.before),
        "value": finding.value,
        "unit": clause.unit,
        "allowed": allowed(clause),
        "rating": clause.lifts or None,
        "why": finding.why,
        "evidence": [
            {"start": float(e.span.start.seconds), "end": float(e.span.end.seconds), "ref": e.ref, "note": e.note,
             "score": round(e.score, 4), "review": _review(e)}
            for e in finding.evidence
        ],
    }  # fmt: skip


def _cures(finding: Finding, remedies: Remedies | None) -> dict[str, Any]:
    """What was looked for and found; of a clause that passes there is nothing to look for."""
    if finding.clause.test != "flashing" or remedies is None:
        return {}
    found = remedies.get(finding.clause.labels[0], ())
    return {"remedies": [facts_of(r) | {"says": told(r)} for r in found]}


def signed_facts(signed: SignOff | None) -> dict[str, Any] | None:
    """What somebody said of a clause as a whole, for programs; `says` is it in words."""
    if signed is None:
        return None
    at = [{"start": s.start.seconds, "end": s.end.seconds} for s in signed.times]
    told = {"decision": signed.do, "by": signed.by, "at": signed.at, "note": signed.note, "version": signed.version}
    return told | {"times": at, "says": signed.says}


def _review(evidence: Evidence) -> dict[str, str] | None:
    """What somebody decided about a place."""
    d = evidence.decision
    return None if d is None or d.do == "reopen" else {"state": d.state, "by": d.by, "at": d.at, "note": d.note}


def _csv(judged: Sequence[Judgement]) -> str:
    to = io.StringIO()
    write = csv.writer(to, lineterminator="\n")
    names = ["pack", "version", "clause", "verdict", "value", "allowed", "known", "why", "first", "places"]
    write.writerow([*names, "measured", "signed", "signed by", "signed at", "note"])
    for j in judged:
        for f in j.findings:
            first = f.evidence[0].span.start.clock if f.evidence else ""
            value = "" if f.value is None else f"{f.value:.6g}"
            told = [j.pack.name, str(j.pack.version), f.clause.id, f.outcome]
            more = [allowed(f.clause), f.clause.known, f.why]
            said = [f.signed.do, f.signed.by, f.signed.at, f.signed.note] if f.signed is not None else [""] * 4
            cells = [*map(inert, told), value, *map(inert, more), first, len(f.evidence)]
            write.writerow([*cells, f.measured, *map(inert, said)])
    return to.getvalue()


def inert(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def _html(timeline: Timeline, judged: Sequence[Judgement], remedies: Remedies | None) -> str:
    page = files("cinedex.formats.compliance") / "page"
    style = (page / "compliance.css").read_text(encoding="utf-8")
    style += f'@page {{ @top-left {{ content: "{_quoted(timeline.movie.name)}"; font: 8pt system-ui, sans-serif }} }}\n'
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((page / "compliance.html.j2").read_text(encoding="utf-8"))
    return template.render(
        movie=timeline.movie,
        streams=_streams(timeline.movie),
        timecode=_timecode(timeline.movie),
        judged=judged,
        allowed=allowed,
        nudity=NUDITY,
        stills=_Stills(timeline),
        curves=cache(lambda standard: flashing(timeline, standard, (remedies or {}).get(standard, ()))),
        places_max=PLACES_MAX,
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'",
        style=Markup(style),  # noqa: S704 - our own file
        version=__version__,
    )


def _streams(movie: Movie) -> str:
    """What the film is stored as, in a line."""
    told = [movie.container.partition(",")[0]]
    if (video := movie.video) is not None:
        rate = f", {float(video.rate):.5g} frames a second" if video.rate is not None else ""
        told.append(f"{video.codec} {video.width}x{video.height}{rate}{', variable' if video.variable else ''}")
    told += [f"{a.codec} {a.layout or a.channels} {a.rate} Hz" for a in movie.audio]
    return " · ".join(told)


def _timecode(movie: Movie) -> Callable[[Time], str]:
    """Times as hh:mm:ss:ff from the film's beginning, as editors have them; '' where frames do not keep time."""
    video = movie.video
    if video is None or video.rate is None or video.variable:
        return lambda _: ""
    rate = video.rate
    return rate.timecode


def _quoted(text: str) -> str:
    """Text for a string of CSS, in which nothing ends the string or the style."""
    return "".join(c if c.isascii() and (c.isalnum() or c in " -_.") else f"\\{ord(c):x} " for c in text)


class _Stills:
    """Pictures of the film by time, as data URLs."""

    def __init__(self, timeline: Timeline) -> None:
        self._track, self._film = timeline.find(Picture), timeline.movie

    def __call__(self, finding: Finding) -> list[tuple[str, str]]:
        if self._track is None or not len(self._track):
            return []
        # What is true of the whole film is seen in no one picture.
        shown = [e for e in finding.evidence if e.span.duration < self._film.duration]
        moments = np.array([int(e.span.start) for e in shown[:STILLS_MAX]], dtype=np.int64)
        found: dict[int, tuple[str, str]] = {}
        for moment, number in zip(moments.tolist(), self._track.spans.at(moments).tolist(), strict=True):
            if number >= 0 and number not in found:
                try:
                    data = smaller(self._track[number].data, _SIDE)
                except ValueError:
                    continue
                url = f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
                found[number] = (url, Time(moment).clock)
        return list(found.values())
