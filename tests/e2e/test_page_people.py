"""Who is who, decided on the page: merged, split by single appearances, named once for several films, and erased."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.casts import HARBOUR, TRAIN, library_at, put_film
from tests.e2e.browser import Browser, find_browser
from tests.e2e.judging import judged, too_small, with_axe
from tests.e2e.served import Served, anew

from cinedex.library import Library

PROGRAM = find_browser()

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium here; install it, or name one in CHROMIUM")

NAMES = "[...document.querySelectorAll('.person .name')].map((n) => n.value || n.placeholder)"
DIALOG = "document.querySelector('dialog[open]')"


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """Two films; Ann is named in one and recognised in the other, and a stranger is in both."""
    made = library_at(tmp_path / "library")
    put_film(made, "harbour.mp4", HARBOUR)
    put_film(made, "train.mp4", TRAIN)
    made.cast.name("harbour.mp4#1", "Ann")
    return made


def show(browser: Browser, address: str, number: int) -> None:
    """Open the people's view, with what can be changed of each."""
    anew(browser, f"{address}#/people")
    wait_for(browser, number)


def wait_for(browser: Browser, number: int) -> None:
    browser.wait(f"document.querySelectorAll('.person').length === {number} && !document.querySelector('.waiting')", 20)
    browser.ask("document.querySelectorAll('details.more').forEach((one) => (one.open = true))")


PRESS = """(([whom, says]) => {
  const called = (one) => one.querySelector('.name').value || one.querySelector('.name').placeholder;
  const one = [...document.querySelectorAll('.person')].find((one) => called(one) === whom);
  const button = [...one.querySelectorAll('button')].find((button) => button.textContent === says);
  button.focus();
  button.click();
})"""


def press(browser: Browser, says: str, of: str) -> None:
    """Press the button of somebody's that opens a dialog."""
    browser.ask(f"{PRESS}({json.dumps([of, says])})")
    browser.wait(DIALOG)


def test_two_are_merged_and_that_is_taken_back(browser: Browser, library: Library, tmp_path: Path) -> None:
    with Served(library, tmp_path) as address:
        show(browser, address, 6)
        before = browser.ask(NAMES)
        browser.ask(
            "(() => { const pick = document.querySelector('select[aria-label=\"Person 2 is the same as\"]');"
            " pick.value = [...pick.options].find((o) => o.text === 'Ann').value;"
            " pick.dispatchEvent(new Event('change')); })()"
        )
        wait_for(browser, 5)
        assert "Ann" in browser.ask(NAMES)
        assert "Person 2" not in browser.ask(NAMES)
        browser.click(".toast button")
        wait_for(browser, 6)
        assert browser.ask(NAMES) == before
        assert not browser.complaints


def test_an_appearance_is_split_off(browser: Browser, library: Library, tmp_path: Path) -> None:
    with Served(library, tmp_path) as address:
        show(browser, address, 6)
        press(browser, "Split…", "Person 2")
        browser.wait(
            "document.querySelectorAll('dialog img').length === 2 && document.querySelector('dialog img').naturalWidth"
        )
        assert browser.ask("document.querySelector('dialog [form=split]').disabled"), "nothing is chosen"
        with_axe(browser)
        assert not judged(browser)
        assert not too_small(browser)
        browser.ask("document.querySelector('dialog input[type=checkbox]').focus()")
        browser.press(" ")
        assert browser.ask("document.querySelector('dialog [role=status]').textContent") == "1 of 2 appearances chosen."
        browser.ask("document.getElementById('split-name').value = 'Zoe'")
        browser.ask("document.querySelector('dialog [form=split]').click()")
        wait_for(browser, 7)
        assert "Zoe" in browser.ask(NAMES)
        assert not browser.complaints


def test_a_stranger_of_several_films_is_named_once(browser: Browser, library: Library, tmp_path: Path) -> None:
    with Served(library, tmp_path) as address:
        show(browser, address, 6)
        browser.ask(
            "(() => { const name = document.querySelector('.film-people .name[placeholder=\"A stranger\"]');"
            " name.value = 'Cat'; name.dispatchEvent(new Event('change')); })()"
        )
        wait_for(browser, 4)  # in both films
        assert set(browser.ask(NAMES)[:2]) == {"Ann", "Cat"}
        assert not browser.complaints


def test_somebody_is_erased_after_it_was_said_what_goes(browser: Browser, library: Library, tmp_path: Path) -> None:
    with Served(library, tmp_path) as address:
        for scheme in ("dark", "light"):
            browser.scheme(scheme)
            show(browser, address, 6)
            press(browser, "Erase…", "Ann")
            with_axe(browser)
            assert not judged(browser)
        assert browser.ask("document.activeElement.textContent") == "Cancel", "what is safe has the focus"
        told = browser.ask(f"{DIALOG}.textContent")
        assert all(words in told for words in ("Erase Ann?", "in 2 films", "This stays", "cannot be undone"))
        browser.press("Escape")
        browser.wait(f"!{DIALOG}")
        assert browser.ask("document.activeElement.textContent") == "Erase…", "the focus goes back"
        assert "Ann" in browser.ask(NAMES)
        press(browser, "Erase…", "Ann")
        browser.press("Tab")
        assert browser.ask("document.activeElement.textContent") == "Erase for good"
        browser.press("Enter")
        browser.wait("document.querySelector('.toast')?.textContent.includes('Ann is erased from 2 films')", 20)
        wait_for(browser, 5)
        assert "Ann" not in browser.ask(NAMES)
        assert not browser.complaints
    assert len(library.cast.register.deletions) == 1
    assert all(p.name != "Ann" for p in library.cast.everybody())


def test_who_may_only_review_is_not_offered_to_erase(browser: Browser, library: Library, tmp_path: Path) -> None:
    served = Served(library, tmp_path)
    served.service.open_here = False
    key = served.service.keys.create("reviewer", ("read", "review"))
    with served as address:
        anew(browser, f"{address}#/people")
        browser.ask(f"document.getElementById('key').value = '{key}'")
        browser.ask("document.querySelector('main form').requestSubmit()")
        wait_for(browser, 6)
        words = browser.ask("[...document.querySelectorAll('.person button')].map((b) => b.textContent)")
        assert "Hide" in words
        assert "Erase…" not in words
        browser.complaints.clear()  # 401 before there was a key
