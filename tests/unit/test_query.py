"""Queries: the right moment with its reasons, nothing where there is nothing, and no text that is more than text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.search_fixtures import film

from cinedex.errors import ModelError, UsageError
from cinedex.models.fakes import FakeTextEmbedder
from cinedex.models.kinds import kinds_of
from cinedex.models.tasks import TextEmbedder
from cinedex.search.filters import Where
from cinedex.search.hits import reasons
from cinedex.search.index import Index
from cinedex.search.matcher import Matcher
from cinedex.search.query import SearchResult, search
from cinedex.search.terms import terms_of, words_of

HARBOUR = film(
    ("The running dogs don't stop at the café.", [("lighthouse", 0.8)]),
    ("Nobody speaks of the bridge.", [("steel arch bridge", 0.9), ("alp", 0.2)]),
    ("これは日本語の文章です。犬が走る", [("sailboat", 0.6)]),
    ("नमस्ते दुनिया", []),
    ("مرحبا بالعالم", []),
    ("", [("steam locomotive", 0.7)]),
    id_="m1-harbour",
    name="The Long Harbour.mp4",
    gap=True,
)


def no_embedder() -> TextEmbedder:
    raise ModelError("no weights here")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    made = Index(str(tmp_path_factory.mktemp("index")), FakeTextEmbedder)
    made.update(HARBOUR)
    made.update(film(("a dog barks", []), id_="m1-other", name="Other.mp4"))
    return made


def starts(result: SearchResult) -> list[int]:
    return [round(h.start.seconds) for h in result.hits]


def marked(result: SearchResult) -> list[str]:
    best = result.hits[0]
    return [best.words[a:b] for a, b in best.matched]


def test_what_is_said_is_found_in_any_form_and_marked(index: Index):
    result = search(index, "Where does a DOG run?", where=Where(movies=("m1-harbour",)))
    assert starts(result) == [0]
    assert marked(result) == ["running", "dogs"]
    best = result.hits[0]
    assert best.why[0] == "said: dog, run"
    assert dict(best.ranks)["text"] == 1
    assert (best.name, best.at, best.picture_at) == ("The Long Harbour.mp4", 0, -1)
    assert (result.films, result.moments) == (2, 13)


def test_what_is_seen_is_found(index: Index):
    best = search(index, "locomotive").hits[0]
    assert (best.words, best.tags, best.why[0]) == ("", "steam locomotive", "seen: locomotive")


@pytest.mark.parametrize("kind", ["dog", "dogs", "animal", "a dog"])
def test_what_is_seen_is_found_by_its_kind(kind: str, tmp_path: Path):
    index = Index(str(tmp_path), FakeTextEmbedder)
    index.update(film(("", [("golden retriever", 0.6)]), ("", [("cab", 0.6)]), gap=True))
    (best,) = search(index, kind).hits
    assert (best.tags, best.why[0]) == ("golden retriever", f"seen: {kind.removeprefix('a ')}")


def test_where_full_text_says_the_same_of_many_nearness_decides(tmp_path: Path):
    index = Index(str(tmp_path), FakeTextEmbedder)
    breeds = ["basset", "beagle", "collie", "whippet", "pug"]
    index.update(film(*[("", [(b, 0.5)]) for b in breeds], gap=True))
    hits = search(index, "dog").hits
    assert len(hits) == len(breeds)
    assert {dict(h.ranks)["text"] for h in hits} == {1}


def test_joined_hits_say_once_how_near_they_are():
    near = "picture near in meaning"
    assert reasons(["seen: car", f"{near} (0.5)"], ["seen: cab", f"{near} (0.4)"]) == (
        "seen: car", f"{near} (0.5)", "seen: cab",
    )  # fmt: skip
    assert reasons(["seen: car"], [f"{near} (0.4)"]) == ("seen: car", f"{near} (0.4)")


def test_as_many_as_asked_for_are_looked_for(tmp_path: Path):
    index = Index(str(tmp_path), FakeTextEmbedder)
    index.update(film(*[("rain", [])] * 80, gap=True))
    assert len(search(index, "rain", limit=75).hits) == 75


def test_kinds_are_words_of_classes():
    assert kinds_of(["golden retriever", "cab", "warplane", "no class"]) == [
        "dog", "animal", "taxi", "car", "vehicle", "airplane", "aircraft",
    ]  # fmt: skip
    assert kinds_of(["crane (wading bird)", "crane (lifting device)"]) == ["bird", "animal"]
    assert kinds_of(["king penguin", "red wine", "passenger car", "sorrel", "zebra"]) == [
        "penguin", "bird", "animal", "wine", "train", "vehicle", "horse",
    ]  # fmt: skip


def test_said_and_seen_together_come_first(index: Index):
    best = search(index, "bridge").hits[0]
    assert best.why[:2] == ("said: bridge", "seen: bridge")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("cafe", ["café"]),
        ("CAFÉ", ["café"]),
        ("don't stop", ["don't", "stop"]),
        ("日本語", ["日本語"]),
        ("日本語の犬", ["日本語", "の", "犬"]),
        ("दुनिया", ["दुनिया"]),
        ("बalak दुनिया", ["दुनिया"]),
        ("بالعالم", ["بالعالم"]),
    ],
)
def test_every_script_has_words(index: Index, query: str, said: list[str]):
    result = search(index, query)
    assert sorted(marked(result)) == sorted(said)


@pytest.mark.parametrize(
    "query", ["zebra crossing", "ん", "بال", "日", "stopover", "station", "running shoes for sale"]
)
def test_nothing_is_found_where_nothing_fits(index: Index, query: str):
    assert search(index, query).hits == ()


def test_what_is_near_in_meaning_alone_is_found(tmp_path: Path):
    class Twins(FakeTextEmbedder):
        """Takes 'automobile' and 'car' for one word."""

        def embed_texts(self, texts, *, query=False):
            return super().embed_texts([t.replace("automobile", "car") for t in texts], query=query)

    made = Index(str(tmp_path), Twins)
    made.update(film(("my car", []), ("", []), ("", [("car", 0.9)])))
    (spoken,) = (h for h in search(made, "my automobile").hits if h.start == 0)
    assert spoken.why == ("words near in meaning (1.00)",)
    assert (spoken.matched, spoken.ranks) == ((), (("meaning", 1),))
    (pictured,) = search(made, "automobile").hits
    assert pictured.why[0].startswith("picture near in meaning")
    assert pictured.ranks == (("concept", 1),)


def test_neighbours_are_one_hit_that_plays_from_its_best_moment(tmp_path: Path):
    made = Index(str(tmp_path), FakeTextEmbedder)
    lines = ["of a boat", "the red boat sails", "later on"]
    made.update(film(*[(line, [(f"thing {i}", 0.5)]) for i, line in enumerate(lines)], ("", [])))
    (hit,) = search(made, "red boat").hits
    assert (hit.start.seconds, hit.end.seconds, hit.at.seconds) == (0, 10, 5)
    assert hit.words == "of a boat the red boat sails"
    assert [hit.words[a:b] for a, b in hit.matched] == ["boat", "red", "boat"]
    assert hit.tags == "thing 1, thing 0"


def test_a_hit_is_a_minute_at_most(tmp_path: Path):
    made = Index(str(tmp_path), FakeTextEmbedder)
    made.update(film(*[("boat", [])] * 30, seconds=10))
    hits = search(made, "boat", limit=100).hits
    assert len(hits) == 5
    assert {(h.end - h.start).seconds for h in hits} == {60}


def test_the_limit_and_the_film_are_kept_to(index: Index):
    assert len(search(index, "dog", limit=1).hits) == 1
    assert {h.movie for h in search(index, "dog", where=Where(movies=("m1-other",))).hits} == {"m1-other"}
    assert search(index, "bridge", where=Where(movies=("m1-other",))).hits == ()
    assert search(index, "dog", where=Where(movies=("m1-nobody",))).hits == ()


def test_words_that_tell_nothing_count_only_where_there_are_no_others(index: Index):
    assert search(index, "the of a zebra").hits == ()
    assert len(search(index, "the").hits) >= 1


def test_the_same_query_gives_the_same_answer(index: Index):
    assert search(index, "dog bridge lighthouse") == search(index, "dog bridge lighthouse")


@pytest.mark.parametrize("query", ["", " \n", "?!", "'", "((", "*" * 9000, "\0", "🎬"])
def test_a_query_without_words_is_refused(index: Index, query: str):
    with pytest.raises(UsageError, match="no words"):
        search(index, query)


@pytest.mark.parametrize(
    "query",
    [
        "' OR movie = 'm1-other",
        'dog") OR ("1"="1',
        "words:dog AND NOT tags:x",
        "dog^9 +bridge -sea",
        "dog~2 AND (bridge",
        "movie = 'm1-other'; DROP TABLE moments",
        "{{dog}} ${dog} %s <b>dog</b>",
        "dog\0dog",
        "dog\n--\ndog",
    ],
)
def test_a_query_is_words_and_nothing_more(index: Index, query: str):
    before = index.size
    result = search(index, query, where=Where(movies=("m1-harbour",)))
    assert {h.movie for h in result.hits} <= {"m1-harbour"}
    assert index.size == before


def test_a_very_long_query_is_cut(index: Index):
    result = search(index, "dog " * 100_000)
    assert len(result.query) <= 500
    assert result.hits


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=80))
def test_any_text_is_answered_or_refused(index: Index, query: str):
    try:
        result = search(index, query)
    except UsageError:
        return
    for hit in result.hits:
        assert hit.why
        assert hit.ranks
        assert all(0 <= a < b <= len(hit.words) for a, b in hit.matched)


def stem(word: str) -> tuple[str, ...]:
    return (word.casefold().removesuffix("s"),)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_places_are_places_of_words(text: str):
    words = words_of(text)
    for word, places in Matcher(terms_of(words[:3], stem), stem).find(text).items():
        assert word
        assert all(text[a:b] for a, b in places)


def test_words_have_marks_and_apostrophes():
    assert words_of("Don't नमस्ते, l\u2019homme_ici - café 42!") == ["Don't", "नमस्ते", "l\u2019homme", "ici", "café", "42"]


def test_without_an_embedder_it_says_so(tmp_path: Path):
    made = Index(str(tmp_path), no_embedder)
    made.update(HARBOUR)
    result = search(made, "lighthouse")
    assert len(result.hits) == 1
    assert result.notes == ("searched by words only: no weights here",)
