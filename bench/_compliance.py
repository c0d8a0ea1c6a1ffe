"""The sides of `bench compliance`: a library of synthetic films of real size, and judging it by a changed pack."""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from tests.timelines import make_movie

from bench._measure import report
from cinedex.compliance.model import Pack
from cinedex.compliance.read import built_in
from cinedex.library import Library
from cinedex.many import comply_all
from cinedex.run.plan import Plan
from cinedex.settings import Settings
from cinedex.timeline import arrow
from cinedex.timeline.rows import KINDS, Concern, Cue, Flag, Flash, Mention, Pattern, Programme, Row
from cinedex.timeline.time import Span, Time

HOURS = 2
VARIANTS = 12
"""Different films; the others have the same facts in files of their own names, read and judged like any."""

MEASURED = {"flashes": 12_324, "stripes": 965, "concerns": 241}
"""Rows in two hours of film, by stage, as the stages found them in Big Buck Bunny (stripes: in the Sintel trailer)."""

SUPPOSED = {"cues": 1_800, "mentions": 300}
"""The same of a talkative film with a word of the lists every 24 seconds: the analysed films have hardly any speech."""

FLAGS = {"faults": 414, "defects": 138, "cadence": 747, "soundfaults": 306, "speech": 133, "flashing": 102}
"""Flags in two hours, by stage: the most that one of the analysed films and clips had."""

_LABELS = {
    "faults": ("black", "freeze"),
    "defects": ("letterbox", "pillarbox", "interlacing"),
    "cadence": ("dropped-frames",),
    "soundfaults": ("silence", "clipping", "dead-channel"),
}


def build(folder: str, films: int) -> None:
    """Write the library: the variants as an analysis would, the others as links to their files."""
    began = time.perf_counter()
    library = Library(folder, settings=Settings(plugins=False))
    library.__dict__["_obstacle"] = lambda _: None  # as where every model is installed
    models: list[Plan] = []
    for number in range(films):
        movie = replace(make_movie(HOURS * 3600, name=f"Film {number:04d}.mp4"), id=f"bench-{number:06d}")
        library.store.put_movie(movie)
        plan = library.plan(movie)
        if number < VARIANTS:
            _write(library, plan, random.Random(number))  # noqa: S311 - test data
            models.append(plan)
        else:
            _link(library, plan, models[number % VARIANTS])
    size = sum(f.stat().st_size for plan in models for f in Path(folder, "films", plan.movie.id).rglob("*.parquet"))
    report(began, mib=size / len(models) / 2**20)


def _write(library: Library, plan: Plan, dice: random.Random) -> None:
    """Facts of a film. What judging does not open is there and empty."""
    for step in plan.steps:
        made = {row: list(_rows(step.name, row, dice)) for row in step.stage.makes}
        tables = {row.kind: arrow.table(row, rows) for row, rows in made.items()}
        library.store.write(plan.movie.id, step.name, step.key, tables, {})


def _link(library: Library, plan: Plan, model: Plan) -> None:
    """The facts of one film for another, under the keys that they have there."""
    films = Path(library.store.root) / "films"
    for step, like in zip(plan.steps, model.steps, strict=True):
        there = films / model.movie.id / like.name / like.key
        here = films / plan.movie.id / step.name / step.key
        here.mkdir(parents=True)
        for file in there.glob("*.parquet"):
            os.link(file, here / file.name)
        told = json.loads((there / "manifest.json").read_text())
        (here / "manifest.json").write_text(json.dumps(told | {"movie": plan.movie.id, "key": step.key}))


def _rows(stage: str, row: type[Row], dice: random.Random) -> Iterator[Row]:
    counts = MEASURED | SUPPOSED
    if row is Flag:
        yield from (_flag(stage, dice) for _ in range(FLAGS.get(stage, 0)))
    elif row is Programme:
        for measure, value in (("integrated-loudness", -23.2), ("true-peak", -1.5), ("dialogue-loudness", -25.0)):
            span = Span(Time(0), Time.from_seconds(HOURS * 3600))
            yield Programme(start=span.start, end=span.end, measure=measure, value=value + dice.uniform(-1, 1))
    elif stage in counts and row in _MAKERS:
        yield from (_MAKERS[row](dice) for _ in range(counts[stage]))


def _span(dice: random.Random, least: float, most: float) -> dict[str, Time]:
    start = dice.uniform(0, HOURS * 3600 - most)
    return {"start": Time.from_seconds(start), "end": Time.from_seconds(start + dice.uniform(least, most))}


def _flag(stage: str, dice: random.Random) -> Flag:
    label = dice.choice(_LABELS.get(stage, ("other",)))
    return Flag(**_span(dice, 0.1, 3.0), label=label, score=dice.uniform(0.3, 1), note="measured")


def _flash(dice: random.Random) -> Flash:
    cells = np.zeros((27, 48), dtype=bool)
    wide, high = dice.randint(2, 48), dice.randint(2, 27)
    left, top = dice.randint(0, 48 - wide), dice.randint(0, 27 - high)
    cells[top : top + high, left : left + wide] = True
    return Flash(
        **_span(dice, 1 / 24, 3 / 24), how=dice.choices(("luminance", "red", "chroma"), (8, 1, 1))[0],
        rise=dice.random() < 0.5, area=float(cells.mean()), dark=0.1, bright=0.5,
        cells=np.packbits(cells.ravel()).tobytes(),
    )  # fmt: skip


def _pattern(dice: random.Random) -> Pattern:
    return Pattern(**_span(dice, 0.1, 0.6), stripes=dice.randint(3, 20), area=dice.random() / 2, dark=0.1, bright=0.5)


def _concern(dice: random.Random) -> Concern:
    category, label = dice.choice(
        (("violence", "gunfire"), ("nudity", "nudity"), ("alcohol", "drink"), ("drugs", "talk"))
    )
    return Concern(
        **_span(dice, 0.5, 8), refs=("tag@1", "sound@2"), category=category, label=label,
        strength=dice.choice(("mild", "moderate", "strong")), score=dice.uniform(0.2, 0.9), rule=f"{label}/1",
    )  # fmt: skip


def _mention(dice: random.Random) -> Mention:
    strength = dice.choice(("mild", "moderate", "strong", "very-strong"))
    return Mention(
        **_span(dice, 0.2, 0.6), refs=("cue@1",), topic=dice.choice(("profanity", "sexual", "drugs")),
        strength=strength, text=dice.choice(("one", "two", "three", "four")), language="en", origin="speech",
        score=dice.uniform(0.3, 1),
    )  # fmt: skip


def _cue(dice: random.Random) -> Cue:
    return Cue(
        **_span(dice, 1, 5), text="You said the train would leave at nine.", language="en", score=0.9, source="speech"
    )


_MAKERS = {Flash: _flash, Pattern: _pattern, Concern: _concern, Mention: _mention, Cue: _cue}


def changed() -> list[Pack]:
    """Every pack that comes with Cinedex, with other bounds in each clause that has any."""
    packs = []
    for pack in built_in().values():
        clauses = tuple(replace(c, most=None if c.most is None else c.most + 1) for c in pack.clauses)
        packs.append(replace(pack, version=pack.version + 1, clauses=clauses))
    return packs


def judge(folder: str, cores: int) -> None:
    """Judge every film of the library anew."""
    began = time.perf_counter()
    library = Library(folder, settings=Settings(cores=cores, plugins=False))
    counts = {"films": 0, "clauses": 0, "not measured": 0}
    for _, judged in comply_all(library, library.movies(), changed()):
        counts["films"] += 1
        counts["clauses"] += sum(len(j.findings) for j in judged)
        counts["not measured"] += sum(j.count("not measured") for j in judged)
    report(began, **counts)


if __name__ == "__main__":
    assert set(KINDS) >= {row.kind for row in _MAKERS}
    {"build": build, "judge": judge}[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
