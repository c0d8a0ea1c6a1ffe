"""The report in Chromium: it draws without complaint, asks nothing of the network, plays, seeks, filters and fits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.browser import Browser, find_browser
from tests.films import make_film
from tests.timelines import make_timeline

from cinedex.formats.report import write_report
from cinedex.timeline.rows import Cue, Flag, Picture, Quality, Shot, Sound, Tag, Transition, Word
from cinedex.timeline.time import Time
from cinedex.timeline.timeline import Timeline

PROGRAM = find_browser()

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium here; install it, or name one in CHROMIUM")

ALL = (Cue, Flag, Picture, Quality, Shot, Sound, Tag, Transition, Word)

HERE = "document.querySelector('#now').textContent"


@pytest.fixture(autouse=True)
def _clean(browser: Browser) -> Iterator[None]:
    """Whatever a test does on the page, nothing may be complained of and only the page and its film be loaded."""
    browser.complaints.clear()
    browser.asked.clear()
    browser.resize(1280, 900)
    yield
    assert not browser.complaints
    assert not [address[:200] for address in browser.asked if not address.startswith(("file:", "data:", "blob:"))]


def open_page(browser: Browser, timeline: Timeline, folder: Path, *, video: Path | None = None, at: str = "") -> Path:
    page = write_report(timeline, folder / "report.html", video=str(video) if video else None)
    browser.open(page.as_uri() + at)
    return page


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Twelve seconds that Debian's Chromium can play."""
    return make_film(tmp_path / "a film #1.webm", seconds=12, codec="libvpx-vp9", b_frames=0, options={"cpu-used": "8"})


def test_a_click_on_a_cue_seeks_the_film(browser: Browser, tmp_path: Path, film: Path) -> None:
    timeline = make_timeline(3, average=4, words=24)
    open_page(browser, timeline, tmp_path, video=film)
    browser.wait("document.querySelector('video').readyState >= 2")
    cue = timeline.track(Cue)[1]
    browser.click(".cues li:nth-child(2) .time")
    browser.wait("!document.querySelector('video').seeking")
    assert browser.ask("document.querySelector('video').currentTime") == pytest.approx(cue.start.seconds, abs=0.01)
    assert browser.ask("document.querySelector('.cues .now').dataset.number") == "1"


def test_a_click_on_a_word_seeks_to_the_word(browser: Browser, tmp_path: Path, film: Path) -> None:
    timeline = make_timeline(3, average=4, words=24)
    open_page(browser, timeline, tmp_path, video=film)
    browser.wait("document.querySelector('.cues [data-at]')")
    word = timeline.track(Word)[2]
    browser.click(".cues li:first-child [data-at]:nth-of-type(3)")
    browser.wait("!document.querySelector('video').seeking")
    assert browser.ask("document.querySelector('video').currentTime") == pytest.approx(word.start.seconds, abs=0.01)


def test_the_keyboard_plays_steps_and_searches(browser: Browser, tmp_path: Path, film: Path) -> None:
    timeline = make_timeline(3, average=4)
    shots = timeline.track(Shot)
    open_page(browser, timeline, tmp_path, video=film)
    browser.wait("document.querySelector('video').readyState >= 2")
    browser.press("]")
    browser.wait("document.querySelector('video').currentTime > 0 && !document.querySelector('video').seeking")
    assert browser.ask("document.querySelector('video').currentTime") == pytest.approx(shots[1].start.seconds, abs=0.01)
    browser.press("[")
    browser.press(" ")
    browser.wait("!document.querySelector('video').paused && document.querySelector('video').currentTime > 0.2")
    browser.press("k")
    browser.wait("document.querySelector('video').paused")
    browser.press("l")
    browser.press("l")
    browser.wait("document.querySelector('video').playbackRate === 2")
    browser.press("k")
    browser.press("/")
    assert browser.ask("document.activeElement.id") == "find"
    browser.press("Escape")
    browser.press("?")
    assert browser.ask("document.querySelector('#help').open") is True


def test_without_the_film_the_page_plays_its_stills_and_says_so(browser: Browser, tmp_path: Path) -> None:
    open_page(browser, make_timeline(6), tmp_path, video=tmp_path / "gone.mp4")
    browser.wait("!document.querySelector('#note').hidden")
    assert "could not be opened" in browser.ask("document.querySelector('#note-says').textContent")
    browser.forgive("gone.mp4")
    browser.press("l")
    browser.wait(f"parseFloat({HERE}.slice(2)) > 0.3")
    browser.press("k")
    assert browser.ask("document.querySelector('#still').hidden") is False
    assert browser.ask("document.querySelector('#still').naturalWidth") == 160


def test_the_film_may_be_chosen_by_hand_and_another_one_is_noticed(
    browser: Browser, tmp_path: Path, film: Path
) -> None:
    open_page(browser, make_timeline(3, average=4), tmp_path, at="#t=3")
    browser.choose("#file", film)
    browser.wait("document.querySelector('video').readyState >= 2")
    browser.wait("Math.abs(document.querySelector('video').currentTime - 3) < 0.01")
    other = make_film(tmp_path / "other.webm", seconds=2, codec="libvpx-vp9", b_frames=0, options={"cpu-used": "8"})
    browser.choose("#file", other)
    browser.wait("document.querySelector('#note-says').textContent.includes('may be another one')")


def test_backwards_is_backwards_and_words_stand_on_the_picture(browser: Browser, tmp_path: Path, film: Path) -> None:
    timeline = make_timeline(3, average=4, words=24)
    open_page(browser, timeline, tmp_path, video=film, at="#t=8")
    browser.wait("document.querySelector('video').readyState >= 2")
    browser.press("j")
    browser.wait(f"parseFloat({HERE}.slice(2)) < 7.5")
    browser.press("k")
    assert 5 < browser.ask("document.querySelector('video').currentTime") < 7.6
    cue = timeline.track(Cue)[0]
    browser.click(".cues li:first-child .time")
    browser.press("c")
    assert browser.ask("document.querySelector('#caption').textContent") == cue.text


def test_the_filter_keeps_what_fits(browser: Browser, tmp_path: Path) -> None:
    timeline = make_timeline(30)
    open_page(browser, timeline, tmp_path)
    label = timeline.track(Tag)[0].label
    tagged = {t.start for t in timeline.track(Tag) if t.label == label}
    browser.click("#tab-tags")
    number = browser.ask(
        f"[...document.querySelectorAll('.tag')].find((t) => t.firstChild.textContent === '{label}').dataset.number"
    )
    browser.click(f".tag[data-number='{number}']")
    count = "document.querySelector('#sheet-count').textContent"
    assert browser.ask(count) == f"{len(tagged)} of 30"
    browser.ask("document.querySelector('#sheet').scrollIntoView({block: 'center', behavior: 'instant'})")
    browser.wait(f"document.querySelectorAll('#sheet li').length === {len(tagged)}")
    browser.click("#choice-clear")
    assert browser.ask(count) == "30"
    browser.press("/")
    for letter in "bridge":
        browser.press(letter)
    said = [c for c in timeline.track(Cue) if "bridge" in c.text]
    browser.wait(f"document.querySelectorAll('.cues li:not([hidden])').length === {len(said)}")


def test_of_three_thousand_shots_any_is_found_and_few_are_drawn(browser: Browser, tmp_path: Path) -> None:
    open_page(browser, make_timeline(3000, words=300, without=(Picture, Quality)), tmp_path)
    browser.press("End")
    browser.click("#which")
    browser.wait("document.querySelector('#sheet .now')?.dataset.number === '2999'")
    box = browser.ask(
        "(({top, bottom}) => [top, bottom])(document.querySelector('#sheet .now').getBoundingClientRect())"
    )
    assert 0 < box[0] < box[1] <= 900
    assert browser.ask("document.querySelectorAll('#sheet li').length") < 200
    browser.ask("window.dispatchEvent(new Event('beforeprint'))")
    assert browser.ask("document.querySelectorAll('#sheet li').length") == 3000


def test_words_of_the_film_never_run(browser: Browser, tmp_path: Path) -> None:
    hostile = "</script><script>document.title='ran'</script><img src=x onerror=\"document.title='ran'\"><!--<script>"
    second = Time.from_seconds(1)
    extra = [
        Cue(start=Time(0), end=second, text=hostile, language="en", score=0.1, source="speech"),
        Word(start=Time(0), end=second, text=hostile, language="en", score=0.1),
        Tag(start=Time(0), end=second, label=hostile, vocabulary=hostile, score=1.0),
        Flag(start=Time(0), end=second, label=hostile, score=1.0, note=hostile),
    ]
    timeline = make_timeline(4, extra=extra, name=f"{hostile}.mp4", failures={"voice": hostile})
    open_page(browser, timeline, tmp_path, video=Path("javascript:document.title='ran'"))
    browser.click("#tab-flags")
    browser.click("#tab-tags")
    browser.wait("document.querySelector('.tag')")
    assert "ran" not in browser.ask("document.title").split()[-1]
    assert browser.ask("document.querySelectorAll('img[src=x], main script').length") == 0
    assert hostile in browser.ask("document.querySelector('.flags').textContent")
    browser.forgive("javascript%3A")


@pytest.mark.parametrize("width", [390, 768, 1280, 2200])
def test_nothing_runs_over_the_edge(browser: Browser, tmp_path: Path, width: int) -> None:
    browser.resize(width, 844, phone=width < 800)
    open_page(browser, make_timeline(12, name="A name of one word: " + "Harbour" * 30), tmp_path, at="#t=24")
    browser.resize(width, 700, phone=width < 800)
    assert browser.ask("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(
    "about",
    [
        {"without": ALL},
        {"empty": ALL},
        {"failures": {"shots": "out of memory", "speech": "model damaged", "quality": "no", "tags": "no"}},
        {"shots": 1},
        {"without": (Shot, Picture, Quality)},
    ],
    ids=["nothing computed", "nothing found", "failures", "one shot", "no pictures"],
)
def test_whatever_is_missing_the_page_draws(browser: Browser, tmp_path: Path, about: dict[str, Any]) -> None:
    open_page(browser, make_timeline(**({"shots": 5} | about)), tmp_path)
    for key in ("l", "]", "[", ".", "+", "0", "k"):
        browser.press(key)
    browser.wheel("#lanes", -300)
    browser.click("#scrub", at=(0.7, 0.5))
    browser.click("#theme")
    assert browser.ask(HERE) != "0:00.00"


def test_a_zoom_by_wheel_keeps_the_moment_under_the_pointer(browser: Browser, tmp_path: Path) -> None:
    open_page(browser, make_timeline(40), tmp_path)
    browser.ask("document.querySelector('#lanes').scrollIntoView({block: 'center', behavior: 'instant'})")
    browser.wait("new Promise((done) => setTimeout(() => done(true), 400))")
    browser.wheel("#lanes", -400)
    browser.wait("document.querySelector('#lanes-span').textContent !== ''")
    assert browser.ask("document.querySelector('#window').hidden") is False


def test_a_link_may_name_a_time(browser: Browser, tmp_path: Path) -> None:
    open_page(browser, make_timeline(20), tmp_path, at="#t=12.5")
    assert browser.ask(HERE) == "0:12.50"
