"""The library's page in Chromium over the real server: upload across a cut, watch the work, find a moment, play it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from tests.e2e.browser import Browser, find_browser
from tests.films import Sound, make_film
from tests.unit.test_library import library_at

from cinedex.app.server import uploads
from cinedex.app.server.application import application
from cinedex.app.server.service import Service
from cinedex.app.server.state import State

PROGRAM = find_browser()

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium here; install it, or name one in CHROMIUM")


class Served:
    """A service on a free port of this machine."""

    def __init__(self, folder: Path) -> None:
        self.films = folder / "films"
        self.films.mkdir()
        self.service = Service(
            library_at(folder / "library"), State(folder / "s.sqlite"), folder / "up", (self.films,), open_here=True
        )
        config = uvicorn.Config(application(self.service), host="127.0.0.1", port=0, log_level="error")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)

    def __enter__(self) -> str:
        self.thread.start()
        until = time.monotonic() + 20
        while not self.server.started and time.monotonic() < until:
            time.sleep(0.02)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}/"

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join(20)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    assert PROGRAM is not None
    with Browser(PROGRAM, tmp_path_factory.mktemp("profile")) as started:
        yield started


def test_a_newcomer_uploads_watches_and_finds(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = make_film(
        tmp_path / "green <b>field.webm",
        shots=[(2, (200, 40, 40)), (2, (40, 190, 60))],
        sounds=[Sound(codec="libopus")],
        codec="libvpx-vp9",
        b_frames=0,
        options={"cpu-used": "8"},
    )
    received, parts = uploads._received, []

    async def in_part(request: Any, file: int, at: int, length: int) -> int:
        """Of the first block only some bytes arrive."""
        parts.append(at)
        if len(parts) > 1:
            return await received(request, file, at, length)
        uploads._write(file, (await request.body())[:1000])
        return at + 1000

    monkeypatch.setattr(uploads, "_received", in_part)
    served = Served(tmp_path)
    with served as address:
        browser.open(address)
        browser.choose("#files", film)
        browser.wait("document.querySelector('.card .name')?.textContent.startsWith('green')", 30)
        assert browser.ask("document.querySelector('.card b')") is None, "a film's name is no markup"
        assert parts == [0, 1000]
        browser.click(".card button")
        browser.wait("document.querySelector('.card img')?.naturalWidth > 0", 60)
        browser.ask("location.hash = '#/search?q=green'")
        browser.wait("document.querySelector('.hit')", 20)
        browser.ask("document.querySelector('.hit').dispatchEvent(new MouseEvent('mouseenter'))")
        browser.wait("document.querySelector('.hit video').readyState >= 2", 20)
        browser.picture(tmp_path / "search.png")
        browser.click(".hit strong")
        browser.wait("document.querySelector('video')?.readyState >= 2 && location.pathname.endsWith('/report')", 20)
        assert browser.ask("document.querySelector('video').currentTime") == pytest.approx(2, abs=0.1)
        assert not browser.complaints
        assert all(a.startswith((address, "data:", "blob:")) for a in browser.asked)


def test_nothing_is_said_honestly_and_the_keyboard_suffices(browser: Browser, tmp_path: Path) -> None:
    with Served(tmp_path) as address:
        browser.resize(390, 800, phone=True)
        browser.open(address)
        assert browser.ask("document.documentElement.scrollWidth <= innerWidth")
        browser.press("/")
        assert browser.ask("document.activeElement.id") == "query"
        browser.ask("document.activeElement.value = 'whale'")
        browser.ask("document.getElementById('search').requestSubmit()")
        browser.wait("document.querySelector('h1').textContent.startsWith('Nothing in this library')", 20)
        browser.resize(1280, 900)


def test_without_a_key_it_asks_for_one(browser: Browser, tmp_path: Path) -> None:
    served = Served(tmp_path)
    served.service.open_here = False
    key = served.service.keys.create("reader", ("read",))
    with served as address:
        browser.open(address)
        browser.wait("document.querySelector('h1').textContent === 'A key is needed'")
        browser.complaints.clear()  # 401 is what was to be shown
        browser.ask(f"document.querySelector('input[type=password]').value = '{key}'")
        browser.ask("document.querySelector('main form').requestSubmit()")
        browser.wait("document.querySelector('h1').textContent === '0 films'", 20)
        assert browser.ask("document.cookie") == ""
