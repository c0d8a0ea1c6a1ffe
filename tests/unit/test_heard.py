from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from tests.timelines import make_timeline

from cinedex.formats.heard import along, height, measures, speech_share
from cinedex.formats.report import render_report
from cinedex.formats.report.data import page_data
from cinedex.formats.show import render
from cinedex.timeline.rows import Loudness, Programme, Row
from cinedex.timeline.time import SECOND, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Track

TENTH = Time(SECOND // 10)
VALUES = {
    "integrated-loudness": -20.04,
    "true-peak": -1.0,
    "loudness-range": 12.34,
    "speech-loudness": -25.5,
    "speech-share": 0.34,
}


def heard(loudness: Sequence[float] = (), values: dict[str, float] | None = None) -> Timeline:
    """A film of two shots with this loudness, a value for every tenth, and these measures."""
    before = make_timeline(2)
    film = before.movie.span
    rows: dict[type[Row], list[Any]] = {
        Loudness: [
            Loudness(start=TENTH * i, end=TENTH * (i + 1), momentary=v + 1, short_term=v, peak=v + 12)
            for i, v in enumerate(loudness)
        ],
        Programme: [
            Programme(start=film.start, end=film.end, measure=m, value=v)
            for m, v in (VALUES if values is None else values).items()
        ],
    }
    made = {("sound", kind.kind): Track.of(kind, of, Maker("sound", 1)) for kind, of in rows.items()}
    asked = {**before.makers, **{kind.kind: ("sound",) for kind in rows}}
    return replace(before, tracks={**before.tracks, **made}, makers=asked)


def test_measures_come_in_the_order_in_which_people_ask_for_them():
    said = [f"{m.name} {m.says}" for m in measures(heard())]
    assert said == ["integrated -20.0 LUFS", "range 12.3 LU", "true peak -1.0 dBTP", "speech -25.5 LUFS"]
    assert speech_share(heard()) == pytest.approx(0.34)


def test_what_was_not_measured_is_not_said():
    assert measures(make_timeline(2)) == measures(heard(values={})) == []
    assert speech_share(make_timeline(2)) is None


def test_the_highest_of_every_bin_is_drawn():
    timeline = heard([-30.0, -20.0, -50.0, -40.0])
    edges = np.array([0, 2, 4, 6]) * int(TENTH)
    assert along(timeline, edges, "short_term") == pytest.approx([-20, -40, np.nan], nan_ok=True)
    assert along(timeline, edges, "peak") == pytest.approx([-8, -28, np.nan], nan_ok=True)
    assert height(np.array([-120, -59, -29.5, 0, 3])) == pytest.approx([0, 0, 0.5, 1, 1])


def test_the_terminal_says_and_draws_it():
    out = io.StringIO()
    Console(file=out, width=100, color_system=None).print(render(heard([-59.0] * 20 + [-1.0] * 20), 100))
    text = out.getvalue()
    assert "integrated -20.0 LUFS · range 12.3 LU · true peak -1.0 dBTP · speech -25.5 LUFS" in text
    assert "speech in 34% of what is heard" in text
    lane = next(line for line in text.splitlines() if line.startswith("loudness"))
    assert lane[9] == " "
    assert "█" in lane


def test_the_terminal_is_silent_of_a_film_without_sound():
    out = io.StringIO()
    Console(file=out, width=100, color_system=None).print(render(make_timeline(2), 100))
    assert "LUFS" not in out.getvalue()
    assert "\nloudness" not in out.getvalue()


def test_the_page_gets_curves_and_the_target():
    facts = page_data(heard([-59.0, -29.5, 0.0])).facts
    loudness, wave = (np.frombuffer(base64.b64decode(facts[name][0]), np.uint8) for name in ("loudness", "wave"))
    assert loudness[:4].tolist() == [0, 127, 254, 255]
    assert wave[:4].tolist() == [1, 34, 254, 255]
    assert facts["lufs"] == [-59.0, 0.0, -23.0]
    assert facts["states"]["loudness"] == "done"


def test_the_page_of_a_film_whose_sound_was_not_measured():
    facts = page_data(make_timeline(2)).facts
    assert facts["loudness"] is facts["wave"] is facts["momentary"] is None
    assert 'id="sound"' not in render_report(make_timeline(2))


@pytest.mark.parametrize(("loudness", "says"), [(-20.04, "3.0 LU above"), (-28.0, "5.0 LU below")])
def test_the_page_says_how_far_from_the_target_it_is(loudness: float, says: str):
    page = render_report(heard(values={**VALUES, "integrated-loudness": loudness}))
    assert f"{says} the -23 LUFS" in page


def test_the_page_says_nothing_of_the_target_where_nothing_was_loud_enough():
    page = render_report(heard(values={"true-peak": -120.0}))
    assert "-120.0 dBTP" in page
    assert "EBU R 128" not in page


def test_a_long_film_stays_small_on_the_page():
    facts = page_data(heard(np.linspace(-50, -10, 20_000).tolist())).facts
    assert len(json.dumps([facts[name] for name in ("wave", "momentary", "loudness")])) < 3 * 12_000
    assert re.fullmatch(r"[A-Za-z0-9+/=]+", facts["wave"][0])
