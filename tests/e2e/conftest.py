"""The browser of a file's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.e2e.browser import Browser, find_browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Debian's Chromium with a profile of its own."""
    program = find_browser()
    if program is None:
        pytest.skip("no Chromium here; install it, or name one in CHROMIUM")
    with Browser(program, tmp_path_factory.mktemp("profile")) as started:
        yield started
