"""Decoded pictures as the arrays that stages see: scaled, upright, full-range 8-bit RGB or gray, HDR brought to SDR."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from cinedex.media.tone import TONES, Tone
from cinedex.media.views import PixelFormat
from cinedex.timeline.movie import VideoStream

Pixels = npt.NDArray[np.uint8]

_HD_HEIGHT = 720
_MATRICES = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
    10: Colorspace.BT2020,
}


def geometry(video: VideoStream, height: int | None, width: int | None) -> tuple[int, int]:
    """(width, height) of a view upright; a width that is not given follows the display shape, even and at least 2."""
    if height is None:
        height = video.width if video.rotation % 180 else video.height
    if width is not None:
        return width, height
    across, down = video.display
    return max(2, round(Fraction(height * across, down) / 2) * 2), height


class PictureMaker:
    """Scales pictures to one size by area averaging, as full-range 8-bit RGB or gray, upright.

    The colour matrix is the stream's; where it names none, BT.709 from 720 lines on and BT.601 below, as players do.
    Fields of interlaced pictures are averaged where the picture gets smaller. Transparency is left out. What `exact`
    means is said at `Frames`.
    """

    def __init__(
        self, video: VideoStream, size: tuple[int, int], pixel_format: PixelFormat, *, exact: bool = False
    ) -> None:
        self.size, self.format = size, pixel_format
        # libswscale rounds colours down unless it brings chroma to the full width first.
        self._how = Interpolation.AREA | Interpolation.FULL_CHR_H_INT if exact else Interpolation.AREA
        self._turns, self._mirrored = video.rotation // 90, video.mirrored
        self._tone: Tone | None = TONES.get(video.color_transfer)
        self._scaler = VideoReformatter()

    def __call__(self, frame: Any) -> Pixels:
        """uint8 [height, width, 3], or [height, width] in gray; an array of its own."""
        width, height = self.size if self._turns % 2 == 0 else self.size[::-1]
        known = _MATRICES.get(int(frame.colorspace if frame.colorspace is not None else 2))
        matrix = known or (Colorspace.ITU709 if frame.height >= _HD_HEIGHT else Colorspace.ITU601)
        plain = "rgb24" if self.format == "rgb24" else "gray"
        small = self._scaler.reformat(
            frame,
            width=width,
            height=height,
            format=plain if self._tone is None else "rgb48le",
            src_colorspace=matrix,
            dst_colorspace=matrix,
            interpolation=self._how,
            dst_color_range=ColorRange.JPEG,
            threads=1,
        )
        pixels: Any = small.to_ndarray()
        if self._tone is not None:
            pixels = self._tone(pixels, gray=self.format == "gray8")
        if self._mirrored:
            pixels = pixels[::-1]
        if self._turns:
            pixels = np.rot90(pixels, -self._turns)
        upright: Pixels = np.ascontiguousarray(pixels)
        return upright
