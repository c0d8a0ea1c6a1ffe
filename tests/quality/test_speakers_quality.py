"""Who speaks when, in conversations composed of real voices and in meetings; and whose voice it is.

Bounds were chosen on conversations of five speakers of LibriSpeech test-other ('tune'); those of the five others
('test') and the meetings are scored after. The composed turns are known to the sample. Beside it stand two baselines:
one speaker for all that is voice, and vectors of each 1.6 s of voice grouped without telling overlapping voices apart.
"""

# ruff: noqa: T201 - figures are what it is for

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest
from tests.quality.speakers_fixtures import conversation, meeting, over_music, utterances
from tests.quality.speakers_score import Error, Turn, error
from tests.quality.speech_fixtures import DATA, RATE, Samples, sound_of
from tests.stage_films import made, movie, rows

from cinedex.media.views import SampleChunk
from cinedex.models.pool import ModelPool
from cinedex.models.registry import registry
from cinedex.models.spec import RunOptions
from cinedex.settings import Settings
from cinedex.stages.base import Inputs
from cinedex.stages.grouping import distances, grouped
from cinedex.stages.speakers import Speakers
from cinedex.stages.speaking import Speakings
from cinedex.stages.voice import VoiceActivity
from cinedex.timeline.rows import Person, Speaker, Speaking, Voice
from cinedex.timeline.time import FLICKS_PER_SECOND, Rate, Span, Time
from cinedex.timeline.track import Maker, Track

pytestmark = [
    pytest.mark.weights,
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not (DATA / "speech").exists(), reason="the evaluation data is not on this machine"),
]

SEEDS = {"tune": 0, "test": 100}


@pytest.fixture(scope="module")
def pool() -> Iterator[ModelPool]:
    cache = Settings.from_env().cache / "models"
    made_ = ModelPool(registry(), cache=cache, options=RunOptions(threads=1), offline=True)
    yield made_
    made_.close()


def voices(sound: Samples, pool: ModelPool) -> list[Voice]:
    film = movie(Rate(RATE).time(len(sound)), video=False, audio=True)
    tables = made(VoiceActivity(), film, iter([SampleChunk(Time(0), RATE, sound)]), models=pool.get)
    return rows(tables, Voice)


def speakers(sound: Samples, voice: list[Voice], pool: ModelPool) -> list[Speaker]:
    film = movie(Rate(RATE).time(len(sound)), video=False, audio=True)

    def listen(span: Span) -> Samples:
        first, last = (round(int(t) * RATE / FLICKS_PER_SECOND) for t in (span.start, span.end))
        return sound[first:last]

    given = {Voice: Track.of(Voice, voice, Maker("voice", 1))}
    found = Speakers().run(Inputs(film, film.span, iter(()), given, pool.get, listen))
    return [row for row in found if isinstance(row, Speaker)]


def turns(found: list[Speaker]) -> list[Turn]:
    return [(r.start.seconds, r.end.seconds, str(r.number)) for r in found]


def vectors_alone(sound: Samples, voice: list[Voice], pool: ModelPool) -> list[Turn]:
    """The baseline without segmentation: parts of 1.6 s of voice, grouped at the same distance."""
    parts = [(at, min(at + 1.6, v.end.seconds)) for v in voice for at in np.arange(v.start.seconds, v.end.seconds, 1.6)]
    clips = [sound[round(a * RATE) : max(round(b * RATE), round(a * RATE) + 400)] for a, b in parts]
    found = pool.get("resemblyzer").prints(clips)
    labels = grouped(distances(found, found), np.array([max(b - a, 0.05) for a, b in parts]), (Speakers().same,))[0]
    return [(a, b, str(n)) for (a, b), n in zip(parts, labels.tolist(), strict=True)]


def told(name: str, of: list[tuple[list[Turn], list[Turn]]]) -> Error:
    """Print the error of pairs of true and found turns by collar and overlap; gives the strictest."""
    for collar, overlap in ((0.0, True), (0.0, False), (0.25, True), (0.25, False)):
        total = sum((error(t, f, collar=collar, overlap=overlap) for t, f in of), Error())
        print(f"{name}, collar {collar:.2f} s, {'with' if overlap else 'without'} overlaps: {total}")
    return sum((error(t, f) for t, f in of), Error())


@pytest.mark.parametrize(
    ("part", "bed", "count"), [("tune", "clean", 6), ("tune", "music", 3), ("test", "clean", 6), ("test", "music", 3)]
)
def test_speakers_of_composed_conversations(part: str, bed: str, count: int, pool: ModelPool):
    """Conversations of two minutes each, without music or 10 dB over it."""
    said = utterances(part)
    music = sound_of(DATA / "film" / "big_buck_bunny_360p_full.mp4") if bed != "clean" else None
    ours, all_one, alone, counts, used, minutes = [], [], [], [], 0.0, 0.0
    for number in range(count):
        sound, truth = conversation(said, SEEDS[part] + number)
        if music is not None:
            sound = over_music(sound, music[number * 90 * RATE :], 10)
        voice = voices(sound, pool)
        started = time.process_time()
        found = speakers(sound, voice, pool)
        used, minutes = used + time.process_time() - started, minutes + sum(b - a for a, b, _ in truth) / 60
        ours.append((truth, turns(found)))
        all_one.append((truth, [(v.start.seconds, v.end.seconds, "all") for v in voice]))
        alone.append((truth, vectors_alone(sound, voice, pool)))
        counts.append((len({w for *_, w in truth}), len({r.number for r in found})))
    print(f"{count} conversations of 2 minutes, {bed}; speakers (true, found): {counts}")
    print(f"{used / minutes:.2f} CPU seconds per minute of speech, voice activity not counted")
    rate = told("turns", ours).rate
    baselines = [told(name, of).rate for name, of in (("one speaker", all_one), ("vectors alone", alone))]
    assert rate < min(baselines)
    assert rate < (0.3 if music is None else 0.4)
    assert used / minutes < 4


def test_speakers_of_meetings(pool: ModelPool):
    """Two recordings of 30 s of the AMI meetings; the second has four people talking at once most of the time."""
    for name in ("sample", "tst00"):
        file, truth = meeting(name)
        sound = sound_of(file)
        voice = voices(sound, pool)
        found = speakers(sound, voice, pool)
        print(f"{name}: {len({w for *_, w in truth})} speakers, {len({r.number for r in found})} found")
        rate = told(name, [(truth, turns(found))]).rate
        baseline = told(f"{name}, one speaker", [(truth, [(v.start.seconds, v.end.seconds, "all") for v in voice])])
        assert rate < baseline.rate


@pytest.mark.parametrize("shown", [0.9, 0.75, 0.6])
def test_voices_are_linked_to_characters_in_simulated_films(shown: float):
    """40 films of 5 minutes with 2 to 5 voices; who speaks is on screen in so many turns, everybody else in a quarter.

    A third of the films have a narrator, who is never seen. This is a simulation: no film with known faces and voices
    is at hand.
    """
    random = np.random.default_rng(int(shown * 100))
    right = wrong = untold = narrated = hidden = 0
    for film in range(40):
        count, at = int(random.integers(2, 6)), 0.0
        narrator = count if film % 3 == 0 else 0
        spoken, seen = [], []
        while at < 290:
            who, length = int(random.integers(1, count + 1)), float(random.uniform(1, 5))
            span = {"start": Time.from_seconds(round(at, 2)), "end": Time.from_seconds(round(at + length, 2))}
            spoken.append(Speaker(**span, number=who, score=0.9))
            for person in range(1, count + 1):
                chance = shown if person == who else 0.25
                if person != narrator and random.random() < chance:
                    seen.append(Person(**span, number=person, look=1, score=0.9))
            at += length + float(random.uniform(0, 2))
        tables = made(Speakings(), movie(Time.from_seconds(300)), tracks={Speaker: spoken, Person: seen})
        links = {r.speaker: r for r in rows(tables, Speaking) if r.score >= 0.5}
        for voice in range(1, count + 1):
            if voice == narrator:
                hidden += 1
                narrated += voice in links
            elif voice not in links:
                untold += 1
            elif links[voice].person == voice:
                right += 1
            else:
                wrong += 1
    print(f"on screen in {shown:.0%} of their turns: {right} of {right + wrong + untold} voices right, {wrong} wrong, ")
    print(f"{untold} untold; {narrated} of {hidden} narrators given a face")
    assert wrong + narrated <= 0.05 * (right + wrong + hidden)
