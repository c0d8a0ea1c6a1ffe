"""Words of the lists at their own times, told once, from cues, words and texts that a test makes up."""

from __future__ import annotations

import pytest
from tests.stage_films import made, movie, rows

from cinedex.errors import UsageError
from cinedex.stages.mentions import Mentions
from cinedex.timeline.rows import Cue, Mention, Row, Text, Word
from cinedex.timeline.time import SECOND, Time


def at(seconds: float) -> Time:
    return Time.from_seconds(seconds)


def cue(start: float, text: str, language: str = "en", source: str = "speech", score: float = 0.9) -> Cue:
    return Cue(start=at(start), end=at(start + 4), text=text, language=language, score=score, source=source)  # type: ignore[arg-type]


def words(start: float, text: str, score: float = 0.5) -> list[Word]:
    return [
        Word(start=at(start + i / 2), end=at(start + i / 2 + 0.4), text=word, language="en", score=score)
        for i, word in enumerate(text.split())
    ]


def text(start: float, said: str, role: str, language: str = "en") -> Text:
    box = {"x": 0.3, "y": 0.4, "width": 0.4, "height": 0.1}
    return Text(start=at(start), end=at(start + 4), text=said, language=language, role=role, score=0.8, **box)  # type: ignore[arg-type]


def found(*given: Row, stage: Mentions | None = None) -> list[Mention]:
    tracks = {kind: [r for r in given if type(r) is kind] for kind in (Cue, Word, Text)}
    return rows(made(stage or Mentions(), movie(SECOND * 60, audio=True), tracks=tracks), Mention)


def test_a_word_has_the_time_and_the_sureness_of_itself():
    (one,) = found(cue(10, "What the fuck, man?"), *words(10, "What the fuck, man?"))
    assert (one.start, one.end) == (at(11), at(11.4))
    assert (one.topic, one.strength, one.text, one.language) == ("sexual", "strong", "fuck", "en")
    assert (one.origin, one.score, one.refs) == ("speech", 0.5, (f"cue@{int(at(10))}",))


def test_a_phrase_lasts_from_its_first_word_to_its_last():
    (one,) = found(cue(10, "You son of a bitch!"), *words(10, "You son of a bitch!"))
    assert (one.start, one.end) == (at(10.5), at(12.4))


def test_a_word_said_twice_has_two_times():
    two = found(cue(10, "Shit, shit!"), *words(10, "Shit, shit!"))
    assert [m.start for m in two] == [at(10), at(10.5)]


def test_a_word_of_two_topics_was_said_once():
    two = found(cue(10, "Bloody murder! murder", "en"), *words(10, "Bloody murder! murder"))
    assert [(m.text, m.start) for m in two] == [("Bloody murder", at(10)), ("murder", at(11))]


def test_what_nobody_was_heard_to_say_has_the_time_of_its_line():
    (one,) = found(cue(10, "Oh, shit.", source="subtitle"), *words(10, "Oh, ship."))
    assert (one.start, one.end, one.origin, one.score) == (at(10), at(14), "subtitle", pytest.approx(0.9))


def test_a_line_of_a_subtitle_is_sure_where_the_recogniser_was_not():
    (one,) = found(cue(10, "Oh, shit.", source="subtitle"), *words(10, "Oh, shit.", score=0.1))
    assert (one.start, one.score) == (at(10.5), 1.0)


@pytest.mark.parametrize(("role", "count"), [("sign", 1), ("caption", 1), ("title", 1), ("credit", 0)])
def test_words_in_the_picture_count_but_for_names(role: str, count: int):
    assert [m.origin for m in found(text(3, "GIN", role))] == ["screen"] * count


def test_burned_in_subtitles_do_not_count_again():
    said = cue(10, "Fuck off")
    assert len(found(said, text(10, "Fuck off", "subtitle"))) == 1
    assert len(found(said, text(10, "Fuck off", "sign"))) == 2
    assert len(found(said, text(20, "Fuck off", "subtitle"))) == 2


def test_each_line_is_read_in_its_own_language():
    both = found(cue(1, "con", "fr-FR"), cue(6, "con", "en"), cue(11, "Scheiße", "de"), cue(16, "kurwa", "pl"))
    assert [(m.language, m.text) for m in both] == [("fr", "con"), ("de", "Scheiße")]


def test_other_lists_are_not_taken_for_these():
    with pytest.raises(UsageError, match="lists of words"):
        found(cue(1, "hell"), stage=Mentions(lists="0" * 16))
