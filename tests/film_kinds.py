"""Films of twelve seconds in every container, codec and timing that reading must get right."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from tests.films import Sound, make_film

from cinedex.media.probe import probe
from cinedex.timeline.movie import Movie

SHOTS = [(3.0, (200, 40, 40)), (2.5, (40, 200, 40)), (3.5, (40, 40, 200)), (3.0, (128, 128, 128))]

KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "h264 mp4": ("a.mp4", {"sounds": [Sound(codec="aac")]}),
    "h264 mkv": ("a.mkv", {"sounds": [Sound(), Sound(rate=44_100, channels=1, codec="flac")]}),
    "h264 ts": ("a.ts", {"sounds": [Sound(codec="mp2")], "gop": 24}),
    "h264 avi": ("a.avi", {"sounds": [Sound()]}),
    "long gop": ("a.mp4", {"gop": 400, "b_frames": 3}),
    "open gop": ("a.mkv", {"options": {"x264-params": "open-gop=1"}, "b_frames": 3}),
    "intra": ("a.mkv", {"gop": 1, "b_frames": 0}),
    "hevc": ("a.mp4", {"codec": "libx265", "options": {"x265-params": "log-level=none"}}),
    "vp9": ("a.webm", {"codec": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8"}}),
    "mpeg4": ("a.avi", {"codec": "mpeg4"}),
    "mpeg2 ps": ("a.mpg", {"codec": "mpeg2video", "rate": Fraction(25), "sounds": [Sound(codec="mp2")]}),
    "ntsc": ("a.mov", {"rate": Fraction(30_000, 1001), "start": 3600}),
    "vfr": ("a.mkv", {"times": [float(x) for x in np.cumsum([0.04, 0.04, 0.12, 0.04, 0.3] * 40)]}),
    "slides": ("a.mp4", {"times": [0, 5, 11, 40, 40.5, 41], "gop": 3}),
    "late sound": ("a.mkv", {"sounds": [Sound(start=1.7)], "gop": 48}),
}


def film_of_kind(kind: str, folder: Path) -> Movie:
    """Make one in the folder; its pictures carry their numbers."""
    name, how = KINDS[kind]
    if "times" not in how:
        how = {"shots": SHOTS, **how}
    return probe(make_film(folder / f"{kind.replace(' ', '_')}{Path(name).suffix}", size=(96, 54), **how))
