"""The review view signs off clauses and adds what was missed, by keyboard; the film's page finds remedies."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.browser import Browser, find_browser
from tests.e2e.served import Served, anew, playable, put
from tests.unit.test_library import library_at
from tests.unit.test_review import _black, _shot, _timeline, _word

from cinedex.timeline.rows import Shot
from cinedex.timeline.time import Time
from cinedex.timeline.track import Maker, Track

PROGRAM = find_browser()

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium here; install it, or name one in CHROMIUM")

HOSTILE = "</script><img src=x onerror=alert(1)>"


@pytest.fixture
def served(tmp_path: Path) -> Served:
    library = library_at(tmp_path / "library")
    known = _timeline(_black(1, 3), _word(2), _shot(1, 2))
    at = [Time.from_seconds(s) for s in (0, 2, 4)]
    cuts = [Shot(start=a, end=b, number=n, opening="cut", score=1.0) for n, (a, b) in enumerate(pairwise(at))]
    tracks = {**known.tracks, ("shots", "shot"): Track.of(Shot, cuts, Maker("shots", 1))}
    put(library, replace(known, tracks=tracks), playable(tmp_path))
    return Served(library, tmp_path)


def at(browser: Browser, seconds: float) -> None:
    """Bring the film to a time."""
    browser.wait("document.querySelector('.desk video').readyState >= 1", 20)
    browser.ask(f"document.querySelector('.desk video').currentTime = {seconds}")
    browser.wait(f"Math.abs(document.querySelector('.desk video').currentTime - {seconds}) < 0.05", 10)


def shown(browser: Browser, selector: str) -> Any:
    return browser.ask(f"document.querySelector({selector!r})?.textContent")


def write(browser: Browser, selector: str, text: str) -> None:
    browser.ask(f"document.querySelector({selector!r}).value = {text!r}")


def test_a_missed_place_is_marked_added_and_withdrawn(browser: Browser, served: Served) -> None:
    with served as address:
        anew(browser, f"{address}#/review")
        browser.wait("document.querySelector('.queue-item[aria-current]')", 30)
        there = browser.ask("document.querySelectorAll('.queue-item').length")
        browser.press("m")
        browser.wait("document.querySelector('.toast')?.textContent.includes('Mark where it begins')")
        at(browser, 2.5)
        browser.press("i")
        at(browser, 3.25)
        browser.press("o")
        browser.wait("document.querySelector('.marker [role=status]').textContent.startsWith('0:02.500 to 0:03.250')")
        browser.press("m")
        browser.wait("document.activeElement.matches('.marker select')")
        write(browser, ".marker .correcting input[list]", "stabbing")
        write(browser, ".marker .correcting label:last-of-type input", HOSTILE)
        browser.ask("document.querySelector('.marker form').requestSubmit()")
        browser.wait(f"document.querySelectorAll('.queue-item').length === {there + 1}", 20)
        (added,) = (d for d in served.library.reviewer.log.decisions() if d.do == "add")
        assert (added.place.label, added.place.span.start.seconds, added.note) == ("stabbing", 2.5, HOSTILE)
        browser.ask("document.activeElement.blur()")
        browser.press("j")
        browser.wait("document.querySelector('[data-decide=withdraw]').hidden === false")
        assert browser.ask("document.querySelector('[data-decide=accept]').hidden")
        browser.press("w")
        browser.wait("document.querySelector('.decided.withdrawn')", 20)
        assert [d.do for d in served.library.reviewer.log.decisions()] == ["add", "withdraw"]
        assert not [c for c in browser.complaints if "/still" not in c]


def test_clauses_are_signed_off_by_keyboard_and_stand_on_the_films_page(browser: Browser, served: Served) -> None:
    with served as address:
        anew(browser, f"{address}#/review")
        browser.wait("document.querySelector('.queue-item[aria-current]')", 30)
        browser.press("s")
        browser.wait("document.querySelector('.clause-item[aria-current]')", 30)
        open_before = browser.ask("document.querySelector('.heading [role=status]').textContent")
        first = shown(browser, ".clause-item[aria-current] .quiet")
        browser.press("p")
        browser.wait("document.activeElement.tagName === 'TEXTAREA'")
        assert served.library.reviewer.log.entries() == ()
        write(browser, "textarea", HOSTILE)
        browser.ask("document.activeElement.blur()")
        at(browser, 1)
        browser.press("i")
        at(browser, 2)
        browser.press("o")
        browser.press("x")
        browser.wait(f"document.querySelector('.clause-item[aria-current] .quiet').textContent !== {first!r}", 20)
        (signed,) = served.library.reviewer.log.entries()
        assert (signed.do, signed.note) == ("not applicable", HOSTILE)
        assert [(float(s.start.seconds), float(s.end.seconds)) for s in signed.times] == [(1.0, 2.0)]
        assert shown(browser, ".heading [role=status]") != open_before
        browser.press("k")
        browser.wait("document.querySelector('.review-facts bdi')")
        assert HOSTILE in shown(browser, ".review-facts bdi")
        assert browser.ask("document.querySelector('.review-facts img')") is None
        browser.press("u")
        browser.wait("!document.querySelector('.review-facts bdi')", 20)
        assert [e.do for e in served.library.reviewer.log.entries()] == ["not applicable", "reopen"]
        assert not [c for c in browser.complaints if "/still" not in c]


def test_a_measured_fail_can_only_be_waived_and_is_told_so(browser: Browser, served: Served) -> None:
    film = served.library.movies()[0]
    with served as address:
        anew(browser, f"{address}#/review?film={film.id}&what=clauses")
        browser.wait("document.querySelector('.clause-item[aria-current]')", 30)
        browser.ask(
            "[...document.querySelectorAll('.clause-item')]"
            ".find((item) => item.textContent.startsWith('us/harsh-sexual-word')).click()"
        )
        browser.wait("document.querySelector('.review-facts').textContent.includes('was measured to fail')")
        assert browser.ask("[...document.querySelectorAll('.decide .button')].map((b) => b.disabled)") == [
            True, False, True, False,
        ]  # fmt: skip
        write(browser, "textarea", "bleeped on air")
        browser.press("w")
        browser.wait(
            "[...document.querySelectorAll('.clause-item .verdict')].some((v) => v.textContent.includes('waived'))", 20
        )
        browser.ask(f"localStorage.setItem('cinedex.pack', 'us'); location.hash = '#/film/{film.id}'")
        browser.wait("document.querySelector('[data-tab=rules]')", 30)
        browser.ask("document.querySelector('[data-tab=rules]').click()")
        browser.wait("document.querySelector('table.clauses')", 30)
        row = browser.ask(
            "[...document.querySelectorAll('table.clauses tr')]"
            ".find((r) => r.textContent.includes('harsh-sexual-word,'))"
            ".textContent"
        )
        assert row.startswith("Failswaived")
        assert "waived by this machine" in row
        assert "bleeped on air" in row
        assert not [c for c in browser.complaints if "/still" not in c]
