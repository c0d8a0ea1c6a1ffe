"""Judges a film by a pack from its facts alone: no film is watched, and what was not measured never passes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from cinedex.compliance.model import Clause, Evidence, Finding, Judgement, Outcome, Pack
from cinedex.compliance.words import Hit, languages, strong_words
from cinedex.stages.flicker.judge import verdict
from cinedex.stages.flicker.profiles import profiles
from cinedex.timeline.rows import KINDS, Cue, Flash, Pattern, Row, Text
from cinedex.timeline.time import SECOND, Time
from cinedex.timeline.timeline import State, Timeline
from cinedex.timeline.track import Spans

EVIDENCE_MAX = 200
"""Most places listed of one finding; all of them are counted."""

_OF_SOUND = ("programme", "soundfaults")
"""Stages whose silence means nothing where there is no sound."""


class Judge:
    """Judges one film; what several clauses count is counted once. `most` bounds the places listed of a finding."""

    def __init__(self, timeline: Timeline, *, most: int | None = EVIDENCE_MAX) -> None:
        self.timeline, self.most = timeline, most

    def judge(self, pack: Pack) -> Judgement:
        """What the pack says of the film."""
        findings = tuple(self._finding(clause) for clause in pack.clauses)
        if not pack.ratings:
            return Judgement(pack, findings, "", "", ())
        lifting = [f for f in findings if f.lifted]
        surely = [pack.ratings.index(f.clause.lifts) for f in lifting if f.outcome == "fail"]
        low = max(surely, default=0)
        deciding = (f for f in findings if f.clause.lifts or f.clause.test == "person")
        decided = all(f.outcome in {"pass", "fail"} for f in deciding)
        high = low if decided else len(pack.ratings) - 1
        drives = tuple(f"{f.clause.id} ({f.why})" for f in lifting)
        return Judgement(pack, findings, pack.ratings[low], pack.ratings[high], drives)

    def _finding(self, clause: Clause) -> Finding:
        if clause.test == "person":
            return Finding(clause, "needs a human", None, "no measure of ours decides this", ())
        if clause.test == "flashing":
            return self._flashing(clause)
        if clause.test.startswith("words"):
            return self._worded(clause)
        return self._rowed(clause, KINDS[clause.kind])

    def _rowed(self, clause: Clause, kind: type[Row]) -> Finding:
        missing = self._missing(kind, clause.stage)
        if missing:
            return Finding(clause, "not measured", None, missing, ())
        rows = [r for r in self._rows(kind, clause.stage) if _fits(r, clause)]
        if clause.test == "value":
            values = [float(getattr(r, "value", 0.0)) for r in rows]
            if not values:
                return Finding(clause, "not measured", None, f"there is no {', '.join(clause.labels)}", ())
            # The value farthest out decides.
            return self._compared(clause, max(values, key=lambda v: _beyond(v, clause)), rows)
        return self._compared(clause, self._number(clause, rows), rows)

    def _missing(self, kind: type[Row], stage: str) -> str:
        if stage in _OF_SOUND and not self.timeline.movie.audio:
            return "the film has no sound"
        if stage in self.timeline.failures:
            return f"the stage {stage} failed: {self.timeline.failures[stage]}"
        if stage and (stage, kind.kind) not in self.timeline.tracks:
            return f"the stage {stage} did not run; cinedex analyze runs it"
        if not stage and self.timeline.state(kind) is not State.DONE:
            return f"{kind.kind} was {'not computed' if self.timeline.state(kind) is State.MISSING else 'not finished'}"
        return ""

    def _rows(self, kind: type[Row], stage: str) -> Iterable[Row]:
        return self.timeline.tracks[stage, kind.kind] if stage else self.timeline.track(kind)

    def _number(self, clause: Clause, rows: list[Row]) -> float:
        spans = Spans.of(r.span for r in rows).support()
        duration = max(int(self.timeline.movie.duration), 1)
        if clause.test == "count":
            return float(len(rows))
        if clause.test == "per-minute":
            return len(rows) * 60 * int(SECOND) / duration
        if clause.test == "longest":
            return max((float(s.duration.seconds) for s in spans), default=0.0)
        return int(spans.total) / duration if clause.test == "share" else float(Time(int(spans.total)).seconds)

    @cached_property
    def _said(self) -> list[tuple[Hit, Row]]:
        found: list[tuple[Hit, Row]] = []
        told: list[Cue | Text] = [*(self.timeline.find(Cue) or ()), *(self.timeline.find(Text) or ())]
        for row in told:
            known = row.language.split("-")[0] or "en"
            if known in languages():
                found += [(hit, row) for hit in strong_words(row.text, known)]
        return found

    def _worded(self, clause: Clause) -> Finding:
        state = self.timeline.state(Cue)
        if state is not State.DONE:
            return Finding(clause, "not measured", None, "speech was not recognised and there are no subtitles", ())
        if not self.timeline.movie.audio and not len(self.timeline.track(Cue)):
            return Finding(clause, "not measured", None, "the film has neither sound nor subtitles", ())
        unknown = {c.language for c in self.timeline.track(Cue)} - {"", *languages()}
        unread = sorted(u for u in unknown if u.split("-")[0] not in languages())
        hits = [(h, r) for h, r in self._said if h.strength in clause.strengths]
        value = float(len(hits))
        if clause.test == "words-per-minute":
            value /= max(float(self.timeline.movie.duration.seconds) / 60, 1 / 60)
        evidence = tuple(
            Evidence(r.span, r.ref, h.text, h.score * float(getattr(r, "score", 1.0)), clause.about, h.strength)
            for h, r in hits[: self.most]
        )
        if unread and not _beyond(value, clause):
            why = f"there is no list of words for {', '.join(unread)}"
            return Finding(clause, "not measured", None, why, evidence)
        return self._verdict(clause, value, evidence)

    def _flashing(self, clause: Clause) -> Finding:
        judged = verdict(profiles()[clause.labels[0]], self.timeline.find(Flash), self.timeline.find(Pattern))
        failing = [f for f in judged.findings if f.outcome == "fail"]
        evidence = tuple(
            Evidence(
                f.span,
                f.refs[0] if f.refs else "",
                f"{f.rule.name}: {f.value:.3g}, allowed {f.limit:.3g}",
                1.0,
                clause.about,
                "strong" if f.outcome == "fail" else "moderate",
            )
            for f in judged.findings[: self.most]
        )
        value = float(len(failing))
        if failing:
            return Finding(clause, clause.over, value, f"{len(failing)} failing stretches", evidence)
        if judged.unmeasured:
            names = ", ".join(rule.name for rule in judged.unmeasured)
            return Finding(clause, "not measured", None, f"not measured: {names}; cinedex analyze does it", evidence)
        if judged.findings:
            return Finding(clause, "needs a human", value, f"{len(judged.findings)} stretches to look at", evidence)
        return Finding(clause, "pass", value, "0 failing stretches", ())

    def _compared(self, clause: Clause, value: float, rows: list[Row]) -> Finding:
        evidence = tuple(
            Evidence(r.span, r.ref, _note(r), float(getattr(r, "score", 1.0)), *_sort(r, clause))
            for r in rows[: self.most]
        )
        return self._verdict(clause, value, evidence)

    def _verdict(self, clause: Clause, value: float, evidence: tuple[Evidence, ...]) -> Finding:
        unsure = not any(e.score >= 0.5 for e in evidence) and bool(evidence)
        outcome: Outcome = "pass"
        if _beyond(value, clause):
            outcome = "needs a human" if unsure else clause.over
        return Finding(clause, outcome, value, f"{value:.4g} {clause.unit}".strip(), evidence)


def _fits(row: Row, clause: Clause) -> bool:
    named = getattr(row, "label", getattr(row, "measure", ""))
    return (not clause.labels or named in clause.labels) and float(getattr(row, "score", 1.0)) >= clause.score


_TOPICS = {"profanity": "language", "sexual": "language"}
"""Topics of words that are called otherwise among the categories."""


def _sort(row: Row, clause: Clause) -> tuple[str, str]:
    """What a row is a flag of, and how strong: as it says itself, else as the clause does."""
    named = str(getattr(row, "category", "") or getattr(row, "topic", ""))
    return _TOPICS.get(named, named) or clause.about, str(getattr(row, "strength", ""))


def _note(row: Row) -> str:
    return str(getattr(row, "note", "") or getattr(row, "label", "") or getattr(row, "measure", ""))


def _beyond(value: float, clause: Clause) -> float:
    """How far a value is outside what is allowed; 0 inside."""
    low = clause.least - value if clause.least is not None else 0.0
    high = value - clause.most if clause.most is not None else 0.0
    return max(low, high, 0.0)
