"""What a newcomer does on the page, with the sample film and the real models: drop it there, watch, play, find, ask,
decide who is who, review, erase somebody."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.e2e.browser import Browser, find_browser
from tests.e2e.served import Served

from cinedex.app.sample import make_sample
from cinedex.library import Library
from cinedex.settings import Settings

PROGRAM = find_browser()

pytestmark = [
    pytest.mark.skipif(PROGRAM is None, reason="no Chromium here; install it, or name one in CHROMIUM"),
    pytest.mark.weights,
    pytest.mark.slow,
]

TIME = "document.querySelector('.screen video').currentTime"


def test_drop_watch_play_find_ask_name_review_and_erase(tmp_path: Path) -> None:
    films = tmp_path / "films"
    films.mkdir()
    make_sample(films / "sample.mp4", Path(os.environ["CINEDEX_CACHE"]) / "models", offline=True)
    library = Library(tmp_path / "library", settings=Settings.from_env())
    assert PROGRAM is not None
    with Served(library, tmp_path, [films]) as address, Browser(PROGRAM, tmp_path / "profile") as browser:
        browser.open(address)
        add_and_watch(browser, films / "sample.mp4")
        play_and_seek(browser)
        split_and_merge(browser)
        name_a_face(browser)
        find_and_ask(browser)
        review(browser)
        erase_somebody(browser)
        assert not browser.complaints, "no error in the console, nothing that the content policy refused"
        assert all(a.startswith((address, "data:", "blob:", "about:")) for a in browser.asked)


def add_and_watch(browser: Browser, film: Path) -> None:
    browser.drag("main", [film], drop=False)
    browser.wait("document.querySelector('.well.over')")
    browser.drag("main", [film])
    browser.wait("document.querySelector('.card .state button')", 20)
    browser.click(".card .state button")
    browser.wait("document.querySelector('.job progress')?.value > 0.1", 120)
    browser.wait("document.querySelector('.card img')?.naturalWidth > 0 && !document.querySelector('.job')", 200)


def play_and_seek(browser: Browser) -> None:
    browser.click(".card .open")
    browser.wait("document.querySelector('.cue') && document.querySelector('.screen video').readyState >= 2", 30)
    assert "best of times" in browser.ask("document.querySelector('.cue').textContent")
    browser.press(" ")
    browser.wait(f"{TIME} > 0.5")
    browser.press("k")
    browser.wait("document.querySelector('.screen video').paused && location.hash.includes('?t=')")
    browser.click(".cue:nth-child(5) button")
    browser.wait("document.querySelector('.cue:nth-child(5)').hasAttribute('aria-current')")
    assert 14 < browser.ask(TIME) < 18
    browser.hover(".scrub")
    browser.wait(
        "document.querySelector('.scrub .peek:not([hidden]) .tile').style.backgroundImage.includes('storyboard')"
    )


def split_and_merge(browser: Browser) -> None:
    browser.ask("document.querySelector('[data-tab=people]').click()")
    browser.wait("document.querySelector('.person img')?.naturalWidth > 0", 30)
    browser.ask("[...document.querySelectorAll('.more button')].find((b) => b.textContent === 'Split…').click()")
    browser.wait("document.querySelectorAll('.appearance img').length === 2", 20)
    browser.click(".appearance:last-child")
    browser.click("dialog [form=split]")
    browser.wait("document.querySelectorAll('.person').length === 2", 20)
    browser.ask(
        "(() => { const pick = document.querySelector('.more select'); pick.selectedIndex = 1;"
        " pick.dispatchEvent(new Event('change')); })()"
    )
    browser.wait("document.querySelectorAll('.person').length === 1", 20)


def name_a_face(browser: Browser) -> None:
    browser.ask("document.querySelector('[data-tab=people]').click()")
    browser.wait("document.querySelector('.person img')?.naturalWidth > 0", 30)
    browser.ask("document.querySelector('.person .name').value = 'The Cyclist'")
    browser.ask("document.querySelector('.person .name').dispatchEvent(new Event('change'))")
    browser.wait("document.querySelector('.toast')?.textContent.includes('The Cyclist')", 30)


def find_and_ask(browser: Browser) -> None:
    browser.press("/")
    browser.ask("document.getElementById('query').value = 'age of foolishness'")
    browser.ask("document.getElementById('search').requestSubmit()")
    browser.wait("document.querySelector('.moment mark')", 60)
    browser.ask("location.hash = '#/search?q=person%3A%22The%20Cyclist%22'")
    browser.wait("document.querySelector('.filters .chip') && document.querySelector('.moment')", 60)
    browser.click(".filters .chip")
    browser.wait("document.querySelector('h1').textContent === 'Search every film'")
    browser.ask("location.hash = '#/ask'")
    browser.wait("document.getElementById('question')")
    browser.ask("document.getElementById('question').value = 'Who says that it was the age of wisdom?'")
    browser.ask("document.querySelector('.asking').requestSubmit()")
    browser.wait(
        "document.querySelector('.cite') && document.querySelector('.coverage').textContent.includes('searched')", 60
    )
    browser.click(".cite")
    browser.wait("document.querySelector('.beside video').readyState >= 2", 30)


def review(browser: Browser) -> None:
    browser.ask("location.hash = '#/review'")
    browser.wait("document.querySelector('.queue-item[aria-current]')", 60)
    open_before = browser.ask("document.querySelectorAll('.decided.open').length")
    browser.press("a")
    browser.wait("document.querySelector('.decided.accepted')", 30)
    browser.press("r")
    browser.wait("document.querySelector('.decided.rejected')", 30)
    assert browser.ask("document.querySelectorAll('.decided.open').length") == open_before - 2
    browser.press("k")
    browser.press("u")
    browser.wait(f"document.querySelectorAll('.decided.open').length === {open_before - 1}", 30)


def erase_somebody(browser: Browser) -> None:
    browser.ask("location.hash = '#/people'")
    browser.wait("document.querySelector('.person .name')?.value === 'The Cyclist'", 30)
    browser.ask("[...document.querySelectorAll('.more button')].find((b) => b.textContent === 'Erase…').click()")
    browser.click("dialog .danger")
    browser.wait("document.querySelector('main .empty')?.textContent.includes('Nobody has been seen')", 30)
    browser.ask("location.hash = '#/search?q=person%3A%22The%20Cyclist%22'")
    browser.wait("document.querySelector('h1').textContent === 'Nothing matches'", 30)
