"""How well subtitles keep the Netflix guide: ours, of recordings and of made-up speech, and those of real films.

Ours are made of what the product hears in the recordings of `speech`, and of words of eleven languages at a speaker's
pace; strangers' are the subtitles of Sintel and Tears of Steel. All are scored by the same checker, at 24 frames a
second, and nothing was tuned on these recordings or files. Rules that must be kept count; cuts, digits and italics are
told only.
"""

# ruff: noqa: T201 - figures are what it is for

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest
from tests.quality.speech_fixtures import DATA, hear, passages
from tests.subtitle_words import SPOKEN, said, vocabulary

from cinedex.errors import CinedexError
from cinedex.media.probe import probe
from cinedex.models.pool import ModelPool
from cinedex.models.registry import registry
from cinedex.models.spec import RunOptions
from cinedex.settings import Settings
from cinedex.subtitles.build import Made, build, mend
from cinedex.subtitles.check import check
from cinedex.subtitles.drift import PACES, measure
from cinedex.subtitles.files import parsed, read_subtitles, spelled
from cinedex.subtitles.guide import load_guide
from cinedex.subtitles.subtitle import Subtitle
from cinedex.timeline.rows import Voice, Word
from cinedex.timeline.time import Rate, Time

pytestmark = [
    pytest.mark.weights,
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not (DATA / "speech").exists(), reason="the evaluation data is not on this machine"),
]

RATE = Rate(24)
SUBTITLES = DATA / "speech" / "subtitles"


@pytest.fixture(scope="module")
def pool() -> ModelPool:
    cache = Settings.from_env().cache / "models"
    return ModelPool(registry(), cache=cache, options=RunOptions(threads=2), offline=True)


def told(made: Made) -> str:
    rules = ", ".join(f"{rule} {count}" for rule, count in made.verdict.by_rule.items())
    return f"{made.verdict.count - made.verdict.bad} of {made.verdict.count} conform; {rules or 'nothing broken'}"


def letters(text: str) -> str:
    return "".join(text.split())


def test_ours_of_read_passages_and_recordings(pool: ModelPool):
    whole, bad, rules, fast = 0, 0, Counter[str](), list[float]()
    by: dict[str, list[int]] = {}
    for passage in passages():
        heard = hear(passage.file, pool)
        if not heard.words:
            continue
        language = Counter(w.language for w in heard.words).most_common(1)[0][0]
        guide = load_guide("netflix", language)
        made = build(heard.words, guide, RATE, last=heard.duration)
        assert letters("".join(s.text for s in made.subtitles)) == letters("".join(w.text for w in heard.words))
        for form in ("srt", "vtt", "ass", "ttml"):
            back = parsed(spelled(made.subtitles, form, language).encode()).subtitles
            assert check(back, guide, RATE).bad == made.verdict.bad, (passage.file.name, form)
        whole, bad = whole + made.verdict.count, bad + made.verdict.bad
        counts = by.setdefault(language, [0, 0])
        counts[0] += made.verdict.count
        counts[1] += made.verdict.bad
        rules.update(f.rule for f in made.verdict.faults if f.level == "must")
        fast += [f.value for f in made.verdict.faults if f.rule == "reading-speed"]
        for fault in made.verdict.faults:
            if fault.level == "must":
                print(f"{passage.file.name} {fault.at}: {fault.rule}: {fault.says}")
    for language, (count, wrong) in sorted(by.items()):
        print(f"{language}: {count - wrong} of {count} subtitles conform")
    print(f"all: {whole - bad} of {whole}; broken: {dict(rules) or 'nothing'}")
    assert whole >= 40
    assert set(rules) <= {"reading-speed", "min-duration"}


def test_ours_of_made_up_speech():
    """Two hundred words of each language at 12 characters a second, or at four fifths of its guide's speed."""
    for language in sorted(SPOKEN):
        random.seed(7)
        guide = load_guide("netflix", language)
        pace = float(min(Fraction(12), guide.speed * Fraction(4, 5)))
        texts = [random.choice(vocabulary(language)) for _ in range(200)]
        pauses = [random.choice([0.0, 0.0, 0.0, 0.1, 0.5, 2.0]) for _ in texts]
        words = said(texts, language, pace, pauses)
        cuts = [Time.from_seconds(t + random.random()) for t in range(2, int(words[-1].end.seconds), 4)]
        made = build(words, guide, RATE, cuts=cuts)
        print(f"{language}: {told(made)}")
        assert made.verdict.conforming == 1


@pytest.mark.parametrize("film", ["sintel_full_film", "tears_of_steel_full_film"])
def test_strangers_files_and_the_same_mended(film: str):
    for file in sorted(SUBTITLES.glob(f"{film}.*.vtt")):
        language = file.suffixes[-2].removeprefix(".")[:2]
        read = read_subtitles(file).subtitles
        guide = load_guide("netflix", language)
        before, made = check(read, guide, RATE), mend(read, guide, RATE)
        rules = ", ".join(f"{rule} {count}" for rule, count in before.by_rule.items())
        print(f"{file.name}: {before.count - before.bad} of {before.count} conform ({rules}); mended {told(made)}")
        assert made.verdict.bad < before.bad or before.bad == 0
        assert {f.rule for f in made.verdict.faults if f.level == "must"} <= {"reading-speed"}


def test_odd_and_broken_files_are_read_or_refused_in_words():
    files = sorted((DATA / "robustness" / "subtitles_bad").iterdir())
    refused = []
    for file in files:
        try:
            read = read_subtitles(file)
        except CinedexError as error:
            refused.append(f"{file.name}: {error.what.split(': ', 1)[1]}")
        else:
            mend(read.subtitles, load_guide("netflix", "en"), RATE)
    print(f"{len(files)} files: {len(files) - len(refused)} read and mended, {len(refused)} refused:")
    print(*refused, sep="\n")
    assert len(files) == 82
    assert len(refused) <= 14


def test_drift_of_real_subtitles_is_measured_and_mended():
    """Voices made of the real files' own times, a tenth of the lines silent and edges off by up to 0.4 s."""
    right, wrong = 0, 0
    for file in sorted(SUBTITLES.glob("*_full_film.??.vtt")):
        lines = [s for s in read_subtitles(file).subtitles if s.end > s.start]
        for number, (name, pace) in enumerate(PACES.items()):
            random.seed(number)
            shift = random.choice([-7.3, 0.0, 2.5, 30.0])
            voice = [
                Voice(start=s.start, end=max(s.end - Time.from_seconds(random.uniform(0, 0.4)), s.start), score=1.0)
                for s in lines
                if random.random() > 0.1
            ]
            late = Time.from_seconds(shift)
            moved = [Subtitle(_at(s.start, late, pace), _at(s.end, late, pace), s.lines) for s in lines]
            found = measure(moved, voice)
            good = found.sure and found.name == name and abs(found.shift.seconds - shift) < 0.3
            right, wrong = right + good, wrong + (not good)
            if not good:
                print(f"{file.name}: {name} {shift:+.1f} s taken for {found.name} {found.shift.seconds:+.2f} s")
    print(f"{right} of {right + wrong} retimes found with their speed and within 0.3 s")
    assert right / (right + wrong) > 0.85


def _at(at: Time, shift: Time, pace: Fraction) -> Time:
    return Time(round(int(at - shift) / pace))


def test_the_trailer_and_its_own_subtitles(pool: ModelPool):
    film: Path = DATA / "film" / "sintel_trailer_480p_h264.mp4"
    heard = hear(film, pool)
    found = measure(read_subtitles(SUBTITLES / "sintel_trailer.en.vtt").subtitles, heard.voice)
    print(
        f"the trailer's file lies {found.shift.seconds:+.2f} s to its voices ({found.name}, likeness {found.fit:.2f})"
    )
    assert found.pace == 1
    assert abs(found.shift.seconds) < 0.5
    words: list[Word] = heard.words
    made = build(words, load_guide("netflix", "en"), probe(film).video.rate or RATE)  # type: ignore[union-attr]  # it has pictures
    print(f"ours: {told(made)}")
    assert made.verdict.conforming == 1
