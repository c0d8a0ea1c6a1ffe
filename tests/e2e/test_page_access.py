"""Every view, light and dark, with data and without, judged by axe for WCAG 2.2 AA; targets' sizes and focus by us."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.browser import Browser, find_browser
from tests.e2e.judging import judged, too_small, with_axe
from tests.e2e.served import Served, anew, playable, put
from tests.seen_rows import Seen
from tests.timelines import make_timeline
from tests.unit.test_library import library_at

PROGRAM = find_browser()

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium here; install it, or name one in CHROMIUM")

FILM = "m1-" + "5" * 40

# What of a view has to be there before it is judged.
VIEWS = {
    "#/": ".card img",
    f"#/film/{FILM}": ".cue",
    "#/search?q=water": ".moment, .hints",
    "#/search": ".hints",
    "#/ask": ".asking",
    "#/people": ".person",
    "#/review": ".queue-item, .empty",
    f"#/review?film={FILM}&what=clauses": ".clause-item",
    "#/jobs": ".empty",
    "#/settings": ".models",
    "#/nowhere": ".empty",
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("access")
    library = library_at(folder / "library")
    put(library, make_timeline(30, seen=Seen()), playable(folder, "a.webm", 4))
    with Served(library, folder) as served:
        yield served


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_view(browser: Browser, address: str, scheme: str) -> None:
    browser.scheme(scheme)
    found: dict[str, Any] = {}
    for view, sign in VIEWS.items():
        anew(browser, f"{address}{view}")
        browser.wait(f"document.querySelector('{sign}')")
        with_axe(browser)
        tabs = browser.ask("[...document.querySelectorAll('.rest [role=tab], .side [role=tab]')].map((t) => t.id)")
        for tab in tabs or [""]:
            if tab:
                browser.ask(f"document.getElementById('{tab}').click()")
                browser.wait("!document.querySelector('.later[aria-busy]')")
            if wrong := judged(browser):
                found[f"{view} {tab}"] = wrong
            if small := too_small(browser):
                found[f"{view} {tab} small"] = small
        if view == "#/":
            browser.ask("document.getElementById('add').click()")
            browser.press("?")
            if wrong := judged(browser):
                found["dialog"] = wrong
            browser.press("Escape")
    assert not found


def test_focus_goes_where_the_reader_goes(browser: Browser, address: str) -> None:
    anew(browser, address)
    browser.press("Tab")
    assert browser.ask("document.activeElement.className") == "skip"
    browser.ask("document.activeElement.click()")
    assert browser.ask("document.activeElement.id") == "main"
    browser.ask("location.hash = '#/ask'")
    browser.wait("document.activeElement.id === 'question'")
    assert browser.ask("document.title") == "Ask · Cinedex"
    browser.wait("document.getElementById('heard').textContent === 'Ask'")
    browser.ask("location.hash = '#/jobs'")
    browser.wait("document.activeElement.id === 'main'")


def test_tabs_move_by_arrows_and_the_timeline_by_keys(browser: Browser, address: str) -> None:
    anew(browser, f"{address}#/film/{FILM}")
    browser.wait("document.querySelector('.cue')")
    browser.ask("document.querySelector('.rest [role=tab]').focus()")
    browser.press("ArrowRight")
    assert browser.ask("document.activeElement.dataset.tab") == "people"
    assert browser.ask("document.activeElement.getAttribute('aria-selected')") == "true"
    browser.wait("document.querySelector('.screen video').readyState >= 1")
    browser.ask("document.querySelector('.lanes').focus()")
    browser.press("ArrowRight")
    browser.wait("Number(document.querySelector('.lanes').getAttribute('aria-valuenow')) === 1")
    assert "Shot" in browser.ask("document.querySelector('.lanes').getAttribute('aria-valuetext')")
