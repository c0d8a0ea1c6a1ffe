"""Each rule is broken by one made-up file, found with its value, and mended where words need not change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cinedex.subtitles.build import mend
from cinedex.subtitles.check import check
from cinedex.subtitles.guide import RULES, load_guide
from cinedex.subtitles.subtitle import Subtitle, frame_of, graphemes, length
from cinedex.timeline.time import Rate, Time

FPS = Rate(24)


def sub(start: int, end: int, *lines: str, italic: bool = False) -> Subtitle:
    """By frames at 24 a second."""
    sign = -1 if start < 0 else 1
    return Subtitle(Time(sign * FPS.time(abs(start))), FPS.time(end), lines, italic)


FIRST = sub(24, 72, "A line.")

CASES = {
    "order": ([sub(100, 148, "Later."), FIRST], 2, -76, 0),
    "overlap": ([FIRST, sub(70, 120, "Over.")], 2, -2, 0),
    "before-start": ([sub(-12, 48, "Early.")], 1, -12, 0),
    "empty": ([sub(24, 72)], 1, 0, 1),
    "lines": ([sub(24, 168, "One", "two", "three")], 1, 3, 2),
    "line-length": ([sub(24, 168, "x " * 21 + "yz")], 1, 44, 42),
    "reading-speed": ([sub(24, 72, "x" * 42)], 1, 21, 20),
    "min-duration": ([sub(24, 43, "No.")], 1, 19 / 24, 5 / 6),
    "max-duration": ([sub(24, 193, "No.")], 1, 169 / 24, 7),
    "gap": ([FIRST, sub(73, 120, "Near.")], 2, 1, 2),
    "gap-to-close": ([FIRST, sub(83, 120, "Near.")], 2, 11, 11),
    "shot-change": ([sub(205, 260, "Off.")], 1, 5, 12),
    "ellipsis": ([sub(24, 72, "So...")], 1, 1, 0),
    "dialogue": ([sub(24, 100, "- Who?", "- Me.")], 1, 1, 0),
    "whitespace": ([sub(24, 72, "So  it is")], 1, 1, 0),
    "number": ([sub(24, 72, "I have 3 cats.")], 1, 3, 10),
    "italics": ([sub(24, 72, "왜", italic=True)], 1, 1, 0),
}  # fmt: skip


def test_every_rule_has_a_case():
    assert set(CASES) == set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_found_broken_with_its_value_and_nothing_else(rule: str):
    subtitles, number, value, limit = CASES[rule]
    guide = load_guide("netflix", "ko" if rule == "italics" else "en")
    verdict = check(subtitles, guide, FPS, [200])
    (fault,) = verdict.faults
    assert (fault.rule, fault.number, fault.at) == (rule, number, subtitles[number - 1].start)
    assert (fault.value, fault.limit) == (pytest.approx(value), pytest.approx(limit))
    assert fault.level == {"shot-change": "should", "number": "advice", "italics": "advice"}.get(rule, "must")
    assert verdict.bad == (fault.level == "must")
    assert verdict.by_rule == {rule: 1}


@pytest.mark.parametrize("rule", sorted(set(RULES) - {"dialogue", "number"}))
def test_what_can_be_mended_is(rule: str):
    subtitles = CASES[rule][0]
    guide = load_guide("netflix", "ko" if rule == "italics" else "en")
    made = mend(subtitles, guide, FPS, cuts=[FPS.time(200)])
    assert made.verdict.faults == ()


@pytest.mark.parametrize(
    ("gap", "rules"), [(0, ["gap"]), (1, ["gap"]), (2, []), (3, ["gap-to-close"]), (11, ["gap-to-close"]), (12, [])]
)
def test_gaps_at_their_limits(gap: int, rules: list[str]):
    found = check([FIRST, sub(72 + gap, 130 + gap, "Next.")], load_guide("netflix", "en"), FPS)
    assert [f.rule for f in found.faults] == rules


@pytest.mark.parametrize(
    ("start", "end", "edges"),
    [
        (200, 300, []), (201, 300, ["starts"]), (211, 300, ["starts"]), (212, 300, []), (188, 260, []),
        (189, 260, ["starts"]), (199, 260, ["starts"]), (100, 198, []), (100, 199, ["ends"]), (100, 200, ["ends"]),
        (100, 211, ["ends"]), (100, 212, []), (100, 197, []),
    ],
)  # fmt: skip
def test_edges_at_cuts(start: int, end: int, edges: list[str]):
    found = check([sub(start, end, "A line.")], load_guide("netflix", "en"), FPS, [200])
    assert [f.says.split()[0] for f in found.faults] == edges


@pytest.mark.parametrize(
    ("language", "good", "bad"),
    [("en", ("-A", "-B"), ("- A", "- B")), ("fr", ("- A", "- B"), ("-A", "-B")), ("nl", ("A", "-B"), ("-A", "-B"))],
)
def test_hyphens_are_those_of_the_language(language: str, good: tuple[str, str], bad: tuple[str, str]):
    guide = load_guide("netflix", language)
    assert check([sub(24, 72, *good)], guide, FPS).faults == ()
    assert [f.rule for f in check([sub(24, 72, *bad)], guide, FPS).faults] == ["dialogue"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("क्षत्रिय", 3), ("नमस्ते", 3), ("مُحَمَّد", 4), ("e\u0301te", 3), ("👨‍👩‍👧‍👦", 1), ("🇩🇪🇫🇷", 2), ("한국", 2),
        ("\u1112\u1161\u11ab", 1), ("กำ", 1), ("\u202bab\u202c", 2), ("", 0),
    ],
)  # fmt: skip
def test_characters_are_counted_as_readers_see_them(text: str, count: int):
    assert length(text) == count


def test_half_widths_count_half_where_the_guide_says_so():
    assert length("ｱabc 日本", halves=True) == 0.5 * 5 + 2
    assert load_guide("netflix", "ja").length("日本") == 2


@given(st.text())
def test_graphemes_lose_nothing(text: str):
    assert "".join(graphemes(text)) == text


@given(
    st.integers(-1000, 10**7), st.sampled_from([Rate(24), Rate(24000, 1001), Rate(25), Rate(60)]), st.integers(-3, 3)
)
def test_frames_are_found_from_rounded_milliseconds(frame: int, rate: Rate, off: int):
    at = Time(frame * rate.den * 705_600_000 // rate.num + off * 705_600)
    assert frame_of(at, rate) == frame


def test_what_lies_before_the_film_is_left_out_and_what_stands_for_hours_is_cut():
    early = Subtitle(Time(-FPS.time(48)), Time(-FPS.time(24)), ("Gone.",))
    made = mend([early, sub(-12, 48, "Early."), sub(100, 24 * 3600 * 90, "for ever")], load_guide("netflix", "en"), FPS)
    assert [s.text for s in made.subtitles] == ["Early.", "for ever"]
    assert made.subtitles[0].start == Time(0)
    assert frame_of(made.subtitles[1].end, FPS) == 100 + 168
    assert made.notes == ("1 subtitles end before the film begins and are left out",)
    assert made.verdict.bad == 0
