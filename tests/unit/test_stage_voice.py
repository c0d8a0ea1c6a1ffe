from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stage_films import made, movie

from cinedex.media.views import SampleChunk
from cinedex.models.fakes import FakeVoiceDetector
from cinedex.stages.voice import RATE, VoiceActivity
from cinedex.timeline import arrow
from cinedex.timeline.rows import Voice
from cinedex.timeline.time import Rate, Span, Time

HOP = 512
CLOCK = Rate(RATE)


class Remembering(FakeVoiceDetector):
    """A detector with a state: it goes deaf after ten seconds, unless it starts anew."""

    def voice(self, samples: np.ndarray) -> np.ndarray:
        heard = super().voice(samples)
        heard[10 * RATE // HOP :] = 0
        return heard


def sound(hops: Sequence[tuple[bool, int]]) -> np.ndarray:
    """Runs of loud and quiet hops."""
    return np.concatenate([np.full(n * HOP, 0.3 if loud else 0.0, np.float32) for loud, n in hops])


def chunks(samples: np.ndarray, first: int, last: int, size: int) -> Iterator[SampleChunk]:
    for at in range(first, last, size):
        yield SampleChunk(CLOCK.time(at), RATE, samples[at : min(at + size, last)])


def voices(
    samples: np.ndarray, span: Span | None = None, *, size: int = RATE, stage: VoiceActivity | None = None
) -> list[Voice]:
    """What the stage says of a span, fed as the runner feeds it."""
    stage = stage or VoiceActivity()
    film = movie(CLOCK.time(len(samples)), video=False, audio=True)
    span = span or film.span
    assert stage.halo is not None
    around = span.grow(stage.halo) & film.span or span
    first, last = (-(-int(t) * RATE // 705_600_000) for t in (around.start, around.end))
    tables = made(
        stage, film, chunks(samples, first, last, size), span=span, models={"silero-vad": Remembering()}.__getitem__
    )
    return arrow.rows(Voice, tables["voice"])


def seconds(found: Sequence[Voice]) -> list[tuple[float, float]]:
    return [(round(s.start.seconds, 3), round(s.end.seconds, 3)) for s in found]


RUNS = st.lists(st.tuples(st.booleans(), st.integers(1, 400)), min_size=1, max_size=12).map(sound)


@settings(max_examples=60, deadline=None)
@given(samples=RUNS, cuts=st.lists(st.integers(1, 60_000_000_000), max_size=4), size=st.integers(2000, 40_000))
def test_reels_joined_are_the_whole(samples: np.ndarray, cuts: list[int], size: int):
    whole = voices(samples)
    edges = sorted({0, *(c for c in cuts if c < int(CLOCK.time(len(samples)))), int(CLOCK.time(len(samples)))})
    parts = [row for a, b in itertools.pairwise(edges) for row in voices(samples, Span(Time(a), Time(b)), size=size)]
    assert parts == whole


@settings(max_examples=60, deadline=None)
@given(samples=RUNS)
def test_rows_are_in_the_film_apart_and_cover_what_is_loud(samples: np.ndarray):
    found = voices(samples)
    assert all(0 <= r.start < r.end <= CLOCK.time(len(samples)) for r in found)
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))
    assert all(0 <= r.score <= 1 for r in found)
    loud = samples.reshape(-1, HOP)[:, 0] > 0
    covered = np.zeros(len(loud), bool)
    for r in found:
        covered[CLOCK.count(r.start) // HOP : -(-CLOCK.count(r.end) // HOP)] = True
    blocks = np.arange(len(loud)) // 256
    inside = np.flatnonzero(loud & ~covered)
    for i in inside:  # what is left out is shorter than speech is
        run = loud & (blocks == blocks[i])
        left = i - np.flatnonzero(~run[: i + 1])[-1] - 1 if (~run[: i + 1]).any() else i
        right = np.flatnonzero(~run[i:])[0] if (~run[i:]).any() else len(run) - i
        assert left + right < 0.2 * RATE / HOP


def test_a_stretch_is_padded_and_short_pauses_are_bridged():
    found = voices(sound([(False, 31), (True, 31), (False, 9), (True, 31), (False, 62)]))
    assert seconds(found) == [(0.832, 3.424)]


def test_long_pauses_divide():
    assert len(voices(sound([(True, 31), (False, 40), (True, 31)]))) == 2


def test_a_click_is_no_speech():
    assert voices(sound([(False, 60), (True, 3), (False, 60)])) == []


def test_the_detector_starts_anew_so_that_it_never_grows_deaf():
    found = voices(sound([(True, 2000)]))
    assert found[0].start == 0
    assert found[-1].end == CLOCK.time(2000 * HOP)
    assert all(a.end == b.start for a, b in itertools.pairwise(found))
    assert max(r.end - r.start for r in found) <= CLOCK.time(256 * HOP)


def test_sound_that_ends_inside_a_hop_is_heard_to_its_end():
    samples = sound([(True, 20)])[:-200]
    assert seconds(voices(samples)) == [(0, round(len(samples) / RATE, 3))]


def test_other_chunks_are_refused():
    film = movie(Time.from_seconds(1), video=False, audio=True)
    with pytest.raises(TypeError, match="listens to samples"):
        made(VoiceActivity(), film, ["noise"], models=lambda _: FakeVoiceDetector())  # type: ignore[list-item]
