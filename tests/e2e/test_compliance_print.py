"""The compliance report in Chromium: it asks for nothing, and prints to pages of A4 with every clause on them."""

from __future__ import annotations

import base64
import re
import zlib
from pathlib import Path

import pytest
from tests.e2e.browser import Browser, find_browser
from tests.flash_films import flashing
from tests.unit.test_compliance_curves import known

from cinedex.compliance.judge import Judge
from cinedex.compliance.read import built_in
from cinedex.formats.compliance import render_compliance

PROGRAM = find_browser()

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium here; install it, or name one in CHROMIUM")


def pages(pdf: bytes) -> list[tuple[float, ...]]:
    """The sheets of a PDF, in points."""
    plain = pdf + b"".join(_streams(pdf))
    boxes = re.findall(rb"/MediaBox\s*\[([^\]]+)\]", plain)
    return [tuple(round(float(n)) for n in box.split()) for box in boxes]


def _streams(pdf: bytes) -> list[bytes]:
    found = []
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            found.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return found


def test_the_report_prints_all_its_clauses_on_a4(tmp_path: Path):
    assert PROGRAM is not None
    timeline = known(flashing(range(60, 120, 3), 210, rows_lit=18))
    found = [Judge(timeline).judge(built_in()[name]) for name in ("wcag", "us", "broadcast-eu")]
    page = tmp_path / "report.html"
    page.write_text(render_compliance(timeline, found), encoding="utf-8")
    with Browser(PROGRAM, tmp_path / "profile") as browser:
        browser.call("Page.navigate", url=page.as_uri())
        browser.wait("document.readyState === 'complete'")
        assert browser.ask("document.querySelectorAll('svg.curves').length") == 2
        browser.call("Emulation.setEmulatedMedia", media="print")
        shown = "[...document.querySelectorAll('tbody tr[id]')].filter(r => r.offsetHeight > 0).length"
        assert browser.ask(shown) == sum(len(j.findings) for j in found)
        # Nothing is wider than the sheet inside its margins (A4 less 28 mm, at 96 dots an inch).
        browser.resize(687, 900)
        assert browser.ask("document.documentElement.scrollWidth") <= 687
        pdf = base64.b64decode(browser.call("Page.printToPDF", preferCSSPageSize=True)["data"])
        assert not browser.complaints
        assert not [a for a in browser.asked if not a.startswith(("file:", "data:"))]
    assert pdf.startswith(b"%PDF")
    sheets = pages(pdf)
    assert len(sheets) >= len(found)
    assert set(sheets) == {(0, 0, 595, 842)}
