"""What can be seen, on the report's page in Chromium: scenes, people, events, text, cinematography, at any size."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.browser import Browser, find_browser
from tests.seen_rows import Seen
from tests.timelines import make_timeline

from cinedex.formats.report import write_report
from cinedex.formats.report.sights import KINDS_SEEN
from cinedex.formats.seen import characters
from cinedex.timeline.rows import Concern, Event, Object, Person, Picture, Place, Quality, Row, Scene, Shot, Tag, Text
from cinedex.timeline.time import Time
from cinedex.timeline.timeline import Timeline

PROGRAM = find_browser()

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium here; install it, or name one in CHROMIUM")

NOW = "document.querySelector('#now').textContent"


@pytest.fixture(autouse=True)
def _clean(browser: Browser) -> Iterator[None]:
    browser.complaints.clear()
    browser.asked.clear()
    browser.resize(1280, 900)
    yield
    assert not browser.complaints
    assert not [address[:200] for address in browser.asked if not address.startswith(("file:", "data:", "blob:"))]


def rich(shots: int = 40, **about: Any) -> Timeline:
    return make_timeline(shots, **({"seen": Seen(6, 8), "still_width": 64} | about))


def open_page(browser: Browser, timeline: Timeline, folder: Path, *, at: str = "", **about: Any) -> None:
    browser.open(write_report(timeline, folder / "report.html", **about).as_uri() + at)


def seconds(browser: Browser) -> float:
    minutes, _, rest = browser.ask(NOW).rpartition(":")
    return sum(int(part) * 60 ** (i + 1) for i, part in enumerate(reversed(minutes.split(":")))) + float(rest)


def count(browser: Browser, selector: str) -> int:
    return int(browser.ask(f"document.querySelectorAll({json.dumps(selector)}).length"))


def test_a_scene_card_tells_of_the_scene_and_goes_there(browser: Browser, tmp_path: Path) -> None:
    timeline = rich()
    scene = timeline.track(Scene)[2]
    open_page(browser, timeline, tmp_path)
    browser.wait("document.querySelector('#scenes li:nth-child(3) img')")
    card = browser.ask("document.querySelector('#scenes li:nth-child(3)').textContent")
    assert f"{scene.score:.2f}" in card
    assert all(reason in card for reason in scene.reasons)
    assert timeline.track(Place).overlapping(scene.span)[2].label in card
    browser.click("#scenes li:nth-child(3) .scene")
    assert seconds(browser) == pytest.approx(scene.start.seconds, abs=0.01)
    assert browser.ask("document.querySelector('#scenes .now').dataset.number") == "2"


def test_the_keyboard_goes_through_scenes_and_cards(browser: Browser, tmp_path: Path) -> None:
    timeline = rich()
    scenes = timeline.track(Scene)
    open_page(browser, timeline, tmp_path)
    browser.press("}")
    assert seconds(browser) == pytest.approx(scenes[1].start.seconds, abs=0.01)
    browser.press("}")
    browser.press("{")
    assert seconds(browser) == pytest.approx(scenes[1].start.seconds, abs=0.01)
    browser.ask("document.querySelector('#scenes .scene').focus()")
    browser.press("ArrowRight")
    browser.press("ArrowRight")
    assert browser.ask("document.activeElement.closest('li').dataset.number") == "2"
    assert count(browser, "#scenes [tabindex='0']") == 1
    browser.ask("document.activeElement.click()")
    assert seconds(browser) == pytest.approx(scenes[2].start.seconds, abs=0.01)


def test_a_face_goes_to_the_next_time_that_it_is_seen(browser: Browser, tmp_path: Path) -> None:
    timeline = rich()
    first = characters(timeline)[0]
    starts = sorted(p.start.seconds for p in timeline.track(Person) if p.number == first.number)
    open_page(browser, timeline, tmp_path, names={first.number: "Anna"})
    assert "Anna" in browser.ask("document.querySelector('.person').textContent")
    for start in (next(s for s in starts if s > 0.05), next(s for s in starts if s > starts[0] + 0.05)):
        browser.click(".person")
        assert seconds(browser) == pytest.approx(start, abs=0.01)
        starts = [s for s in starts if s >= start]
    assert "Anna" in browser.ask("document.querySelector('#people-now').textContent")
    assert browser.ask("document.querySelector('.person').classList.contains('here')")


def test_the_chart_of_presence_shows_everybody_when_asked_and_a_click_goes_there(
    browser: Browser, tmp_path: Path
) -> None:
    timeline = rich(60, seen=Seen(20, 30))
    everybody = len(characters(timeline))
    open_page(browser, timeline, tmp_path)
    assert count(browser, ".who") == 10
    browser.click("#presence-all")
    assert count(browser, ".who") == everybody
    browser.press("/")
    browser.press("7")
    browser.wait("document.querySelector('#choice').hidden === false")
    browser.press("Escape")
    browser.ask("document.querySelector('.who').focus()")
    for _ in range(3):
        browser.press("ArrowRight")
    assert browser.ask("[...document.querySelectorAll('.who')].indexOf(document.activeElement)") == 3
    browser.click("#presence", at=(0.5, 0.1))
    assert seconds(browser) == pytest.approx(timeline.movie.duration.seconds / 2, abs=1)
    assert browser.ask("document.querySelector('#presence').clientHeight") == 34 * everybody


def test_signs_of_content_have_a_lane_and_open_what_they_rest_on(browser: Browser, tmp_path: Path) -> None:
    refs = ("sound@7056000000", "tag@7056000000#x")
    at = {"start": Time(7_056_000_000), "end": Time(9_878_400_000), "rule": "gunfire/2", "score": 0.6, "refs": refs}
    timeline = rich(extra=[Concern(**at, category="violence", label="gunfire", strength="moderate")])
    open_page(browser, timeline, tmp_path)
    browser.click("#tab-flags")
    row = "#flags .rows li:nth-child(1)"
    told = browser.ask(f"document.querySelector('{row}').textContent")
    assert all(word in told for word in ("violence: gunfire", "moderate 0.60", "gunfire/2", "rests on"))
    browser.click(f"{row} .row")
    assert seconds(browser) == pytest.approx(10, abs=0.01)
    assert browser.ask(f"document.querySelectorAll('{row} .evidence button').length") == len(refs)
    browser.picture(tmp_path / "signs.png")


def test_an_event_opens_what_it_rests_on(browser: Browser, tmp_path: Path) -> None:
    timeline = rich()
    number, event = next((i, e) for i, e in enumerate(timeline.track(Event)) if len(e.refs) > 1)
    open_page(browser, timeline, tmp_path)
    browser.click("#tab-events")
    row = f"#events li:nth-child({number + 1})"
    browser.click(f"{row} .row")
    assert seconds(browser) == pytest.approx(event.start.seconds, abs=0.01)
    assert event.rule in browser.ask(f"document.querySelector('{row} .evidence').textContent")
    assert browser.ask(f"document.querySelector('{row} .row').ariaExpanded") == "true"
    last = event.refs[-1].partition("@")[2].partition("#")[0]
    browser.click(f"{row} .evidence button:last-child")
    assert seconds(browser) == pytest.approx(Time(int(last)).seconds, abs=0.01)


def test_kinds_of_text_are_told_apart(browser: Browser, tmp_path: Path) -> None:
    timeline = rich()
    texts = timeline.track(Text)
    open_page(browser, timeline, tmp_path)
    browser.click("#tab-texts")
    assert count(browser, "#texts .row") == len(texts)
    browser.click("[data-role='sign']" if any(t.role == "sign" for t in texts) else "[data-role='title']")
    chosen = browser.ask("document.querySelector('.roles [aria-pressed=true]').dataset.role")
    assert count(browser, "#texts .row") == sum(t.role == chosen for t in texts)
    browser.click("#texts .row")
    first = next(t for t in texts if t.role == chosen)
    assert seconds(browser) == pytest.approx(first.start.seconds, abs=0.01)


def test_one_filter_keeps_what_fits_everywhere(browser: Browser, tmp_path: Path) -> None:
    timeline = rich()
    open_page(browser, timeline, tmp_path, names={1: "Zuleika"})
    hers = [p for p in timeline.track(Person) if p.number == 1]
    scenes = [s for s in timeline.track(Scene) if any(p.span.overlaps(s.span) for p in hers)]
    shots = [s for s in timeline.track(Shot) if any(p.span.overlaps(s.span) for p in hers)]
    browser.press("/")
    for letter in "zuleika":
        browser.press(letter)
    browser.wait(f"document.querySelector('#sheet-count').textContent === '{len(shots)} of 40'")
    assert browser.ask("document.querySelector('#scenes-count').textContent") == f"{len(scenes)} of 6"
    assert count(browser, "#scenes li:not([hidden])") == len(scenes)
    assert count(browser, ".who") == 1
    told = [e for e in timeline.track(Event) if any(ref == p.ref for p in hers for ref in e.refs)]
    assert count(browser, "#events .row") == len(told)
    browser.press("Escape")
    assert count(browser, "#events .row") == len(timeline.track(Event))
    assert count(browser, "#scenes li:not([hidden])") == 6


def test_objects_places_and_ways_of_filming_filter_the_shots(browser: Browser, tmp_path: Path) -> None:
    timeline = rich()
    open_page(browser, timeline, tmp_path)
    browser.click("#tab-tags")
    label = timeline.track(Object)[0].label
    browser.click(f".tag[data-word='{label}']")
    spans = [o.span for o in timeline.track(Object) if o.label == label]
    fits = sum(any(s.overlaps(shot.span) for s in spans) for shot in timeline.track(Shot))
    counted = "parseInt(document.querySelector('#sheet-count').textContent)"
    assert browser.ask(counted) >= fits
    assert browser.ask(f"document.querySelector(\".tag[data-word='{label}']\").ariaPressed") == "true"
    browser.click(f".tag[data-word='{label}']")
    browser.click("#shares-camera .share")
    word = browser.ask("document.querySelector('#find').value")
    assert word == browser.ask("document.querySelector('#shares-camera .share span').textContent")
    assert 0 < browser.ask(counted) <= 40


def test_the_contact_sheet_stands_under_its_scenes(browser: Browser, tmp_path: Path) -> None:
    timeline = rich()
    open_page(browser, timeline, tmp_path)
    browser.ask("window.dispatchEvent(new Event('beforeprint'))")
    name = "(it) => it.dataset.number ?? it.querySelector('b').textContent"
    order = browser.ask(f"[...document.querySelectorAll('#sheet li')].map({name})")
    wanted: list[str] = []
    shots = timeline.track(Shot)
    for scene in timeline.track(Scene):
        wanted += [f"Scene {scene.number + 1}", *(str(s.number) for s in shots if scene.start <= s.start < scene.end)]
    assert order == wanted
    browser.click("#by-scene")
    browser.ask("window.dispatchEvent(new Event('beforeprint'))")
    assert count(browser, ".scene-heading") == 0
    assert count(browser, "#sheet li") == 40


def test_faces_and_text_are_shown_on_the_picture(browser: Browser, tmp_path: Path) -> None:
    timeline = rich()
    person = timeline.track(Person)[0]
    open_page(browser, timeline, tmp_path, at=f"#t={person.start.seconds + 0.1:.2f}", names={person.number: "Anna"})
    assert count(browser, ".box") == 0
    browser.press("b")
    assert "Anna" in browser.ask("document.querySelector('#boxes').textContent")
    sides = "(({left, right, top, bottom}) => [left, right, top, bottom])"
    box = browser.ask(f"{sides}(document.querySelector('.face-box').getBoundingClientRect())")
    screen = browser.ask(f"{sides}(document.querySelector('#screen').getBoundingClientRect())")
    assert screen[0] <= box[0] < box[1] <= screen[1]
    assert screen[2] <= box[2] < box[3] <= screen[3]
    browser.press("b")
    assert browser.ask("document.querySelector('#boxes').hidden")


def test_lanes_fold_out(browser: Browser, tmp_path: Path) -> None:
    open_page(browser, rich(), tmp_path)
    before = browser.ask("document.querySelector('#lanes').clientHeight")
    for name in ("people", "objects"):
        browser.click(f"[data-fold={name}]")
        browser.wait(f"document.querySelector('#lanes').clientHeight > {before}")
        before = browser.ask("document.querySelector('#lanes').clientHeight")
    browser.click("[data-fold=objects]")
    assert browser.ask("document.querySelector('#lanes').clientHeight") < before


SAYS = {
    "without": {
        ".scenes": "Scenes were not computed",
        ".people": "People were not computed",
        "#events": "Events were not computed",
        "#texts": "Text in the picture was not computed",
        "#tags": "Objects were not computed",
        "#flags": "Signs of content were not computed",
        ".look": "not computed",
    },
    "empty": {
        ".scenes": "No scenes were found",
        ".people": "No face was seen",
        "#events": "No rule found an event",
        "#texts": "No text was read",
        "#tags": "No object was found",
        "#flags": "that proves nothing",
        ".look": "computed, nothing found",
    },
}


@pytest.mark.parametrize("how", SAYS)
def test_nothing_found_and_not_computed_are_told_apart(browser: Browser, tmp_path: Path, how: str) -> None:
    open_page(browser, rich(12, **{how: KINDS_SEEN}), tmp_path)
    for selector, says in SAYS[how].items():
        assert says in browser.ask(f"document.querySelector('{selector}').textContent"), selector
    for key in ("}", "{", "b", "l", "k", "+", "0"):
        browser.press(key)
    browser.click("#theme")


@pytest.mark.parametrize("kind", [*KINDS_SEEN, Shot, Picture, Quality], ids=lambda kind: kind.kind)
def test_the_page_works_without_any_one_kind(browser: Browser, tmp_path: Path, kind: type[Row]) -> None:
    open_page(browser, rich(8, without=(kind,)), tmp_path)
    for key in ("}", "]", "b", "+", "0"):
        browser.press(key)
    browser.press("/")
    browser.press("a")
    browser.press("Escape")
    browser.click("#scrub", at=(0.7, 0.5))
    assert seconds(browser) > 0


def test_what_failed_is_said_to_have_failed(browser: Browser, tmp_path: Path) -> None:
    failures = dict.fromkeys(("scenes", "people", "events", "text", "objects", "places", "framing", "palette"), "no")
    open_page(browser, rich(8, failures=failures), tmp_path)
    for selector in (".scenes", ".people", "#events", "#texts", "#tags", ".look"):
        assert "failed" in browser.ask(f"document.querySelector('{selector}').textContent"), selector


def test_words_of_the_film_never_run(browser: Browser, tmp_path: Path) -> None:
    hostile = "</script><script>document.title='ran'</script><img src=x onerror=\"document.title='ran'\"><!--<script>"
    about: dict[str, Any] = {"start": Time(0), "end": Time.from_seconds(3)}
    box = {"x": 0.1, "y": 0.1, "width": 0.5, "height": 0.2}
    extra: list[Row] = [
        Scene(**about, number=0, score=1, reasons=(hostile,), at=Time(0)),
        Event(**about, label=hostile, score=1, rule=hostile, refs=("text@0", f"{hostile}@0")),
        Text(**about, text=hostile, language=hostile, role="sign", score=1, **box),
        Object(**about, label=hostile, vocabulary=hostile, score=1, **box),
        Place(**about, aspect="place", label=hostile, score=1),
        Tag(**about, label=hostile, vocabulary=hostile, score=1),
    ]
    timeline = rich(6, extra=extra)
    open_page(browser, timeline, tmp_path, names=dict.fromkeys(range(20), hostile), at="#t=1")
    browser.press("b")
    for tab in ("events", "texts", "tags"):
        browser.click(f"#tab-{tab}")
    browser.click("#tab-events")
    browser.click("#events .row")
    browser.press("/")
    for letter in "onerror":
        browser.press(letter)
    browser.wait("document.querySelector('#choice-says').textContent.includes('shot')")
    assert "ran" not in browser.ask("document.title").split()[-1]
    assert count(browser, "img[src=x]") + count(browser, "main script") == 0
    text = browser.ask("document.querySelector('#events').textContent")
    assert hostile.replace("-", " ").replace("_", " ") in text


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [360, 768, 1280, 2200])
def test_nothing_runs_over_the_edge(browser: Browser, tmp_path: Path, width: int, scheme: str) -> None:
    browser.scheme(scheme)
    browser.resize(width, 844, phone=width < 800)
    open_page(browser, rich(seen=Seen(9, 30)), tmp_path, names={1: "Wolfeschlegelsteinhausenbergerdorff" * 3})
    browser.click("#presence-all")
    assert browser.ask("document.documentElement.scrollWidth") <= width


def test_three_thousand_shots_stay_fast(browser: Browser, tmp_path: Path) -> None:
    timeline = make_timeline(3000, seen=Seen(300, 200), words=3000, without=(Picture, Quality), still_width=16)
    page = write_report(timeline, tmp_path / "report.html")
    assert page.stat().st_size < 6_000_000
    browser.open(page.as_uri())
    assert count(browser, "#scenes li") == 300
    assert count(browser, "*") < 25_000
    spent = "(async (act) => { const t = performance.now(); await act(); return performance.now() - t; })"
    seek = "for (let i = 1; i < 20; i++) document.querySelector(`#scenes li:nth-child(${i * 14}) .scene`).click()"
    # Bounds are wide: they tell a page that hangs from one that does not, on a machine with other work.
    assert browser.ask(f"{spent}(() => {{ {seek} }})") < 2000
    field = "const f = document.querySelector('#find'); f.value = 'person 3'"
    enter = "f.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))"
    assert browser.ask(f"{spent}(() => {{ {field}; {enter} }})") < 3000
    browser.click("#choice-clear")
    browser.click("[data-fold=people]")
    zoom = "document.querySelector('#zoom-in').click(); await new Promise(requestAnimationFrame)"
    assert browser.ask(f"{spent}(async () => {{ {zoom} }})") < 3000
