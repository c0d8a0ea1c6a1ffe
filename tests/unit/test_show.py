from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console
from tests.seen_rows import Seen
from tests.timelines import make_movie, make_timeline

from cinedex.formats.facts import known, length, measured, rhythm
from cinedex.formats.seen import characters
from cinedex.formats.show import render
from cinedex.timeline.rows import (
    Cue,
    Event,
    Flag,
    Framing,
    Object,
    Palette,
    Person,
    Picture,
    Place,
    Quality,
    Row,
    Scene,
    Shot,
    Sound,
    Tag,
    Text,
    Transition,
    Voice,
    Word,
)
from cinedex.timeline.time import Time
from cinedex.timeline.timeline import State, Timeline
from cinedex.timeline.track import Maker, Track

ALL = (Cue, Flag, Picture, Quality, Shot, Voice, Tag, Transition, Word)


def drawn(timeline: Timeline, width: int = 100, *, colours: bool = False, names: dict[int, str] | None = None) -> str:
    out = io.StringIO()
    about: dict[str, Any] = {"force_terminal": True, "color_system": "truecolor"} if colours else {"color_system": None}
    Console(file=out, width=width, legacy_windows=False, **about).print(render(timeline, width, names))
    return out.getvalue()


def lane(text: str, name: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(f"{name:<9}"))[9:]


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("shots", [1, 40, 700])
def test_no_line_is_wider_than_the_terminal(width: int, shots: int) -> None:
    lines = drawn(make_timeline(shots, without=(Picture,), name="港の長い" * 30 + ".mp4"), width).splitlines()
    assert max(cell_len(line) for line in lines) <= width


def test_without_colours_there_is_no_escape_sequence_and_with_them_every_column_has_the_films_colour() -> None:
    timeline = make_timeline(40)
    assert "\x1b" not in drawn(timeline)
    strip = next(line for line in drawn(timeline, 100, colours=True).splitlines() if "colour" in line)
    assert strip.count("▌") == 91
    quality = timeline.track(Quality)
    first = [round(255 * next(q.value for q in quality if q.measure == m)) for m in ("red", "green", "blue")]
    assert f"\x1b[38;2;{first[0]};{first[1]};{first[2]}" in strip


def test_shots_alternate_along_time() -> None:
    timeline = make_timeline(6)
    blocks = lane(drawn(timeline, 100), "shots")
    runs = [b for i, b in enumerate(blocks) if i == 0 or blocks[i - 1] != b]
    assert runs == ["▄", "▁"] * 3
    second = timeline.track(Shot)[1].start
    assert blocks.index("▁") == pytest.approx(91 * int(second) / int(timeline.movie.duration), abs=1)


def test_speech_and_flags_stand_where_they_are() -> None:
    span = {"start": Time.from_seconds(30), "end": Time.from_seconds(45)}
    rows = [Voice(**span, score=1), Flag(**span, label="black", score=1, note="n")]
    timeline = make_timeline(20, words=0, extra=rows[:1])
    column = 91 / timeline.movie.duration.seconds
    speech = lane(drawn(timeline), "speech")
    assert set(speech[: int(30 * column)] + speech[int(45 * column) + 1 :]) == {" "}
    assert set(speech[int(30 * column) + 1 : int(45 * column)]) == {"▄"}
    flags = lane(drawn(Timeline(timeline.movie, {("f", "flag"): Track.of(Flag, rows[1:], Maker("f", 1))})), "flags")
    assert set(flags[int(30 * column) + 1 : int(45 * column)]) == {"━"}


def test_a_kind_without_rows_has_no_lane() -> None:
    text = drawn(make_timeline(20, empty=(Voice, Flag)))
    assert not [line for line in text.splitlines() if line.startswith(("speech", "flags"))]
    assert "● Voices        computed, none found" in text


def test_the_three_states_never_look_alike() -> None:
    text = drawn(make_timeline(5, without=(Tag,), empty=(Flag,), failures={"speech": "the model's file is damaged"}))
    assert "○ Tags          not computed" in text
    assert "● Flags         computed, none found" in text
    assert "✗ Cues          failed" in text
    assert "speech: the model's file is damaged" in text
    assert "cinedex plan 'The Long Harbour.mp4'" in text


def test_a_film_of_which_nothing_is_known_says_what_to_do() -> None:
    text = drawn(Timeline(make_movie(10, name="a.mp4"), makers={"shot": ("shots",)}))
    assert "cinedex analyze a.mp4" in text
    assert "cinedex report" not in text


@pytest.mark.parametrize(
    "about", [{"without": ALL}, {"empty": ALL}, {"shots": 1}, {"failures": {"quality": "x", "shots": "y"}}]
)
def test_whatever_is_missing_something_is_drawn(about: dict[str, Any]) -> None:
    assert "Known" in drawn(make_timeline(**({"shots": 3} | about)), colours=True)


def test_a_film_without_length_or_pictures_is_shown() -> None:
    movie = make_movie(0, video=None, name="silence.wav")
    assert "no picture" in drawn(Timeline(movie))


def test_long_lists_say_how_many_are_hidden() -> None:
    text = drawn(make_timeline(50, words=300))
    assert "and 38 more shots" in text
    assert "more cues" in text


def test_text_from_films_cannot_drive_the_terminal() -> None:
    hostile = "a\x1b[31m\x07b\u202ec\nd [bold]e[/bold] \x9b5m"
    second = Time.from_seconds(1)
    extra = [
        Cue(start=Time(0), end=second, text=hostile, language="en", score=1, source="speech"),
        Flag(start=Time(0), end=second, label=hostile, score=1, note=hostile),
        Tag(start=Time(0), end=second, label=hostile, vocabulary=hostile, score=1),
    ]
    text = drawn(make_timeline(3, extra=extra, name=f"{hostile}.mp4", failures={"voice": hostile}))
    assert not {c for c in text if not c.isprintable()} - {"\n"}
    assert "[bold]e[/bold]" in text


def test_lengths_are_said_in_words_that_fit() -> None:
    said = [length(s) for s in (0, 4.2, 59.94, 59.96, 72, 3599, 3600, 7500)]
    assert said == ["0.0 s", "4.2 s", "59.9 s", "1 min 00 s", "1 min 12 s", "59 min 59 s", "1 h 00 min", "2 h 05 min"]


def test_measures_are_averaged_by_bin_and_unknown_where_nothing_was_measured() -> None:
    def q(a: int, b: int, value: float, measure: str = "luma") -> Quality:
        return Quality(start=Time(a), end=Time(b), measure=measure, value=value)

    track = Track.of(Quality, [q(0, 10, 0.2), q(10, 20, 0.4), q(20, 60, 0.8), q(0, 80, 0.1, "red")], Maker("t", 1))
    means = measured(track, "luma", np.array([0, 20, 40, 60, 80]))
    assert means[:3] == pytest.approx([0.3, 0.8, 0.8])
    assert np.isnan(means[3])
    assert np.isnan(measured(track, "sharpness", np.array([0, 80]))).all()


def test_rhythm_and_states() -> None:
    timeline = make_timeline(9, failures={"speech": "no"})
    sums = rhythm(timeline.find(Shot))
    assert sums is not None
    assert sums.mean * 9 == pytest.approx(timeline.movie.duration.seconds)
    states = {k.kind: k.state for k in known(timeline)}
    assert states["cue"] is State.FAILED
    assert states["shot"] is State.DONE
    assert "vector" not in states


def rich(shots: int = 30, **about: Any) -> Timeline:
    return make_timeline(shots, **({"seen": Seen(5, 6), "still_width": 16} | about))


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("colours", [True, False])
def test_what_is_seen_stays_within_the_width(width: int, *, colours: bool) -> None:
    names = {1: "港の長い夜の長い名前", 2: "Wolfeschlegelsteinhausen"}
    text = drawn(rich(300, seen=Seen(40, 30)), width, names=names)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    coloured = drawn(rich(), width, colours=True, names=names) if colours else ""
    assert "\x1b" not in text
    assert bool(coloured) == colours


def test_scenes_alternate_and_are_told_with_place_people_and_reason() -> None:
    timeline = rich()
    text = drawn(timeline, 160, names={1: "Anna"})
    runs = lane(text, "scenes").replace(" ", "")
    assert runs[0] == "▄"
    scene = timeline.track(Scene)[1]
    line = next(line for line in text.splitlines() if line.strip().startswith("2  "))
    assert f"{scene.score:.2f}" in line
    assert scene.reasons[0] in line
    assert "Scenes  5" in text
    assert "Anna" in text


def test_people_have_a_line_where_they_are_on_screen() -> None:
    timeline = rich()
    first = characters(timeline, {1: "Anna"})[0]
    line = lane(drawn(timeline, 100, names={1: "Anna"}), first.name[:8])
    on = [i for i, block in enumerate(line) if block != " "]
    column = 91 / timeline.movie.duration.seconds
    spans = [(s.start.seconds * column, s.end.seconds * column) for s in first.spans]
    assert on
    assert all(any(a - 1 <= i <= b + 1 for a, b in spans) for i in on)


def test_events_text_places_and_the_camera_are_listed() -> None:
    timeline = rich()
    text = drawn(timeline, 140)
    event = timeline.track(Event)[0]
    assert f"{event.score:.2f} {event.rule}" in text
    assert "title: THE LONG HARBOUR" in text
    assert "Places  by time in the film" in text
    assert "Objects  by time in the film" in text
    assert "  camera   " in text
    assert "#" in next(line for line in text.splitlines() if line.startswith("  palette"))


@pytest.mark.parametrize("kind", [Scene, Person, Place, Event, Text, Object, Framing, Palette])
@pytest.mark.parametrize("how", ["without", "empty"])
def test_without_a_kind_its_lines_are_not_there_and_its_state_is(kind: type[Row], how: str) -> None:
    text = drawn(rich(8, **{how: (kind,)}), 120)
    assert ("not computed" if how == "without" else "computed, none found") in text


def test_names_and_text_from_films_cannot_drive_the_terminal() -> None:
    hostile = "a\x1b[31m\x07b\u202ec\nd [bold]e[/bold] \x9b5m"
    about: dict[str, Any] = {"start": Time(0), "end": Time.from_seconds(1)}
    box = {"x": 0.1, "y": 0.1, "width": 0.5, "height": 0.2}
    extra: list[Row] = [
        Event(**about, label=hostile, score=1, rule=hostile),
        Text(**about, text=hostile, language="en", role="sign", score=1, **box),
        Place(**about, aspect="place", label=hostile, score=1),
        Object(**about, label=hostile, vocabulary="v", score=1, **box),
        Framing(**about, aspect="scale", label=hostile, score=1),
    ]
    text = drawn(rich(4, extra=extra), names=dict.fromkeys(range(9), hostile))
    assert not {c for c in text if not c.isprintable()} - {"\n"}


def test_music_has_a_line_and_other_sounds_have_marks_and_names() -> None:
    at = Time.from_seconds
    spans = (("music", 0, 60), ("song", 10, 50), ("speech", 80, 120), ("gunshot", 100, 101), ("silence", 110, 120))
    sounds = [Sound(start=at(a), end=at(b), label=label, score=0.9) for label, a, b in spans]

    def of(some: list[Sound]) -> str:
        tracks: dict[tuple[str, str], Track[Any]] = {("s", "sound"): Track.of(Sound, some, Maker("s", 1))}
        return drawn(Timeline(make_movie(120), tracks), 129)

    text = of(sounds)
    music, marks = lane(text, "music"), lane(text, "sounds")
    assert (music.count("▄"), marks.strip()) == (60, "▲")
    assert marks.index("▲") == 100
    assert "music 1 min" in text.partition("Sounds")[2]
    assert "speech 40" in text
    quiet = of([s for s in sounds if s.label in {"speech", "silence"}])
    assert not any(line.startswith(("music ", "sounds ")) for line in quiet.splitlines())
