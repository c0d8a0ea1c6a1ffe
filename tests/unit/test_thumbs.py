"""Stills on terminals: shown where they can be, never as anything else than a picture."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console

from cinedex.app.thumbs import COLUMNS, Still, Way, way
from cinedex.media.image import jpeg

PICTURE = jpeg(np.repeat(np.repeat(np.array([[[250, 0, 0], [0, 0, 250]]], np.uint8), 90, 0), 80, 1))


def console(*, terminal: bool = True, width: int = 80) -> Console:
    return Console(
        file=io.StringIO(), force_terminal=terminal, color_system="truecolor", width=width, _environ={"TERM": "xterm"}
    )


@pytest.mark.parametrize(
    ("env", "wished", "how"),
    [
        ({"TERM": "xterm-kitty"}, None, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, None, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, None, "iterm"),
        ({"TERM": "tmux-256color", "TERM_PROGRAM": "iTerm.app"}, None, None),
        ({"TERM": "tmux-256color", "TERM_PROGRAM": "iTerm.app"}, True, "blocks"),
        ({"TERM": "xterm-256color"}, None, None),
        ({"TERM": "xterm-256color"}, True, "blocks"),
        ({"TERM": "xterm-kitty"}, False, None),
    ],
)
def test_a_terminal_is_shown_what_it_can_show(env: dict[str, str], wished: bool | None, how: Way | None):
    assert way(console(), wished, env) == how
    assert way(console(terminal=False), wished, env) is None, "a file is written no pictures"


def printed(how: Way, data: bytes = PICTURE, **about: int) -> str:
    to = console(**about)
    to.print(Still(data, how))
    text = to.file.getvalue()  # type: ignore[attr-defined]  # it is a StringIO
    assert isinstance(text, str)
    return text


def test_kitty_gets_whole_chunks_of_a_picture_made_anew():
    text = printed("kitty")
    parts = text.strip().split("\x1b\\")[:-1]
    assert parts[0].startswith(f"\x1b_Ga=T,f=100,q=2,c={COLUMNS},r=10,m=")
    assert all(len(p.split(";", 1)[1]) <= 4096 for p in parts)
    assert [p.split(";")[0][-1] for p in parts] == ["1"] * (len(parts) - 1) + ["0"]
    assert "\x1b]1337;File=inline=1;width=36;height=10;" in printed("iterm")


def test_half_blocks_have_the_pictures_colours_and_fit():
    lines = printed("blocks", width=24).splitlines()
    assert len(lines) == 5
    assert all(line.count("▀") == 19 for line in lines)
    red, blue = lines[0].split("▀")[0], lines[0].split("▀")[-2]
    assert "38;2;25" in red
    assert ";25" in blue.rpartition(";48")[0]


@pytest.mark.parametrize("how", ["kitty", "iterm", "blocks"])
def test_what_is_no_picture_shows_nothing(how: Way):
    assert printed(how, b"\x1b]52;c;aGk=\a") == ""
