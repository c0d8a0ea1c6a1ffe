"""Moments: no word lost, none said twice, nothing longer than half a minute, whatever the cutting and the talking."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.timelines import make_movie, make_timeline

from cinedex.search.moments import LONGEST, SHORTEST, moments, source_key
from cinedex.timeline.rows import Concern, Cue, Flag, Picture, Shot, Tag
from cinedex.timeline.time import SECOND, ZERO, Span, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Track


def shots(*lengths: float) -> list[Shot]:
    made, at = [], ZERO
    for number, length in enumerate(lengths):
        end = at + Time.from_seconds(length)
        made.append(Shot(start=at, end=end, number=number, opening="cut", score=1.0))
        at = end
    return made


def cue(start: float, end: float, text: str = "words") -> Cue:
    begin, close = Time.from_seconds(start), Time.from_seconds(end)
    return Cue(start=begin, end=close, text=text, language="en", score=1.0, source="speech")


def tag(shot: Shot, label: str, score: float) -> Tag:
    return Tag(start=shot.start, end=shot.end, label=label, vocabulary="v", score=score)


def film(*rows: object, seconds: float | None = None, kinds: tuple[type, ...] = (Shot, Cue, Tag, Flag)) -> Timeline:
    last = max((r.end for r in rows if isinstance(r, Shot)), default=ZERO)
    movie = make_movie(seconds if seconds is not None else last.seconds)
    tracks = {(k.kind, k.kind): Track.of(k, [r for r in rows if isinstance(r, k)], Maker(k.kind, 1)) for k in kinds}
    return Timeline(movie, tracks)


def lengths(timeline: Timeline) -> list[float]:
    return [round(m.span.duration.seconds, 3) for m in moments(timeline)]


def test_one_moment_a_shot():
    assert lengths(film(*shots(3, 5, 12))) == [3, 5, 12]


def test_short_shots_join_what_follows_and_the_last_what_went_before():
    assert lengths(film(*shots(0.5, 0.6, 4, 1, 1, 3, 0.5))) == [5.1, 2, 3.5]
    assert lengths(film(*shots(0.5))) == [0.5]
    assert lengths(film(*shots(3, 0.5))) == [3.5]


def test_a_long_shot_is_divided_between_cues():
    timeline = film(*shots(50), cue(10, 20), cue(22, 27.5), cue(27.5, 40), cue(41, 49))
    first, second = (m.span for m in moments(timeline))
    assert first.end == second.start == Time.from_seconds(27.5)


def test_a_long_shot_with_one_endless_cue_is_divided_evenly():
    assert lengths(film(*shots(45), cue(0, 45))) == [22.5, 22.5]


def test_a_cue_over_a_cut_belongs_to_where_most_of_it_is_heard():
    first, second = moments(film(*shots(5, 5), cue(4, 7, "mostly later"), cue(3, 5.5, "mostly before")))
    assert (first.words, second.words) == ("mostly before", "mostly later")


def test_a_subtitle_that_lasts_no_time_is_not_lost():
    assert [m.words for m in moments(film(*shots(5, 5), cue(5, 5, "blink")))] == ["", "blink"]


def test_sound_alone_is_parted_by_its_cues():
    timeline = film(cue(10, 14, "one"), cue(15, 19, "two"), cue(60, 65, "three"), seconds=100)
    found = moments(timeline)
    assert [m.words for m in found if m.words] == ["one two", "three"]
    assert found[0].span == Span(ZERO, SECOND * 10)
    assert found[-1].span.end == SECOND * 100


def test_a_film_of_which_nothing_is_known_is_windows():
    assert lengths(film(seconds=70, kinds=())) == [23.333, 23.333, 23.333]
    assert moments(film(seconds=0, kinds=())) == []


def test_tags_of_joined_shots_count_once_by_their_best_score():
    a, b = shots(1, 5)
    (found,) = moments(film(a, b, tag(a, "cab", 0.3), tag(b, "cab", 0.6), tag(b, "bus", 0.4)))
    assert [label for label, _ in found.tags] == ["cab", "bus"]
    assert round(found.tags[0][1], 3) == 0.6


def test_a_still_is_taken_inside_its_moment():
    shot = shots(60)[0]
    still = Picture(
        start=shot.start, end=shot.end, at=SECOND * 40, role="thumbnail", width=1, height=1, format="jpeg", data=b""
    )  # fmt: skip
    found = moments(film(shot, still, kinds=(Shot, Picture)))
    assert [m.picture_at for m in found] == [-1, SECOND * 40]


def test_words_are_bounded():
    (found,) = moments(film(*shots(5), cue(0, 5, "a " * 100_000)))
    assert len(found.words) <= 4000


def test_the_key_names_the_tracks_that_moments_are_made_of():
    whole = make_timeline(5)
    assert source_key(whole) == source_key(make_timeline(5))
    assert source_key(whole) != source_key(make_timeline(5, without=[Cue]))
    other = {key: Track(t.table, Maker(t.maker.stage, 1, "9" * 64)) for key, t in whole.tracks.items()}
    assert source_key(whole) != source_key(Timeline(whole.movie, other))


span_lengths = st.floats(0.04, 90).map(lambda s: round(s * 24) / 24 or 1 / 24)


@settings(max_examples=150, deadline=None)
@given(
    cut=st.lists(span_lengths, max_size=12),
    said=st.lists(st.tuples(st.floats(0, 200), st.floats(0, 40)), max_size=12),
    pictures=st.booleans(),
)
def test_moments_tile_the_film_and_hold_every_word_once(
    cut: list[float], said: list[tuple[float, float]], pictures: bool
):
    made = shots(*cut) if pictures else []
    seconds = made[-1].end.seconds if made else sum(cut) + 1
    cues = [cue(at, at + length, f"w{i}") for i, (at, length) in enumerate(said) if at < seconds]
    found = moments(film(*made, *cues, seconds=seconds))
    assert found[0].span.start == 0
    assert abs(int(found[-1].span.end) - int(Time.from_seconds(seconds))) <= 1
    assert all(a.span.end == b.span.start for a, b in pairwise(found))
    assert sorted(" ".join(m.words for m in found).split()) == sorted(c.text for c in cues)
    assert all(m.span.duration <= LONGEST for m in found)
    assert len(found) == 1 or all(m.span.duration >= SHORTEST for m in found)


def test_a_long_film_takes_little_time():
    timeline = make_timeline(1200, words=12_000)
    spans = np.array([int(m.span.duration) for m in moments(timeline)])
    assert 700 < len(spans) <= 1200


def test_signs_of_content_are_found_as_flags_by_category_and_by_what_they_are_of():
    """What a moment is filtered by, and what is shown of it."""
    made = shots(4, 4)
    sign = Concern(
        start=made[1].start, end=made[1].end, category="violence", label="gunfire", strength="moderate", score=0.5,
        rule="gunfire/1",
    )  # fmt: skip
    first, second = moments(film(*made, sign, kinds=(Shot, Concern)))
    assert first.flags == first.facets == ()
    assert second.flags == ("violence",)
    assert {"flag:violence", "flag:gunfire"} <= set(second.facets)
