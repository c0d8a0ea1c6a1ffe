"""The standards on flashing against films of known flashes, and the remedies under which these pass."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.flash_films import MAKER, flashing, judged
from tests.stage_films import ArrayFilm, made, movie, rows

from cinedex.errors import UsageError
from cinedex.media.views import FrameChunk
from cinedex.stages.flashing import DEFAULT, Flashing
from cinedex.stages.flicker.fix import Shown, apply, judge, mildest, windows
from cinedex.stages.flicker.judge import verdict
from cinedex.stages.flicker.profiles import our_profiles, profile, profiles, read_profiles
from cinedex.timeline.rows import Flag, Flash, Pattern
from cinedex.timeline.time import FLICKS_PER_SECOND, SECOND, Span, Time
from cinedex.timeline.track import Track


def every(step: int, first: int = 30, last: int = 90) -> list[int]:
    return list(range(first, last, step))


@settings(max_examples=30, deadline=None)
@given(step=st.integers(1, 14), lines=st.integers(1, 27), standard=st.sampled_from(DEFAULT))
def test_more_than_three_flashes_a_second_over_more_than_a_quarter_fail(step: int, lines: int, standard: str):
    """At 30 pictures a second: of changes `step` pictures apart, a second holds 30 / step, rounded up."""
    said = judged(flashing(every(step), 120, rows_lit=lines), standard)
    most = -(-30 // step)
    fails = most > 6 and lines / 27 > 0.25
    assert (said.state == "fail") == fails
    worst = next(w for w in said.worst if w.rule.name == "general")
    assert worst.value == (most if lines / 27 > 0.25 else 0)
    if fails:
        assert said.findings[0].span.start == SECOND
        assert said.findings[0].area == round(lines / 27, 4)


def test_six_changes_in_a_second_pass_and_seven_fail():
    assert judged(flashing([30, 35, 40, 45, 50, 55, 60], 90), "iris").state == "pass"
    assert judged(flashing([30, 35, 40, 45, 50, 55, 59], 90), "iris").state == "fail"


def test_halves_that_flash_in_turn_count_where_they_flash():
    """Each half has three flashes in the second, though the picture as a whole changes twelve times."""
    film = flashing([30, 34, 38, 42, 46, 50], 90, rows_lit=13)
    other = flashing([32, 36, 40, 44, 48, 52], 90, rows_lit=13)
    film.pixels[:, 13:26] = other.pixels[:, :13]
    assert judged(film, "wcag-2-2").state == "pass"


@pytest.mark.parametrize(("side", "fails"), [(9, True), (4, False)])
def test_a_near_field_is_a_third_of_the_picture(side: int, fails: bool):
    film = flashing(every(3), 120)
    lit = film.pixels[:, :9, :side].copy()
    film.pixels[:] = 60
    film.pixels[:, 9:18, 20 : 20 + side] = lit
    assert judged(film, "wcag-2-2").state == "pass"
    assert (judged(film, "wcag-field").state == "fail") == fails


@pytest.mark.parametrize(
    ("colours", "failing"),
    [
        (((0, 0, 255), (255, 0, 0)), {"general", "red"}),
        (((60, 120, 0), (200, 0, 0)), {"red"}),
        (((0, 0, 0), (255, 255, 255)), {"general"}),
    ],
)
def test_red_has_a_rule_of_its_own(colours: tuple[tuple[int, int, int], tuple[int, int, int]], failing: set[str]):
    film = flashing(every(3), 120, dark=colours[0], light=colours[1])
    for standard in ("wcag-2-1", "wcag-2-2"):
        assert {f.rule.name for f in judged(film, standard).findings} == failing


@pytest.mark.parametrize(("seconds", "fails"), [(3.0, False), (5.0, True), (8.0, True)])
def test_two_flashes_a_second_for_long_fail_where_the_standard_says_so(seconds: float, fails: bool):
    film = flashing([30 + round(7.5 * n) for n in range(round(seconds * 4))], 330)
    assert (judged(film, "iris").state == "fail") == fails
    assert judged(film, "wcag-2-2").state == "pass"
    assert judged(film, "itu-bt1702").state == ("caution" if seconds > 5 else "pass")


def test_stripes_must_be_many_large_and_last():
    def row(at: int, stripes: int = 8, area: float = 0.5) -> Pattern:
        start = Time(at * SECOND // 4)
        return Pattern(start=start, end=start + SECOND // 4, stripes=stripes, area=area, dark=0.1, bright=0.9)

    film = flashing([], 90)
    assert judged(film, "iris", [row(1), row(2)]).state == "fail"
    assert judged(film, "ofcom", [row(1), row(2)]).state == "caution"
    for patterns in ([row(1)], [row(1), row(3)], [row(1, 5), row(2, 5)], [row(1, area=0.2), row(2, area=0.2)]):
        assert judged(film, "iris", patterns).state == "pass"


def test_what_was_not_measured_is_not_passed():
    nothing = Track.of(Flash, [], MAKER)
    assert verdict(profile("iris"), None, None).state == "not measured"
    assert verdict(profile("iris"), nothing, None).state == "not measured"
    assert verdict(profile("wcag-2-2"), nothing, None).state == "pass"
    assert [r.name for r in verdict(profile("ofcom"), nothing, None).unmeasured] == ["stripes"]


def test_two_hours_of_changes_are_judged_in_no_time():
    """Two changes in every second, each of half the cells by chance, as in a film of fast cuts."""
    random = np.random.default_rng(1)
    cells = random.integers(0, 256, (14_400, 162), dtype=np.uint8)
    made_rows = [
        Flash(
            start=Time(i * SECOND // 2),
            end=Time(i * SECOND // 2 + SECOND // 24),
            how="luminance",
            rise=bool(i % 2),
            area=0.5,
            dark=0.1,
            bright=0.5,
            cells=c.tobytes(),
        )
        for i, c in enumerate(cells)
    ]
    track, patterns = Track.of(Flash, made_rows, MAKER), Track.of(Pattern, [], MAKER)
    began = time.process_time()
    for name in DEFAULT:
        assert verdict(profile(name), track, patterns).state == "pass"
    assert time.process_time() - began < 3


# Flags


def flags(film: ArrayFilm, patterns: tuple[Pattern, ...] = ()) -> list[Flag]:
    from tests.stage_films import watched  # noqa: PLC0415

    from cinedex.stages.flashes import Flashes  # noqa: PLC0415

    found = rows(watched(Flashes(), film), Flash)
    return rows(made(Flashing(), film.movie, tracks={Flash: found, Pattern: list(patterns)}), Flag)


def test_a_flag_says_how_often_how_large_and_who_objects():
    found = flags(flashing(every(3), 120, rows_lit=18, dark=(0, 0, 255), light=(255, 0, 0)))
    assert [(f.label, f.score) for f in found] == [("flashes", 1.0), ("red-flashes", 1.0)]
    assert found[0].span == Span(SECOND, Time(88 * FLICKS_PER_SECOND // 30))
    assert "5 flashes in the second" in found[0].note
    assert "67% of the picture" in found[0].note
    assert "fails iris, itu-bt1702, ofcom, wcag-2-1, wcag-2-2" in found[0].note
    assert found[0].refs[0].startswith("flash@")


def test_a_quiet_film_has_no_flag():
    assert flags(flashing([10, 40, 70], 90)) == []


def test_other_standards_than_those_meant_are_refused():
    with pytest.raises(UsageError, match="standards"):
        made(Flashing(ours="other"), movie(SECOND), tracks={Flash: [], Pattern: []})
    with pytest.raises(UsageError, match="no profile"):
        Flashing(profiles=("nothing",))


# Standards as data


def test_the_standards_say_where_they_are_from():
    assert set(DEFAULT) < set(profiles())
    for one in profiles().values():
        assert all(rule.source and rule.known for rule in one.rules)


GOOD = """
[mine]
title = "Mine"
version = 1
[mine.rules.one]
test = "flashes"
text = "Few."
source = "me"
known = "unverified"
how = "luminance"
flashes = 1
window = 1
area = 0.1
"""


def test_a_standard_of_ones_own_is_read():
    mine = read_profiles(GOOD, "mine.toml")["mine"]
    assert (mine.rules[0].flashes, mine.rules[0].outcome) == (1, "fail")
    assert read_profiles(our_profiles(), "ours").keys() == profiles().keys()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("flashes = 1", "flashes = 0", "flashes is a number from 0.5 to 60"),
        ("flashes = 1", "flashes = true", "flashes is a number"),
        ("flashes = 1", "", "'flashes' is missing"),
        ("flashes = 1", "flash = 1", "does not know 'flash'"),
        ('test = "flashes"', 'test = "eval"', "test is one of"),
        ('known = "unverified"', 'known = "sure"', "known is one of"),
        ('source = "me"', 'source = ""', "source is text"),
        ("area = 0.1", "area = 1.5", "area is a number"),
        ("area = 0.1", "area = nan", "area is a number"),
        ("version = 1", "version = 1.5", "version a whole number"),
        ("[mine.rules.one]", "[mine.rules.One]", "small letters"),
        ("[mine]", "[mine", "mine.toml"),
    ],
)
def test_a_wrong_standard_is_refused_in_words(old: str, new: str, says: str):
    with pytest.raises(UsageError, match=says) as caught:
        read_profiles(GOOD.replace(old, new, 1), "mine.toml")
    assert "mine.toml" in str(caught.value)


def test_a_rule_that_can_never_be_met_is_refused():
    text = GOOD.replace('test = "flashes"', 'test = "extended"') + "transitions = 4\nseconds = 6\n"
    with pytest.raises(UsageError, match="never be met"):
        read_profiles(text, "mine.toml")


# Remedies


def shown(film: ArrayFilm) -> Shown:
    small = next(film.chunks(film.movie.span, 10_000))
    gray = FrameChunk(small.starts, small.ends, small.pts, small.keys, np.zeros((len(small), 90, 160), np.uint8))
    return Shown(film.movie, small, gray)


@pytest.mark.parametrize(
    ("step", "dark", "light", "act"),
    [(5, 0, 255, "slow"), (4, 0, 255, "slow"), (3, 90, 125, "dim"), (1, 0, 255, "skip")],
)
def test_the_mildest_remedy_passes(step: int, dark: int, light: int, act: str):
    changes = every(step) if step != 5 else [30, 34, 38, 43, 47, 51, 55, 59, 63]
    film = flashing(changes, 200, dark=(dark,) * 3, light=(light,) * 3)
    said = judged(film, "wcag-2-2")
    (span, worst) = next(windows(said))
    remedy = mildest(profile("wcag-2-2"), shown(film), span, worst)
    assert remedy.passes
    assert remedy.after is not None
    assert remedy.after <= remedy.limit < remedy.before
    again = judge(profile("wcag-2-2"), apply(shown(film), span, remedy.act, remedy.amount))
    assert again.state == "pass"
    assert remedy.act == act or step == 1


def test_a_milder_remedy_would_not_do():
    film = flashing(every(4), 200)
    said = judged(film, "wcag-2-2")
    (span, worst) = next(windows(said))
    remedy = mildest(profile("wcag-2-2"), shown(film), span, worst)
    assert remedy.act == "slow"
    less = apply(shown(film), span, "slow", remedy.amount - 0.1)
    assert judge(profile("wcag-2-2"), less).state == "fail"


def test_remedies_change_only_their_window():
    film = flashing(every(3), 200)
    before = shown(film)
    span = Span(SECOND, SECOND * 3)
    dim = apply(before, span, "dim", 0.5).small
    inside = (before.small.starts >= span.start) & (before.small.starts < span.end)
    assert np.array_equal(dim.pixels[~inside], before.small.pixels[~inside])
    assert dim.pixels[inside].max() == 188
    slow = apply(before, span, "slow", 2).small
    assert slow.ends[-1] - before.small.ends[-1] == span.duration
    assert np.all(np.diff(slow.starts) > 0)
    skip = apply(before, span, "skip", 1).small
    assert len(skip) == 200 - 60
    assert before.small.ends[-1] - skip.ends[-1] == span.duration
