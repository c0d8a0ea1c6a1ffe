"""On-screen text on stills and films whose text is known, beside reading every picture of a dense sample.

`CINEDEX_LIBRARY`, where set, names a library whose shots and glances are used instead of being worked out anew.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pysubs2
import pytest
from PIL import Image

from cinedex import Library
from cinedex.media.look import LookPass
from cinedex.media.views import Look, Looks
from cinedex.models.pool import ModelPool
from cinedex.models.registry import registry
from cinedex.models.spec import RunOptions
from cinedex.settings import Settings
from cinedex.stages.base import Inputs
from cinedex.stages.text import Texts
from cinedex.stages.textcut import cut
from cinedex.stages.textwords import alike, apart, letters
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Frame, Glance, Shot, Text
from cinedex.timeline.time import SECOND, Time
from cinedex.timeline.track import Maker, Track

DATA = Path(__file__).parents[3] / "shared" / "data"

pytestmark = [pytest.mark.weights, pytest.mark.timeout(3600)]

DENSE = 2
"""Pictures a second that the dense reading searches and reads whole."""

ROLES = ("title", "credit", "sign", "subtitle", "caption")


@pytest.fixture(scope="module")
def pool() -> Iterator[ModelPool]:
    cache = Settings.from_env().cache / "models"
    with ModelPool(registry(), cache=cache, options=RunOptions(threads=1), offline=True) as made:
        yield made


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return Library(os.environ.get("CINEDEX_LIBRARY") or str(tmp_path_factory.mktemp("library")))


def there(path: str) -> Path:
    if not (DATA / path).exists():
        pytest.skip(f"{path} is not here")
    return DATA / path


def say(*words: object) -> None:
    print(*words)  # noqa: T201 - the figures are what this is for


@dataclass
class Seen:
    """A film's texts, and the CPU seconds that it took to find them in its looks."""

    movie: Movie
    rows: list[Text]
    cpu: float
    looks: int

    @property
    def minutes(self) -> float:
        return self.movie.duration.seconds / 60


def looked(movie: Movie, view: Looks, track: Track[Any], index: Track[Frame]) -> Iterator[Look]:
    with LookPass(movie, {"text": (view, track)}, index=index) as source:
        reader = threading.Thread(target=source.run)
        reader.start()
        yield from source.open("text")
        reader.join()


def tracks(library: Library, path: Path) -> tuple[Movie, dict[Any, Track[Any]]]:
    movie = library.add(path)
    if movie.id not in _TRACKS:
        library.analyze(path, stages=["glances"])
        timeline = library.timeline(movie)
        _TRACKS[movie.id] = {row: timeline.track(row) for row in (Shot, Glance, Frame)}
    return movie, _TRACKS[movie.id]


_TRACKS: dict[str, dict[Any, Track[Any]]] = {}


def seen(library: Library, pool: ModelPool, path: Path) -> Seen:
    """What the stage makes of a film; only its own CPU time counts, not the decoding."""
    movie, given = tracks(library, path)
    stage = Texts()
    for name in stage.uses:
        pool.get(name)
    spent = 0.0

    def timed() -> Iterator[Look]:
        nonlocal spent
        for look in looked(movie, stage.view, given[Glance], given[Frame]):  # type: ignore[arg-type]
            begun = time.thread_time()
            yield look
            spent += time.thread_time() - begun

    rows = list(stage.run(Inputs(movie, movie.span, timed(), given, pool.get)))
    return Seen(movie, rows, spent, len(given[Glance]))


@dataclass
class Reading:
    """One line that the dense reading saw, for as long as it saw it."""

    text: str
    start: float
    end: float
    pictures: int


def dense(library: Library, pool: ModelPool, path: Path) -> tuple[list[Reading], float, int]:
    """Every line of `DENSE` whole pictures a second: searched and read each time, the same words joined over time."""
    movie, given = tracks(library, path)
    step = Time(SECOND // DENSE)
    cells = [Glance(start=s.start, end=s.end, shot=0) for s in movie.span.cut(step)]
    finder, reader = pool.get("ppocr-finder"), pool.get("ppocr-reader")
    view = Looks(at=Glance, height=Texts().height, snap=False)
    found: list[Reading] = []
    spent = 0.0
    for look in looked(movie, view, Track.of(Glance, cells, Maker("test", 1)), given[Frame]):
        begun, at = time.thread_time(), look.at.seconds
        lines = finder.find(look.pixels[None])[0]
        lines = lines[lines[:, 8] >= 0.5]
        readings = reader.read([cut(look.pixels, np.asarray(q[:8], np.float64), reader.height) for q in lines])
        spent += time.thread_time() - begun
        for text, score in readings:
            plain = letters(text)
            if score < 0.85 or len(plain) < 3:
                continue
            known = next((r for r in found if at - r.end < 1.5 / DENSE and alike(plain, letters(r.text))), None)
            if known is None:
                found.append(Reading(text, at, at, 1))
            elif known.end < at:
                known.end, known.pictures = at, known.pictures + 1
    return [r for r in found if r.pictures > 1], spent, len(cells)


def test_lines_of_stills_are_found_and_read(pool: ModelPool):
    truth = json.loads(there("ocr/ground_truth.json").read_text())
    finder, reader = pool.get("ppocr-finder"), pool.get("ppocr-reader")
    lines = hit = edits = characters = read = right = 0
    for name, wanted in truth.items():
        image = Image.open(DATA / "ocr" / name).convert("RGB")
        size = (round(image.width * 480 / image.height), 480)
        pixels = np.asarray(image.resize(size, Image.Resampling.BOX))
        found = finder.find(pixels[None])[0]
        found = found[found[:, 8] >= 0.5]
        readings = reader.read([cut(pixels, np.asarray(q[:8], np.float64), reader.height) for q in found])
        said = [letters(t) for t, score in readings if score >= 0.75 and letters(t)]
        for line in (letters(w) for w in wanted):
            away = min((apart(line, s) for s in said), default=1.0)
            lines, hit, characters = lines + 1, hit + (away <= 0.2), characters + len(line)
            edits += min(away, 1.0) * len(line)
        # Part of a line counts as right: a line that falls into two parts is no invention.
        right += sum(any(apart(letters(w), s) <= 0.3 or s in letters(w) for w in wanted) for s in said)
        read += len(said)
    say(
        f"\nstills: {len(truth)} pictures, {lines} lines: recall {hit / lines:.3f}, precision {right / read:.3f} "
        f"of {read}, character error rate {edits / characters:.3f} of {characters}"
    )
    assert hit / lines > 0.93
    assert right / read > 0.9
    assert edits / characters < 0.05


@pytest.mark.parametrize("name", ["tos_battle_burned.en", "sintel_trailer_burned.en"])
def test_burned_in_subtitles_become_cues(library: Library, pool: ModelPool, name: str):
    film = seen(library, pool, there(f"ocr/burned_subs/{name}.mp4"))
    cues = pysubs2.load(str(there(f"ocr/burned_subs/{name}.srt")))
    said = [r for r in film.rows if r.role == "subtitle"]
    away: list[float] = []
    edits = characters = exact = languages = 0
    for cue in cues:
        text = letters(cue.plaintext)
        row = next((r for r in said if alike(text, letters(r.text)) and r.start.seconds < cue.end / 1000), None)
        characters += len(text)
        edits += len(text) if row is None else round(apart(text, letters(row.text)) * len(text))
        if row is not None:
            away += [abs(row.start.seconds - cue.start / 1000), abs(row.end.seconds - cue.end / 1000)]
            exact += row.text == cue.plaintext
            languages += row.language == "en"
    found = len(away) // 2
    say(
        f"\n{name}: {found} of {len(cues)} cues, {exact} exact, {len(said) - found} other subtitle rows, "
        f"{languages} named English, character error rate {edits / characters:.3f}, times off by "
        f"{np.mean(away):.2f} s (mean), {max(away):.2f} s (most); {film.cpu / film.minutes:.1f} CPU s a minute"
    )
    assert found >= 0.9 * len(cues)
    assert len(said) - found <= 1
    assert np.mean(away) < 0.5


def test_what_is_written_in_another_script_is_not_told_wrong(library: Library, pool: ModelPool):
    film = seen(library, pool, there("ocr/burned_subs/sintel_trailer_burned.ru.mp4"))
    said = [r.text for r in film.rows if r.role == "subtitle"]
    say(f"\nRussian subtitles, which the reader cannot read: {len(said)} rows of 4 cues")
    assert said == []


@pytest.mark.parametrize("name", ["ocr/burned_subs/tos_battle_burned.en.mp4", "film/sintel_trailer_720p_av1.webm"])
def test_little_is_lost_beside_reading_every_picture(library: Library, pool: ModelPool, name: str):
    path = there(name)
    film = seen(library, pool, path)
    lines, cpu, pictures = dense(library, pool, path)
    told = [(r, letters(part)) for r in film.rows for part in r.text.split("\n")]
    kept = 0
    for line in lines:
        plain = letters(line.text)
        near = [t for r, t in told if r.start.seconds < line.end + 1 and line.start < r.end.seconds + 1]
        kept += any(alike(plain, t) or plain in t for t in near)
    say(
        f"\n{path.name}: {kept} of {len(lines)} lines that reading {DENSE} pictures a second finds "
        f"({pictures} pictures, {cpu:.1f} CPU s; here {film.looks} looks, {film.cpu:.1f} CPU s: "
        f"{1 - film.cpu / cpu:.0%} saved)"
    )
    assert kept >= 0.8 * len(lines)
    assert film.cpu < 0.6 * cpu


NO_TEXT = [
    ("film/tears_of_steel_battle_clip.webm", 0.0, 70.5),
    ("film/chaplin_10s.mp4", 0.0, 9.6),
    ("film/big_buck_bunny_360p_full.mp4", 30.0, 480.0),
]


def test_films_without_text_have_no_rows(library: Library, pool: ModelPool):
    seconds = rows = 0.0
    for name, start, end in NO_TEXT:
        film = seen(library, pool, there(name))
        wrong = [r.text for r in film.rows if r.end.seconds > start and r.start.seconds < end]
        say(f"\n{Path(name).name} {start:.0f}-{end:.0f} s: {wrong}; {film.cpu / film.minutes:.1f} CPU s a minute")
        seconds, rows = seconds + end - start, rows + len(wrong)
    say(f"{rows / seconds * 60:.2f} false rows a minute in {seconds / 60:.1f} minutes")
    assert rows / seconds * 60 < 0.3


TRUE_ROLES = {
    "film/sintel_trailer_720p_av1.webm": {
        "title": ["THE BLENDER FOUNDATION\npresents", "SINTEL", "COMING SOON"],
        "credit": [
            "HALINA REIJN - THOM HOFFMAN",
            "PRODUCED BY BLENDER INSTITUTE, AMSTERDAM",
            "http://durian.blender.org",
        ],
    },
    "film/big_buck_bunny_360p_full.mp4": {
        "title": ["THE PEACH OPEN MOVIE PROJECT\nPRESENTS", "Big Buck BUNNY"],
        "credit": [
            "Peach Open Movie Team",
            "SACHA GOEDEGEBURE",
            "MUSIC AND SOUND DESIGN",
            "STORYBOARDING",
            "MATTE PAINTING",
            "DOLBY MASTERING",
            "FILM TRANSFER",
            "PRODUCED BY",
            "Ton Roosendaal",
            "WWW.BIGBUCKBUNNY.ORG",
        ],
    },
    "ocr/burned_subs/tos_battle_burned.en.mp4": {"subtitle": []},
    "ocr/burned_subs/sintel_trailer_burned.en.mp4": {"subtitle": []},
}
"""Texts and their roles, by eye; those of the subtitles are the cues of the file beside the film."""


def test_roles_are_told_apart(library: Library, pool: ModelPool):
    table: dict[str, Counter[str]] = {role: Counter() for role in ROLES}
    for name, truth in TRUE_ROLES.items():
        path = there(name)
        rows = seen(library, pool, path).rows
        for role, texts in truth.items():
            wanted: Sequence[str] = texts or [c.plaintext for c in pysubs2.load(str(path.with_suffix(".srt")))]
            for text in wanted:
                plain = letters(text)
                table[role][next((r.role for r in rows if plain in letters(r.text)), "missed")] += 1
    say("\nrole      " + "".join(f"{r:>10}" for r in (*ROLES, "missed")))
    for role, told in table.items():
        say(f"{role:10}" + "".join(f"{told[r]:10}" for r in (*ROLES, "missed")))
    right = sum(told[role] for role, told in table.items())
    whole = sum(sum(told.values()) for told in table.values())
    say(f"{right} of {whole}")
    assert right / whole > 0.8
