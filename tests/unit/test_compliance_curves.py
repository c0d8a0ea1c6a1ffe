"""What fails for its flashes is drawn: how often, over how much, against the limit, and what a remedy makes of it."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from tests.flash_films import MAKER, flashing
from tests.stage_films import ArrayFilm, rows, watched

from cinedex.compliance.judge import Judge
from cinedex.compliance.read import built_in
from cinedex.formats.compliance import render_compliance
from cinedex.formats.compliance.curves import FIGURES_MAX
from cinedex.formats.compliance.curves import flashing as drawn
from cinedex.media.views import FrameChunk
from cinedex.stages.flashes import Flashes
from cinedex.stages.flicker.fix import Remedy, Shown, mildest, windows
from cinedex.stages.flicker.judge import judged, steps
from cinedex.stages.flicker.profiles import profile
from cinedex.timeline.rows import Flash, Pattern, Quality
from cinedex.timeline.time import FLICKS_PER_SECOND, SECOND, Span, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Track

NAME = '</style><script>alert("1")</script>.mp4'


def known(film: ArrayFilm, patterns: list[Pattern] | None = None, luma: bool = True) -> Timeline:
    flashes = rows(watched(Flashes(), film), Flash)
    light = [
        Quality(start=Time(int(a)), end=Time(int(b)), measure="luma", value=float(p.mean()) / 255)
        for a, b, p in zip(film.starts, film.ends, film.pixels, strict=True)
    ]
    tracks = {
        ("flashes", "flash"): Track.of(Flash, flashes, MAKER),
        ("stripes", "pattern"): Track.of(Pattern, patterns or [], MAKER),
        ("quality", "quality"): Track.of(Quality, light if luma else [], MAKER),
    }
    return Timeline(replace(film.movie, name=NAME), tracks)


def remedied(film: ArrayFilm, timeline: Timeline) -> list[Remedy]:
    chunk = FrameChunk(film.starts, film.ends, film.starts, np.ones(len(film.starts), bool), film.pixels)
    none = FrameChunk(*(x[:0] for x in (film.starts, film.ends, film.starts, np.ones(1, bool))), film.pixels[:0])
    said = judged(timeline, profile("wcag-2-2"))
    return [mildest(said.profile, Shown(timeline.movie, chunk, none), span, worst) for span, worst in windows(said)]


@pytest.fixture(scope="module")
def film() -> ArrayFilm:
    return flashing(range(60, 120, 3), 210, rows_lit=18)


def test_the_steps_are_the_changes_of_the_last_second(film: ArrayFilm):
    """Changes three pictures of thirty apart: one more each, ten in a second, and all gone a second after the last."""
    rule = profile("wcag-2-2").rules[0]
    timeline = known(film)
    times, values = steps(timeline.track(Flash), rule, Span(SECOND, SECOND * 6))
    counted = dict(zip((times * 30 // FLICKS_PER_SECOND).tolist(), values.tolist(), strict=True))
    assert [counted[60 + 3 * n] for n in range(12)] == [*range(1, 11), 10, 10]
    assert counted[30] == counted[180] == counted[147] == 0
    assert counted[146 - 2] == 1


def test_a_failing_window_is_drawn_with_its_limit_and_its_remedy(film: ArrayFilm):
    timeline = known(film)
    [remedy] = remedied(film, timeline)
    most, [figure] = drawn(timeline, "wcag-2-2", [remedy])
    assert remedy.passes
    assert max(v for _, v in remedy.curve) <= remedy.limit < 10
    assert [m.value for m in most] == ["5 flashes a second", "0 flashes a second"]
    assert figure.passes
    assert "passes" in figure.remedy
    assert figure.svg.count('class="limit"') == 4
    assert figure.svg.count('class="curve"') == 3
    assert "mean luma" in figure.svg
    # Ten changes up and ten down, each a bar.
    assert [len(re.findall("M", p)) for p in re.findall(r'class="(?:up|down)" d="([^"]+)"', figure.svg)] == [10, 10]
    _, [plain] = drawn(known(film, luma=False), "wcag-2-2")
    assert "mean luma" not in plain.svg
    assert plain.passes is None


def test_what_passes_is_not_drawn_but_told(film: ArrayFilm):
    most, figures = drawn(known(flashing([60, 75, 120], 150)), "iris")
    assert not figures
    assert {m.rule.name: m.value for m in most}["general"] == "1 flashes a second"
    assert drawn(Timeline(film.movie, {}), "iris")[0][0].value == "not measured"


def test_stripes_are_drawn_and_no_more_windows_than_there_is_room_for():
    quarter = int(SECOND) // 4
    rows_of = [
        Pattern(start=Time(n * quarter), end=Time((n + 1) * quarter), stripes=12, area=0.6, dark=0.1, bright=0.8)
        for n in range(24)
        if n % 5 < 3
    ]
    _, figures = drawn(known(flashing([], 210), rows_of), "iris")
    assert len(figures) == FIGURES_MAX
    assert all("striped" in f.svg for f in figures)


def test_the_report_shows_curves_and_remedies_and_a_name_ends_no_style(film: ArrayFilm):
    timeline = known(film)
    found = [Judge(timeline).judge(built_in()["wcag"])]
    cures = {"wcag-2-2": remedied(film, timeline)}
    page = render_compliance(timeline, found, "html", cures)
    assert page.count("<svg") == 1
    assert "The mildest remedy" in page
    assert page.count("</style>") == 1
    assert "<script" not in page
    assert "The mildest remedy" not in render_compliance(timeline, found)
    told = json.loads(render_compliance(timeline, found, "json", cures))["packs"][0]["clauses"]
    [clause] = [c for c in told if c["clause"] == "three-flashes"]
    assert clause["remedies"][0]["passes"]
