"""A film's page in Chromium: exact frames, lanes, transcript, people, tabs, and a film of three thousand shots."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.e2e.browser import Browser, find_browser
from tests.e2e.judging import judged, too_small, with_axe
from tests.e2e.served import Served, anew, playable, put
from tests.films import BITS, Sound, make_film, number_of
from tests.seen_rows import Seen
from tests.timelines import make_timeline
from tests.unit.test_library import library_at

from cinedex.timeline.rows import Cue
from cinedex.timeline.time import Time

PROGRAM = find_browser()

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium here; install it, or name one in CHROMIUM")

SHOTS = 3_000
MOST_MS = 100
HOSTILE = "<img src=x onerror=alert(1)>"

TIME = "document.querySelector('.screen video').currentTime"
PLAYS = "document.querySelector('.screen video')?.readyState >= 2"

BAR = """(() => {
  const video = document.querySelector('.screen video');
  const size = { width: video.videoWidth, height: video.videoHeight };
  const canvas = Object.assign(document.createElement('canvas'), size);
  canvas.getContext('2d').drawImage(video, 0, 0);
  return [...canvas.getContext('2d').getImageData(0, 4, canvas.width, 1).data].filter((_, i) => i % 4 === 0);
})()"""
"""One row of the pixels on the screen, out of the bars that say the frame's number."""

CLOCK = "document.querySelector('.clock b').textContent.split(':').reduce((all, part) => all * 60 + Number(part), 0)"
MIDDLE = """(() => {
  const video = document.querySelector('.screen video');
  const canvas = Object.assign(document.createElement('canvas'), { width: 8, height: 8 });
  canvas.getContext('2d').drawImage(video, 0, 0, 8, 8);
  const [red, green] = canvas.getContext('2d').getImageData(4, 6, 1, 1).data;
  return red > green + 60 ? 'red' : green > red + 60 ? 'green' : `neither: ${red} ${green}`;
})()"""
"""Which colour the picture on the screen has."""

WATCH = """(() => {
  window.slow = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((e) => (window.slow = Math.max(window.slow, e.duration))))
    .observe({ type: 'event', durationThreshold: 16, buffered: false });
})()"""
"""Keeps the longest time between an input and the picture that answers it, as the browser measures it."""


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a film in which everything is known, and hostile words are said."""
    folder = tmp_path_factory.mktemp("rich")
    library = library_at(folder / "library")
    says = Cue(start=Time(0), end=Time.from_seconds(3), text=HOSTILE, language="en", score=0.9, source="speech")
    put(library, make_timeline(40, seen=Seen(), extra=[says], name=f"{HOSTILE}.webm"), playable(folder, "a.webm", 6))
    with Served(library, folder) as address:
        yield f"{address}#/film/m1-{'5' * 40}"


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a film of three hours and more."""
    folder = tmp_path_factory.mktemp("long")
    library = library_at(folder / "library")
    timeline = make_timeline(SHOTS, words=30_000, seen=Seen(scenes=120, people=20, objects=0), still_width=48)
    put(library, timeline, playable(folder, "a.webm"))
    with Served(library, folder) as address:
        yield f"{address}#/film/m1-{'5' * 40}"


def open_film(browser: Browser, address: str) -> None:
    anew(browser, address)
    browser.wait("document.querySelector('.cue')", 60)


def pick(browser: Browser, tab: str) -> None:
    """Open a tab; by script, since lanes that come push it down."""
    browser.ask(f"document.querySelector('[data-tab={tab}]').click()")


def frame_seen(browser: Browser) -> int:
    row = np.array(browser.ask(BAR), dtype=np.uint8)
    return number_of(np.repeat(row[None, :, None], 24, axis=0))


def test_frames_are_exact(browser: Browser, tmp_path: Path) -> None:
    options = {"cpu-used": "8", "b": "2M"}
    film = make_film(tmp_path / "f.webm", seconds=3, codec="libvpx-vp9", b_frames=0, options=options, size=(320, 180))
    library = library_at(tmp_path / "library")
    library.add(film)
    with Served(library, tmp_path) as address:
        anew(browser, f"{address}#/film/f")
        browser.wait(PLAYS)
        seen = [0]
        for key in [*"....", ",", *"........"]:
            browser.press(key)
            browser.wait("!document.querySelector('.screen video').seeking")
            seen.append(frame_seen(browser))
        assert seen == [0, 1, 2, 3, 4, 3, 4, 5, 6, 7, 8, 9, 10, 11]
        for number in (70, 25, 71, 1, 48):
            browser.ask(f"location.hash = '#/film/f?t={(number + 0.5) / 24:.4f}'")
            browser.wait(f"Math.abs({TIME} - {(number + 0.5) / 24}) < 0.01 && !document.querySelector('video').seeking")
            browser.wait("new Promise((done) => setTimeout(() => done(true), 60))")
            assert frame_seen(browser) == number
            assert f"frame {number}" in browser.ask("document.querySelector('.frame-number').textContent")
        assert BITS >= 7


def test_what_no_browser_plays_is_made_for_it(browser: Browser, tmp_path: Path) -> None:
    shots = [(5.0, (200, 40, 40)), (5.0, (40, 190, 60))]
    made = make_film(tmp_path / "f.mpg", shots=shots, codec="mpeg2video", b_frames=0, sounds=[Sound(codec="ac3")])
    library = library_at(tmp_path / "library")
    library.add(made)
    with Served(library, tmp_path) as address:
        anew(browser, f"{address}#/film/f")
        browser.wait(PLAYS, 30)
        assert browser.ask(MIDDLE) == "red"
        browser.ask("location.hash = '#/film/f?t=9'")
        browser.wait(f"{PLAYS} && Math.abs(({CLOCK}) - 9) < 0.3 && !document.querySelector('video').seeking", 30)
        browser.wait(f"({MIDDLE}).startsWith('green')", 10)
        assert not browser.complaints


def test_words_seek_and_follow(browser: Browser, rich: str) -> None:
    open_film(browser, rich)
    browser.wait(PLAYS)
    assert HOSTILE in browser.ask("document.querySelector('.cues').textContent")
    assert browser.ask("document.querySelectorAll('main img[src=x]').length") == 0
    browser.click(".cue:nth-child(2) button")
    at = browser.ask("Number(document.querySelector('.cue:nth-child(2)').dataset.at)")
    browser.wait(f"Math.abs({TIME} - {at}) < 0.05")
    browser.wait("document.querySelector('.cue:nth-child(2)').hasAttribute('aria-current')")
    browser.ask("document.querySelector('.transcript input').value = 'onerror'")
    browser.ask("document.querySelector('.transcript input').dispatchEvent(new Event('input'))")
    assert browser.ask("document.querySelectorAll('.cue:not([hidden])').length") == 1


def test_space_plays_after_a_click_and_presses_what_keys_have_reached(browser: Browser, rich: str) -> None:
    open_film(browser, rich)
    browser.wait(PLAYS)
    browser.click(".cue:nth-child(2) button")
    browser.press(" ")
    browser.wait("!document.querySelector('.screen video').paused")
    browser.press("k")
    browser.ask("document.querySelector('.lanes').focus()")
    browser.press(" ")
    browser.wait("!document.querySelector('.screen video').paused")
    browser.press("k")
    assert browser.ask(TIME) > 0.1
    browser.ask("document.querySelector('.cue button').focus()")
    browser.press(" ")
    browser.wait(f"{TIME} < 0.05")
    assert browser.ask("document.querySelector('.screen video').paused")


def test_every_tab_draws(browser: Browser, rich: str) -> None:
    open_film(browser, rich)
    wanted = {
        "overview": ".overview", "people": ".person", "look": ".figures", "rules": ".clauses", "takeout": ".takes",
        "scenes": ".scene",
    }  # fmt: skip
    for tab, sign in wanted.items():
        pick(browser, tab)
        browser.wait(f"document.querySelector('{sign}')", 30)
        assert not browser.ask("document.querySelector('.later .alert')?.textContent"), tab
    assert not browser.complaints
    browser.press("?")
    browser.wait("document.querySelector('dialog[open]')")
    browser.press("Escape")


def test_a_person_is_named_and_it_is_taken_back(browser: Browser, rich: str) -> None:
    open_film(browser, rich)
    pick(browser, "people")
    browser.wait("document.querySelector('.person .name')", 30)
    browser.ask("document.querySelector('.person .name').value = 'Ann <b>'")
    browser.ask("document.querySelector('.person .name').dispatchEvent(new Event('change'))")
    browser.wait("document.querySelector('.person .name').value === 'Ann <b>' && document.querySelector('.toast')", 30)
    browser.ask("location.hash = '#/people'")
    browser.wait(
        "[...document.querySelectorAll('main[data-view=people] .name')].some((n) => n.value === 'Ann <b>')", 30
    )
    browser.ask("document.querySelector('.toast button').click()")
    browser.wait(
        "[...document.querySelectorAll('main[data-view=people] .name')].every((n) => n.value !== 'Ann <b>')", 30
    )
    assert not browser.complaints


def test_a_stretch_is_marked_played_and_passed_on(browser: Browser, rich: str) -> None:
    open_film(browser, f"{rich}?t=1")
    browser.wait(f"{PLAYS} && Math.abs({TIME} - 1) < 0.01")
    browser.press("i")
    browser.press("ArrowRight")
    browser.wait(f"Math.abs({TIME} - 6) < 0.01")
    browser.press("o")
    browser.ask("window.text = ''; navigator.clipboard.writeText = async (text) => { window.text = text; }")
    browser.press("s")
    browser.wait("window.text")
    assert browser.ask("window.text").endswith("?t=1&in=1&out=6")
    assert browser.ask("location.hash").endswith("?t=6&in=1&out=6")
    browser.press("x")
    assert browser.ask("document.querySelector('.marks').hidden && document.querySelector('.stretch').hidden")
    link = f"{rich}?t=1&in=1&out=1.5"
    anew(browser, link)
    browser.wait(f"{PLAYS} && document.querySelector('.marks b')?.textContent === '0:01.00'")
    with_axe(browser)
    assert not judged(browser)
    assert not too_small(browser)
    browser.press("p")
    browser.wait(f"document.querySelector('.screen video').paused && {TIME} >= 1.5", 10)
    assert browser.ask(TIME) < 2, "it halts at the mark"
    browser.press(">")
    assert browser.ask("[document.querySelector('.speed').value, document.querySelector('video').playbackRate]") == [
        "1.5",
        1.5,
    ]
    assert not browser.complaints


def test_a_film_whose_file_is_gone_says_so(browser: Browser, tmp_path: Path) -> None:
    library = library_at(tmp_path / "library")
    film = playable(tmp_path, "f.webm", 1)
    library.add(film)
    film.unlink()
    with Served(library, tmp_path) as address:
        anew(browser, f"{address}#/film/f")
        browser.wait("document.querySelector('.player-note').textContent.includes('not where it was')")
        browser.complaints.clear()  # 404 is what was to be shown


def test_three_thousand_shots_answer_at_once(browser: Browser, long: str) -> None:
    open_film(browser, long)
    browser.wait("document.querySelector('.lanes').getAttribute('aria-valuetext').includes('Shot 1')", 60)
    browser.wait("new Promise((done) => setTimeout(() => done(true), 1500))")  # the rest comes
    assert browser.ask("document.querySelectorAll('.cue').length") > 2_000
    browser.ask(WATCH)
    browser.call("Performance.enable", timeDomain="threadTicks")
    found: dict[str, tuple[float, float]] = {}
    for name, act in {
        "zoom in": lambda: browser.press("+"),
        "zoom out": lambda: browser.press("-"),
        "next shot": lambda: browser.press("]"),
        "seek on the timeline": lambda: browser.click(".lanes canvas", at=(0.6, 0.2)),
        "hover": lambda: browser.hover(".lanes canvas"),
        "seek by the words": lambda: browser.click(".cue:nth-child(4) button"),
    }.items():
        seen, worked = [], []
        for _ in range(3):
            browser.ask("window.slow = 0")
            before = busy(browser)
            act()
            browser.wait("new Promise((done) => setTimeout(() => done(true), 150))")
            worked.append(busy(browser) - before)
            seen.append(float(browser.ask("window.slow")))
        found[name] = (min(seen), min(worked))
    # The best of three: a machine that does other things answers late now and then.
    assert max(wall for wall, _ in found.values()) < MOST_MS, found
    assert max(work for _, work in found.values()) < MOST_MS, found


def busy(browser: Browser) -> float:
    """Milliseconds that the page's thread has worked."""
    metrics = browser.call("Performance.getMetrics")["metrics"]
    return 1000 * float(next(m["value"] for m in metrics if m["name"] == "TaskDuration"))


def test_on_a_phone_it_fits(browser: Browser, rich: str) -> None:
    browser.resize(360, 800, phone=True)
    open_film(browser, rich)
    browser.wait("document.querySelector('.overview')", 30)
    assert browser.ask("document.documentElement.scrollWidth") <= 360
    cut_off = "[...document.querySelectorAll('.transport *')].some((one) => one.getBoundingClientRect().right > 360)"
    assert not browser.ask(cut_off)
    for tab in ("look", "rules", "takeout"):
        pick(browser, tab)
        browser.wait("!document.querySelector('.rest .later[aria-busy]')", 30)
        assert browser.ask("document.documentElement.scrollWidth") <= 360, tab
    browser.resize(1280, 900)
