"""What the checks of a writer's translations let pass and what they catch, on lines of real films and made-up faults.

Sintel's and Tears of Steel's published subtitles (line by line the same film in many languages) stand for an honest
writer. Two bounds were chosen on these same lines: 0.9 from which a language is believed, and how much nearer in sense
lines must be to their own translations than to those beside them; the rest was not tuned.
No language model is asked: how well one translates is not measured here.
"""

# ruff: noqa: T201 - figures are what it is for

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import pytest
from tests.quality.speech_fixtures import DATA

from cinedex.models.pool import ModelPool
from cinedex.models.registry import registry
from cinedex.models.spec import RunOptions
from cinedex.settings import Settings
from cinedex.subtitles.files import read_subtitles
from cinedex.subtitles.guide import load_guide
from cinedex.timeline.rows import Cue
from cinedex.translate.answers import Judge
from cinedex.translate.lines import Batch, batches, lines_of

SUBTITLES = DATA / "speech" / "subtitles"

pytestmark = [
    pytest.mark.weights,
    pytest.mark.slow,
    pytest.mark.skipif(not SUBTITLES.exists(), reason="the evaluation data is not on this machine"),
]

FILMS = {
    "sintel_full_film": ("de", "es", "fr", "it", "nl", "pl", "pt", "ru"),
    "tears_of_steel_full_film": ("de", "es", "it", "nl"),
}

Pair = tuple[str, Batch, list[str]]


@pytest.fixture(scope="module")
def pool() -> Iterator[ModelPool]:
    cache = Settings.from_env().cache / "models"
    with ModelPool(registry(), cache=cache, options=RunOptions(threads=2), offline=True) as made:
        yield made


def pairs() -> Iterator[Pair]:
    """Batches of English lines with what they are in another language, where both files have the same times."""
    for film, languages in FILMS.items():
        spoken = read_subtitles(SUBTITLES / f"{film}.en.vtt").subtitles
        for language in languages:
            shown = {s.start: s for s in read_subtitles(SUBTITLES / f"{film}.{language}.vtt").subtitles}
            both = [(s, shown[s.start]) for s in spoken if s.start in shown]
            cues = [
                Cue(start=s.start, end=s.end, text=" ".join(s.lines), language="en", score=1, source="subtitle")
                for s, _ in both
            ]
            texts = {s.start: " ".join(t.lines) for s, t in both}
            for batch in batches(lines_of(cues, language, load_guide("netflix", language))):
                yield language, batch, [texts[line.cue.start] for line in batch.lines]


def answer(texts: Sequence[str]) -> str:
    return json.dumps({"lines": [{"id": n, "text": t} for n, t in enumerate(texts, 1)]})


def test_honest_translations_pass(pool: ModelPool):
    kept = total = 0
    for language, batch, texts in pairs():
        taken, _ = Judge(language, pool.get("langid"), pool.get("e5-small")).taken(answer(texts), batch.lines)
        kept, total = kept + len(taken), total + len(texts)
        for n, text in enumerate(texts, 1):
            if n not in taken:
                print(f"{language}: refused {text!r} for {batch.lines[n - 1].text!r}")
    print(f"{kept} of {total} lines of real subtitles in 8 languages are believed")
    assert total > 400
    assert kept / total > 0.99


FAULTS: dict[str, Callable[[Batch, list[str]], list[str]]] = {
    "left in English": lambda batch, _: [line.text for line in batch.lines],
    "one line left out": lambda _, texts: texts[1:],
    "the last two lines joined": lambda _, texts: [*texts[:-2], f"{texts[-2]} {texts[-1]}"],
    "every line the same sentence": lambda _, texts: ["I have been told to say this in every line."] * len(texts),
    "an address in each line": lambda _, texts: [f"{t} www.example.com" for t in texts],
    "a note after each line": lambda _, texts: [f"{t} **(note: informal)**" for t in texts],
    "ten times as long": lambda _, texts: [" ".join([t] * 10) for t in texts],
    "shifted by one line": lambda _, texts: [*texts[1:], texts[0]],
    "two lines joined, the rest shifted, the last one twice": lambda _, texts: _joined(texts),
    "the lines in another order": lambda _, texts: random.Random(4).sample(texts, len(texts)),
}


def _joined(texts: list[str]) -> list[str]:
    """From the middle on every translation is that of the line after, so that the number is right."""
    half = len(texts) // 2
    return [*texts[:half], f"{texts[half]} {texts[half + 1]}", *texts[half + 2 :], texts[-1]]


def test_faulty_answers_are_caught(pool: ModelPool):
    """Of each fault, the share of lines that would be believed: the fewer, the better."""
    believed, total = Counter[str](), Counter[str]()
    for language, batch, texts in pairs():
        judge = Judge(language, pool.get("langid"), pool.get("e5-small"))
        for name, spoil in FAULTS.items():
            believed[name] += len(judge.taken(answer(spoil(batch, texts)), batch.lines)[0])
            total[name] += len(texts)
        other = "de" if language != "de" else "it"
        alone = [judge.taken(answer([t]), [line])[0] for line, t in zip(batch.lines, _other(batch, other), strict=True)]
        believed["in a third language, each line by itself"] += sum(map(bool, alone))
        total["in a third language, each line by itself"] += len(alone)
        alone = [judge.taken(answer([line.text]), [line])[0] for line in batch.lines]
        believed["left in English, each line by itself"] += sum(map(bool, alone))
        total["left in English, each line by itself"] += len(alone)
    for name, count in believed.items():
        print(f"{name}: {count} of {total[name]} lines believed")
    for name, most in {
        "left in English": 0, "one line left out": 0, "the last two lines joined": 0, "every line the same sentence": 0,
        "an address in each line": 0, "a note after each line": 0, "ten times as long": 0.05,
        "shifted by one line": 0.01, "the lines in another order": 0.1,
    }.items():  # fmt: skip
        assert believed[name] <= most * total[name], name


def _other(batch: Batch, language: str) -> list[str]:
    """The batch's lines in another language, those that have one; the English of the rest."""
    found: dict[object, str] = {}
    for film in FILMS:
        shown = read_subtitles(SUBTITLES / f"{film}.{language}.vtt").subtitles
        found |= {s.start: " ".join(s.lines) for s in shown}
    return [found.get(line.cue.start, line.text) for line in batch.lines]
