"""Odd, damaged and hostile files: each is watched to its end or refused in words that name it.

164 files of other projects' test suites and damaged copies of open films: every codec and container at hand, cut off,
encrypted, of zero bytes, with lying headers. What is refused is listed by name; whatever is not must give pictures or
sound at times that only grow. A refusal must be a MediaError that names the film; anything else fails.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.watching import watch

from cinedex.errors import MediaError
from cinedex.media.probe import probe
from cinedex.media.views import Frames, Samples

DATA = Path(__file__).parents[3] / "shared" / "data" / "robustness"

REFUSED = {
    "broken_stsz_index.mp4": "can be opened",
    "random_bytes.mp4": "can be opened",
    "text_file.mp4": "can be opened",
    "truncated_60pct_moov_at_end_missing.mp4": "can be opened",
    "zero_byte.mp4": "empty",
    "invalid-bitstream.webm": "damaged or encrypted",
    "sample_fragmented_clearkey.mp4": "can be opened",
    "sample_malformed_free_box.mp4": "can be opened",
    "bipbop-cenc-audioinit.mp4": "header of a longer film",
    "bipbop_480wp_1001kbps-cenc-video-key1-init.mp4": "header of a longer film",
    "bipbop_audioinit.mp4": "header of a longer film",
    "bipbop_cbcs_audio_init.mp4": "header of a longer film",
    "bipbop_cbcs_video_init.mp4": "header of a longer film",
    "bipbop_nonfragment_header.mp4": "header of a longer film",
    "chunk_out_of_range.mp4": "can be opened",
    "invalid_userdata.mp4": "header of a longer film",
    "short-cenc.mp4": "encrypted",
    "small.mp4": "damaged or encrypted",
    "test_case_1185230.mp4": "damaged or encrypted",
    "zero_empty_stsc.mp4": "damaged or encrypted",
}
"""What cannot be watched, and words that its refusal has."""

NO_FILM = {".srt", ".ass", ".vtt", ".json", ".txt", ".md"}


def films() -> list[Path]:
    folders = [DATA / name for name in ("derived", "media3", "mp4parse", "other")]
    return sorted(p for f in folders for p in f.rglob("*") if p.is_file() and p.suffix not in NO_FILM)


pytestmark = [pytest.mark.skipif(not DATA.is_dir(), reason="the files are not here"), pytest.mark.timeout(120)]


@pytest.mark.parametrize("path", films(), ids=lambda p: f"{p.parent.name}/{p.name}")
def test_a_film_is_watched_to_its_end_or_refused_by_name(path: Path):
    if path.name in REFUSED:
        with pytest.raises(MediaError, match=REFUSED[path.name]) as refused:
            seen(path)
        assert path.name in str(refused.value)
        return
    pictures, samples = seen(path)
    assert pictures + samples > 0


def seen(path: Path) -> tuple[int, int]:
    """How many pictures and samples there are, every sound stream read."""
    movie = probe(path)
    views: dict[str, Frames | Samples] = {f"sound {i}": Samples(stream=i) for i in range(len(movie.audio))}
    if movie.video is not None:
        views["pictures"] = Frames(height=36)
    got = watch(movie, views)
    chunks = got.pop("pictures", [])
    starts = np.concatenate([c.starts for c in chunks]) if chunks else np.zeros(0, np.int64)
    assert np.all(np.diff(starts) > 0)
    assert len(starts) == 0 or 0 <= starts[0] <= movie.duration
    for sound in got.values():
        assert all(np.isfinite(c.samples).all() for c in sound)
    return len(starts), sum(len(c) for sound in got.values() for c in sound)


def test_one_bad_film_does_not_stop_the_others(tmp_path: Path):
    names = ["zero_byte.mp4", "reference_good_12s.mp4", "random_bytes.mp4", "audio_only.mp4", "-dash-leading name.mp4"]
    command = [sys.executable, "-m", "cinedex", "--library", str(tmp_path), "analyze", "--stages", "frames,quality"]
    done = subprocess.run(  # noqa: S603 - our own interpreter and program
        [*command, *(str(DATA / "derived" / n) for n in names)], capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 4, said
    assert [name in said for name in names] == [True] * len(names)
    assert "Traceback" not in said
