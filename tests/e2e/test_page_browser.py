"""The library's page in Chromium over the real server: the shell, ways in for films, keys, phones, and its weight."""

from __future__ import annotations

import gzip
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.browser import Browser, find_browser
from tests.e2e.served import Served, anew, playable
from tests.unit.test_library import library_at

from cinedex.app.server import uploads
from cinedex.media.films import FILM_SUFFIXES

PROGRAM = find_browser()

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium here; install it, or name one in CHROMIUM")

PAGE = Path(str(files("cinedex.app.server"))) / "page"

VIEWS = ("", "ask", "people", "review", "jobs", "settings", "search", "search?q=whale", "nowhere")


@pytest.fixture
def served(tmp_path: Path) -> Served:
    (tmp_path / "films").mkdir()
    return Served(library_at(tmp_path / "library"), tmp_path, [tmp_path / "films"])


def test_a_newcomer_uploads_watches_and_finds(
    browser: Browser, served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = playable(tmp_path)
    received, parts = uploads._received, []

    async def in_part(request: Any, file: int, at: int, length: int) -> int:
        """Of the first block only some bytes arrive."""
        parts.append(at)
        if len(parts) > 1:
            return await received(request, file, at, length)
        uploads._write(file, (await request.body())[:1000])
        return at + 1000

    monkeypatch.setattr(uploads, "_received", in_part)
    with served as address:
        anew(browser, address)
        assert "within reach" in browser.ask("document.querySelector('h1').textContent")
        browser.choose("#files", film)
        browser.wait("document.querySelector('.card .name')?.textContent.startsWith('green')", 30)
        assert browser.ask("document.querySelector('.card b')") is None, "a film's name is no markup"
        assert parts == [0, 1000]
        browser.wait("document.querySelector('.card .state button')", 20)
        browser.click(".card .state button")
        browser.wait("document.querySelector('.job progress')", 20)
        browser.wait("document.querySelector('.card img')?.naturalWidth > 0", 60)
        browser.ask("location.hash = '#/search?q=green'")
        browser.wait("document.querySelector('.moment')", 20)
        browser.hover(".moment .frame")
        browser.wait("document.querySelector('.frame.plays video')?.muted", 20)
        browser.click(".moment > a")
        browser.wait("document.querySelector('.screen video')?.readyState >= 2", 20)
        assert browser.ask("document.querySelector('.screen video').currentTime") == pytest.approx(2, abs=0.1)
        browser.ask("location.hash = '#/jobs'")
        browser.wait("document.querySelector('.ended.done')", 20)
        assert not browser.complaints
        assert all(a.startswith((address, "data:", "blob:", "about:")) for a in browser.asked)


def test_an_upload_goes_on_after_the_page_was_closed(
    browser: Browser, served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = playable(tmp_path, "late.webm", 1)
    received, parts = uploads._received, []

    async def stuck(request: Any, file: int, at: int, length: int) -> int:
        """Some bytes arrive, then nothing does."""
        del length
        parts.append(at)
        body = await request.body()
        uploads._write(file, body[:1000] if at == 0 else b"")
        return at + 1000 if at == 0 else at

    monkeypatch.setattr(uploads, "_received", stuck)
    with served as address:
        anew(browser, address)
        browser.choose("#files", film)
        browser.wait("document.querySelector('.uploads progress')?.value > 0")
        browser.call("Page.navigate", url="about:blank")
        parts.clear()

        async def whole(request: Any, file: int, at: int, length: int) -> int:
            parts.append(at)
            return await received(request, file, at, length)

        monkeypatch.setattr(uploads, "_received", whole)
        anew(browser, address)
        browser.choose("#files", film)
        browser.wait("document.querySelector('.card .name')?.textContent === 'late'", 30)
        assert parts == [1000]


def test_a_film_comes_from_the_server_by_its_path(browser: Browser, served: Served, tmp_path: Path) -> None:
    film = playable(tmp_path / "films", "red.webm", 1)
    with served as address:
        anew(browser, address)
        browser.ask(f"document.getElementById('place').value = {str(film)!r}")
        browser.ask("document.querySelector('.adding form').requestSubmit()")
        browser.wait("document.querySelector('.card .name')?.textContent === 'red'", 20)
        browser.click("#add")
        browser.ask("document.getElementById('place').value = '/etc/passwd'")
        browser.ask("document.querySelector('.adding form').requestSubmit()")
        browser.wait("document.querySelector('.toast.alert')?.textContent.includes('not added from there')", 20)
        browser.forgive("403")


def test_nothing_is_said_honestly_and_the_keyboard_suffices(browser: Browser, served: Served) -> None:
    with served as address:
        anew(browser, address)
        browser.press("/")
        assert browser.ask("document.activeElement.id") == "query"
        browser.ask("document.activeElement.value = 'whale'")
        browser.ask("document.getElementById('search').requestSubmit()")
        browser.wait("document.querySelector('h1').textContent === 'Nothing matches'", 20)
        browser.press("?")
        browser.wait("document.querySelector('dialog[open] .keys')")
        browser.press("Escape")
        browser.wait("!document.querySelector('dialog')")
        browser.press("g")
        browser.wait("location.hash === '#/'")


def test_every_view_opens_on_a_phone_without_scrolling_sideways(browser: Browser, served: Served) -> None:
    with served as address:
        browser.resize(360, 800, phone=True)
        anew(browser, address)
        for view in VIEWS:
            go(browser, f"#/{view}")
            assert browser.ask("document.documentElement.scrollWidth") <= 360, view
            assert browser.ask("document.querySelectorAll('main h1').length") == 1, view
            assert "did not work" not in browser.ask("document.querySelector('h1').textContent"), view
        browser.resize(1280, 900)
        browser.complaints[:] = [c for c in browser.complaints if "/review/" not in c]
        assert not browser.complaints


def go(browser: Browser, to: str) -> None:
    """Open a view of the page that is open already."""
    browser.ask("delete document.documentElement.dataset.ready")
    browser.ask(f"location.hash === {to!r} ? dispatchEvent(new Event('hashchange')) : (location.hash = {to!r})")
    browser.wait("document.documentElement.dataset.ready === ''", 20)


def test_a_chosen_theme_is_remembered(browser: Browser, served: Served) -> None:
    with served as address:
        browser.scheme("light")
        anew(browser, address)
        light = browser.ask("getComputedStyle(document.body).backgroundColor")
        browser.click("#theme")
        dark = browser.ask("getComputedStyle(document.body).backgroundColor")
        assert light != dark
        anew(browser, f"{address}?again")
        assert browser.ask("getComputedStyle(document.body).backgroundColor") == dark
        browser.ask("localStorage.clear()")


def test_without_a_key_it_asks_for_one(browser: Browser, served: Served) -> None:
    served.service.open_here = False
    key = served.service.keys.create("reader", ("read",))
    with served as address:
        anew(browser, address)
        browser.wait("document.querySelector('h1').textContent === 'A key is needed'")
        browser.complaints.clear()  # 401 is what was to be shown
        browser.ask("document.getElementById('key').value = 'wrong'")
        browser.ask("document.querySelector('main form').requestSubmit()")
        browser.wait("document.querySelector('main [role=alert]').textContent !== ''")
        browser.ask(f"document.getElementById('key').value = '{key}'")
        browser.ask("document.querySelector('main form').requestSubmit()")
        browser.wait("document.querySelector('.newcomer')", 20)
        assert browser.ask("document.getElementById('files')") is None, "who may only read is not asked for films"
        assert browser.ask("document.cookie") == ""
        browser.complaints.clear()


def test_the_page_knows_films_by_the_same_names_as_the_server() -> None:
    script = (PAGE / "js" / "uploading.js").read_text(encoding="utf-8")
    (named,) = re.findall(r"const FILM = /\\\.\((.+?)\)\$/i", script)
    assert {f".{ending}" for ending in named.split("|")} == FILM_SUFFIXES


def test_the_page_is_light_and_whole() -> None:
    scripts = [p.read_bytes() for p in PAGE.rglob("*.js")]
    assert sum(len(gzip.compress(s)) for s in scripts) < 200_000
    for script in PAGE.rglob("*.js"):
        text = script.read_text(encoding="utf-8")
        assert text.count("\n") < 250, script.name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text), script.name
        for named in re.findall(r"from \"(\..+?)\"|import\(\"(\..+?)\"\)", text):
            assert (script.parent / (named[0] or named[1])).is_file(), (script.name, named)
    index = (PAGE / "index.html").read_text(encoding="utf-8")
    for named in re.findall(r"(?:href|src)=\"/page/([^\"#]+)", index):
        assert (PAGE / named).is_file(), named
