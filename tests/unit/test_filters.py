"""The syntax of queries, plain words read into it, and filters that nothing can talk into more than filtering."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.timelines import make_movie
from tests.unit.search_fixtures import film

from cinedex.errors import StoreError, UsageError
from cinedex.models.fakes import FakeTextEmbedder
from cinedex.search.filters import Where, year_of
from cinedex.search.index import Index
from cinedex.search.query import SearchResult, search
from cinedex.search.resolve import resolve
from cinedex.search.syntax import Filter, Known, Query, _folded, _parts, parse, times_of, years_of
from cinedex.timeline.rows import Cue, Event, Flag, Framing, Place, Row, Scene, Sound, Speaker, Text, Translation
from cinedex.timeline.time import SECOND, Span, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Spans, Track

KNOWN = Known(
    {"place:night", "place:beach", "place:interior", "scale:close-up", "sound:gunshot", "has:dialogue"}
    | {"scale:extreme close-up"},
    ["Anna Berg", "Anna"],
    ["night_train", "Sea"],
    ["Anna"],
)  # fmt: skip


def at(second: float, length: float = 5) -> dict[str, Time]:
    return {"start": Time.from_seconds(second), "end": Time.from_seconds(second + length)}


def seaside(made: str = "1") -> Timeline:
    """Six shots of five seconds with every kind of fact that can be filtered by."""
    base = film(*[("", [])] * 6, id_="m1-sea", name="Sea (1921).mp4", made=made)
    box = {"x": 0.0, "y": 0.0, "width": 0.5, "height": 0.1}
    rows: dict[type[Row], list[Row]] = {
        Place: [
            Place(**at(0, 10), aspect="place", label="beach", score=0.9),
            Place(**at(0, 5), aspect="light", label="night", score=0.9),
        ],
        Sound: [
            Sound(**at(6, 1), label="gunshot", score=0.8),
            Sound(**at(11, 1), label="gunshot", score=0.1),
            Sound(**at(21, 1), label="laughter", score=0.8),
            Sound(**at(0, 30), label="speech", score=0.8),
        ],
        Speaker: [Speaker(**at(0, 5.1), number=2, score=0.9), Speaker(**at(24, 3), number=1, score=0.9)],
        Flag: [Flag(**at(20), label="black", score=1, note="")],
        Event: [Event(**at(15), label="chase or pursuit", score=0.9, rule="chase/1")],
        Framing: [Framing(**at(5), aspect="scale", label="close-up", score=0.9)],
        Text: [Text(**at(10), text="EXIT\nDOOR 5", language="en", role="sign", score=1, **box)],
        Scene: [Scene(**at(15 * n, 15), number=n, score=1, reasons=(), at=Time(0)) for n in (0, 1)],
        Translation: [Translation(**at(25), text="The houses are burning", language="en", origin="de", score=0.9)],
        Cue: [Cue(**at(25), text="Die Häuser brennen", language="de", score=1, source="speech")],
    }  # fmt: skip
    tracks = {("test", kind.kind): Track.of(kind, own, Maker("test", 1, made * 64)) for kind, own in rows.items()}
    shots = {("shot", "shot"): base.tracks["shot", "shot"]}
    return replace(base, tracks=shots | tracks)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    made = Index(str(tmp_path_factory.mktemp("index")), FakeTextEmbedder)
    made.update(seaside())
    made.update(film(("a dog barks", []), id_="m1-other", name="Other.mp4"))
    return made


TAGS = (("GENRE", "Silent Comedy"), ("director", "A. Berg"))
MOVIES = [replace(seaside().movie, tags=TAGS), film(("", []), id_="m1-other", name="Other.mp4").movie]


def ask(index: Index, text: str, **people: Spans) -> SearchResult:
    query = parse(text)
    found = resolve(query, index, MOVIES, lambda name: {"m1-sea": people[name]} if name in people else {})
    return search(index, query, where=found.where, notes=found.notes, limit=50)


def starts(result: SearchResult) -> list[tuple[int, int]]:
    return sorted((round(h.start.seconds), round(h.end.seconds)) for h in result.hits if h.movie == "m1-sea")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("place:beach", [(0, 10)]),
        ("place:beach place:night", [(0, 5)]),
        ("place:beach -place:night", [(5, 10)]),
        ("place:night,beach", [(0, 10)]),
        ("sound:gunshot", [(5, 10)]),
        ("flag:black", [(20, 25)]),
        ("event:chase", [(15, 20)]),
        ("scale:close-up", [(5, 10)]),
        ("text:exit", [(10, 15)]),
        ('text:"door 5"', [(10, 15)]),
        ("text:oor", []),
        ("lang:de", [(25, 30)]),
        ("has:dialogue film:sea", [(25, 30)]),
        ("-has:dialogue film:sea time:0:20-", [(20, 25)]),
        ("time:0:12-0:13", [(10, 15)]),
        ("year:1920-1929", [(0, 30)]),
        ("year:1920..1929 place:beach", [(0, 10)]),
        ("year:1950-", []),
        ("dialogue:yes film:sea", [(25, 30)]),
        ("dialogue:no film:sea time:0:20-", [(20, 25)]),
        ("-dialogue:no film:sea", [(25, 30)]),
        ("genre:comedy place:beach", [(0, 10)]),
        ("genre:com", []),
        ("genre:comedy film:other", []),
        ('director:"a berg" place:night', [(0, 5)]),
        ("film:other", []),
        ("haus", [(25, 30)]),
        ("burning house", [(25, 30)]),
        ("häusern", [(25, 30)]),
        ('"häuser brennen"', [(25, 30)]),
        ('"brennen häuser"', []),
        ("exit", [(10, 15)]),
        ("gunshot", [(5, 10)]),
        ("gunfire", [(5, 10)]),
        ("somebody laughing", [(20, 25)]),
        ("sound:gunfire", [(5, 10)]),
        ("sound:laugh,shooting", [(5, 10), (20, 25)]),
        ("speech", []),
        ("voice:1", [(20, 30)]),
        ("voice:2", [(0, 5)]),
        ("voice:3", []),
        ("-voice:1,2 film:sea", [(5, 20)]),
        ("beach at", [(0, 10)]),
    ],
)
def test_filters_let_through_what_they_name(index: Index, text: str, where: list[tuple[int, int]]):
    assert starts(ask(index, text)) == where


def test_people_are_resolved_when_they_are_asked_for(index: Index):
    anna = Spans.of([Span(SECOND * 6, SECOND * 7), Span(SECOND * 21, SECOND * 22)])
    ben = Spans.of([Span(SECOND * 22, SECOND * 24)])
    assert starts(ask(index, "person:anna", anna=anna)) == [(5, 10), (20, 25)]
    assert starts(ask(index, "person:anna person:ben", anna=anna, ben=ben)) == [(20, 25)]
    assert starts(ask(index, "person:anna -person:ben", anna=anna, ben=ben)) == [(5, 10)]
    nobody = ask(index, "person:zoe")
    assert nobody.hits == ()
    assert nobody.notes[0].startswith("nobody is called zoe")
    assert "anna" not in str(index._open().to_arrow().to_pydict()).lower()


def test_speakers_are_resolved_when_they_are_asked_for(index: Index):
    def told(text: str) -> SearchResult:
        voices = {"anna": {"m1-sea": {1}}, "ben": {"m1-sea": {2}, "m1-other": {1}}}
        query = parse(text)
        seen = {"zoe": {"m1-sea": Spans.of([])}}
        found = resolve(
            query, index, MOVIES, lambda n: seen.get(n, {}), voices=lambda n: voices.get(n, {}),
        )  # fmt: skip
        return search(index, query, where=found.where, notes=found.notes, limit=50)

    assert starts(told("speaker:anna")) == [(20, 30)]
    assert starts(told("speaker:ben")) == [(0, 5)]
    assert starts(told("speaker:anna,ben")) == [(0, 5), (20, 30)]
    assert starts(told("speaker:anna speaker:ben")) == []
    assert starts(told("speaker:anna burning")) == [(25, 30)]
    assert starts(told("film:sea -speaker:anna -speaker:ben")) == [(5, 20)]
    assert told("speaker:zoe").notes == (
        "no voice is known to be that of zoe; person:zoe says where they are on screen",
    )
    assert told("speaker:nobody").notes[0].startswith("nobody is called nobody")


def test_what_no_film_has_is_said(index: Index):
    result = ask(index, "place:moon dog")
    assert (result.hits, result.notes) == ((), ("no place is called moon; there are beach, night",))
    assert ask(index, "camera:pan").notes == ("no camera is called pan; no film here has any camera",)
    assert ask(index, "genre:western").notes == ("no film's genre is western; there are Silent Comedy",)
    assert ask(index, "title:x").notes == ("no film's title is x; no film here says its title",)
    assert ask(index, "film:nowhere").notes[0].startswith("no film is called nowhere; there are Sea (1921), Other")


def test_reasons_name_the_filters_and_the_way_it_was_found(index: Index):
    (hit,) = ask(index, "exit flag:black,blur").hits or ask(index, "exit film:sea").hits
    assert hit.why[:2] == ("read: exit", "film:sea")
    assert (hit.screen, hit.scene, hit.year) == ("EXIT DOOR 5", 0, 1921)


@pytest.mark.parametrize(
    ("plain", "understood"),
    [
        ("Anna Berg at night", 'person:"Anna Berg" place:night'),
        ("anna's dog in night train", "dog person:Anna film:night_train"),
        ("what does Anna say about dogs", "what does dogs speaker:Anna"),
        ("told by anna", "speaker:Anna"),
        ("Anna's voice at night", "speaker:Anna place:night"),
        ("Anna Berg says hello", 'says hello person:"Anna Berg"'),
        ("the sound of gunfire", "sound:gunfire"),
        ("close-up of a dog", "a dog scale:close-up"),
        ("extreme close-up of an eye", 'an eye scale:"extreme close-up"'),
        ("the sound of a gunshot without dialogue", "-has:dialogue sound:gunshot"),
        ("the sound of waves", "the sound of waves"),
        ("a dog outdoors", "a dog outdoors"),
        ("dog in the first 10 minutes", "dog time:0:00-0:10:00"),
        ("dog after 1:20:00", "dog time:1:20:00-"),
        ("dog between 1:00 and 2:30", "dog time:1:00-2:30"),
        ("cars in films of the 1920s", "cars year:1920-1929"),
        ('"Anna at night"', '"Anna at night"'),
        ("place:beach at night", "place:beach place:night"),
        ("scale:long close-up", "close-up scale:long"),
        ("before midnight", "before midnight"),
    ],
)
def test_plain_words_are_read_into_filters_that_there_are(plain: str, understood: str):
    query = parse(plain, KNOWN)
    assert str(query) == understood
    assert parse(str(query)) == replace(query, read=()), "asked as it is shown it is the same query"


def test_values_that_cannot_be_are_refused():
    for text in ("time:soon", "year:old", "-film:sea", "-time:0:10", "-genre:comedy"):
        with pytest.raises(UsageError):
            parse(text)
    assert parse("http://x.y foo:bar 10:30") == Query("http://x.y foo:bar 10:30")


def test_times_and_years():
    assert times_of(Filter("time", ("1:00-2:00", "3:00"))) == [
        (int(SECOND * 60), int(SECOND * 120)), (int(SECOND * 180), int(SECOND * 181)),
    ]  # fmt: skip
    assert years_of(Filter("year", ("1920", "-1910"))) == [(1920, 1920), (1, 1910)]


def test_a_year_is_told_by_tags_or_brackets():
    movie = make_movie(5, name="A (1954) 1080p.mp4")
    assert year_of(movie) == 1954
    assert year_of(replace(movie, tags=(("DATE", "1953-02-01"),))) == 1953
    assert year_of(replace(movie, name="1080p 2001x.mp4", tags=(("date", "x"),))) == 0


@pytest.mark.parametrize("hostile", ["x' OR '1'='1", "') OR true --", 'x" OR "a"="a', "%", "\\'", "\0'"])
def test_nothing_in_a_value_is_more_than_a_value(index: Index, hostile: str):
    sql = Where(facets=((f"place:{hostile}",),), without=(f"flag:{hostile}",)).sql()
    assert sql.count("'") == 4
    assert Where(each=((("m1-a", (f"voice:{hostile}",)),),)).sql().count("'") == 4
    with pytest.raises(StoreError):
        Where(none=(((hostile, ("voice:1",)),),)).sql()
    with pytest.raises(StoreError):
        Where(rows=frozenset({hostile})).sql()
    for key in ("place", "text", "film", "person", "speaker", "voice", "sound"):
        assert ask(index, f'{key}:"{hostile.replace(chr(34), "")}"').hits == ()
    assert index.size == (2, 7)


@given(st.text(max_size=80))
def test_any_text_is_a_query_that_reads_the_same_again(text: str):
    try:
        query = parse(text, KNOWN)
    except UsageError:
        return
    assert parse(str(query), Known()).filters == query.filters


def test_a_hostile_label_stays_a_label(tmp_path: Path):
    made = Index(str(tmp_path), FakeTextEmbedder)
    made.update(film(("", [("x') OR true --", 0.9)]), ("", [("dog", 0.9)]), gap=True))
    assert "tag:x or true --" in made.vocabulary
    assert len(made.within(Where(facets=(("tag:x') OR true --",),)))) == 1


_LETTERS = st.text("aAiIsSkKxéÉßµ -_'.\u0130\u0131\u017f\u212a\u03bc", min_size=2, max_size=12)
_CASES = st.sampled_from(["lower", "upper", "title", "swapcase"])


@given(before=_LETTERS, name=_LETTERS.filter(lambda n: n.strip(" -_") != ""), change=_CASES)
def test_sparing_names_that_are_not_in_a_text_misses_none_that_patterns_find(before: str, name: str, change: str):
    text = f"{before} in {getattr(name, change)()}"
    spaced = r"[\s_-]+".join(re.escape(w) for w in re.split(r"[\s_-]+", name) if w)
    if re.search(spaced, text, re.IGNORECASE):
        assert all(part in _folded(text) for part in _parts(name))
