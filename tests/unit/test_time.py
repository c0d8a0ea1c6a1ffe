"""Time, Span and Rate: exact for every common rate, and the algebra against sets of whole numbers."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cinedex.timeline.time import FLICKS_PER_SECOND, SECOND, ZERO, Rate, Span, Time, as_time

FRAME_RATES = [
    *(Rate(n) for n in (12, 15, 24, 25, 30, 48, 50, 60, 72, 90, 96, 100, 120, 144, 240)),
    *(Rate(n * 1000, 1001) for n in (12, 15, 24, 30, 48, 60, 120)),
]
SAMPLE_RATES = [Rate(n) for n in (8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000)]

flicks = st.integers(-(2**60), 2**60)
small = st.integers(0, 12)
rates = st.builds(Rate, st.integers(1, 200_000), st.integers(1, 2_000))


def spans(numbers: st.SearchStrategy[int] = small) -> st.SearchStrategy[Span]:
    return st.tuples(numbers, numbers).map(lambda p: Span(Time(min(p)), Time(max(p))))


def ticks(span: Span | None) -> set[int]:
    return set(range(span.start, span.end)) if span else set()


@pytest.mark.parametrize("rate", [*FRAME_RATES, *SAMPLE_RATES, Rate(90_000)], ids=str)
def test_a_unit_of_every_common_rate_is_a_whole_number_of_flicks(rate: Rate):
    assert rate.exact
    assert rate.time(1) * rate.num == SECOND * rate.den
    for number in (0, 1, 7, 1001, 172_800, 10_000_000):
        at = rate.time(number)
        assert rate.count(at) == number
        assert rate.count(at - 1) == number - 1
        assert Fraction(int(at), FLICKS_PER_SECOND) == number / rate.fraction


def test_the_rates_that_a_flick_does_not_hold_say_so():
    assert not Rate(7).exact or FLICKS_PER_SECOND % 7 == 0
    assert not Rate(11).exact
    assert not Rate(1_000_000).exact


@given(rates, st.integers(0, 10**9))
def test_units_and_times_agree_at_any_rate(rate: Rate, number: int):
    assume(rate.fraction < FLICKS_PER_SECOND // 2)
    at = rate.time(number)
    assert abs(Fraction(int(at)) - number * FLICKS_PER_SECOND / rate.fraction) <= Fraction(1, 2)
    assert rate.count(at) == number
    assert rate.count(rate.time(number + 1) - 1) == number


@given(st.integers(0, 10**12), st.sampled_from([1, 25, 1000, 1001, 12_800, 90_000, 1_000_000]))
def test_a_stream_s_time_stamp_becomes_the_nearest_flick(pts: int, den: int):
    at = Time.from_pts(pts, Fraction(1, den))
    assert abs(Fraction(int(at)) - Fraction(pts * FLICKS_PER_SECOND, den)) <= Fraction(1, 2)


@given(flicks, flicks)
def test_times_add_like_whole_numbers_and_stay_times(a: int, b: int):
    for result, expected in (
        (Time(a) + Time(b), a + b),
        (Time(a) - b, a - b),
        (a - Time(b), a - b),
        (a + Time(b), a + b),
        (-Time(a), -a),
        (Time(a) * 3, a * 3),
        (3 * Time(a), a * 3),
        (abs(Time(a)), abs(a)),
        (sum([Time(a), Time(b)]), a + b),
        (max(Time(a), Time(b)), max(a, b)),
    ):
        assert result == expected
        assert type(result) is Time
    assert (Time(a) < Time(b)) == (a < b)


@pytest.mark.parametrize("value", [1.0, 0.5, Fraction(1, 2)])
def test_times_refuse_what_is_not_whole(value: float):
    # A float on the left decides by itself: Python does not ask an int on its right.
    for attempt in (lambda: SECOND + value, lambda: SECOND - value, lambda: SECOND * value):
        with pytest.raises(TypeError):
            attempt()
    with pytest.raises(TypeError):
        Time(1.0)  # type: ignore[arg-type]  # that it is refused is the point


def test_times_read_and_write_clocks():
    assert Time.parse("83.5") == Time.parse("1:23.5") == Time.parse("0:01:23,500") == Time.from_seconds("83.5")
    assert Time.parse("83.5").clock == "0:01:23.500"
    assert Time.from_seconds("59.9996").clock == "0:01:00.000"
    assert Time(-1).clock == "0:00:00.000"
    assert (-SECOND).clock == "-0:00:01.000"
    for wrong in ("", "x", "1:2:3:4", "-5", "1e3", "nan", "inf", "12:"):
        with pytest.raises(ValueError, match="not a time"):
            Time.parse(wrong)


@given(st.integers(0, 10**9))
def test_a_clock_reads_back_to_the_millisecond(ms: int):
    at = Time.from_seconds(Fraction(ms, 1000))
    assert Time.parse(at.clock) == at


def test_as_time_takes_what_people_give():
    assert as_time(None) is None
    assert as_time(SECOND) is SECOND
    assert as_time(2) == SECOND * 2
    assert as_time(0.5) * 2 == SECOND
    assert as_time("0:02") == SECOND * 2


@given(spans(), spans())
def test_spans_are_sets_of_flicks(a: Span, b: Span):
    assert a.duration == len(ticks(a))
    assert ticks(a & b) == ticks(a) & ticks(b)
    assert a.overlaps(b) == bool(ticks(a) & ticks(b))
    assert (a & b) == (b & a)
    assert ticks(a) | ticks(b) <= ticks(a | b)
    assert all((Time(t) in a) == (t in ticks(a)) for t in range(-1, 14))


@given(spans(), st.integers(1, 5))
def test_pieces_tile_a_span(span: Span, length: int):
    pieces = list(span.cut(Time(length)))
    assert [t for p in pieces for t in range(p.start, p.end)] == list(range(span.start, span.end))
    assert all(p.duration == length for p in pieces[:-1])


@given(spans(), st.integers(-8, 8))
def test_growing_keeps_the_middle(span: Span, by: int):
    grown = span.grow(Time(by))
    assert grown.duration == max(0, span.duration + 2 * by) or grown.duration == 0
    assert span.middle == grown.middle or span.duration + 2 * by < 0


def test_a_span_refuses_to_end_before_it_starts():
    with pytest.raises(ValueError, match="ends at or after"):
        Span(SECOND, ZERO)
    with pytest.raises(ValueError, match="cannot cut"):
        list(Span(ZERO, SECOND).cut(ZERO))


def test_a_rate_is_in_lowest_terms_and_positive():
    assert Rate(50, 2) == Rate(25)
    assert Rate.of("24000/1001") == Rate(24_000, 1001)
    assert str(Rate(25)) == "25"
    assert float(Rate(30_000, 1001)) == pytest.approx(29.97, abs=1e-3)
    for num, den in ((0, 1), (25, 0), (-25, 1)):
        with pytest.raises(ValueError, match="positive"):
            Rate(num, den)


def test_timecode_counts_frames():
    rate = Rate(24_000, 1001)
    assert rate.timecode(rate.time(0)) == "00:00:00:00"
    assert rate.timecode(rate.time(23)) == "00:00:00:23"
    assert rate.timecode(rate.time(24 * 3600 + 5)) == "01:00:00:05"
