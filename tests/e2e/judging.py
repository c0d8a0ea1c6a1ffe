"""What axe and a ruler say of the page that is open."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from tests.e2e.browser import Browser

_RUN = """axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }).then((found) => {
  const told = (node) => node.target.join(' ') + ' ' + node.failureSummary;
  return found.violations.map((one) => [one.id, one.nodes.map(told)]);
})"""

_SMALL = """[...document.querySelectorAll('button, a, input, select, textarea, summary, [role=slider]')]
  .filter((one) => one.offsetParent && !one.closest('p, td, .hidden, label') && !one.matches('.hidden, .skip'))
  .map((one) => [one.outerHTML.slice(0, 120), one.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.width < 23.5 || box.height < 17.5 || Math.max(box.width, box.height) < 24))
  .map(([html]) => html)"""
"""Controls smaller than 24 pixels (2.5.8), but for links within sentences and for bars, which are wide and low."""


def with_axe(browser: Browser) -> None:
    """Give the page that is open to axe."""
    script = (files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")
    browser.ask(f"{script}; 1")


def judged(browser: Browser) -> list[Any]:
    """What axe finds wrong by WCAG 2.2 AA."""
    return list(browser.ask(_RUN))


def too_small(browser: Browser) -> list[str]:
    """Controls that a finger misses."""
    return list(browser.ask(_SMALL))
