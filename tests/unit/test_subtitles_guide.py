"""Style guides are data: those that come along say what is documented, a user's is read or refused with the place."""

from __future__ import annotations

import tomllib
from fractions import Fraction
from importlib.resources import files
from pathlib import Path

import pytest

from cinedex.errors import UsageError
from cinedex.subtitles.build import build
from cinedex.subtitles.guide import guides, load_guide
from cinedex.timeline.rows import Word
from cinedex.timeline.time import SECOND, Rate


@pytest.mark.parametrize(
    ("language", "line", "speeds"),
    [
        ("en", 42, (20, 17, 20, 17)), ("de", 42, (17, 13, 20, 17)), ("ar", 42, (20, 17, 23, 20)),
        ("hi", 42, (22, 18, 25, 20)), ("ko", 16, (12, 9, 14, 11)), ("zh-Hans", 16, (9, 7, 11, 9)),
        ("ja", 23, (4, 4, 7, 7)), ("th", 35, (17, 13, 20, 17)), ("pt-BR", 42, (17, 13, 20, 17)),
    ],
)  # fmt: skip
def test_netflix_says_what_is_known_of_it(language: str, line: int, speeds: tuple[int, ...]):
    found = [
        load_guide("netflix", language, audience=who, sdh=sdh) for sdh in (False, True) for who in ("adult", "child")
    ]
    assert [g.speed for g in found] == list(speeds)
    assert {(g.line, g.lines, g.shortest, g.longest, g.gap, g.close) for g in found} == {
        (line, 2, Fraction(5, 6), 7, 2, 11)
    }


@pytest.mark.parametrize("name", guides())
def test_every_rule_of_a_guide_that_comes_along_says_how_well_it_is_known(name: str):
    told = tomllib.loads(files("cinedex.subtitles").joinpath("guides", f"{name}.toml").read_text("utf-8"))
    assert set(told["rules"]) == set(told["known"])
    assert all(mark.startswith(("V1", "V2", "UNVERIFIED")) for mark in told["known"].values())
    for language in told["languages"]:
        load_guide(name, language)


def test_anybody_may_write_a_guide(tmp_path: Path):
    (tmp_path / "mine.toml").write_text(
        'title = "Ours"\n[rules]\nline = 37\nlines = 3\nspeed = { adult = 15 }\nellipsis = "..."\nclose = 0\n'
        '[levels]\nreading-speed = "advice"\n',
        encoding="utf-8",
    )
    guide = load_guide(str(tmp_path / "mine.toml"), "en")
    assert (guide.name, guide.title, guide.line, guide.lines, guide.speed) == ("mine", "Ours", 37, 3, 15)
    texts = ["word"] * 21
    words = [
        Word(start=SECOND * i // 4, end=SECOND * (i + 1) // 4, text=t, language="en", score=1)
        for i, t in enumerate(texts)
    ]
    made = build(words, guide, Rate(25))
    assert made.verdict.conforming == 1
    assert max(len(line) for s in made.subtitles for line in s.lines) <= 37


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("x", "no TOML"),
        ("colour = 3", "there is no key 'colour'"),
        ("[rules]\nwidth = 3", "rules: there is no key 'width'"),
        ("[rules]\nline = 2.5", "rules.line: 2.5 cannot stand here. It is a whole number from 4 to 200"),
        ("[rules]\nline = true", "rules.line"),
        ('[rules]\nshortest = "1/0"', "rules.shortest"),
        ("[rules]\nshortest = 8\nlongest = 7", "rules.shortest: 8 cannot stand here. It is shorter than `longest`"),
        ("[rules]\nspeed = 17", "rules.speed: 17 cannot stand here. It is a table"),
        ("[rules]\nspeed = { adults = 17 }", "rules.speed: there is no key 'adults'"),
        ("[rules]\nspeed = { child = 17 }", "rules.speed"),
        ('[rules]\ndialogue = ["-"]', "rules.dialogue"),
        ('[rules]\nitalics = "no"', "rules.italics: 'no' cannot stand here. It is true or false"),
        ('[levels]\ngap = "sometimes"', "levels.gap: 'sometimes' cannot stand here. It is one of must, should, advice"),
        ("[levels]\ngaps = 1", "levels: there is no key 'gaps'"),
        ("[languages]\nfr = 3", "languages.fr: 3 cannot stand here. It is a table"),
        ("[languages.fr]\nlines = 99", "languages.fr.lines"),
        ("[sounds.en]\ndog = 3", "sounds.en.dog"),
        ("[rules]\nlead = 3", "rules.lead: 3 cannot stand here. It is a list of words"),
    ],
)
def test_what_a_guide_cannot_say_is_refused_with_the_place(text: str, where: str, tmp_path: Path):
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        load_guide(str(file), "en")
    assert where in str(refused.value)
    assert "mine.toml" in str(refused.value)


def test_what_is_no_guide_is_refused_in_words(tmp_path: Path):
    with pytest.raises(UsageError, match=r"there is no style 'netflicks'\. There are: netflix"):
        load_guide("netflicks", "en")
    with pytest.raises(UsageError, match="cannot be read"):
        load_guide(str(tmp_path / "none.toml"), "en")
    (tmp_path / "big.toml").write_bytes(b"#" * 2_000_000)
    with pytest.raises(UsageError, match="larger"):
        load_guide(str(tmp_path / "big.toml"), "en")
    with pytest.raises(UsageError, match="no language"):
        load_guide("netflix", "English, please")
    with pytest.raises(UsageError, match="no audience"):
        load_guide("netflix", "en", audience="dog")  # type: ignore[arg-type]  # what a program may give
