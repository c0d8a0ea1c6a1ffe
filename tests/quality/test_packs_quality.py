"""Clips of known flashes, loudness and faults through every rule pack: each clause's verdict against what is known.

What a clip should come to follows from how it was made, or from the counts that come with it, and from the clause's own
bounds; none of it was tuned on them. Clauses of a clip about which nothing is known are left out. With CINEDEX_LIBRARY
set, what is analysed there is kept and used again.
"""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cinedex import Library
from cinedex.compliance.model import Clause, Finding
from cinedex.compliance.read import built_in
from cinedex.stages.flicker.profiles import profile

pytestmark = [pytest.mark.weights, pytest.mark.timeout(1800)]

CLIPS = Path(__file__).parents[3] / "shared" / "data" / "flash_loudness"

STAGES = ["flashing", "quality", "faults", "defects", "programme", "soundfaults"]

LOUDNESS, PEAKS, FLASHES = ("r128-loudness", "a85-loudness"), ("r128-true-peak", "a85-true-peak"), "flashing"

FAULTS = ("black", "freeze", "silence", "clipping")


def told(name: str) -> dict[str, Any]:
    return dict(json.loads((CLIPS / name).read_text(encoding="utf-8")))


def clips() -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every clip with what is known of it: 'flashes' (whether there are too many), 'I', 'true_peak_dBTP', faults."""
    derived = told("derived/ground_truth.json")["files"]
    for path in sorted((CLIPS / "derived").glob("*.mp4")):
        said = derived.get(path.name, {"expect": "fail"})["expect"]
        yield path, {"flashes": said.startswith("fail"), "stripes": said.startswith("pattern")}
    counted = told("iris/expected_summary.json")
    for path in sorted([*(CLIPS / "iris").glob("*.mp4"), *(CLIPS / "iris").glob("*.avi")]):
        most = counted.get(path.stem)
        changes = max(most["max_LuminanceTransitions"], most["max_RedTransitions"]) if most else None
        yield path, {"flashes": changes > 6} if changes is not None else {}
    for path in sorted((CLIPS / "apple").glob("*.mp4")):
        yield path, {}
    for name, fact in told("qc/ground_truth.json").items():
        yield CLIPS / "qc" / name, {"faults": {f: f in fact or f == "clipping" for f in FAULTS}}
    for name, fact in told("loudness/ground_truth.json").items():
        yield CLIPS / "loudness" / name, {k: v for k, v in fact.items() if k in {"I", "true_peak_dBTP", "clipping"}}


def meant(clause: Clause, known: dict[str, Any]) -> bool | None:
    """Whether a clip keeps to a clause; None where that is not known."""
    if clause.test == FLASHES:
        striped = known.get("stripes", False) and any(r.test == "stripes" for r in profile(clause.labels[0]).rules)
        return None if "flashes" not in known else not (known["flashes"] or striped)
    if clause.id in LOUDNESS and isinstance(known.get("I"), int | float):
        return not clause.beyond(float(known["I"]))
    if clause.id in PEAKS and "true_peak_dBTP" in known:
        return not clause.beyond(float(known["true_peak_dBTP"]))
    if clause.id in known.get("faults", {}):
        return not known["faults"][clause.id]
    return False if clause.id == "clipping" and known.get("clipping") else None


def verdict(finding: Finding) -> str:
    """Inside its bounds, outside, or not measured: what is outside may fail or be for a person to look at."""
    if finding.outcome in {"pass", "not measured"}:
        return finding.outcome
    return "outside"


def test_every_clip_through_every_pack(tmp_path_factory: pytest.TempPathFactory):
    """A confusion matrix per clause, and every verdict that is not as it should be."""
    if not CLIPS.exists():
        pytest.skip("the clips are not there")
    library = Library(os.environ.get("CINEDEX_LIBRARY") or str(tmp_path_factory.mktemp("library")))
    packs = built_in()
    table: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    wrong, count = [], 0
    for path, known in clips():
        movie = library.analyze(path, stages=STAGES)
        count += 1
        for judgement in library.comply(movie, packs.values()):
            for finding in judgement.findings:
                wanted, found = meant(finding.clause, known), verdict(finding)
                name = f"{judgement.pack.name}: {finding.clause.id}"
                if wanted is None:
                    continue
                table[name][("inside" if wanted else "outside"), found] += 1
                if (found == "pass") != wanted:
                    wrong.append((path.name, name, finding.why))
    print(f"{count} clips, {len(packs)} packs")  # noqa: T201 - figures
    print(f"{'clause':<34} {'inside: pass':>12} {'outside':>8} {'unmeasured':>11}", end="")  # noqa: T201 - figures
    print(f" | {'outside: pass':>13} {'outside':>8} {'unmeasured':>11}")  # noqa: T201 - figures
    for name, cells in sorted(table.items()):
        row = [cells[a, b] for a in ("inside", "outside") for b in ("pass", "outside", "not measured")]
        print(f"{name:<34} {row[0]:>12} {row[1]:>8} {row[2]:>11} | {row[3]:>13} {row[4]:>8} {row[5]:>11}")  # noqa: T201 - figures
    for name, clause, why in wrong:
        print(f"otherwise than known: {name}, {clause}: {why}")  # noqa: T201 - figures
    assert not wrong
