"""What a newcomer's films meet on the page: what is none, what is here already, folders, other views, a dead server."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.e2e.browser import Browser, find_browser
from tests.e2e.judging import judged, too_small, with_axe
from tests.e2e.served import Served, anew, playable, put
from tests.seen_rows import Seen
from tests.timelines import make_timeline
from tests.unit.test_library import library_at

from cinedex.app.server import uploads
from cinedex.library import Library

PROGRAM = find_browser()

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium here; install it, or name one in CHROMIUM")

REFUSED = "[...document.querySelectorAll('.uploads .refused')].map((one) => one.textContent)"
NAMES = "[...document.querySelectorAll('.card .name')].map((one) => one.textContent)"


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return library_at(tmp_path / "library")


def test_what_is_no_film_is_said_and_stays_said(browser: Browser, library: Library, tmp_path: Path) -> None:
    film = playable(tmp_path, "red.webm", 1)
    bad = {"notes.txt": b"words", "noise.mp4": b"\x07" * 5_000, "empty.mov": b""}
    for name, data in bad.items():
        (tmp_path / name).write_bytes(data)
    with Served(library, tmp_path) as address:
        anew(browser, address)
        browser.drag("main", [*(tmp_path / name for name in bad), film])
        browser.wait(f"({NAMES}).length === 1 && ({REFUSED}).length === 3", 20)
        told = sorted(browser.ask(REFUSED))
        assert [text.split(".")[0] for text in told] == ["empty", "noise", "notes"]
        assert "The file is empty" in told[0]
        assert "can be opened" in told[1]
        assert "no film by its name" in told[2]
        with_axe(browser)
        assert not judged(browser)
        assert not too_small(browser)
        browser.ask("document.querySelector('.uploads .refused button').click()")
        assert len(browser.ask(REFUSED)) == 2
        browser.drag("main", [film])
        browser.wait(
            "[...document.querySelectorAll('.toast')].some((one) => one.textContent.includes('here already'))", 20
        )
        assert browser.ask(NAMES) == ["red"]
        browser.complaints.clear()  # 415 is what was to be shown
        assert [p.name for p in (tmp_path / "uploads").rglob("*") if p.is_file()] == ["red.webm"]


def test_a_folder_is_dropped_on_another_view_and_all_are_analysed(
    browser: Browser, library: Library, tmp_path: Path
) -> None:
    folder = tmp_path / "films" / "of two"
    folder.mkdir(parents=True)
    playable(folder, "one.webm", 1)
    playable(folder.parent, "two.webm", 2)
    (folder / "notes.txt").write_text("no film", encoding="utf-8")
    with Served(library, tmp_path) as address:
        anew(browser, f"{address}#/settings")
        browser.wait("document.querySelector('.models')")
        browser.drag(".bar", [folder.parent])
        browser.wait(f"location.hash === '#/' && ({NAMES}).length === 2", 60)
        assert browser.ask(NAMES) == ["one", "two"]
        browser.wait(
            "[...document.querySelectorAll('.poster video')].filter((v) => v.readyState >= 2).length === 2", 20
        )
        browser.wait("[...document.querySelectorAll('.tools button')].some((b) => b.textContent === 'Analyse 2 films')")
        browser.ask(
            "[...document.querySelectorAll('.tools button')].find((b) => b.textContent === 'Analyse 2 films').click()"
        )
        browser.wait("[...document.querySelectorAll('.card img')].filter((one) => one.naturalWidth).length === 2", 60)
        assert browser.ask("[...document.querySelectorAll('.tools button')].every((b) => b.hidden || b.id === 'add')")
        assert not browser.complaints


def test_an_upload_that_was_cut_is_remembered_where_films_are_added(
    browser: Browser, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = playable(tmp_path, "late.webm", 1)

    async def stuck(request: Any, file: int, at: int, length: int) -> int:
        """Some bytes arrive, then nothing does."""
        del length
        body = await request.body()
        uploads._write(file, body[:1000] if at == 0 else b"")
        return 1000

    with Served(library, tmp_path) as address:
        with monkeypatch.context() as cut:
            cut.setattr(uploads, "_received", stuck)
            anew(browser, address)
            browser.drag("main", [film])
            browser.wait("document.querySelector('.uploads progress')?.value > 0")
            anew(browser, address)
            browser.wait("document.querySelector('.uploads .cut')?.textContent.includes('drop the file again')", 10)
        browser.drag("main", [film])
        browser.wait(f"({NAMES}).length === 1 && !document.querySelector('.uploads li')", 20)
        anew(browser, f"{address}?again")
        assert browser.ask("document.querySelectorAll('.uploads li').length") == 0


def test_a_server_that_dies_is_missed_and_greeted_when_it_is_back(
    browser: Browser, library: Library, tmp_path: Path
) -> None:
    library.add(playable(tmp_path, "a.webm", 1))
    with Served(library, tmp_path) as address:
        anew(browser, address)
        browser.wait("document.querySelector('.card')")
    browser.ask("location.hash = '#/jobs'")
    browser.wait("document.querySelector('h1').textContent === 'This did not work'", 20)
    assert browser.ask("!document.getElementById('silent').hidden")
    assert "The server does not answer" in browser.ask("document.querySelector('main').textContent")
    with_axe(browser)
    assert not judged(browser)
    port = urlsplit(address).port
    assert port is not None
    with Served(library, tmp_path, port=port):
        browser.wait("document.querySelector('h1')?.textContent === 'Jobs'", 20)
        assert browser.ask("document.getElementById('silent').hidden")
        browser.complaints.clear()  # that nobody answered


def test_search_and_ask_begin_with_what_is_there(browser: Browser, library: Library, tmp_path: Path) -> None:
    put(library, make_timeline(12, seen=Seen()), playable(tmp_path, "a.webm", 1))
    with Served(library, tmp_path) as address:
        anew(browser, f"{address}#/search")
        browser.wait("document.querySelectorAll('.hints a').length >= 3")
        browser.click(".hints a")
        browser.wait("document.querySelector('.moment mark')", 20)
        browser.ask("location.hash = '#/ask'")
        browser.wait("document.querySelector('.ask .chip')", 20)
        asked = browser.ask("document.querySelector('.ask .chip').textContent")
        browser.click(".ask .chip")
        browser.wait(f"document.querySelector('.turn h2')?.textContent === {asked!r}", 20)
        browser.wait("document.querySelector('.cite')", 20)
        assert not browser.complaints
