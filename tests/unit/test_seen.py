from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.seen_rows import Seen
from tests.timelines import make_timeline

from cinedex.formats.colours import movement, palette, palettes
from cinedex.formats.seen import (
    Character,
    binned,
    characters,
    cuts_a_minute,
    person_name,
    places_of,
    portraits_of,
    scenes_of,
    shares,
    stretches,
)
from cinedex.timeline.rows import Framing, Motion, Palette, Person, Place, Portrait, Row, Scene, Shot, Tag, Tracklet
from cinedex.timeline.time import FLICKS_PER_SECOND, SECOND, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Spans, Track

MAKER = Maker("test", 1)


def timeline(*rows: Row) -> Timeline:
    kinds = {type(row) for row in rows}
    tracks = {("test", k.kind): Track.of(k, [r for r in rows if type(r) is k], MAKER) for k in kinds}
    return Timeline(make_timeline(1).movie, tracks)


def person(start: int, end: int, number: int, *refs: str) -> Person:
    return Person(start=SECOND * start, end=SECOND * end, number=number, look=1, score=0.9, refs=refs)


def tracklet(start: int, number: int, quality: float) -> Tracklet:
    return Tracklet(
        start=SECOND * start,
        end=SECOND * (start + 1),
        number=number,
        seen=1,
        best=SECOND * start,
        quality=quality,
        score=1,
    )


def portrait(number: int) -> Portrait:
    return Portrait(
        start=Time(0), end=SECOND, tracklet=number, at=Time(0), width=1, height=1, format="jpeg", data=bytes([number])
    )


def found(*rows: Row, names: dict[int, str] | None = None) -> list[Character]:
    return characters(timeline(*rows), names)


def test_people_are_in_order_of_their_time_on_screen_with_overlaps_counted_once() -> None:
    people = found(person(0, 4, 7), person(2, 6, 7), person(20, 30, 3), person(31, 32, 3))
    assert [(p.number, p.seconds, p.times) for p in people] == [(3, 11.0, 1), (7, 6.0, 1)]
    assert [p.name for p in people] == ["Person 3", "Person 7"]
    assert found(person(0, 1, 3), person(3, 4, 3))[0].times == 2


def test_those_to_whom_one_name_was_given_are_one() -> None:
    people = found(person(0, 4, 7), person(5, 9, 3), person(10, 11, 4), names={7: "Anna", 3: "Anna"})
    assert [(p.name, p.numbers, p.seconds) for p in people] == [("Anna", (3, 7), 8.0), ("Person 4", (4,), 1.0)]
    assert person_name(3, {3: ""}) == "Person 3"


def test_a_person_is_shown_by_the_best_face_that_has_a_portrait() -> None:
    rows = [
        *(person(0, 1, 1, "tracklet@0#5"), person(2, 3, 1, f"tracklet@{2 * FLICKS_PER_SECOND}#6")),
        *(tracklet(0, 5, 0.4), tracklet(2, 6, 0.9), portrait(5)),
    ]
    (one,) = found(*rows)
    assert one.best == 5
    assert portraits_of(timeline(*rows), [one])[1].data == bytes([5])
    (other,) = found(*rows, portrait(6))
    assert (other.best, other.at) == (6, SECOND * 2)
    assert portraits_of(timeline(person(0, 1, 1)), found(person(0, 1, 1))) == {}


def test_scenes_know_their_shots_their_people_and_their_place() -> None:
    shots = [Shot(start=SECOND * i, end=SECOND * (i + 1), number=i, opening="cut", score=1) for i in range(6)]
    scenes = [
        Scene(start=Time(0), end=SECOND * 2, number=0, score=1, reasons=(), at=Time(1)),
        Scene(start=SECOND * 2, end=SECOND * 6, number=1, score=0.5, reasons=("x",), at=SECOND * 4),
    ]
    places = [
        Place(start=Time(0), end=SECOND, aspect="place", label="bar", score=0.9),
        Place(start=SECOND * 2, end=SECOND * 3, aspect="place", label="sea", score=0.9),
        Place(start=SECOND * 3, end=SECOND * 6, aspect="place", label="street", score=0.5),
        Place(start=SECOND * 3, end=SECOND * 6, aspect="setting", label="exterior", score=0.5),
    ]
    whole = timeline(*shots, *scenes, *places, person(1, 3, 1), person(3, 6, 2))
    first, second = scenes_of(whole, characters(whole))
    assert (first.shots, first.still, first.people, first.place) == ((0, 2), 0, (1,), ("bar",))
    assert (second.shots, second.still, second.people) == ((2, 6), 4, (2, 1))
    assert second.place == ("exterior", "street")
    assert scenes_of(timeline(*scenes))[1].still == -1
    assert places_of(timeline(), Spans.of([])) == []


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9), st.sampled_from("ab")), max_size=12))
def test_stretches_cover_what_their_rows_cover(given_rows: list[tuple[int, int, str]]) -> None:
    rows = [Tag(start=Time(s), end=Time(s + n), label=x, vocabulary="v", score=0.5) for s, n, x in given_rows]
    track = Track.of(Tag, rows, MAKER)
    made = stretches(track, track.table.column("label").to_pylist())
    for label in "ab":
        mine = Spans.of(r.span for r in rows if r.label == label).support()
        assert Spans.of(s.span for s in made if s.label == label) == mine
    assert sum(s.rows for s in made) == len(rows)


def test_shares_are_of_the_time_that_was_judged_and_scales_go_from_near_to_far() -> None:
    def row(start: int, end: int, aspect: str, label: str) -> Framing:
        return Framing(start=SECOND * start, end=SECOND * end, aspect=aspect, label=label, score=1)  # type: ignore[arg-type] # a literal

    whole = timeline(
        *(row(0, 3, "scale", "long"), row(3, 4, "scale", "close-up"), row(8, 9, "scale", "odd")),
        *(row(0, 4, "camera", "pan-left"), row(0, 4, "camera", "handheld")),
    )
    assert shares(whole, "scale") == [("close-up", 0.2, 1), ("long", 0.6, 1), ("odd", 0.2, 1)]
    assert shares(whole, "camera") == [("handheld", 1.0, 1), ("pan-left", 1.0, 1)]
    assert shares(timeline(), "scale") == []


def test_bins_take_the_mean_of_what_is_in_them_and_the_row_that_covers_them() -> None:
    starts, ends = np.array([0, 10, 20]), np.array([10, 20, 80])
    means = binned(starts, ends, np.array([1.0, 3.0, 5.0]), np.array([0, 20, 40, 60, 100, 120]))
    assert means[:4] == pytest.approx([2, 5, 5, np.nan], nan_ok=True)
    assert np.isnan(binned(starts, ends, np.full(3, np.nan), np.array([0, 40]))).all()


def test_a_steady_rhythm_is_the_same_everywhere() -> None:
    starts = np.arange(4, 600, 4) * FLICKS_PER_SECOND
    rate = cuts_a_minute(starts, np.linspace(0, 600 * FLICKS_PER_SECOND, 50).astype(np.int64))
    assert rate == pytest.approx(15, abs=1.1)


def colours(*shares: float, values: tuple[int, ...], start: int = 0) -> Palette:
    return Palette(
        start=SECOND * start,
        end=SECOND * (start + 1),
        colours=values,
        shares=shares,
        warmth=0,
        contrast=0,
        saturation=0,
    )


def test_near_colours_are_one_and_a_small_vivid_one_is_kept() -> None:
    track = Track.of(
        Palette,
        [
            colours(0.5, 0.4, 0.1, values=(20, 20, 20, 200, 200, 205, 230, 20, 20)),
            colours(0.6, 0.4, values=(24, 22, 20, 198, 202, 204), start=1),
        ],
        MAKER,
    )
    made = palette(track, 3)
    assert [round(s.share, 2) for s in made] == [0.55, 0.4, 0.05]
    assert made[2].colour == (230, 20, 20)
    assert sum(s.share for s in palette(track)) == pytest.approx(1)
    first, none = palettes(track, Spans(np.array([0, 50]) * SECOND, np.array([1, 51]) * SECOND))
    assert len(first) == 3
    assert none == []


@pytest.mark.parametrize(
    ("values", "shares"), [((), ()), ((1, 2, 3), (0.0,)), ((1, 2), (0.5, 0.5)), ((1, 2, 3), (float("nan"),))]
)
def test_odd_palettes_give_no_colours(values: tuple[int, ...], shares: tuple[float, ...]) -> None:
    track = Track.of(Palette, [colours(*shares, values=values)], MAKER)
    assert palette(track) == []
    assert palette(None) == []


def test_movement_counts_shifts_zooms_and_turns() -> None:
    row = Motion(start=Time(0), end=SECOND, right=0.3, down=0.4, zoom=-0.2, turn=0.4, shake=0.01, fit=1)
    moved, shake = movement(timeline(row), np.array([0, int(SECOND), int(SECOND) * 2]))
    assert moved[0] == pytest.approx(0.8)
    assert shake[0] == pytest.approx(0.01)
    assert np.isnan(moved[1])
    assert np.isnan(movement(timeline(), np.array([0, 1]))[0]).all()


def test_a_made_up_film_has_scenes_that_tile_it() -> None:
    whole = make_timeline(40, seen=Seen(6, 5))
    scenes = scenes_of(whole, characters(whole))
    assert [s.shots[0] for s in scenes[1:]] == [s.shots[1] for s in scenes[:-1]]
    assert scenes[-1].shots[1] == 40
