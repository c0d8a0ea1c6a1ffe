"""The language of rules: what is read, what is refused and in which words, and what each measure means."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cinedex.errors import UsageError
from cinedex.stages.rules.conclude import conclude
from cinedex.stages.rules.judge import Cells, Known, strength
from cinedex.stages.rules.model import Rule
from cinedex.stages.rules.read import read_rules
from cinedex.timeline.rows import Event, Object, Row, Shot, Sound, Tag
from cinedex.timeline.time import FLICKS_PER_SECOND, ZERO, Span, Time
from cinedex.timeline.track import Maker, Track

LENGTH = 60


def at(seconds: float) -> Time:
    return Time.from_seconds(seconds)


def known(*rows: Row, kinds: tuple[type[Row], ...] = (), length: float = LENGTH) -> Known:
    """What is known of a film of a minute; `kinds` were computed even where there are no rows."""
    found = {kind: [r for r in rows if isinstance(r, kind)] for kind in {*kinds, *(type(r) for r in rows)}}
    tracks = {kind: Track.of(kind, some, Maker("test", 1)) for kind, some in found.items()}
    return Known(Span(ZERO, at(length)), tracks)


def sound(start: float, end: float, label: str = "speech", score: float = 1.0) -> Sound:
    return Sound(start=at(start), end=at(end), label=label, score=score)


def thing(start: float, end: float, label: str, score: float = 0.9, box: tuple[float, ...] = (0, 0, 1, 1)) -> Object:
    x, y, width, height = box
    return Object(
        start=at(start), end=at(end), label=label, vocabulary="v", score=score, x=x, y=y, width=width, height=height
    )


def rule(evidence: str, **keys: object) -> Rule:
    lines = [f"{k} = {str(v).lower() if isinstance(v, bool) else v}" for k, v in keys.items()]
    return read_rules("\n".join(["[it]", *lines, f"evidence = {evidence}"]), "a test")["it"]


def events(evidence: str, what: Known, **keys: object) -> list[Event]:
    return list(conclude(rule(evidence, **keys), what))


def seconds(found: list[Event]) -> list[tuple[float, float, float]]:
    return [(e.start.seconds, e.end.seconds, round(e.score, 3)) for e in found]


# Reading

SOUND = '{ kind = "sound" }'

WRONG = {
    "[it": "not TOML",
    "it = 3": "a rule is a table",
    "[It]": "a rule's name",
    "[it]": "no evidence",
    "[it]\nevidence = 3": "not one piece of evidence",
    "[it]\nevidence = {}": "not one piece of evidence",
    f"[it]\nevidense = {SOUND}": "no key 'evidense'.*label, version",
    '[it]\nevidence = { kind = "sounds" }': r"evidence\.kind: 'sounds' cannot stand here.*sound",
    '[it]\nevidence = { kind = "sound", any = [] }': "exactly one of",
    '[it]\nevidence = { kind = "sound", wehre = {} }': "no key 'wehre'",
    '[it]\nevidence = { kind = "sound", where = { lable = "x" } }': r"evidence\.where: there is no key 'lable'.*label",
    '[it]\nevidence = { kind = "sound", where = { label = 3 } }': "no value of this column.*texts",
    '[it]\nevidence = { kind = "sound", where = { label = { least = 1 } } }': "texts have no least",
    '[it]\nevidence = { kind = "sound", where = { score = { lest = 1 } } }': "no key 'lest'",
    '[it]\nevidence = { kind = "sound", where = { score = true } }': "no value of this column",
    '[it]\nevidence = { kind = "sound", measure = "loudness" }': "score, mean, share",
    '[it]\nevidence = { kind = "sound", measure = "count" }': "says nothing by itself.*`from` and `to`",
    '[it]\nevidence = { kind = "sound", measure = "rate", from = 0, to = 1 }': "a rate needs a window",
    '[it]\nevidence = { kind = "sound", measure = "value", column = "label", from = 0, to = 1 }': "column: 'label'",
    '[it]\nevidence = { kind = "sound", column = "score" }': "reads no column",
    '[it]\nevidence = { kind = "sound", measure = "touch" }': "have no box",
    '[it]\nevidence = { kind = "shot", measure = "distinct", column = "refs", from = 0, to = 1 }': "cannot stand here",
    '[it]\nevidence = { kind = "glance", measure = "mean" }': "have no score",
    '[it]\nevidence = { kind = "sound", from = 1, to = 1 }': "are the same",
    '[it]\nevidence = { kind = "sound", window = [1, 2, 3] }': "not two numbers",
    '[it]\nevidence = { kind = "sound", window = [5, -5] }': "ends before it begins",
    '[it]\nevidence = { kind = "sound", window = inf }': "not a number from 0",
    '[it]\nevidence = { kind = "sound", limit = 2 }': "not a number from 0.01 to 1",
    f"[it]\nthreshold = 0\nevidence = {SOUND}": "threshold: 0 is not a number",
    f"[it]\ntrust = nan\nevidence = {SOUND}": "trust: nan is not a number",
    f"[it]\nleast = 5\nmost = 2\nevidence = {SOUND}": "most: it is shorter",
    f"[it]\nversion = 1.5\nevidence = {SOUND}": "not a whole number",
    f"[it]\noff = 1\nevidence = {SOUND}": "neither true nor false",
    "[it]\nevidence = { all = [] }": "1 to 64 things",
    f"[it]\nevidence = {{ mean = [{{ weight = 0, not = {SOUND} }}] }}": r"mean\[1\]\.weight",
    f"[it]\nevidence = {{ not = {SOUND} }}": "hold where nothing is known",
    '[it]\nevidence = { near = "start" }': "hold where nothing is known",
    f'[it]\nevidence = {{ any = [{SOUND}, {{ near = "end" }}] }}': "hold where nothing is known",
    f'[it]\nevidence = {{ mean = [{SOUND}, {{ near = "end" }}] }}': "hold where nothing is known",
    '[it]\nevidence = { kind = "sound", measure = "share", from = 1, to = 0 }': "hold where nothing is known",
    '[it]\nevidence = { kind = "sound", measure = "share", from = -1, to = 1 }': "hold where nothing is known",
    "[it]\nevidence = " + "{ all = [" * 9 + SOUND + "] }" * 9: "not one piece of evidence",
}


@pytest.mark.parametrize(("text", "words"), WRONG.items(), ids=list(WRONG.values()))
def test_what_is_wrong_is_said_with_its_file_rule_and_remedy(text: str, words: str):
    with pytest.raises(UsageError, match=words) as refused:
        read_rules(text, "mine.toml")
    assert "mine.toml" in str(refused.value)
    assert refused.value.remedy
    assert (
        text.startswith(("[it\n", "[it")) is False or "not TOML" in str(refused.value) or "rule" in str(refused.value)
    )


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80) | st.text("[]{}=.\"'it_#\n 0123456789evidencekind", max_size=120))
def test_noise_is_refused_in_words(text: str):
    try:
        assert isinstance(read_rules(text, "noise"), dict)
    except UsageError as refused:
        assert str(refused).startswith("noise")  # noqa: PT017 - noise may also be no rule at all


def test_too_much_is_refused():
    with pytest.raises(UsageError, match="characters"):
        read_rules("#" * (1 << 18 | 1), "mine")
    with pytest.raises(UsageError, match="256"):
        read_rules("\n".join(f"[r{i}]\nevidence = {SOUND}" for i in range(257)), "mine")


def test_own_rules_join_those_that_are_there_replace_them_or_take_them_away():
    base = read_rules(f"[a]\nevidence = {SOUND}\n[b]\nevidence = {SOUND}", "base")
    both = read_rules(f"[b]\nversion = 7\nevidence = {SOUND}\n[c]\nevidence = {SOUND}\n[a]\noff = true", "mine", base)
    assert {name: r.version for name, r in both.items()} == {"b": 7, "c": 1}
    assert set(base) == {"a", "b"}


# Measuring


def test_filters_choose_rows():
    what = known(thing(0, 10, "car"), thing(10, 20, "bus", 0.4), thing(20, 30, "cat"), thing(30, 40, "car", 0.6))
    where = '{ kind = "object", where = { label = ["car", "bus"], score = { least = 0.5 } } }'
    assert seconds(events(where, what)) == [(0, 10, 0.9), (30, 40, 0.6)]
    assert seconds(events('{ kind = "object", where = { label = "bus" } }', what, threshold=0.3)) == [(10, 20, 0.4)]
    assert not events('{ kind = "object", where = { score = { most = 0.1 } } }', what)


def test_share_mean_and_count():
    what = known(sound(10, 20), sound(15, 20, score=0.4))
    assert seconds(events('{ kind = "sound", measure = "share" }', what)) == [(10, 20, 1)]
    assert seconds(events('{ kind = "sound", measure = "count", from = 1, to = 2 }', what)) == [(15, 20, 1)]
    (event,) = events('{ kind = "sound", measure = "share", window = 20 }', what, threshold=0.01)
    assert (event.start.seconds, event.end.seconds) == (0, 30)
    assert event.score == pytest.approx(0.5, abs=0.01)
    (event,) = events(
        '{ kind = "sound", where = { score = { most = 0.5 } }, measure = "mean", window = 10 }', what, threshold=0.1
    )
    assert event.score == pytest.approx(0.2, abs=0.01)


def test_rate_counts_beginnings_a_second():
    shots = [Shot(start=at(i), end=at(i + 1), number=i, opening="cut", score=1) for i in range(10, 20)]
    (event,) = events('{ kind = "shot", measure = "rate", window = 4, from = 0, to = 1 }', known(*shots), threshold=0.9)
    assert event.start.seconds == pytest.approx(12, abs=1)
    assert event.end.seconds == pytest.approx(18, abs=1)
    assert event.score == 1


def test_value_is_the_mean_of_a_column_where_there_are_rows():
    what = known(thing(10, 20, "car", box=(0, 0, 0.2, 1)), thing(10, 20, "car", box=(0, 0, 0.6, 1)))
    wide = '{ kind = "object", measure = "value", column = "width", from = 0, to = 1 }'
    assert seconds(events(wide, what, threshold=0.1)) == [(10, 20, 0.4)]
    narrow = '{ kind = "object", measure = "value", column = "width", from = 1, to = 0 }'
    assert seconds(events(narrow, what, threshold=0.1)) == [(10, 20, 0.6)]


def test_distinct_counts_different_values():
    what = known(thing(10, 12, "cup"), thing(12, 14, "fork"), thing(13, 14, "cup"), thing(14, 16, "pizza"))
    some = '{ kind = "object", measure = "distinct", column = "label", window = 20, from = 0, to = 3 }'
    assert events(some, what)[0].score == 1
    now = '{ kind = "object", measure = "distinct", column = "label", from = 1, to = 2 }'
    assert seconds(events(now, what)) == [(13, 14, 1)]


def test_touch_is_how_much_of_the_smaller_of_two_is_covered():
    left, right, far = (0.0, 0.0, 0.4, 0.5), (0.3, 0.0, 0.2, 0.5), (0.8, 0.0, 0.1, 0.1)
    what = known(*(thing(10, 12, "person", box=b) for b in (left, far, right)), thing(12, 14, "person", box=right))
    assert seconds(events('{ kind = "object", measure = "touch" }', what, threshold=0.4)) == [(10, 12, 0.5)]


def test_windows_look_back_and_ahead():
    what = known(sound(20, 21))
    before = events('{ kind = "sound", window = [-5, 0] }', what)
    after = events('{ kind = "sound", window = [0, 5] }', what)
    assert before[0].start.seconds == 20
    assert before[0].end.seconds == pytest.approx(26, abs=1)
    assert after[0].start.seconds == pytest.approx(15, abs=1)
    assert after[0].end.seconds == 21


def test_near_is_a_part_of_the_film():
    what = known(sound(0, 60))
    assert seconds(events(f'{{ all = [{SOUND}, {{ near = "start", seconds = 10 }}] }}', what)) == [(0, 10, 1)]
    assert seconds(events(f'{{ all = [{SOUND}, {{ near = "end", share = 0.25 }}] }}', what)) == [(45, 60, 1)]


def test_all_any_not_and_mean():
    what = known(sound(0, 20, "a", 0.6), sound(10, 30, "b", 0.8))
    a, b = (f'{{ kind = "sound", where = {{ label = "{x}" }} }}' for x in "ab")
    assert seconds(events(f"{{ all = [{a}, {b}] }}", what)) == [(10, 20, 0.6)]
    assert seconds(events(f"{{ any = [{a}, {b}] }}", what)) == [(0, 30, 0.8)]
    assert seconds(events(f"{{ all = [{b}, {{ not = {a} }}] }}", what)) == [(20, 30, 0.8)]
    weighted = f"{{ mean = [{a[:-1]}, weight = 3 }}, {b}] }}"
    assert seconds(events(weighted, what, threshold=0.4)) == [(0, 20, 0.65)]


# What is not known


@pytest.mark.parametrize(
    ("evidence", "fires"),
    [
        ('{ kind = "tag" }', False),
        (f'{{ all = [{SOUND}, {{ kind = "tag" }}] }}', False),
        (f'{{ all = [{SOUND}, {{ not = {{ kind = "tag" }} }}] }}', False),
        (f'{{ any = [{SOUND}, {{ kind = "tag" }}] }}', True),
        (f'{{ mean = [{SOUND}, {{ kind = "tag" }}] }}', False),
        (f'{{ mean = [{SOUND}, {{ kind = "tag", weight = 0.5 }}] }}', True),
    ],
)
def test_nothing_is_concluded_from_what_was_not_computed(evidence: str, fires: bool):
    assert bool(events(evidence, known(sound(0, 10)), threshold=0.6)) == fires


def test_nothing_is_concluded_from_nothing():
    what = known(kinds=(Sound, Tag, Object))
    assert not events(f'{{ all = [{SOUND}, {{ not = {{ kind = "tag" }} }}] }}', what, threshold=0.01)
    assert not events(SOUND, known(kinds=(Sound,), length=0), threshold=0.01)


# Concluding


def test_events_bridge_gaps_and_have_a_length():
    what = known(sound(0, 2), sound(4, 6), sound(20, 21), sound(30, 50))
    assert seconds(events(SOUND, what, join=2)) == [(0, 6, 1), (20, 21, 1), (30, 50, 1)]
    assert seconds(events(SOUND, what, join=2, least=3, most=10)) == [(0, 6, 1)]


def test_edges_move_to_shots_that_are_near():
    shots = [Shot(start=at(s), end=at(e), number=0, opening="cut", score=1) for s, e in ((0, 9.5), (9.5, 21), (21, 60))]
    assert seconds(events(SOUND, known(sound(10, 20), *shots), snap=1)) == [(9.5, 21, 1)]
    assert seconds(events(SOUND, known(sound(10, 20), *shots), snap=0.7)) == [(9.5, 20, 1)]
    assert seconds(events(SOUND, known(sound(9.4, 9.6), *shots), snap=1)) == [(9.4, 9.6, 1)]


def test_an_event_says_what_speaks_for_it():
    what = known(sound(0, 10, score=0.7), sound(5, 8, score=0.9), thing(2, 4, "car"), thing(40, 44, "car"))
    (event,) = events(
        f'{{ any = [{SOUND}, {{ kind = "object", limit = 0.01 }}] }}', what, trust=0.5, version=3, label='"a call"'
    )
    assert event.refs == ("sound@0#speech", f"sound@{int(at(5))}#speech", f"object@{int(at(2))}#car-0.000-0.000")
    assert (event.label, event.rule, event.score) == ("a call", "it/3", 0.45)


def test_an_event_names_few_rows_of_very_many():
    what = known(*(sound(i / 100, i / 100 + 0.5) for i in range(5000)))
    (event,) = events(SOUND, what)
    assert 1 <= len(event.refs) <= 16


def strengths(text: str, what: Known) -> np.ndarray:
    node = rule(text, threshold=0.01).evidence
    cells = Cells(np.arange(0, LENGTH + 1, dtype=np.int64) * FLICKS_PER_SECOND)
    found = strength(node, what, cells)
    assert found is not None
    return found


spans = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 10), st.floats(0, 1, width=32)), min_size=1, max_size=12)
MEASURES = st.sampled_from(
    ['measure = "score"', 'measure = "mean"', 'measure = "share"', 'measure = "count", from = 0, to = 5']
)


@settings(max_examples=60, deadline=None)
@given(spans, MEASURES, st.integers(0, 20), st.data())
def test_more_evidence_is_never_less(
    found: list[tuple[int, int, float]], measure: str, window: int, data: st.DataObject
):
    text = f'{{ kind = "sound", {measure}, window = {window} }}'
    rows = [sound(s, s + n, score=p) for s, n, p in found]
    more = [*rows, *(sound(s, s + n, score=p) for s, n, p in data.draw(spans))]
    less, most = strengths(text, known(*rows)), strengths(text, known(*more))
    assert np.all(most >= less - 1e-9)
    assert np.all((less >= 0) & (most <= 1))
    if "count" not in measure:
        best = max(p for _, _, p in found) if "share" not in measure else 1
        assert less.max() <= best + 1e-6


@settings(max_examples=40, deadline=None)
@given(spans, st.integers(0, 12))
def test_windows_are_what_a_plain_loop_finds(found: list[tuple[int, int, float]], window: int):
    what = known(*(sound(s, s + n, score=p) for s, n, p in found))
    plain = np.zeros(LENGTH)
    for s, n, p in found:
        plain[s : s + n] = np.maximum(plain[s : s + n], np.float32(p))
    half = window / 2
    for i in range(LENGTH):
        low, high = max(i + 0.5 - half, 0), min(i + 0.5 + half, LENGTH)
        inside = [j for j in range(LENGTH) if j < high and j + 1 > low] if window else [i]
        share = [min(j + 1, high) - max(j, low) for j in inside] if window else [1]
        best = strengths(f'{{ kind = "sound", window = {window} }}', what)[i] if i % 20 == 0 else None
        if best is not None:
            assert best == pytest.approx(max(plain[inside]), abs=1e-6)
            mean = strengths(f'{{ kind = "sound", measure = "mean", window = {window} }}', what)[i]
            assert mean == pytest.approx(float(np.dot(plain[inside], share) / sum(share)), abs=1e-6)
