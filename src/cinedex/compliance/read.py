"""Reads rule packs from TOML, and says exactly what is wrong with those that are not."""

from __future__ import annotations

import math
import re
import tomllib
import typing
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, NoReturn

from cinedex.compliance.model import Clause, Known, Pack, Test
from cinedex.errors import UsageError
from cinedex.stages.concerns import CATEGORIES
from cinedex.stages.flicker.profiles import profiles
from cinedex.stages.wordlists import STRENGTHS, TOPICS
from cinedex.timeline.rows import KINDS

TEXT_MAX = 1 << 18
"""Characters of a pack."""

CLAUSES_MAX = 256
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_KEYS = {
    "text", "source", "known", "test", "stage", "kind", "labels", "strengths", "topics", "least", "most", "score",
    "over", "lifts", "unit",
}  # fmt: skip
_WORDS = ("words", "words-per-minute")
_SIGNS = ("signs", "signs-warned")


def built_in() -> dict[str, Pack]:
    """The packs that come with Cinedex, by name."""
    folder = files("cinedex.policies") / "packs"
    names = sorted(p.name for p in folder.iterdir() if p.name.endswith(".toml"))
    return {n[:-5]: read_pack((folder / n).read_text(encoding="utf-8"), n) for n in names}


def load_pack(path: Path) -> Pack:
    """A pack from a file of the user's. Raises UsageError where it cannot be read or is wrong."""
    try:
        if path.stat().st_size > TEXT_MAX * 4:
            raise UsageError(f"{path}: too large for a rule pack", remedy=f"At most {TEXT_MAX} characters are read.")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise UsageError(f"{path}: cannot be read ({wrong})", remedy="Name a rule pack in TOML, UTF-8.") from wrong
    return read_pack(text, path.name)


def read_pack(text: str, source: str) -> Pack:
    """The pack of a TOML text. Raises UsageError that names `source`, clause, key and remedy."""
    if len(text) > TEXT_MAX:
        raise UsageError(f"{source}: {len(text)} characters", remedy=f"At most {TEXT_MAX} are read.")
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as wrong:
        raise UsageError(f"{source}: not TOML ({wrong})", remedy="Mend it there.") from wrong
    for key in set(table) - {"title", "version", "about", "ratings", "clauses"}:
        _refuse(source, "", f"there is no key {key!r}", "There are: title, version, about, ratings, clauses.")
    version = table.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        _refuse(source, "", "it has no version", "Write version = 1, and raise it with every change.")
    ratings = _texts(table.get("ratings", []), source, "", "ratings")
    clauses = table.get("clauses")
    if not isinstance(clauses, dict) or not 1 <= len(clauses) <= CLAUSES_MAX:
        _refuse(source, "", "it has no clauses, or too many", f"Write 1 to {CLAUSES_MAX} tables [clauses.NAME].")
    found = tuple(_clause(name, value, ratings, source) for name, value in clauses.items())
    _agree(found, source)
    title = _text(table, "title", source, "")
    return Pack(Path(source).stem, title, version, str(table.get("about", "")), ratings, found)


def _clause(name: str, table: Any, ratings: tuple[str, ...], source: str) -> Clause:
    if not _NAME.fullmatch(name) or not isinstance(table, dict):
        _refuse(source, name, "not a clause", "Write [clauses.NAME] in small letters, digits and dashes.")
    for key in table:
        if key not in _KEYS:
            _refuse(source, name, f"there is no key {key!r}", f"There are: {', '.join(sorted(_KEYS))}.")
    known = _among(table, "known", typing.get_args(Known), source, name)
    test = _among(table, "test", typing.get_args(Test), source, name)
    over = _among({"over": "fail", **table}, "over", ("fail", "needs a human"), source, name)
    least, most = (_number(table, key, source, name) for key in ("least", "most"))
    labels = _texts(table.get("labels", []), source, name, "labels")
    strengths = _texts(table.get("strengths", []), source, name, "strengths")
    kind = str(table.get("kind", ""))
    topics = _texts(table.get("topics", []), source, name, "topics")
    _measurable(test, kind, labels, _Here(source, name))
    _worded(test, strengths, topics, _Here(source, name))
    _bounded(test, least, most, _Here(source, name))
    lifts = str(table.get("lifts", ""))
    if lifts and lifts not in ratings:
        _refuse(source, name, f"there is no rating {lifts!r}", f"There are: {', '.join(ratings) or 'none'}.")
    score = _number({"score": 0.0, **table}, "score", source, name) or 0.0
    if not 0 <= score <= 1:
        _refuse(source, name, "score: not a number from 0 to 1", "Mend the number.")
    return Clause(
        id=name,
        text=_text(table, "text", source, name),
        source=_text(table, "source", source, name),
        known=typing.cast("Known", known),
        test=typing.cast("Test", test),
        stage=str(table.get("stage", "")),
        kind=kind,
        labels=labels,
        strengths=strengths,
        topics=topics,
        least=least,
        most=most,
        score=score,
        over=typing.cast("Any", over),
        lifts=lifts,
        unit=str(table.get("unit", "")),
    )


@dataclass(frozen=True, slots=True)
class _Here:
    """A clause of a file."""

    source: str
    clause: str

    def refuse(self, what: str, remedy: str) -> NoReturn:
        _refuse(self.source, self.clause, what, remedy)


def _worded(test: str, strengths: tuple[str, ...], topics: tuple[str, ...], here: _Here) -> None:
    """Refuse words of no strength or topic that there is."""
    if (test in _WORDS and not strengths and not topics) or set(strengths) - set(STRENGTHS):
        here.refuse("strengths are missing or unknown", f"There are: {', '.join(STRENGTHS)}.")
    if set(topics) - set(TOPICS):
        here.refuse("topics: one is unknown", f"There are: {', '.join(TOPICS)}.")


def _measurable(test: str, kind: str, labels: tuple[str, ...], here: _Here) -> None:
    """Refuse a test of what does not exist."""
    if test not in {"person", "flashing", *_WORDS, *_SIGNS} and kind not in KINDS:
        here.refuse(f"there is no kind {kind!r}", f"There are: {', '.join(KINDS)}.")
    if test in _SIGNS and (not labels or set(labels) - set(CATEGORIES)):
        here.refuse("labels: not categories of signs", f"There are: {', '.join(CATEGORIES)}.")
    if test == "flashing" and (len(labels) != 1 or labels[0] not in profiles()):
        here.refuse("labels: not one profile of flashing", f"There are: {', '.join(profiles())}.")


def _bounded(test: str, least: float | None, most: float | None, here: _Here) -> None:
    """Refuse bounds that allow anything, nothing, or what cannot be."""
    if test not in {"person", "flashing"} and least is None and most is None:
        here.refuse("it allows anything", "Write `least`, `most` or both.")
    if least is not None and most is not None and least > most:
        here.refuse(f"least ({least:g}) is above most ({most:g})", "Let `most` be the larger one.")
    if test in {"share", "signs-warned"} and not all(0 <= limit <= 1 for limit in (least, most) if limit is not None):
        here.refuse("a share lies between 0 and 1", "Write 0.95 for 95 %.")


def _agree(clauses: tuple[Clause, ...], source: str) -> None:
    """Refuse two clauses that no film can satisfy together."""
    seen: dict[tuple[object, ...], list[Clause]] = {}
    for clause in clauses:
        if clause.test in {"person", "flashing"}:
            continue
        what = (clause.test, clause.stage, clause.kind, clause.labels, clause.strengths, clause.topics, clause.score)
        for other in seen.get(what, []):
            for low, high in ((clause, other), (other, clause)):
                if low.least is not None and high.most is not None and low.least > high.most and not low.lifts:
                    _refuse(source, clause.id, f"it contradicts the clause {other.id}", "Let one film satisfy both.")
        seen.setdefault(what, []).append(clause)


def _refuse(source: str, clause: str, what: str, remedy: str) -> NoReturn:
    raise UsageError(f"{source}: clause {clause}: {what}" if clause else f"{source}: {what}", remedy=remedy)


def _text(table: dict[str, Any], key: str, source: str, clause: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip() or len(value) > 1000:
        _refuse(source, clause, f"{key}: not a text", f"Write {key} in quotes.")
    return value


def _texts(value: Any, source: str, clause: str, key: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value) or len(set(value)) < len(value):
        _refuse(source, clause, f"{key}: not a list of different texts", 'Write ["one", "two"].')
    return tuple(value)


def _among(table: dict[str, Any], key: str, known: tuple[str, ...], source: str, clause: str) -> str:
    value = table.get(key)
    if value not in known:
        _refuse(source, clause, f"{key}: {value!r} cannot stand here", f"There are: {', '.join(known)}.")
    return str(value)


def _number(table: dict[str, Any], key: str, source: str, clause: str) -> float | None:
    value = table.get(key)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value) or abs(value) > 1e6:
        _refuse(source, clause, f"{key}: {value!r} is not a number", "Write a number between -1e6 and 1e6.")
    return float(value)
