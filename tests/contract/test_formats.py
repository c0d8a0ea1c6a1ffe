"""The contract of a format: any timeline can be written, in the same bytes each time, or is refused in words."""

from __future__ import annotations

import json
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from tests.seen_rows import Seen
from tests.timelines import make_timeline

from cinedex.errors import CinedexError, UsageError
from cinedex.formats.annotations import read_json, write_json
from cinedex.timeline.movie import Movie, VideoStream
from cinedex.timeline.rows import (
    KINDS,
    Caption,
    Concern,
    Cue,
    Event,
    Faceprint,
    Flag,
    Flash,
    Frame,
    Hearing,
    Level,
    Loudness,
    Mention,
    Nudity,
    Pattern,
    Picture,
    Programme,
    Scan,
    Scene,
    Shot,
    Sight,
    Sound,
    Speaker,
    Speaking,
    Subtitling,
    Suspect,
    Translation,
    Vector,
    Voiceprint,
)
from cinedex.timeline.time import SECOND, Rate, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Track

FORMATS = {p.name: p.load() for p in entry_points(group="cinedex.formats")}

MAKER = Maker("test", 1, "k" * 64)

VIDEO = VideoStream(
    index=0, codec="h264", width=640, height=360, display=(640, 360), rotation=0, rate=Rate(24000, 1001),
    variable=False, start=Time(0), duration=SECOND * 60, frames=None, pixel_format="yuv420p", bits=8, interlaced=False,
    color_range="limited", color_space="bt709", color_transfer="bt709", hdr=None,
)  # fmt: skip

HOSTILE = [
    "Where --> there",
    "<script>alert(1)</script> & <b>bold</b>",
    "two\n\nlines\r\nand {\\an8} braces",
    "مرحبا بالعالم",
    "こんにちは世界",
    "नमस्ते दुनिया",
    "1\n00:00:01,000 --> 00:00:02,000\nforged",
    "nul\0 and bell\a",
    "",
]


def timeline(*rows: Any, video: VideoStream | None = VIDEO, kinds: tuple[type, ...] = (Shot, Cue, Flag)) -> Timeline:
    movie = Movie(
        id="m1-abc", uri="/films/a.mkv", name="a<b>&.mkv", size=1, container="matroska", duration=SECOND * 60,
        video=video, audio=(),
    )  # fmt: skip
    tracks = {("test", k.kind): Track.of(k, [r for r in rows if isinstance(r, k)], MAKER) for k in kinds}
    return Timeline(movie, tracks, {}, {k.kind: ("test",) for k in kinds})


def shot(number: int) -> Shot:
    rate = VIDEO.rate
    assert rate is not None
    return Shot(start=rate.time(48 * number), end=rate.time(48 * number + 48), number=number, opening="cut", score=0.9)


def cue(text: str, start: Time = SECOND, end: Time = SECOND * 3) -> Cue:
    return Cue(start=start, end=end, text=text, language="en", score=0.9, source="speech")


@pytest.mark.parametrize("name", FORMATS)
def test_an_empty_timeline_is_written(name: str, tmp_path: Path):
    FORMATS[name](timeline(), tmp_path / "x")
    assert (tmp_path / "x").exists()


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_timeline_is_the_same_bytes(name: str, tmp_path: Path):
    for file in "ab":
        FORMATS[name](timeline(shot(0), shot(1), *(cue(t) for t in HOSTILE)), tmp_path / file)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("name", FORMATS)
def test_what_was_never_computed_is_refused_in_words_or_left_out(name: str, tmp_path: Path):
    needs = {"srt": "cue", "vtt": "cue", "ass": "cue", "ttml": "cue", "ad.vtt": "voice", "otio": "shot"}
    if name not in needs:
        FORMATS[name](timeline(kinds=()), tmp_path / "x")
        return
    with pytest.raises((LookupError, CinedexError), match=rf"a<b>&\.mkv: {needs[name]} was not computed"):
        FORMATS[name](timeline(kinds=()), tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_json_is_lossless(tmp_path: Path):
    still = Picture(
        start=Time(0),
        end=SECOND,
        at=Time(7),
        role="thumbnail",
        width=2,
        height=2,
        format="jpeg",
        data=bytes(range(256)),
    )
    before = timeline(shot(0), shot(1), cue("ha"), still, kinds=(Shot, Cue, Flag, Picture))
    write_json(before, tmp_path / "x.json")
    after = read_json(tmp_path / "x.json")
    assert after.tracks.keys() == before.tracks.keys()
    for key, track in before.tracks.items():
        assert after.tracks[key].table.equals(track.table, check_metadata=True)
        assert after.tracks[key].maker == track.maker
    assert "/films" not in (tmp_path / "x.json").read_text()


def test_json_carries_every_kind_but_what_identifies_a_face(tmp_path: Path):
    before = make_timeline(8, seen=Seen(3, 4), words=20, still_width=16)
    maker = Maker("more", 1, "k" * 64)
    more: list[Any] = [
        Frame(start=Time(0), end=SECOND, pts=0, key=True),
        Vector(start=Time(0), end=SECOND, space="s", values=(0.5, -0.5)),
        Sight(start=Time(0), end=SECOND, space="s", values=(0.5, -0.5)),
        Sound(start=Time(0), end=SECOND, label="rain", score=0.5),
        Speaker(start=Time(0), end=SECOND, number=1, score=0.5),
        Voiceprint(start=Time(0), end=SECOND, number=1, space="voice-test", values=(0.6, 0.8)),
        Speaking(start=Time(0), end=SECOND, speaker=1, person=2, score=0.5),
        Hearing(start=Time(0), end=SECOND, vocabulary="v", scores=(0.5, 0.0)),
        Loudness(start=Time(0), end=SECOND, momentary=-23.5, short_term=-24, peak=-6),
        Level(start=Time(0), end=SECOND, peaks=(-6.0,) * 10, powers=(-20.0, -21.5), alike=(0.5,), clipped=3),
        Programme(start=Time(0), end=SECOND, measure="integrated-loudness", value=-23),
        Flash(start=Time(0), end=SECOND, how="red", rise=True, area=0.5, dark=0, bright=1, cells=bytes(162)),
        Pattern(start=Time(0), end=SECOND, stripes=9, area=0.5, dark=0, bright=1),
        Caption(start=Time(0), end=SECOND, text="- Ja?\n- Nein.", language="de", origin="film.de.srt"),
        Subtitling(
            start=Time(0),
            end=SECOND,
            origin="film.de.srt",
            language="de",
            used=False,
            voiced=0.5,
            agreed=0,
            pace=1,
            shift=-2.5,
            reason="de is written, en is spoken",
        ),
        Translation(start=Time(0), end=SECOND, text="- Yes?", language="en", origin="de", score=0.5),
        Hearing(start=Time(0), end=SECOND, vocabulary="v", scores=(0.5, 0.0)),
        Loudness(start=Time(0), end=SECOND, momentary=-23.5, short_term=-24, peak=-6),
        Level(start=Time(0), end=SECOND, peaks=(-6.0,) * 10, powers=(-20.0, -21.5), alike=(0.5,), clipped=3),
        Programme(start=Time(0), end=SECOND, measure="integrated-loudness", value=-23),
        Scan(start=Time(0), end=SECOND, bars=(0.0,) * 4, edges=(1.0,) * 4, comb=0, detail=0.5, shown=1),
        Suspect(start=Time(0), end=SECOND, score=0.5),
        Nudity(start=Time(0), end=SECOND, score=0.5),
        Mention(
            start=Time(0),
            end=SECOND,
            topic="drugs",
            strength="mild",
            text="opium",
            language="en",
            origin="speech",
            score=0.5,
        ),
        Concern(
            start=Time(0), end=SECOND, category="drugs", label="drugs spoken of", strength="mild", score=0.5, rule="a/1"
        ),
    ]
    tracks = dict(before.tracks) | {("more", type(r).kind): Track.of(type(r), [r], maker) for r in more}
    assert {kind for _, kind in tracks} == set(KINDS), "every kind is tried here"
    write_json(Timeline(before.movie, tracks, {}, before.makers), tmp_path / "x.json")
    after = read_json(tmp_path / "x.json")
    assert {kind for _, kind in after.tracks} == set(KINDS) - {Faceprint.kind, Voiceprint.kind}
    for key, track in after.tracks.items():
        assert track.table.equals(tracks[key].table, check_metadata=True)
        assert track.maker == tracks[key].maker
    told = json.loads((tmp_path / "x.json").read_text("utf-8"))
    assert told["left_out"] == ["faceprint", "voiceprint"]
    assert "face-test" not in (tmp_path / "x.json").read_text("utf-8")
    assert "voice-test" not in (tmp_path / "x.json").read_text("utf-8")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"cinedex": 99}', '{"cinedex": 1, "tracks": 3}', "not json"])
def test_json_that_is_not_ours_is_refused(text: str, tmp_path: Path):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(UsageError, match=r"x\.json"):
        read_json(tmp_path / "x.json")


def test_an_editing_timeline_has_exact_frames(tmp_path: Path):
    FORMATS["otio"](timeline(*(shot(i) for i in range(5)), cue("said")), tmp_path / "x.otio")
    back = otio.adapters.read_from_string((tmp_path / "x.otio").read_text("utf-8"), "otio_json")
    clips = list(back.find_clips())
    assert [c.source_range.start_time.value for c in clips] == [0, 48, 96, 144, 192]
    assert {c.source_range.duration.value for c in clips} == {48}
    assert {c.source_range.start_time.rate for c in clips} == {24000 / 1001}
    assert [m.name for m in back.tracks[0].markers] == ["said"]
    assert json.loads((tmp_path / "x.otio").read_text())["metadata"]["cinedex"]["movie"] == "m1-abc"


def test_scenes_and_events_are_markers_that_keep_their_facts(tmp_path: Path):
    scene = Scene(start=SECOND, end=SECOND * 4, number=1, score=0.5, reasons=(HOSTILE[1], "light"), at=SECOND * 2)
    event = Event(start=SECOND, end=SECOND * 2, label="kiss", score=0.75, rule="kiss/1", refs=("shot@0",))
    flag = Flag(start=Time(0), end=SECOND, label="black", score=1, note="dark")
    rows = (*(shot(i) for i in range(5)), cue(HOSTILE[3]), scene, event, flag)
    FORMATS["otio"](timeline(*rows, kinds=(Shot, Cue, Flag, Scene, Event)), tmp_path / "x.otio")
    back = otio.adapters.read_from_string((tmp_path / "x.otio").read_text("utf-8"), "otio_json")
    markers = {m.metadata["cinedex"]["kind"]: m for m in back.tracks[0].markers}
    assert [(kind, m.name, m.color) for kind, m in markers.items()] == [
        *(("scene", "Scene 2", "GREEN"), ("cue", HOSTILE[3], "CYAN")),
        *(("event", "kiss", "PURPLE"), ("flag", "black", "RED")),
    ]
    about = markers["scene"].metadata["cinedex"]
    assert (about["score"], list(about["reasons"]), about["at_flicks"]) == (0.5, list(scene.reasons), int(scene.at))
    about = markers["event"].metadata["cinedex"]
    assert (about["rule"], list(about["evidence"]), about["start_flicks"]) == ("kiss/1", ["shot@0"], int(SECOND))
    frames = (24000 / 1001) * 3
    assert markers["scene"].marked_range.duration.value == pytest.approx(frames, abs=1)


def test_an_editing_timeline_needs_pictures(tmp_path: Path):
    with pytest.raises(UsageError, match="needs pictures"):
        FORMATS["otio"](timeline(video=None), tmp_path / "x.otio")
