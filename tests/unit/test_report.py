from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.timelines import make_movie, make_timeline

from cinedex.errors import UsageError
from cinedex.formats.report import SCRIPTS, data, media_link, render_report, write_report
from cinedex.formats.report.data import page_data, script_json
from cinedex.timeline.rows import Cue, Flag, Picture, Quality, Shot, Sound, Tag, Transition, Word
from cinedex.timeline.time import Time
from cinedex.timeline.timeline import Timeline

ALL = (Cue, Flag, Picture, Quality, Shot, Sound, Tag, Transition, Word)
HOSTILE = '</script><script>alert(1)</script><img src=x onerror="alert(2)"><!-- \u2028 {{ 7*7 }} \' " &amp;'


class Page(HTMLParser):
    """The elements of a page with their attributes, and what stands inside scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[tuple[dict[str, str | None], str]] = []
        self.words = ""
        self._within = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._within = tag in {"script", "style"}
        if self._within:
            self.inside.append((dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        self._within = self._within and tag not in {"script", "style"}

    def handle_data(self, text: str) -> None:
        if self._within:
            attributes, before = self.inside[-1]
            self.inside[-1] = (attributes, before + text)
        self.words += text

    def data(self, name: str) -> Any:
        return json.loads(next(text for attributes, text in self.inside if attributes.get("id") == name))


def hostile_timeline() -> Timeline:
    second = Time.from_seconds(1)
    extra = [
        Cue(start=Time(0), end=second, text=HOSTILE, language="en", score=0.5, source="speech"),
        Word(start=Time(0), end=second, text=HOSTILE, language="en", score=0.5),
        Sound(start=Time(0), end=second, label=HOSTILE, score=1),
        Tag(start=Time(0), end=second, label=HOSTILE, vocabulary=HOSTILE, score=1),
        Flag(start=Time(0), end=second, label=HOSTILE, score=1, note=HOSTILE),
    ]
    return make_timeline(3, extra=extra, name=f"{HOSTILE}.mp4", failures={"quality": HOSTILE})


def test_the_page_is_one_file_that_names_nothing_outside_but_the_film(tmp_path: Path) -> None:
    film = tmp_path / "films" / "a b#1.mp4"
    to = write_report(make_timeline(5), tmp_path / "report.html", video=str(film))
    page = Page(to.read_text(encoding="utf-8"))
    named = {
        v for _, attrs in page.elements for k, v in attrs.items() if k in {"src", "href", "action", "poster"} and v
    }
    assert {n for n in named if not n.startswith(("#", "data:"))} == {"films/a%20b%231.mp4"}
    assert list(tmp_path.iterdir()) == [to]


def test_the_policy_lets_only_the_pages_own_script_and_style_run() -> None:
    page = Page(render_report(make_timeline(2), link="https://films.example:8443/a.mp4?x=;script-src *"))
    policy = next(a["content"] for t, a in page.elements if t == "meta" and a.get("http-equiv"))
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["media-src"] == "'self' file: blob: https://films.example:8443"
    style, script = page.inside[0][1], page.inside[-1][1]
    for name, text in (("style-src", style), ("script-src", script)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[name] == f"'sha256-{digest}'"
    assert "connect-src" not in rules
    assert not [a for _, a in page.elements if "style" in a or any(k.startswith("on") for k in a)]


def test_hostile_text_stays_text() -> None:
    text = render_report(hostile_timeline(), link=media_link("javascript:alert(1)", Path("/x/report.html")))
    page, calm = Page(text), Page(render_report(make_timeline(3, failures={"quality": "x"}), link="a"))
    assert [t for t, _ in page.elements if t in {"script", "img"}] == [
        t for t, _ in calm.elements if t in {"script", "img"}
    ]
    assert page.data("facts")["cues"][0][2] == HOSTILE
    assert HOSTILE in [flag[2] for flag in page.data("facts")["flags"]]
    assert HOSTILE in page.data("facts")["labels"][0] + page.data("facts")["labels"][1]
    assert "{{ 7*7 }}" in page.words


def test_json_in_a_script_element_can_neither_end_nor_open_one() -> None:
    text = script_json({"a": [HOSTILE, "</SCRIPT >", "<!--", "]]>"]})
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text)["a"][0] == HOSTILE


@pytest.mark.parametrize(
    ("video", "link"),
    [
        (None, None),
        ("", None),
        ("/films/a.mp4", "../films/a.mp4"),
        ("/out/a.mp4", "a.mp4"),
        ("/out/50% [x]?#.mp4", "50%25%20%5Bx%5D%3F%23.mp4"),
        ("file:///films/a%20b.mp4", "../films/a%20b.mp4"),
        ("https://films.example/a.mp4", "https://films.example/a.mp4"),
        ("s3://bucket/a.mp4", None),
        ("data://text/html,x", None),
    ],
)
def test_the_film_is_linked_as_seen_from_the_page(video: str | None, link: str | None) -> None:
    assert media_link(video, Path("/out/report.html")) == link


def test_a_script_as_the_films_name_becomes_a_harmless_path() -> None:
    link = media_link("javascript:alert(1)", Path.cwd() / "report.html")
    assert link == "javascript%3Aalert%281%29"


def test_the_three_states_are_told_apart() -> None:
    page = Page(
        render_report(make_timeline(3, without=(Tag,), empty=(Flag,), failures={"speech": "the model is damaged"}))
    )
    words = re.sub(r"\s+", " ", page.words)
    for said in ("not computed", "computed, none found", "failed", "the model is damaged", "6 kinds computed"):
        assert said in words
    states = page.data("facts")["states"]
    assert (states["tag"], states["flag"], states["cue"]) == ("missing", "done", "failed")


def test_it_says_what_it_rests_on() -> None:
    words = Page(render_report(make_timeline(3))).words
    for said in ("transnetv2", "MIT", "whisper-base", "version 1", "made the cues, words"):
        assert said in words


@pytest.mark.parametrize(
    "about",
    [{"without": ALL}, {"empty": ALL}, {"shots": 1}, {"without": (Shot,)}, {"failures": {"shots": "no", "tags": "no"}}],
)
def test_whatever_is_missing_the_page_is_written(about: dict[str, Any]) -> None:
    page = Page(render_report(make_timeline(**({"shots": 3} | about))))
    assert page.data("facts")["duration"] > 0


def test_films_without_pictures_or_length_are_written() -> None:
    sound = Page(render_report(Timeline(make_movie(30, video=None))))
    assert sound.data("facts")["aspect"] is None
    assert 'class="sound-only"' in render_report(Timeline(make_movie(30, video=None)))
    assert 'class="sound-only"' not in render_report(make_timeline(1))
    assert Page(render_report(Timeline(make_movie(0)))).data("facts")["duration"] == 0


def test_rows_become_seconds_and_stills_stand_by_their_shots() -> None:
    timeline = make_timeline(4)
    found = page_data(timeline)
    for shot, (start, end, opening, _, still, tags) in zip(timeline.track(Shot), found.facts["shots"], strict=True):
        assert (start, end) == pytest.approx((shot.start.seconds, shot.end.seconds), abs=1e-4)
        assert opening == shot.opening
        picture = next(p for p in timeline.track(Picture) if p.start == shot.start)
        assert found.stills[still] == "jpeg;base64," + base64.b64encode(picture.data).decode()
        wanted = sorted((t for t in timeline.track(Tag) if t.start == shot.start), key=lambda t: -t.score)
        assert [found.facts["labels"][n][0] for n in tags] == [t.label for t in wanted]


def test_colours_are_bytes_and_what_was_not_measured_is_marked() -> None:
    second = Time.from_seconds(1)
    rows = [
        Quality(start=Time(0), end=second, measure=m, value=v) for m, v in (("red", 1.0), ("green", 0.0), ("blue", 0.5))
    ]
    timeline = make_timeline(3, empty=(Quality,))
    timeline = Timeline(
        timeline.movie, {("q", "quality"): type(timeline.find(Shot)).of(Quality, rows, timeline.find(Shot).maker)}
    )  # type: ignore[union-attr, arg-type]
    colour = base64.b64decode(page_data(timeline).facts["colour"])
    assert list(colour[:3]) == [254, 0, 127]
    assert set(colour[6:]) == {255}
    assert page_data(timeline).facts["luma"] is None


def test_too_many_rows_are_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "ROWS", 5)
    timeline = make_timeline(8)
    found = page_data(timeline)
    assert len(found.facts["shots"]) == 5
    assert found.hidden["shot"] == 3
    assert "3 more are not on this page" in Page(render_report(timeline)).words


def test_too_heavy_stills_are_made_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    timeline = make_timeline(6, still_width=480)
    before = page_data(timeline).stills
    monkeypatch.setattr(data, "STILL_BYTES", sum(map(len, before)) // 6)
    after = page_data(timeline).stills
    assert len(after) == len(before)
    assert sum(map(len, after)) < sum(map(len, before))
    assert Image.open(io.BytesIO(base64.b64decode(after[0].partition(",")[2]))).height < 270


def test_pictures_of_unknown_formats_are_not_shown() -> None:
    timeline = make_timeline(2, empty=(Picture,), extra=[])
    bad = Picture(
        start=Time(0), end=Time(9), at=Time(1), role="thumbnail", width=1, height=1, format='svg+xml"', data=b"<svg/>"
    )
    shots = timeline.track(Shot)
    tracks = dict(timeline.tracks) | {("pictures", "picture"): type(shots).of(Picture, [bad], shots.maker)}
    assert page_data(Timeline(timeline.movie, tracks)).stills == []


def test_the_same_timeline_gives_the_same_page() -> None:
    assert render_report(make_timeline(3)) == render_report(make_timeline(3))


def test_a_name_that_is_no_text_is_written(tmp_path: Path) -> None:
    to = write_report(make_timeline(1, name="a\udcff.mp4"), tmp_path / "r.html")
    assert "a?.mp4" in to.read_text(encoding="utf-8")


def test_a_place_that_cannot_be_written_is_named_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="folder that exists") as caught:
        write_report(make_timeline(1), tmp_path / "nowhere" / "r.html")
    assert "nowhere" in str(caught.value)


def test_an_old_report_is_replaced_whole(tmp_path: Path) -> None:
    to = tmp_path / "r.html"
    to.write_text("old")
    write_report(make_timeline(1), to)
    assert to.read_text(encoding="utf-8").endswith("</html>")
    assert [p.name for p in tmp_path.iterdir()] == ["r.html"]


def test_every_module_of_the_page_is_on_it_after_those_that_it_imports() -> None:
    folder = Path(data.__file__).parent / "page"
    assert {p.stem for p in folder.glob("*.js")} == set(SCRIPTS)
    for number, name in enumerate(SCRIPTS):
        text = (folder / f"{name}.js").read_text(encoding="utf-8")
        needed = set(re.findall(r'from "\./(\w+)\.js"', text))
        assert needed <= set(SCRIPTS[:number]), name
        assert "innerHTML" not in text
        assert len(text.splitlines()) < 500


def test_no_two_modules_of_the_page_name_the_same_thing() -> None:
    folder = Path(data.__file__).parent / "page"
    found: list[str] = []
    for name in SCRIPTS:
        text = (folder / f"{name}.js").read_text(encoding="utf-8")
        found += re.findall(r"^(?:export )?(?:const|let|function|class) (\w+)", text, re.MULTILINE)
    assert len(found) == len(set(found)), sorted(n for n in set(found) if found.count(n) > 1)


def test_three_thousand_shots_stay_a_page_of_bearable_size() -> None:
    text = render_report(make_timeline(400, words=2_700, still_width=64))
    without = render_report(make_timeline(400, words=2_700, without=(Picture,)))
    assert len(without) < 500_000
    assert len(text) > len(without)
