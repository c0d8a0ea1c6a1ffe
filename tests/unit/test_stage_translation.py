from __future__ import annotations

import numpy as np
import pytest
from tests.stage_films import movie
from tests.unit.test_stage_speech import RATE, Reader, heard, listen

from cinedex.formats.languages import in_language
from cinedex.models.tasks import Transcript
from cinedex.stages.base import Inputs
from cinedex.stages.translation import Translations
from cinedex.timeline.rows import Caption, Cue, Subtitling, Translation
from cinedex.timeline.time import SECOND, ZERO, Span, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Track

MAKER = Maker("cues", 1)


class Translator(Reader):
    """Says the second at which each clip begins, in English."""

    def transcribe(
        self,
        clips: list[np.ndarray],
        *,
        language: str | None = None,
        names: tuple[str, ...] = (),
        english: bool = False,
    ) -> list[Transcript]:
        assert english
        assert not names
        self.languages += [language] * len(clips)
        self.clips += [(round(float(c[0]), 2), round(float(c[0]) + len(c) / RATE, 2)) for c in clips]
        return [self.says(float(c[0]), len(c) / RATE) for c in clips]


def cue(start: float, end: float, language: str, text: str = "x") -> Cue:
    span = Span.from_seconds(start, end)
    return Cue(start=span.start, end=span.end, text=text, language=language, score=0.9, source="speech")


def run(reader: Translator, *cues: Cue, span: Span | None = None) -> list[Translation]:
    film = movie(SECOND * 100, video=False, audio=True)
    tracks = {Cue: Track.of(Cue, cues, MAKER)}
    inputs = Inputs(film, span or film.span, tracks=tracks, models=lambda _: reader, listener=listen)
    return list(Translations().run(inputs))


def said(start: float, length: float) -> Transcript:
    del length
    return heard([(f"from{round(start)}.", 0.0, 1.0)], "de")


def test_a_film_in_english_is_not_listened_to():
    reader = Translator(said)
    assert run(reader, cue(1, 2, "en"), cue(4, 5, "en")) == []
    assert reader.clips == []


def test_what_is_not_english_is_heard_by_language_in_windows():
    reader = Translator(said)
    found = run(reader, cue(1, 3, "de"), cue(4, 6, "de"), cue(7, 9, "en"), cue(40, 42, "fr"))
    assert list(zip(reader.clips, reader.languages, strict=True)) == [((1, 6), "de"), ((40, 42), "fr")]
    assert [(t.text, t.language, t.refs) for t in found] == [
        ("from1.", "en", (cue(1, 3, "de").ref,)),
        ("from40.", "en", (cue(40, 42, "fr").ref,)),
    ]
    assert found[0].origin == "de"


def test_only_windows_of_the_reel_are_heard():
    reader = Translator(said)
    run(reader, cue(1, 3, "de"), cue(40, 42, "de"), span=Span.from_seconds(30, 60))
    assert reader.clips == [(40, 42)]


@pytest.mark.parametrize("bad", [{"compression": 9.0}, {"score": 0.1}])
def test_loops_and_guesses_are_no_translation(bad: dict[str, float]):
    reader = Translator(lambda _a, _b: heard([("la", 0.0, 0.5)], "de", **bad))
    assert run(reader, cue(1, 3, "de")) == []


def timeline(*rows: object) -> Timeline:
    film = movie(SECOND * 100, video=False, audio=True)
    kinds = (Cue, Translation, Caption, Subtitling)
    tracks = {
        ("cues" if k is Cue else "t", k.kind): Track.of(k, [r for r in rows if isinstance(r, k)], MAKER) for k in kinds
    }
    return Timeline(film, tracks, {}, {})


def translation(start: float, text: str) -> Translation:
    at = Time.from_seconds(start)
    return Translation(start=at, end=at + SECOND, text=text, language="en", origin="de", score=0.4)


def subtitle(language: str, *, voiced: float = 0.9, shift: float = 0.0) -> tuple[Caption, Subtitling]:
    at = Span.from_seconds(10, 12)
    line = Caption(start=at.start, end=at.end, text="Oui,\nmonsieur", language=language, origin="a.srt")
    about = {"origin": "a.srt", "language": language, "used": False, "agreed": 0.0, "pace": 1.0, "reason": ""}
    return line, Subtitling(start=ZERO, end=SECOND * 100, voiced=voiced, shift=shift, **about)


def texts(known: Timeline) -> list[tuple[str, str]]:
    return [(c.text, c.source) for c in known.track(Cue)]


def test_cues_in_the_language_stay_and_translations_stand_for_the_others():
    known = timeline(cue(1, 2, "en", "Hello."), cue(3, 4, "de", "Hallo."), translation(3, "Hi."))
    assert texts(in_language(known, "en")) == [("Hello.", "speech"), ("Hi.", "speech")]
    assert texts(known) == [("Hello.", "speech"), ("Hallo.", "speech")]


def test_a_subtitle_in_the_language_is_better_than_a_translation_and_is_put_on_time():
    known = timeline(cue(3, 4, "de", "Hallo."), *subtitle("en", shift=-7.0), translation(3, "Hi."))
    (found,) = in_language(known, "en").track(Cue)
    assert (found.text, found.source, found.start) == ("Oui, monsieur", "subtitle", SECOND * 3)


def test_a_subtitle_over_which_nobody_speaks_is_not_taken():
    known = timeline(cue(3, 4, "de", "Hallo."), *subtitle("en", voiced=0.2), translation(3, "Hi."))
    assert texts(in_language(known, "en")) == [("Hi.", "speech")]


def test_a_language_in_which_there_is_nothing_is_refused_in_words():
    known = timeline(cue(3, 4, "de", "Hallo."), translation(3, "Hi."))
    with pytest.raises(LookupError, match="nothing is in 'fr'; there is de, en"):
        in_language(known, "fr")


def test_a_film_without_words_stays_without():
    assert texts(in_language(timeline(), "fr")) == []
