"""What a library holds of people's faces and voices: one page that loads nothing, and the same for programs."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from cinedex import __version__
from cinedex.canonical import plain
from cinedex.models.spec import ModelSpec
from cinedex.people.holdings import Holdings

BIOMETRIC = {"embed-faces", "embed-voices"}
"""Tasks of models whose answers identify people."""


def holdings_facts(found: Holdings, models: Iterable[ModelSpec], made: str) -> dict[str, Any]:
    """All of it for programs. `made` is when; `models` are those in use."""
    return {
        "made": made,
        "cinedex": __version__,
        "note": "What is stored and what was recorded. Whether a law is kept is for people to say.",
        "recognition": {
            "on": found.recognition, "basis": found.basis, "since": found.since, "keep_days": found.keep_days,
        },
        "films": [
            {
                "film": f.movie.id, "name": f.movie.name, "face_vectors": f.faces, "voice_vectors": f.voices,
                "beyond_the_film": f.beyond, "portraits": f.portraits, "appearances": f.appearances,
                "stored_results": f.results, "names": list(f.names), "last_used": f.used or None,
                "kept_until": f.until or None,
            }
            for f in found.films
        ],
        "people": [
            {
                "id": p.person.id, "name": p.person.name, "films": p.films, "photo_vectors": len(p.person.prints),
                "consents": [plain(c) for c in p.person.consents], "last_used": p.used, "kept_until": p.until,
            }
            for p in found.people
        ],
        "photo_vectors": found.photo_prints,
        "deletions": [
            {
                "id": d.id, "at": d.at, "by": d.by, "why": d.why, "films": len({s.film for s in d.seen}),
                "removed": dict(d.removed) if d.removed is not None else None,
            }
            for d in found.deletions
        ],
        "duties": [plain(d) for d in found.duties],
        "models": [model_facts(spec) for spec in models],
    }  # fmt: skip


def model_facts(spec: ModelSpec) -> dict[str, Any]:
    """A model's card in short: what it does, where its card is, under which terms, and what those files are."""
    terms = spec.licence
    return {
        "name": spec.name, "task": spec.task, "does": spec.summary, "biometric": spec.task in BIOMETRIC,
        "card": spec.card, "licence": terms.name, "licence_known": terms.status, "licence_text": terms.url,
        "note": terms.note, "pin": spec.pin,
    }  # fmt: skip


def render_holdings(facts: dict[str, Any]) -> str:
    """The page, of `holdings_facts`."""
    page = files("cinedex.formats.holdings") / "page"
    style = (page / "holdings.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string((page / "holdings.html.j2").read_text(encoding="utf-8")).render(
        **facts,
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        style=Markup(style),  # noqa: S704 - our own file
        web=lambda address: str(address).startswith(("https://", "http://")),
    )
