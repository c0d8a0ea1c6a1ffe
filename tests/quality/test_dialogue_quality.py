"""Languages that change, names that are expected, subtitles that came with a film, and what is put into English.

Spoken passages are laid one after the other; what was tuned on none of them is said at each figure. The bounds of the
change of language (0.9 sure, parts of 4 s) were set on the English and German recording; all else is test data.
"""

# ruff: noqa: T201 - figures are what it is for

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import numpy as np
import pysubs2
import pytest
from tests.quality.speech_fixtures import DATA, RATE, Samples, hear, passages, sound_of, written
from tests.quality.speech_score import Errors, word_errors, words

from cinedex.models.pool import ModelPool
from cinedex.models.registry import registry
from cinedex.models.spec import RunOptions
from cinedex.settings import Settings
from cinedex.stages.cues import Cues
from cinedex.stages.speech import Speech
from cinedex.stages.subtitling import Fit, fit
from cinedex.stages.translation import Translations
from cinedex.stages.voice import VoiceActivity
from cinedex.subtitles.files import parsed
from cinedex.timeline.rows import Caption
from cinedex.timeline.time import Span
from cinedex.timeline.track import Spans

pytestmark = [
    pytest.mark.weights,
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not (DATA / "speech").exists(), reason="the evaluation data is not on this machine"),
]

MIXED = DATA / "speech" / "multilingual" / "faster_whisper_multilingual.mp3"
TRAILER = DATA / "film" / "sintel_trailer_480p_h264.mp4"
SUBTITLES = DATA / "speech" / "subtitles"


@pytest.fixture(scope="module")
def pool() -> Iterator[ModelPool]:
    cache = Settings.from_env().cache / "models"
    with ModelPool(registry(), cache=cache, options=RunOptions(threads=2), offline=True) as made:
        yield made


def test_two_languages_inside_one_window_are_both_kept(pool: ModelPool, tmp_path: Path):
    """Ten seconds of one, then of another, half a second between: each order of English, German, Russian, Chinese."""
    silence = np.zeros(RATE // 2, np.float32)
    german = sound_of(MIXED)[42 * RATE : 52 * RATE]
    said: dict[str, Samples] = {"en": sound_of(DATA / "speech" / "misc" / "jfk.flac")[: 10 * RATE], "de": german}
    for name, file in (("ru", "misc/deepspeech_ru.wav"), ("zh", "multilingual/chinese.flac")):
        said[name] = sound_of(DATA / "speech" / file)[: 10 * RATE]
    right = total = 0.0
    for first, second in permutations(said, 2):
        sound = np.concatenate([said[first], silence, said[second]])
        heard = hear(written(sound, tmp_path / f"{first}{second}.wav"), pool)
        border = len(said[first]) / RATE
        good = sum((w.end - w.start).seconds for w in heard.words if w.language == (first, second)[_after(w, border)])
        length = sum((w.end - w.start).seconds for w in heard.words)
        right, total = right + good, total + length
        print(f"{first} then {second}: {good:.1f} of {length:.1f} s in the right language; {heard.text}")
    print(f"12 pairs: {100 * right / total:.0f} % of {total:.0f} s of words are in the language that is spoken")
    assert right / total > 0.7


def _after(word: object, border: float) -> bool:
    return (word.start.seconds + word.end.seconds) / 2 > border  # type: ignore[attr-defined]


def test_in_a_film_in_one_language_no_other_is_found(pool: ModelPool, tmp_path: Path):
    """English recordings one after the other, two seconds between them, as in `python -m bench speech`."""
    silence = np.zeros(2 * RATE, np.float32)
    spoken = [p for p in passages() if p.language == "en"]
    sound = np.concatenate([part for p in spoken for part in (sound_of(p.file), silence)])
    heard = hear(written(sound, tmp_path / "joined.wav"), pool)
    other = [(c.language, c.text) for c in heard.cues if c.language != "en"]
    wrong = word_errors(" ".join(p.text for p in spoken), heard.text, "en")
    print(f"{len(spoken)} recordings, {len(sound) / RATE / 60:.1f} min: words wrong {wrong}; not English: {other}")
    assert other == []
    assert wrong.rate < 0.05


def test_names_that_are_expected_are_heard_more_often_and_do_no_harm(pool: ModelPool):
    """Five readings of playing cards, the suits as names; then all short passages with names that nobody says."""
    cards, rest = [], []
    for passage in passages():
        if passage.language == "en" and len(words(passage.text, "en")) < 50:
            (cards if passage.file.parent.name == "cards" else rest).append(passage)
    strange = ("Daenerys Targaryen", "Winterfell", "Tyrion Lannister", "Westeros", "Jon Snow", "Cersei", "Hodor")
    found: dict[str, Errors] = {}
    for label, said, names in (
        ("cards", cards, ()),
        ("cards, suits expected", cards, ("clubs", "spades", "hearts", "diamonds")),
        ("other passages", rest, ()),
        ("other passages, strange names expected", rest, strange),
    ):
        found[label] = Errors()
        for passage in said:
            stages = (VoiceActivity(), Speech(names=names), Cues())
            found[label] += word_errors(passage.text, hear(passage.file, pool, *stages).text, "en")
        print(f"{label} ({len(said)}): words wrong {found[label]}")
    assert found["cards, suits expected"].edits <= found["cards"].edits
    assert found["other passages, strange names expected"].edits <= found["other passages"].edits + 3


def test_subtitles_are_told_to_be_of_the_film_and_put_on_time(pool: ModelPool):
    heard = hear(TRAILER, pool)
    voice, film = Spans.of(v.span for v in heard.voice), Span.from_seconds(0, heard.duration.seconds)

    def weighed(file: str, *, shift: float = 0, pace: float = 1) -> Fit:
        found = pysubs2.load(str(SUBTITLES / file))
        for event in found:
            event.start, event.end = (round(t * pace + shift * 1000) for t in (event.start, event.end))
        lines = [
            Caption(start=s.start, end=s.end, text=s.text, language="en", origin=file)
            for s in parsed(found.to_string("srt").encode()).subtitles
        ]
        return fit([c for c in lines if c.start < film.end], heard.words, voice, film)

    for label, file, made, used in (
        ("its own", "sintel_trailer.en.vtt", {}, True),
        ("its own, 7 s late", "sintel_trailer.en.vtt", {"shift": 7.0}, True),
        ("its own, for 23.976 fps", "sintel_trailer.en.vtt", {"pace": 25 / 23.976}, True),
        ("the whole film's", "sintel_full_film.en.vtt", {}, False),
        ("another film's", "tears_of_steel_full_film.en.vtt", {}, False),
        ("its own in German", "sintel_trailer.de.vtt", {}, False),
    ):
        judged = weighed(file, **made)
        good = judged.timed and judged.agreed >= Cues().agreed
        print(
            f"{label}: {'used' if good else 'left'}; {judged.anchors} places, {judged.agreed:.0%} of words heard, "
            f"{judged.voiced:.0%} of lines spoken, moved {judged.shift:+.2f} s at pace {judged.pace:.4f}"
        )
        assert good == used


def test_what_is_said_in_german_is_put_into_english(pool: ModelPool, tmp_path: Path):
    sound = written(sound_of(MIXED)[30 * RATE :], tmp_path / "german.wav")
    heard = hear(sound, pool, VoiceActivity(), Speech(), Cues(), Translations())
    print(f"said: {heard.text}")
    print(f"in English: {' '.join(t.text for t in heard.translations)}")
    assert heard.translations
    assert all(t.refs for t in heard.translations)
