"""Forms of questions: text in the picture, sets of films, counts, whole films, credits, other languages, slips."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.search_fixtures import film
from tests.unit.test_ask import BOAT, Cast
from tests.unit.test_filters import at, seaside

from cinedex.models.fakes import FakeTextEmbedder
from cinedex.search.answer import Answer
from cinedex.search.ask import Asker
from cinedex.search.finder import Finder
from cinedex.search.index import Index
from cinedex.search.nearest import _one_apart
from cinedex.search.scope import films_of, scoped
from cinedex.search.syntax import Known, parse
from cinedex.search.terms import speaks
from cinedex.search.tongues import in_english
from cinedex.timeline.rows import Event, Object, Place, Row, Sound, Text
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Track

_BOX = {"x": 0.0, "y": 0.0, "width": 0.5, "height": 0.1}


def trailer() -> Timeline:
    """Eight shots of five seconds with a title, a sign, credits, cars and music."""
    base = film(*[("", [])] * 7, ("We were alone.", []), id_="m1-trailer", name="storm_trailer.mp4")
    read = [(0, "NORTH FILMS PRESENTS", "title"), (15, "HOSPITAL", "sign")]
    read += [(35, "Directed by Ada Berg. Music: Bo Lund. https://storm.example", "credits")]
    rows: dict[type[Row], list[Row]] = {
        Text: [Text(**at(s), text=text, language="en", role=role, score=1, **_BOX) for s, text, role in read],
        Event: [
            Event(**at(0), label="title card", score=1, rule="card/1"),
            Event(**at(35), label="end credits", score=1, rule="credits/1"),
        ],
        Object: [
            *(Object(**at(s), label="car", vocabulary="coco", score=0.9, **_BOX) for s in (5, 20)),
            Object(**at(10), label="person", vocabulary="coco", score=0.9, **_BOX),
        ],
        Place: [Place(**at(10), aspect="light", label="night", score=0.9)],
        Sound: [Sound(**at(5), label="music", score=0.9), Sound(**at(25), label="crying", score=0.9)],
    }
    tracks = {("test", kind.kind): Track.of(kind, own, Maker("test", 1, "1" * 64)) for kind, own in rows.items()}
    return replace(base, tracks={**base.tracks, **tracks})


MUTE = film(("", []), ("", []), id_="m1-mute", name="mute.mp4")


@pytest.fixture(scope="module")
def finder(tmp_path_factory: pytest.TempPathFactory) -> Finder:
    index = Index(str(tmp_path_factory.mktemp("index")), FakeTextEmbedder)
    music = Track.of(Sound, [Sound(**at(0), label="music", score=0.9)], Maker("test", 1, "1" * 64))
    films = [BOAT, seaside(), trailer(), replace(MUTE, tracks={**MUTE.tracks, ("test", "sound"): music})]
    for timeline in films:
        index.update(timeline)
    own = {t.movie.id: t for t in films}
    return Finder(
        index,
        lambda: [t.movie for t in films],
        Cast(),  # type: ignore[arg-type]
        lambda: None,  # type: ignore[arg-type, return-value]
        lambda movie, _: own[movie.id],
    )


def ask(finder: Finder, question: str) -> Answer:
    return Asker(finder, lambda _: (True, True)).ask(question)


def told(answer: Answer) -> list[str]:
    return [c.text for c in answer.claims]


@pytest.mark.parametrize(
    ("question", "claims"),
    [
        ("What does the text at the end of the trailer say?", ["Directed by Ada Berg. Music: Bo Lund. storm.example"]),
        ("what is written at the beginning of the trailer", ["NORTH FILMS PRESENTS"]),
        ("what title is shown at the start of the trailer", ["NORTH FILMS PRESENTS"]),
        ("what does the sign say", ["EXIT DOOR 5", "HOSPITAL"]),
        ("what does the sign in the trailer say", ["HOSPITAL"]),
        ("what do the credits say", ["Directed by Ada Berg. Music: Bo Lund. storm.example"]),
        ("was steht am Ende des Trailers", ["Directed by Ada Berg. Music: Bo Lund. storm.example"]),
    ],
)
def test_text_in_the_picture(finder: Finder, question: str, claims: list[str]):
    assert sorted(told(ask(finder, question))) == sorted(f"The picture reads “{c}”." for c in claims)


def test_text_that_is_not_there_is_not_read_out(finder: Finder):
    answer = ask(finder, "what does the sign at the harbour say")
    assert answer.claims == ()
    assert answer.notes[0] == "text was read in 4 moments of 2 films, but text with “harbour” was not"


def test_credits_say_who_made_a_film(finder: Finder):
    answer = ask(finder, "who directed the storm trailer?")
    assert told(answer) == ["The picture reads “Directed by Ada Berg. Music: Bo Lund. storm.example”."]
    assert "not understood" in answer.notes[0]
    assert ask(finder, "who edited the storm trailer?").claims == ()


@pytest.mark.parametrize(
    ("question", "claims"),
    [
        ("which films have music but no speech?", ["mute has music, and no speech was found in it"]),
        ("which films have cars", ["storm_trailer has cars"]),
        ("which films have music and cars", ["storm_trailer has music and cars"]),
        ("quels films ont de la musique mais pas de paroles", ["mute has music, and no speech was found in it"]),
        ("which films have a baby crying", ["storm_trailer has crying"]),
        ("which films have harps", []),
        ("how many shots have cars", ["storm_trailer has cars in 2 shots"]),
        ("how many films have music", ["mute has music", "storm_trailer has music"]),
        ("how many shots in which there are submarines", []),
    ],
)
def test_sets_and_counts(finder: Finder, question: str, claims: list[str]):
    answer = ask(finder, question)
    assert sorted(told(answer)) == sorted(claims)
    assert bool(answer.notes) is (
        not claims or "how many" in question or "no" in question or "pas" in question or "baby" in question
    )


def test_a_film_as_a_whole(finder: Finder):
    answer = ask(finder, "What is Boat about?")
    assert "“The captain drowned in 1921.”" in told(answer)
    assert {e.movie for e in answer.evidence} == {"m1-boat"}
    assert ask(finder, "what is love about").claims == ()


def test_people_and_places_are_filters(finder: Finder):
    answer = ask(finder, "people at night")
    assert [(e.movie, e.start.seconds, e.kind) for e in answer.evidence] == [("m1-trailer", 10, "seen")]
    assert answer.plan == ("search place:night has:people",)


def test_a_room_is_inside():
    known = Known(frozenset({"place:interior", "place:beach", "has:people"}))
    assert str(parse("people in a room", known)) == "place:interior has:people"
    assert str(parse("somebody on the beach", known)) == "place:beach has:people"
    assert str(parse("people on the moon", known)) == "people on the moon"
    assert str(parse("a letter to people on the beach", known)) == "a letter to people on the beach"


def test_lines_of_somebody_on_screen_are_not_said_to_be_theirs(finder: Finder):
    answer = ask(finder, "what does Anna say to Ben?")
    assert told(answer)[0] == "“The red boat leaves at noon.”"
    assert "that it is said to Ben is taken from their being on screen around it" in answer.notes
    assert "whether Anna says it is not known, since no voice is known to be theirs" in answer.notes


def test_nobody_of_that_name_says_nothing(finder: Finder):
    answer = ask(finder, "what does the captain say to the nurse?")
    assert answer.claims == ()
    assert "nobody here is called the captain or the nurse" in answer.notes[0]
    assert ("said", "Nobody knows where the captain is.") in [(e.kind, e.text) for e in answer.near]


def test_what_has_no_evidence_is_named(finder: Finder):
    answer = ask(finder, "the captain rides a unicorn in the snow")
    assert answer.claims == ()
    assert any("“rides” or “unicorn” or “snow”" in note for note in answer.notes)
    assert {e.movie for e in answer.near} == {"m1-boat"}


@pytest.mark.parametrize(
    "question",
    ["is there a scene with a spaceship that leaves", "what happens after the boat sinks", "who steals a boat"],
)
def test_half_of_a_question_is_no_answer(finder: Finder, question: str):
    """The red boat leaves at noon: that is near, and told as such."""
    answer = ask(finder, question)
    assert answer.claims == ()
    assert answer.notes
    assert "The red boat leaves at noon." in [e.text for e in answer.near]


def test_what_comes_after_is_told_where_the_film_goes_on(tmp_path: Path):
    index = Index(str(tmp_path), FakeTextEmbedder)
    short = film(("The bell rings.", []), id_="m1-short", name="A bell.mp4")
    longer = film(("The bell rings.", []), ("Everybody leaves.", []), id_="m1-longer", name="School.mp4")
    own = {t.movie.id: t for t in (short, longer)}
    for timeline in own.values():
        index.update(timeline)
    movies = [t.movie for t in own.values()]
    finder = Finder(index, lambda: movies, Cast(), lambda: None, lambda movie, _: own[movie.id])  # type: ignore[arg-type, return-value]
    assert [h.name for h in finder.search("the bell rings").hits][:1] == ["A bell.mp4"]
    assert "Everybody leaves." in [e.text for e in ask(finder, "what happens after the bell rings").evidence]


def test_a_slip_of_the_pen_is_put_right_openly(finder: Finder):
    answer = ask(finder, "wher is there laughtr")
    assert [e.kind for e in answer.evidence] == ["heard"]
    assert "“laughtr” is read as laughter, which is here" in answer.notes


@pytest.mark.parametrize(
    ("question", "english", "language"),
    [
        ("was sagt der alte Mann über das Land", "what does alte Mann say about Land", "de"),
        ("wo hört man einen Hubschrauber", "where is helicopter", "de"),
        ("que lit-on à la fin du film", "what is written at the end of film", "fr"),
        ("où entend-on l'hélicoptère", "where is helicopter", "fr"),
        ("qué películas tienen música pero no diálogo", "which films have music but no speech", "es"),
        ("dónde se oye la lluvia", "where is rain", "es"),
        ("what does a man say about Paris", "what does a man say about Paris", ""),
        ("wo ist", "wo ist", ""),
    ],
)
def test_other_languages_have_their_forms(question: str, english: str, language: str):
    assert in_english(question) == (english, language)


def test_films_are_meant_by_name_or_by_a_word_for_a_film():
    movies = [t.movie for t in (BOAT, seaside(), trailer(), MUTE)]
    named = {
        text: [m.id for m in films_of(text, movies)] for text in ("Boat", "the boat", "the trailer", "the storm film")
    }
    assert named == {
        "Boat": ["m1-boat"],
        "the boat": [],
        "the trailer": ["m1-trailer"],
        "the storm film": ["m1-trailer"],
    }
    assert scoped("a car in the boat", movies) == ("a car in the boat", None)
    assert scoped("who is seen in the film", movies) == ("who is seen", None)
    assert [m.id for m in scoped("a car in the storm film", movies)[1] or ()] == ["m1-trailer"]


@pytest.mark.parametrize(
    ("text", "enough"), [("1 2 3", False), ("Yes.", False), ("", False), ("I failed.", True), ("我失败了", True)]
)
def test_a_text_of_hardly_a_word_has_no_meaning(text: str, *, enough: bool):
    assert speaks(text) is enough


@given(st.text("abc", min_size=1, max_size=7), st.integers(0, 6), st.sampled_from("abc"))
def test_words_one_letter_apart(word: str, place: int, letter: str):
    where = min(place, len(word) - 1)
    for other in (word[:where] + letter + word[where:], word[:where] + letter + word[where + 1 :]):
        assert _one_apart(word, other) is (word != other)
    assert _one_apart(word, word[::-1]) is (word != word[::-1])
    assert not _one_apart(word, word)
    assert not _one_apart(word, f"{word}xy")


@given(st.text(max_size=80))
def test_no_question_breaks_a_form(text: str):
    in_english(text)
    scoped(text, [trailer().movie])
