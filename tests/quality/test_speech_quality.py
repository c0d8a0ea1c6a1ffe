"""What is heard in real recordings against what is said in them, and in films where nobody speaks against nothing.

`pytest tests/quality/test_speech_quality.py -s` prints every figure with its number of words, lines or minutes.
"""

# ruff: noqa: T201 - figures are what it is for

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.quality.speech_fixtures import DATA, RATE, Passage, hear, over, passages, sound_of, voiced, written
from tests.quality.speech_score import Errors, character_errors, word_errors, words
from tests.quality.test_robustness import REFUSED, films

from cinedex.media.probe import probe
from cinedex.models.pool import ModelPool
from cinedex.models.registry import registry
from cinedex.models.spec import RunOptions
from cinedex.settings import Settings

pytestmark = [
    pytest.mark.weights,
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not (DATA / "speech").exists(), reason="the evaluation data is not on this machine"),
]


@pytest.fixture(scope="module")
def pools() -> Iterator[dict[Path, ModelPool]]:
    made: dict[Path, ModelPool] = {}
    yield made
    for pool in made.values():
        pool.close()


@pytest.fixture
def pool(pools: dict[Path, ModelPool]) -> ModelPool:
    cache = Settings.from_env().cache / "models"
    if cache not in pools:
        pools[cache] = ModelPool(registry(), cache=cache, options=RunOptions(threads=2), offline=True)
    return pools[cache]


def test_known_passages_are_heard_as_they_are_said(pool: ModelPool):
    by_word: dict[str, Errors] = defaultdict(Errors)
    by_character: dict[str, Errors] = defaultdict(Errors)
    for passage in passages():
        heard = hear(passage.file, pool)
        found = word_errors(passage.text, heard.text, passage.language)
        by_word[passage.language] += found
        by_character[passage.language] += character_errors(passage.text, heard.text, passage.language)
        if found.edits:
            print(f"{found.edits}/{found.length} {passage.file.name}: {heard.text}")
    for language, found in by_word.items():
        print(f"{language}: words {found}; characters {by_character[language]}")
    assert by_word["en"].length > 350
    assert by_word["en"].rate < 0.06
    assert by_word["en"].inserted <= 3


def test_the_lines_of_a_trailer_are_found_under_its_music(pool: ModelPool):
    heard = hear(DATA / "film" / "sintel_trailer_480p_h264.mp4", pool)
    lines = _lines(DATA / "speech" / "subtitles" / "sintel_trailer.en.vtt")
    found = 0
    for start, end, text in lines:
        near = [c for c in heard.cues if c.start.seconds < end and c.end.seconds > start]
        said = " ".join(c.text for c in near)
        wrong = word_errors(text, said, "en")
        late = near[0].start.seconds - start if near else float("nan")
        print(f"{start:.2f} {text!r}: {said!r}, {wrong.edits} of {wrong.length} words wrong, starts {late:+.2f} s")
        found += wrong.rate <= 0.2
        assert not near or abs(late) < 0.8
    outside = [c.text for c in heard.cues if not any(c.start.seconds < e and c.end.seconds > s for s, e, _ in lines)]
    print(f"{found} of {len(lines)} lines, {len(outside)} cues elsewhere")
    assert found >= 3
    assert outside == []


@pytest.mark.parametrize("film", ["tears_of_steel_battle_clip.webm", "big_buck_bunny_360p_full.mp4", "chaplin_10s.mp4"])
def test_nothing_is_said_in_films_where_nobody_speaks(film: str, pool: ModelPool):
    heard = hear(DATA / "film" / film, pool)
    minutes = heard.duration.seconds / 60
    print(f"{film}: {minutes:.1f} min, {len(heard.voice)} stretches of voice, {len(heard.flags)} held back: ")
    print(*(f"  {f.start} {f.note}" for f in heard.flags), sep="\n")
    assert [c.text for c in heard.cues] == []


def test_no_words_are_made_of_noises(pool: ModelPool, tmp_path: Path):
    """Noises of a kind one after the other, a second apart; kinds in which people talk or sing are left out."""
    kinds: dict[str, list[Path]] = defaultdict(list)
    with (DATA / "audio_events" / "labels.csv").open(encoding="utf-8") as table:
        for row in csv.DictReader(table):
            file = DATA / "audio_events" / row["file"]
            if file.exists() and row["label"] not in {"children_playing", "street_music"}:
                kinds[row["label"]].append(file)
    silence = np.zeros(RATE, np.float32)
    made, minutes, count = [], 0.0, 0
    for kind, files in sorted(kinds.items()):
        sound = np.concatenate([part for file in files for part in (sound_of(file), silence)])
        heard = hear(written(sound, tmp_path / f"{kind}.wav"), pool)
        made += [(kind, c.text) for c in heard.cues]
        minutes, count = minutes + len(sound) / RATE / 60, count + len(files)
        print(*(f"{kind}: {f.note}" for f in heard.flags), sep="\n", end="\n" if heard.flags else "")
    print(f"{count} noises of {len(kinds)} kinds, {minutes:.1f} min: {made or 'no words'}")
    assert count > 60
    assert len(made) <= 1


def test_no_words_are_made_of_odd_and_damaged_files(pool: ModelPool):
    """Every watchable file of the robustness set that has sound: beeps, music and clips without speech, but for two."""
    spoken = {"multi_audio_3_multi_subs_3.mkv", "5p1_iamf_opus.mp4"}
    made, minutes, count = [], 0.0, 0
    for file in films():
        if file.name in REFUSED or file.name in spoken or not probe(file).audio:
            continue
        heard = hear(file, pool)
        made += [(file.name, c.text) for c in heard.cues]
        minutes, count = minutes + heard.duration.seconds / 60, count + 1
        print(*(f"{file.name}: {f.note}" for f in heard.flags), sep="\n", end="\n" if heard.flags else "")
    print(f"{count} odd files, {minutes:.1f} min: {made or 'no words'}")
    assert count > 80
    assert made == []


@pytest.mark.parametrize(("decibels", "recall", "precision", "rate"), [(10, 0.97, 0.72, 0.10), (0, 0.95, 0.70, 0.22)])
def test_speech_is_found_and_heard_over_film_music(
    decibels: int, recall: float, precision: float, rate: float, pool: ModelPool, tmp_path: Path
):
    bed = sound_of(DATA / "film" / "big_buck_bunny_360p_full.mp4")
    said = [p for p in passages() if p.language == "en" and len(words(p.text, "en")) < 50]
    sound, placed, truth = over(bed, said, decibels, seed=decibels)
    heard = hear(written(sound, tmp_path / "film.wav"), pool)
    found = voiced(heard.voice, len(truth))
    hits = int((found & truth).sum())
    wrong = Errors()
    outside = list(heard.cues)
    for place in placed:
        start, end = place.start / RATE - 0.5, place.end / RATE + 0.5
        near = [c for c in heard.cues if start <= (c.start.seconds + c.end.seconds) / 2 <= end]
        wrong += word_errors(place.passage.text, " ".join(c.text for c in near), "en")
        outside = [c for c in outside if c not in near]
    print(
        f"{decibels} dB over music, {len(placed)} passages in {len(bed) / RATE / 60:.1f} min: voice precision "
        f"{hits / found.sum():.3f} recall {hits / truth.sum():.3f}; words wrong {wrong}; "
        f"cues elsewhere {[c.text for c in outside]}; held back {len(heard.flags)}"
    )
    assert hits / truth.sum() > recall
    assert hits / found.sum() > precision
    assert wrong.rate < rate
    assert len(outside) <= 2


def test_voice_is_found_where_people_talk_on_the_telephone(pool: ModelPool):
    spoken = np.zeros(round(30 * RATE / 512), np.bool_)
    for line in (DATA / "speech" / "diarization_ami" / "sample.rttm").read_text(encoding="utf-8").splitlines():
        start, length = (float(x) for x in line.split()[3:5])
        spoken[round(start * RATE / 512) : round((start + length) * RATE / 512)] = True
    found = voiced(hear(DATA / "speech" / "diarization_ami" / "sample.wav", pool).voice, len(spoken))
    precision, recall = (found & spoken).sum() / found.sum(), (found & spoken).sum() / spoken.sum()
    print(f"telephone, {len(spoken) * 512 / RATE:.0f} s: precision {precision:.3f} recall {recall:.3f}")
    assert precision > 0.9
    assert recall > 0.9


def test_languages_are_told_apart(pool: ModelPool):
    for passage in passages():
        if passage.language != "en":
            heard = hear(passage.file, pool)
            print(f"{passage.file.name}: {sorted({c.language for c in heard.cues})}")
            assert {c.language for c in heard.cues} == {passage.language}
    mixed = hear(DATA / "speech" / "multilingual" / "faster_whisper_multilingual.mp3", pool)
    for cue in mixed.cues:
        print(f"{cue.start} {cue.language} {cue.text}")
    assert {c.language for c in mixed.cues if c.end.seconds < 24} == {"en"}
    assert {c.language for c in mixed.cues if c.start.seconds > 29} == {"de"}


def test_the_company_of_other_clips_changes_no_words(pool: ModelPool):
    """The law of reels asks for it: the windows beside a window depend on where a film was cut."""
    whisper = pool.get("whisper-base")
    clips = [sound_of(p.file)[: 28 * RATE] for p in passages()[:8]]
    alone = [whisper.transcribe([c])[0] for c in clips]
    together = whisper.transcribe(clips)
    assert [[w.text for w in t.words] for t in together] == [[w.text for w in t.words] for t in alone]
    for a, b in zip(alone, together, strict=True):
        assert a.language == b.language
        assert a.mean_logprob == pytest.approx(b.mean_logprob, abs=0.02)
        assert [w.start for w in a.words] == pytest.approx([w.start for w in b.words], abs=0.041)


def _lines(vtt: Path) -> list[tuple[float, float, str]]:
    made = []
    for block in vtt.read_text(encoding="utf-8").strip().split("\n\n")[1:]:
        times, *text = block.splitlines()
        start, end = (sum(float(x) * 60**i for i, x in enumerate(reversed(t.split(":")))) for t in times.split(" --> "))
        made.append((start, end, " ".join(text)))
    return made


def test_scores_are_right_where_they_are_known():
    assert str(word_errors("ten of clubs, mister", "10 of the Club's Mr.", "en")).startswith("50.0 % of 4 (1 sub")
    assert word_errors("", "you", "en").rate == 1
    assert word_errors("自己的脚", "自 已的", "zh") == Errors(1, 1, 0, 4)
    assert words("twenty-one l'été", "en") == ["twenty", "one", "l'été"]
    assert words("21", "en") == words("twenty-one", "en")
    assert Passage(Path("x"), "en", "a").language == "en"
