"""What is said of a subtitle file: its check, its drift against a film, and the file mended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cinedex.subtitles.build import Made, cut_frames, mend
from cinedex.subtitles.check import Verdict, check
from cinedex.subtitles.drift import Drift, measure
from cinedex.subtitles.files import read_subtitles
from cinedex.subtitles.film import RATE
from cinedex.subtitles.guide import Guide
from cinedex.subtitles.subtitle import Sidecar
from cinedex.timeline.rows import Voice
from cinedex.timeline.time import Rate, Time


@dataclass(frozen=True, slots=True)
class Review:
    """A file as read, the guide, the check of it, how it drifts, and what became of it if it was mended."""

    read: Sidecar
    guide: Guide
    verdict: Verdict
    drift: Drift | None
    mended: Made | None
    notes: tuple[str, ...]


def review(
    file: Path,
    guide: Guide,
    *,
    rate: Rate | None = None,
    cuts: Sequence[Time] = (),
    voice: Sequence[Voice] | None = None,
    retime: bool = False,
    fix: bool = False,
    last: Time | None = None,
) -> Review:
    """Read a file and score it; with `voice` also its drift, with `fix` also mended. Raises MediaError for others."""
    read, frames = read_subtitles(file, guide.language), rate or RATE
    verdict = check(read.subtitles, guide, frames, cut_frames(cuts, frames))
    notes = list(read.notes)
    if rate is None:
        notes.append(f"judged at {frames} frames a second; --fps or --cuts-from say otherwise")
    drift = None if voice is None else measure(read.subtitles, voice)
    if drift is not None:
        notes.append(told(drift))
    mended = None
    if fix:
        moved = drift(read.subtitles) if retime and drift is not None and drift.sure else read.subtitles
        mended = mend(moved, guide, frames, cuts=cuts, last=last)
        if any(s.italic for s in read.subtitles):
            notes.append("the mended file has no italics, colours or places")
    return Review(read, guide, verdict, drift, mended, tuple(notes))


def told(drift: Drift) -> str:
    """A drift in words."""
    if not drift.sure:
        return f"how it lies to the film's voices is not to be said (likeness {drift.fit:.2f}); times were left"
    seconds = drift.shift.seconds
    if drift.pace == 1 and abs(seconds) < 0.2:
        return f"lies well to the film's voices (offset {seconds:+.2f} s, likeness {drift.fit:.2f})"
    speed = "" if drift.pace == 1 else f"its speed is that of {drift.name} (times x {float(drift.pace):.6f}), then "
    way = "late" if seconds < 0 else "early"
    return f"{speed}it is {abs(seconds):.2f} s {way} (likeness {drift.fit:.2f}, as it stands {drift.before:.2f})"
