"""Judges a film by a pack from its facts alone: no film is watched, and what was not measured never passes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cached_property

from cinedex.compliance.model import Clause, Evidence, Finding, Judgement, Outcome, Pack
from cinedex.stages.concerns import rulings
from cinedex.stages.flicker.judge import verdict
from cinedex.stages.flicker.profiles import profiles
from cinedex.stages.mentions import listed, mentions
from cinedex.stages.wordlists import LANGUAGE, STRENGTHS
from cinedex.timeline.rows import KINDS, Concern, Cue, Flash, Mention, Pattern, Row, Text, Word
from cinedex.timeline.time import SECOND, Time
from cinedex.timeline.timeline import State, Timeline
from cinedex.timeline.track import Spans

EVIDENCE_MAX = 200
"""Most places listed of one finding; all of them are counted."""

_OPEN = ("person", "signs", "signs-warned")
"""Tests that leave a clause to a person, whatever they find."""

_PICTURED = ("tag@", "object@", "nudity@")
"""How references to what was seen in pictures begin."""

_OF_SOUND = ("programme", "soundfaults")
"""Stages whose silence means nothing where there is no sound."""

_OF_PICTURES = ("cadence", "cards", "defects", "faults")
"""Stages whose silence means nothing where there are no pictures."""


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
        deciding = (f for f in findings if f.clause.lifts or f.clause.test in _OPEN)
        decided = all(f.outcome in {"pass", "fail"} for f in deciding)
        high = low if decided else len(pack.ratings) - 1
        lifting.sort(key=lambda f: -pack.ratings.index(f.clause.lifts))
        drives = tuple(f"{_weight(f)} {f.clause.lifts}: {f.clause.id} ({f.why})" for f in lifting)
        return Judgement(pack, findings, pack.ratings[low], pack.ratings[high], drives)

    def _finding(self, clause: Clause) -> Finding:
        if clause.test == "person":
            return Finding(clause, "needs a human", None, "no measure of ours decides this", ())
        if clause.test == "flashing":
            return self._flashing(clause)
        if clause.test.startswith("words"):
            return self._worded(clause)
        if clause.test.startswith("signs"):
            return self._signs(clause)
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
            return self._compared(clause, max(values, key=clause.beyond), rows)
        return self._compared(clause, self._number(clause, rows), rows)

    def _missing(self, kind: type[Row], stage: str) -> str:
        if stage in _OF_SOUND and not self.timeline.movie.audio:
            return "the film has no sound"
        if stage in _OF_PICTURES and self.timeline.movie.video is None:
            return "the film has no pictures"
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
    def _said(self) -> list[Mention]:
        """What was said and shown of the words of the lists; found here where the stage that does it did not run."""
        found = self.timeline.find(Mention)
        if found is not None:
            return list(found)
        words = list(self.timeline.find(Word) or ())
        return list(mentions(self.timeline.find(Cue) or (), words, self.timeline.find(Text) or ()))

    def _worded(self, clause: Clause) -> Finding:
        state = self.timeline.state(Cue)
        if state is not State.DONE:
            return Finding(clause, "not measured", None, "speech was not recognised and there are no subtitles", ())
        cues = self.timeline.track(Cue)
        if not self.timeline.movie.audio and not len(cues):
            return Finding(clause, "not measured", None, "the film has neither sound nor subtitles", ())
        spoken = set(cues.table.column("language").unique().to_pylist())
        unread = sorted(s for s in spoken if not listed(s))
        topics, strengths = clause.topics or LANGUAGE, clause.strengths or STRENGTHS
        hits = [m for m in self._said if m.topic in topics and m.strength in strengths and m.score >= clause.score]
        value = float(len(hits))
        if clause.test == "words-per-minute":
            value /= max(float(self.timeline.movie.duration.seconds) / 60, 1 / 60)
        surest = sorted(hits, key=lambda m: -m.score)[: self.most]
        evidence = tuple(
            Evidence(m.span, m.refs[0] if m.refs else m.ref, m.text, m.score, *_sort(m, clause))
            for m in sorted(surest, key=lambda m: m.start)
        )
        if unread and not clause.beyond(value):
            why = f"there is no list of words for {', '.join(unread)}"
            return Finding(clause, "not measured", None, why, evidence)
        return self._verdict(clause, value, evidence)

    def _flashing(self, clause: Clause) -> Finding:
        if self.timeline.movie.video is None:
            return Finding(clause, "not measured", None, "the film has no pictures", ())
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

    def _signs(self, clause: Clause) -> Finding:
        """What there are signs of. They are for a person to look at; that there are none proves nothing."""
        unseen = self._unseen(clause)
        if self.timeline.state(Concern) is not State.DONE or unseen is None:
            why = self._missing(Concern, "") or "nothing that could show it was computed; cinedex analyze does it"
            return Finding(clause, "not measured", None, why, ())
        found = [c for c in self.timeline.track(Concern) if c.score >= clause.score]
        signs = [c for c in found if c.category in clause.labels and c.strength in (clause.strengths or STRENGTHS)]
        if clause.test == "signs-warned":
            warnings = Spans.of(c.span for c in found if c.category == "tobacco-warning").support()
            seen = [c for c in signs if any(ref.startswith(_PICTURED) for ref in c.refs)]
            return _warned(clause, seen, warnings, unseen, self.most)
        evidence = tuple(
            Evidence(c.span, c.ref, f"{c.label} ({c.strength}, {c.rule})", c.score, *_sort(c, clause))
            for c in signs[: self.most]
        )
        return Finding(clause, "needs a human", float(len(signs)), f"{_summed(signs)}{unseen}", evidence)

    def _unseen(self, clause: Clause) -> str | None:
        """What was not looked at though rules of the categories lean on it, in words; None where nothing was."""
        kinds = {kind for r in rulings().values() if r.category in clause.labels for kind in r.leans}
        missing = sorted(kind.kind for kind in kinds if not self._whole(kind))
        if len(missing) == len(kinds):
            return None
        return f"; not looked at, for it was not computed: {', '.join(missing)}" if missing else ""

    def _whole(self, kind: type[Row]) -> bool:
        """Whether every stage that makes the kind has made it: half of the looks at a film are no look at it."""
        made = all((stage, kind.kind) in self.timeline.tracks for stage in self.timeline.makers.get(kind.kind, ()))
        return made and self.timeline.state(kind) is State.DONE

    def _compared(self, clause: Clause, value: float, rows: list[Row]) -> Finding:
        evidence = tuple(
            Evidence(r.span, r.ref, _note(r), float(getattr(r, "score", 1.0)), *_sort(r, clause))
            for r in rows[: self.most]
        )
        return self._verdict(clause, value, evidence)

    def _verdict(self, clause: Clause, value: float, evidence: tuple[Evidence, ...]) -> Finding:
        unsure = not any(e.score >= 0.5 for e in evidence) and bool(evidence)
        outcome: Outcome = "pass"
        if clause.beyond(value):
            outcome = "needs a human" if unsure else clause.over
        return Finding(clause, outcome, value, f"{value:.4g} {clause.unit}".strip(), evidence)


def _weight(finding: Finding) -> str:
    return "at least" if finding.outcome == "fail" else "perhaps"


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


def _summed(signs: list[Concern]) -> str:
    """How many signs of what there are, the most frequent first."""
    if not signs:
        return "no sign found, which proves nothing"
    labels = Counter(c.label for c in signs)
    seconds = float(Spans.of(c.span for c in signs).support().total.seconds)
    told = ", ".join(f"{count} x {label}" for label, count in labels.most_common())
    return f"signs to look at, {seconds:.0f} s in all: {told}"


def _warned(clause: Clause, shown: list[Concern], warnings: Spans, unseen: str, most: int | None) -> Finding:
    """How much of each stretch a warning covers; the least of them counts."""
    if not shown:
        why = f"no tobacco was seen in the picture, which proves nothing; {len(warnings)} warnings were{unseen}"
        return Finding(clause, "needs a human", None, why, ())
    covered = Spans.of(c.span for c in shown).overlap(warnings)
    shares = [int(part) / max(int(c.span.duration), 1) for c, part in zip(shown, covered, strict=True)]
    evidence = tuple(
        Evidence(c.span, c.ref, f"{c.label}, warned of in {share:.0%} of it", c.score, *_sort(c, clause))
        for c, share in zip(shown[:most], shares, strict=False)
    )
    lacking = sum(clause.beyond(share) > 0 for share in shares)
    why = f"{lacking} of {len(shown)} stretches that may show tobacco lack the warning{unseen}"
    return Finding(clause, "needs a human", min(shares), why, evidence)
