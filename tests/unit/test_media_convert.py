"""Pictures as stages see them: what is coded as a grey is that grey, to half a step, where light is measured."""

from __future__ import annotations

import av
import numpy as np
import pytest
from av.video.reformatter import Colorspace
from tests.timelines import make_movie

from cinedex.media.convert import PictureMaker
from cinedex.media.views import PixelFormat
from cinedex.timeline.movie import VideoStream

CODES = np.arange(16, 236)
GREYS = (CODES - 16) * 255 / 219
"""What the luma codes of television mean (ITU-R BT.709, 3.4) in full range."""


@pytest.fixture(scope="module")
def video() -> VideoStream:
    found = make_movie(1.0).video
    assert found is not None
    return found


def coded(luma: int, size: tuple[int, int] = (1280, 720)) -> av.VideoFrame:
    """A picture of one grey as it comes out of a decoder."""
    width, height = size
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    planes[:height] = luma
    frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    frame.colorspace = Colorspace.ITU709
    return frame


def off(maker: PictureMaker) -> np.ndarray:
    return np.array([maker(coded(int(code))).astype(float).mean() for code in CODES]) - GREYS


@pytest.mark.parametrize("sort", ["rgb24", "gray8"])
def test_exact_pictures_are_as_coded_to_half_a_step(video: VideoStream, sort: PixelFormat):
    assert np.abs(off(PictureMaker(video, (48, 27), sort, exact=True))).max() <= 0.51


def test_others_are_two_steps_darker_at_most(video: VideoStream):
    wrong = off(PictureMaker(video, (48, 27), "rgb24"))
    assert wrong.min() >= -2.4
    assert wrong.max() <= 0.51


def test_exact_colours_are_those_of_the_standard(video: VideoStream):
    """Full red of BT.709 is luma 63, Cb 102, Cr 240 (rounded)."""
    planes = np.full((720 * 3 // 2, 1280), 0, np.uint8)
    planes[:720], planes[720:900], planes[900:] = 63, 102, 240
    frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    frame.colorspace = Colorspace.ITU709
    red = PictureMaker(video, (48, 27), "rgb24", exact=True)(frame)[13, 24]
    assert np.abs(red.astype(int) - (255, 0, 0)).max() <= 2
