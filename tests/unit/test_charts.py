from __future__ import annotations

import io
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image
from tests.seen_rows import Seen
from tests.timelines import make_movie, make_timeline

from cinedex.errors import UsageError
from cinedex.formats.charts import CHARTS, chart, write_charts
from cinedex.formats.charts.drawing import PAPER, Drawing, fitted, one_line, text_width
from cinedex.formats.charts.film import Film, NotThereError, smooth
from cinedex.formats.charts.raster import png
from cinedex.formats.charts.svg import svg
from cinedex.timeline.rows import Motion, Palette, Person, Portrait, Quality, Scene, Shot
from cinedex.timeline.time import SECOND, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Track

HOSTILE = "</title><script>alert(1)</script>\x1b[31m\u202e&\"' ]]> \ufffe \ud800"
SVG = "{http://www.w3.org/2000/svg}"


def rich(shots: int = 24, **about: Any) -> Timeline:
    return make_timeline(shots, **({"seen": Seen(5, 6), "still_width": 64} | about))


def texts(data: bytes) -> list[str]:
    return [e.text or "" for e in ET.fromstring(data).iter(f"{SVG}text")]  # noqa: S314 - our own file


@pytest.mark.parametrize("form", ["png", "svg"])
def test_every_chart_is_written_and_says_of_which_film_it_is(tmp_path: Path, form: Any) -> None:
    made = write_charts(rich(), tmp_path / "new" / "folder", form=form)
    assert not made.left_out
    assert [p.name for p in made.written] == [f"{name}.{form}" for name in CHARTS]
    assert {p.name for p in (tmp_path / "new" / "folder").iterdir()} == {p.name for p in made.written}
    for path in made.written:
        if form == "svg":
            assert "The Long Harbour" in texts(path.read_bytes())
        else:
            with Image.open(path) as image:
                assert image.width == 1600


@pytest.mark.parametrize("name", CHARTS)
def test_the_same_facts_give_the_same_bytes(name: str) -> None:
    assert chart(rich(), name, form="svg") == chart(rich(), name, form="svg")
    assert chart(rich(8), name) == chart(rich(8), name)


def test_the_barcode_has_the_films_colours_in_their_place() -> None:
    red, blue = [
        [Quality(start=a, end=b, measure=m, value=v) for m, v in (("red", r), ("green", 0.0), ("blue", 1.0 - r))]
        for a, b, r in ((Time(0), SECOND * 5, 1.0), (SECOND * 5, SECOND * 10, 0.0))
    ]
    timeline = Timeline(make_movie(10), {("q", "quality"): Track.of(Quality, [*red, *blue], Maker("q", 1))})
    pixels = np.asarray(Image.open(io.BytesIO(chart(timeline, "barcode"))))
    assert pixels[300, 100].tolist() == [255, 0, 0]
    assert pixels[300, 1500].tolist() == [0, 0, 255]
    assert pixels[300, 20].tolist() == list(PAPER)
    half = next(i for i in range(64, 1536) if pixels[300, i, 2] > 128)
    assert half == pytest.approx(800, abs=2)


def test_people_are_named_and_the_longest_on_screen_come_first() -> None:
    timeline = rich(40)
    told = texts(chart(timeline, "presence", form="svg", names={1: "Ana", 2: "The Captain"}))
    first = Film(timeline, {1: "Ana", 2: "The Captain"}).people[0].name
    assert next(t for t in told if t in {"Ana", "The Captain"} or t.startswith("Person ")) == first
    assert "Ana" in told
    assert b"data:image/jpeg;base64," in chart(timeline, "presence", form="svg")


@pytest.mark.parametrize(
    ("about", "left_out"),
    [
        ({"without": (Person, Portrait)}, {"presence": "people were not computed"}),
        ({"empty": (Person,)}, {"presence": "people were computed, none found"}),
        ({"failures": {"people": "no"}}, {"presence": "people failed"}),
        ({"without": (Palette,)}, {"palette": "palettes were not computed"}),
        ({"without": (Quality,)}, {"barcode": "measures of colour were not computed"}),
        ({"without": (Scene, Portrait)}, {}),
        ({"without": (Motion,)}, {}),
        ({"without": (Shot,)}, {"shot-lengths": "shots were not computed"}),
        ({"shots": 1}, {"presence": "people were computed, none found"}),
        ({"shots": 2, "average": 0.1}, {}),
    ],
)
def test_what_is_missing_is_said_and_the_rest_is_drawn(
    tmp_path: Path, about: dict[str, Any], left_out: dict[str, str]
) -> None:
    made = write_charts(rich(**about), tmp_path, form="svg")
    assert made.left_out == left_out
    assert len(made.written) == len(CHARTS) - len(left_out)


def test_of_a_film_of_which_nothing_is_known_nothing_is_drawn(tmp_path: Path) -> None:
    for movie in (make_movie(10), make_movie(0), make_movie(0, video=None)):
        made = write_charts(Timeline(movie), tmp_path / "none")
        assert not made.written
        assert set(made.left_out) == set(CHARTS)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("name", CHARTS)
def test_hostile_names_stay_text_in_both_formats(name: str) -> None:
    timeline = rich(6, name=f"{HOSTILE}.mp4")
    names = dict.fromkeys(range(9), HOSTILE * 9)
    data = chart(timeline, name, form="svg", names=names)
    elements = {e.tag.removeprefix(SVG) for e in ET.fromstring(data).iter()}  # noqa: S314 - our own file
    assert elements <= {"svg", "title", "rect", "polygon", "polyline", "text", "image", "clipPath", "circle"}
    assert "script>" in "".join(texts(data))
    assert Image.open(io.BytesIO(chart(timeline, name, names=names))).width == 1600


def test_a_portrait_that_is_no_picture_leaves_its_place_empty() -> None:
    bad = [
        Portrait(start=Time(0), end=SECOND, tracklet=n, at=Time(0), width=1, height=1, format=form, data=b"no")
        for n in range(200)
        for form in ('svg+xml" onload="x', "jpeg")
    ]
    timeline = rich(12, empty=(Portrait,))
    tracks = dict(timeline.tracks) | {("faces", "portrait"): Track.of(Portrait, bad, Maker("faces", 1))}
    odd = Timeline(timeline.movie, tracks)
    assert b"onload" not in chart(odd, "presence", form="svg")
    assert chart(odd, "presence").startswith(b"\x89PNG")


def test_a_name_of_any_script_is_drawn_in_every_format() -> None:
    for title in ("港の長い夜", "ميناء طويل", "Łódź", "🎬", ""):
        page = Drawing(400, 100, title)
        page.words(10, 50, title, 20, room=300)
        assert Image.open(io.BytesIO(png(page))).size == (400, 100)
        assert texts(svg(page)) == ([title] if title else [])


def test_words_are_fitted_into_their_room() -> None:
    assert text_width(fitted("A very long name of a film " * 9, 20, 200), 20) <= 200
    assert fitted("short", 20, 200) == "short"
    assert one_line("a\n\tb\x07  c") == "a b c"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="cannot be written"):
        write_charts(rich(3), tmp_path / "file", form="svg")
    with pytest.raises(UsageError, match="png or svg"):
        write_charts(rich(3), tmp_path, form="gif")  # type: ignore[arg-type] # that it is refused is the point


def test_smoothing_keeps_a_level_and_knows_nothing_where_nothing_is_known() -> None:
    values = np.full(40, 0.5)
    assert smooth(values) == pytest.approx(0.5)
    values[10:30] = np.nan
    assert np.isnan(smooth(values)[20])
    assert smooth(values)[12] == pytest.approx(0.5)


def test_a_long_film_is_drawn_in_bounded_size() -> None:
    timeline = rich(1500, seen=Seen(150, 40), without=(Portrait,), words=0)
    for name in CHARTS:
        assert len(chart(timeline, name, form="svg")) < 1_500_000, name


def test_the_film_says_what_it_lacks() -> None:
    with pytest.raises(NotThereError, match="no length"):
        _ = Film(Timeline(make_movie(0))).duration
