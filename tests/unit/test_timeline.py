"""A timeline tells computed and empty, failed and never computed apart, and joins what several stages made."""

from __future__ import annotations

import pytest

from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Cue, Flag, Shot, Sound
from cinedex.timeline.time import SECOND, ZERO, Span, Time
from cinedex.timeline.timeline import State, Timeline
from cinedex.timeline.track import Maker, Track

MOVIE = Movie(
    id="m-1", uri="/films/a.mkv", name="a.mkv", size=1, container="matroska", duration=SECOND * 10, video=None, audio=()
)


def _flags(stage: str, *starts: int) -> Track[Flag]:
    made = [Flag(start=Time(s), end=Time(s + 1), label=stage, score=1.0, note="") for s in starts]
    return Track.of(Flag, made, Maker(stage, 1))


TIMELINE = Timeline(
    MOVIE,
    tracks={
        ("faults", "flag"): _flags("faults", 5, 1),
        ("loud", "flag"): _flags("loud", 3),
        ("voice", "sound"): Track.of(Sound, [], Maker("voice", 1)),
    },
    failures={"speech": "out of memory"},
    makers={"flag": ("faults", "loud"), "sound": ("voice",), "cue": ("speech",), "shot": ("shots",)},
)


def test_the_three_states_differ():
    assert TIMELINE.state(Sound) is State.DONE
    assert len(TIMELINE.track(Sound)) == 0
    assert TIMELINE.state(Cue) is State.FAILED
    assert TIMELINE.state(Shot) is State.MISSING
    with pytest.raises(LookupError, match=r"a\.mkv: cue speech failed: out of memory"):
        TIMELINE.track(Cue)
    with pytest.raises(LookupError, match="shot was not computed"):
        TIMELINE.track(Shot)
    assert TIMELINE.find(Shot) is None


def test_tracks_of_several_stages_are_read_as_one_in_time_order():
    flags = TIMELINE.track(Flag)
    assert [(int(f.start), f.label) for f in flags] == [(1, "faults"), (3, "loud"), (5, "faults")]
    assert flags.kind == "flag"
    assert flags.maker.stage == "faults+loud"


def test_one_failed_maker_is_not_hidden_by_another_s_rows():
    half = Timeline(MOVIE, {("faults", "flag"): _flags("faults", 1)}, {"loud": "no sound"}, TIMELINE.makers)
    assert half.state(Flag) is State.FAILED
    assert [f.label for f in half.track(Flag)] == ["faults"]


def test_a_film_reaches_from_zero_to_its_duration():
    assert MOVIE.span == Span(ZERO, SECOND * 10)
