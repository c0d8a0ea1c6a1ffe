"""Judges a film by a pack from its facts alone: no film is watched, and what was not measured never passes.

What people decided about a flag holds: a rejected one does not count, a corrected one counts as corrected, one that
somebody added counts. What somebody has signed off as a whole holds as long as it is what was looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property

from cinedex.compliance.counted import Counted, counted, sifted, standing
from cinedex.compliance.model import Clause, Evidence, Finding, Judgement, Outcome, Pack
from cinedex.compliance.places import Decision, Decisions, Place
from cinedex.compliance.signing import outcome_of, stale
from cinedex.stages.concerns import rulings
from cinedex.stages.flicker.judge import Finding as Flashing
from cinedex.stages.flicker.judge import verdict
from cinedex.stages.flicker.profiles import profiles
from cinedex.stages.mentions import listed, mentions
from cinedex.stages.wordlists import LANGUAGE, STRENGTHS
from cinedex.timeline.rows import KINDS, Concern, Cue, Flash, Mention, Pattern, Row, Text, Word
from cinedex.timeline.time import SECOND, Span, Time
from cinedex.timeline.timeline import State, Timeline
from cinedex.timeline.track import Spans

EVIDENCE_MAX = 200
"""Most places listed of one finding; all of them are counted."""

_OPEN = ("person", "signs", "signs-warned")
"""Tests that leave a clause to a person, whatever they find."""

_PICTURED = ("tag@", "object@", "nudity@")
"""How references to what was seen in pictures begin."""

_FAILING = ("strong", "very-strong")
"""Strengths of flashing that fail."""

_OF_SOUND = ("programme", "soundfaults")
"""Stages whose silence means nothing where there is no sound."""

_OF_PICTURES = ("cadence", "cards", "defects", "faults")
"""Stages whose silence means nothing where there are no pictures."""


class Judge:
    """Judges one film; what several clauses count is counted once. `most` bounds the places listed of a finding.

    `decisions` are the film's: what they say of a place holds, and those whose place is met are known to it then.
    """

    def __init__(
        self, timeline: Timeline, *, most: int | None = EVIDENCE_MAX, decisions: Decisions | None = None
    ) -> None:
        self.timeline, self.decisions = timeline, decisions if decisions is not None else Decisions()
        self.most = self._most = most

    def judge(self, pack: Pack) -> Judgement:
        """What the pack says of the film."""
        findings = tuple(self._signed(pack, clause) for clause in pack.clauses)
        if not pack.ratings:
            return Judgement(pack, findings, "", "", ())
        lifting = [f for f in findings if f.lifted]
        surely = [pack.ratings.index(f.clause.lifts) for f in lifting if f.outcome == "fail"]
        low = max(surely, default=0)
        deciding = (f for f in findings if f.clause.lifts or f.clause.test in _OPEN)
        decided = all(f.outcome in {"pass", "fail", "not applicable"} for f in deciding)
        high = low if decided else len(pack.ratings) - 1
        lifting.sort(key=lambda f: -pack.ratings.index(f.clause.lifts))
        drives = tuple(f"{_weight(f)} {f.clause.lifts}: {f.clause.id} ({f.why})" for f in lifting)
        return Judgement(pack, findings, pack.ratings[low], pack.ratings[high], drives)

    def _signed(self, pack: Pack, clause: Clause) -> Finding:
        """What a clause comes to, by somebody's word where it was signed off and is what was looked at then."""
        signed = self.decisions.signed.get((pack.name, clause.id))
        # Whether it is, all of its places say.
        self._most = self.most if signed is None else None
        found = self._finding(clause)
        if signed is None:
            return found
        why = stale(signed, self.timeline.movie.id, pack.version, found)
        shown = found.evidence[: self.most]
        if why:
            return replace(found, evidence=shown, before=signed, lapsed=why)
        return replace(found, outcome=outcome_of(signed), evidence=shown, signed=signed, unsigned=found.outcome)

    def _finding(self, clause: Clause) -> Finding:
        if clause.test == "person":
            marked = [c for c in self._marked(Concern) if clause.about and c.category == clause.about]
            why = _why("no measure of ours decides this", marked)
            return Finding(
                clause, "needs a human", None, why, tuple(c.evidence(_sign(c)) for c in marked[: self._most])
            )
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
            marked = [c for c in self._marked(kind, clause.about) if _labelled(c.row, clause)]
            return self._unmeasured(clause, missing, self._number(clause, [c.span for c in marked]), marked)
        rows = [r for r in self._rows(kind, clause.stage) if _labelled(r, clause)]
        if clause.test == "value":
            values = [r for r in rows if float(getattr(r, "score", 1.0)) >= clause.score]
            return self._valued(clause, values)
        there = counted(rows, clause.about, self.decisions, kind)
        seen = sifted(there, lambda c: c.score >= clause.score and _labelled(c.row, clause))
        value = self._number(clause, [c.span for c in seen if c.counts])
        seen.sort(key=lambda c: not c.counts)
        evidence = tuple(c.evidence(_note(c.row)) for c in seen[: self._most])
        return self._verdict(clause, value, evidence, seen)

    def _marked(self, kind: type[Row], about: str = "") -> list[Counted]:
        """What people have added of a kind."""
        return counted((), about, self.decisions, kind)

    def _unmeasured(self, clause: Clause, why: str, value: float, marked: Sequence[Counted]) -> Finding:
        """A clause that was not measured, of which people may have marked enough for it to be broken."""
        evidence = tuple(c.evidence(_note(c.row)) for c in marked[: self._most])
        if marked and clause.test != "value" and clause.most is not None and value > clause.most:
            told = _why(f"{value:.4g} {clause.unit}".strip(), marked)
            return Finding(clause, clause.over, value, f"{told}; else not measured: {why}", evidence)
        return Finding(clause, "not measured", None, _why(why, marked), evidence)

    def _valued(self, clause: Clause, rows: Sequence[Row]) -> Finding:
        """By the value that is farthest out."""
        values = [float(getattr(r, "value", 0.0)) for r in rows]
        if not values:
            return Finding(clause, "not measured", None, f"there is no {', '.join(clause.labels)}", ())
        evidence = [Evidence(r.span, r.ref, _note(r), float(getattr(r, "score", 1.0)), clause.about) for r in rows]
        return self._verdict(clause, max(values, key=clause.beyond), tuple(evidence[: self._most]), evidence)

    def _missing(self, kind: type[Row], stage: str) -> str:
        if nothing := self._nothing_to(stage):
            return nothing
        if stage in self.timeline.failures:
            return f"the stage {stage} failed: {self.timeline.failures[stage]}"
        makers = self.timeline.makers.get(kind.kind, ())
        if stage and makers and stage not in makers:
            return f"no stage {stage} makes {kind.kind}; these do: {', '.join(makers)}"
        if stage and (stage, kind.kind) not in self.timeline.tracks:
            return f"the stage {stage} did not run; cinedex analyze runs it"
        if not stage and self.timeline.state(kind) is not State.DONE:
            return f"{kind.kind} was {'not computed' if self.timeline.state(kind) is State.MISSING else 'not finished'}"
        return ""

    def _nothing_to(self, stage: str) -> str:
        """Why a stage had nothing to hear or see."""
        if stage in _OF_SOUND and not self.timeline.movie.audio:
            return "the film has no sound"
        return "the film has no pictures" if stage in _OF_PICTURES and self.timeline.movie.video is None else ""

    def _rows(self, kind: type[Row], stage: str) -> Iterable[Row]:
        return self.timeline.tracks[stage, kind.kind] if stage else self.timeline.track(kind)

    def _number(self, clause: Clause, places: list[Span]) -> float:
        spans = Spans.of(places).support()
        duration = max(int(self.timeline.movie.duration), 1)
        if clause.test == "count":
            return float(len(places))
        if clause.test == "per-minute":
            return len(places) * 60 * int(SECOND) / duration
        if clause.test == "longest":
            return max((float(s.duration.seconds) for s in spans), default=0.0)
        return int(spans.total) / duration if clause.test == "share" else float(Time(int(spans.total)).seconds)

    @cached_property
    def _said(self) -> list[Counted]:
        """What was said and shown of the words of the lists; found here where the stage that does it did not run."""
        track = self.timeline.find(Mention)
        if track is not None:
            return counted(track.rows, "", self.decisions, Mention)
        words = list(self.timeline.find(Word) or ())
        found = mentions(self.timeline.find(Cue) or (), words, self.timeline.find(Text) or ())
        return counted(list(found), "", self.decisions, Mention)

    @cached_property
    def _concerns(self) -> list[Counted]:
        return counted(self.timeline.track(Concern).rows, "", self.decisions, Concern)

    def _worded(self, clause: Clause) -> Finding:
        topics, strengths = clause.topics or LANGUAGE, clause.strengths or STRENGTHS

        def meant(c: Counted) -> bool:
            return c.topic in topics and c.strength in strengths and c.score >= clause.score

        def number(hits: Sequence[Counted]) -> float:
            minutes = max(float(self.timeline.movie.duration.seconds) / 60, 1 / 60)
            return sum(c.counts for c in hits) / (minutes if clause.test == "words-per-minute" else 1.0)

        if silent := self._wordless():
            marked = sifted(self._marked(Mention), meant)
            return self._unmeasured(clause, silent, number(marked), marked)
        spoken = set(self.timeline.track(Cue).table.column("language").unique().to_pylist())
        unread = sorted(s for s in spoken if not listed(s))
        hits = sifted(self._said, meant)
        value = number(hits)
        surest = sorted(hits, key=lambda c: (not c.counts, -c.score))[: self._most]
        evidence = tuple(
            c.evidence(str(getattr(c.row, "text", "")), c.row.refs[0] if c.row.refs else c.row.ref)
            for c in sorted(surest, key=lambda c: c.span)
        )
        if unread and not clause.beyond(value):
            why = f"there is no list of words for {', '.join(unread)}"
            return Finding(clause, "not measured", None, why, evidence)
        return self._verdict(clause, value, evidence, hits)

    def _wordless(self) -> str:
        """Why no words are known of the film; '' where they are."""
        if self.timeline.state(Cue) is not State.DONE:
            return "speech was not recognised and there are no subtitles"
        nothing = not self.timeline.movie.audio and not len(self.timeline.track(Cue))
        return "the film has neither sound nor subtitles" if nothing else ""

    def _flashing(self, clause: Clause) -> Finding:
        if self.timeline.movie.video is None:
            return Finding(clause, "not measured", None, "the film has no pictures", ())
        judged = verdict(profiles()[clause.labels[0]], self.timeline.find(Flash), self.timeline.find(Pattern))
        places = [Place("flashing", clause.about, f"{clause.labels[0]}/{f.rule.name}", f.span) for f in judged.findings]
        decided = self.decisions.of(places)
        evidence = tuple(
            _flashed(f, place, decided.get(place)) for f, place in zip(judged.findings, places, strict=True)
        )
        evidence += tuple(_marked_flashing(d) for d in self.decisions.added if d.place.kind == "flashing")
        there = [e for e in evidence if e.counts]
        # What a rule only warns of fails where a person has said that it is so.
        failing = [e for e in there if e.strength in _FAILING or (e.decision is not None and e.decision.do == "accept")]
        value = float(len(failing))
        shown = tuple(sorted(evidence, key=lambda e: not e.counts)[: self._most])
        if failing:
            return Finding(clause, clause.over, value, _why(_counted(len(failing), "failing stretch"), evidence), shown)
        if judged.unmeasured:
            names = ", ".join(rule.name for rule in judged.unmeasured)
            return Finding(clause, "not measured", None, f"not measured: {names}; cinedex analyze does it", shown)
        if there:
            return Finding(
                clause, "needs a human", value, _why(f"{_counted(len(there), 'stretch')} to look at", evidence), shown
            )
        return Finding(clause, "pass", value, _why(_counted(0, "failing stretch"), evidence), shown)

    def _signs(self, clause: Clause) -> Finding:
        """What there are signs of. They are for a person to look at; that there are none proves nothing."""
        unseen = self._unseen(clause)
        if self.timeline.state(Concern) is not State.DONE or unseen is None:
            why = self._missing(Concern, "") or "nothing that could show it was computed; cinedex analyze does it"
            marked = [c for c in self._marked(Concern) if c.category in clause.labels]
            if not marked:
                return Finding(clause, "not measured", None, why, ())
            told = _why(f"{_summed(marked)}; else not measured: {why}", marked)
            evidence = tuple(c.evidence(_sign(c)) for c in marked[: self._most])
            return Finding(clause, "needs a human", float(len(marked)), told, evidence)
        strengths = clause.strengths or STRENGTHS
        found = sifted(self._concerns, lambda c: c.score >= clause.score)
        signs = sifted(found, lambda c: c.category in clause.labels and c.strength in strengths)
        if clause.test == "signs-warned":
            warned = (c.span for c in found if c.category == "tobacco-warning" and c.counts)
            seen = [c for c in signs if c.added or any(ref.startswith(_PICTURED) for ref in c.row.refs)]
            return _warned(clause, seen, Spans.of(warned).support(), unseen, self._most)
        left = [c for c in signs if c.counts]
        signs.sort(key=lambda c: not c.counts)
        evidence = tuple(c.evidence(_sign(c)) for c in signs[: self._most])
        return Finding(clause, "needs a human", float(len(left)), _why(f"{_summed(left)}{unseen}", signs), evidence)

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

    def _verdict(
        self, clause: Clause, value: float, evidence: tuple[Evidence, ...], found: Sequence[Counted | Evidence]
    ) -> Finding:
        """What a measured value comes to; `found` is all that it rests on, of which `evidence` is listed."""
        there = [f for f in found if f.counts]
        unsure = not any(f.score >= 0.5 for f in there) and bool(there)
        outcome: Outcome = "pass"
        if clause.beyond(value):
            outcome = "needs a human" if unsure else clause.over
        return Finding(clause, outcome, value, _why(f"{value:.4g} {clause.unit}".strip(), found), evidence)


def _weight(finding: Finding) -> str:
    return "at least" if finding.outcome == "fail" else "perhaps"


def _labelled(row: Row, clause: Clause) -> bool:
    return not clause.labels or getattr(row, "label", getattr(row, "measure", "")) in clause.labels


def _why(said: str, found: Iterable[Counted | Evidence]) -> str:
    return "; ".join([said, *standing(found)])


def _counted(number: int, stretch: str) -> str:
    return f"{number} {stretch}{'' if number == 1 else 'es'}"


def _flashed(found: Flashing, place: Place, decision: Decision | None) -> Evidence:
    strength = "strong" if found.outcome == "fail" else "moderate"
    span, category = place.span, place.category
    if decision is not None and decision.do == "correct":
        span, category = decision.span or span, decision.category or category
        strength = decision.strength or strength
    # Changes are counted, and two that oppose each other are a flash.
    share, unit = (1, "stripes") if found.rule.test == "stripes" else (2, "flashes a second")
    over = f"over {found.area:.0%} of the picture, allowed {found.limit / share:g}"
    note = f"{found.rule.name}: {found.value / share:g} {unit} {over}"
    return Evidence(
        span, found.refs[0] if found.refs else "", note, 1.0, category, strength, found.refs, place, decision,
        counts=decision is None or decision.do != "reject",
    )  # fmt: skip


def _marked_flashing(added: Decision) -> Evidence:
    place = added.place
    note = added.note or "flashing that a person saw"
    return Evidence(place.span, "", note, 1.0, place.category, added.strength or "strong", (), place, added)


def _sign(sign: Counted) -> str:
    return f"{sign.place.label} ({sign.strength}, {getattr(sign.row, 'rule', '')})"


def _note(row: Row) -> str:
    return str(getattr(row, "note", "") or getattr(row, "label", "") or getattr(row, "measure", ""))


def _summed(signs: list[Counted]) -> str:
    """How many signs of what there are, the most frequent first."""
    if not signs:
        return "no sign found, which proves nothing"
    labels = Counter(c.place.label for c in signs)
    seconds = float(Spans.of(c.span for c in signs).support().total.seconds)
    told = ", ".join(f"{count} x {label}" for label, count in labels.most_common())
    long = f"{seconds:.1f}" if seconds < 1 else f"{seconds:.0f}"
    return f"signs to look at, {long} s in all: {told}"


def _warned(clause: Clause, seen: list[Counted], warnings: Spans, unseen: str, most: int | None) -> Finding:
    """How much of each stretch a warning covers; the least of them counts."""
    shown = [c for c in seen if c.counts]
    if not shown:
        why = f"no tobacco was seen in the picture, which proves nothing; {len(warnings)} warnings were{unseen}"
        return Finding(clause, "needs a human", None, _why(why, seen), tuple(c.evidence(_sign(c)) for c in seen[:most]))
    shown.sort(key=lambda c: c.span)  # corrected ones may have moved
    covered = Spans.of(c.span for c in shown).overlap(warnings)
    shares = [int(part) / max(int(c.span.duration), 1) for c, part in zip(shown, covered, strict=True)]
    evidence = tuple(
        c.evidence(f"{c.place.label}, warned of in {share:.0%} of it")
        for c, share in zip(shown[:most], shares, strict=False)
    )
    out = tuple(c.evidence(_sign(c)) for c in seen if not c.counts)
    lacking = sum(clause.beyond(share) > 0 for share in shares)
    why = f"{lacking} of {len(shown)} stretches that may show tobacco lack the warning{unseen}"
    return Finding(clause, "needs a human", min(shares), _why(why, seen), (*evidence, *out)[:most])
