"""The index: a cache that follows the tracks, that is never half a film, and that can always be made again."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.search_fixtures import by_text, by_vector, film

from cinedex.errors import ModelError, StoreError
from cinedex.models.fakes import FakeTextEmbedder
from cinedex.models.tasks import TextEmbedder
from cinedex.search import index as index_module
from cinedex.search.columns import blank_rows
from cinedex.search.filters import ANYWHERE, Where
from cinedex.search.index import Index
from cinedex.search.query import search
from cinedex.search.reading import Glimpse
from cinedex.timeline.time import SECOND
from cinedex.timeline.timeline import Timeline

SEA = film(("the sea is calm", [("lighthouse", 0.8)]), ("a storm comes", [("wave", 0.5)]), id_="m1-sea", name="Sea.mp4")
CITY = film(("cars and trams", [("streetcar", 0.9)]), id_="m1-city", name="City.mp4")


def index_at(folder: Path, embedder: TextEmbedder | None = None) -> Index:
    return Index(str(folder / "index"), lambda: embedder or FakeTextEmbedder())


def no_embedder() -> TextEmbedder:
    raise ModelError("no weights here")


def found(index: Index, text: str) -> list[str]:
    return [row["words"] for row in by_text(index, text, 10)]


def test_nothing_is_an_answer(tmp_path: Path):
    index = index_at(tmp_path)
    assert index.size == (0, 0)
    assert by_text(index, "sea", 5) == []
    assert index.query_vectors("sea") == {}
    assert index.spaces == {}
    assert index.check({}) == []
    assert index.check({"m1-sea": SEA}) == ["there is no index"]
    index.remove("m1-sea")
    index.compact()
    assert search(index, "sea").hits == ()


@pytest.mark.parametrize(("rows", "read"), [(0, False), (10, True)], ids=["too large", "small enough"])
def test_what_searches_need_is_read_before_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int, read: bool
):
    index_at(tmp_path).warm()  # of nothing
    index_at(tmp_path).update(SEA)
    monkeypatch.setattr(index_module, "_WARM_ROWS", rows)
    asked = list[str]()

    class Told(FakeTextEmbedder):
        def embed_texts(self, texts: Any, *, query: bool = False) -> Any:
            asked.extend(texts)
            return super().embed_texts(texts, query=query)

    index = index_at(tmp_path, Told())
    table = index._open()
    warmed = list[str]()
    monkeypatch.setattr(type(table), "prewarm_index", lambda _, name: warmed.append(name))
    index.warm()
    assert ("text_idx" in warmed) == read
    assert "film" in asked, "the embedders are read too"


def test_a_film_is_put_in_once(tmp_path: Path):
    index = index_at(tmp_path)
    assert index.update(SEA)
    assert index.size == (1, 2)
    assert not index.update(SEA)
    assert not index_at(tmp_path).update(SEA)
    assert index.spaces == {"meaning": "fake-words", "concept": "concepts-fake-words", "look": "efficientnet-lite2"}


def test_other_tracks_take_the_place_of_those_before(tmp_path: Path):
    index = index_at(tmp_path)
    index.update(SEA)
    index.update(CITY)
    assert index.update(film(("silence", []), id_="m1-sea", name="Sea.mp4", made="2"))
    assert index.size == (2, 2)
    assert found(index, "storm") == []
    assert found(index, "silence") == ["silence"]
    assert found(index, "trams") == ["cars and trams"]


def test_a_film_of_which_nothing_is_left_has_no_rows(tmp_path: Path):
    index = index_at(tmp_path)
    index.update(SEA)
    index.update(Timeline(film(id_="m1-sea").movie))
    assert index.size == (0, 0)


def test_a_film_is_taken_out(tmp_path: Path):
    index = index_at(tmp_path)
    index.update(SEA)
    index.update(CITY)
    index.remove("m1-sea")
    assert index.size == (1, 1)
    assert found(index, "sea") == []


def test_check_names_what_is_wrong(tmp_path: Path):
    index = index_at(tmp_path)
    index.update(SEA)
    index.update(CITY)
    later = film(("cars", []), id_="m1-city", name="City.mp4", made="2")
    new = film(("new", []), id_="m1-new", name="New.mp4")
    assert index.check({"m1-sea": SEA, "m1-city": CITY}) == []
    assert index.check({"m1-city": later, "m1-new": new}) == [
        "m1-sea: not a film of the library",
        "City.mp4: not up to date",
        "New.mp4: not up to date",
    ]


def test_rebuilt_it_is_the_same(tmp_path: Path):
    index = index_at(tmp_path)
    index.update(SEA)
    index.rebuild([CITY, SEA])
    assert index.size == (2, 3)
    assert index.check({"m1-sea": SEA, "m1-city": CITY}) == []
    assert found(index, "trams") == ["cars and trams"]


def test_compacted_it_answers_the_same(tmp_path: Path):
    index = index_at(tmp_path)
    for number in range(5):
        index.update(film((f"line {number}", []), id_=f"m1-{number}"))
    before = sorted(found(index, "line"))
    index.compact()
    assert sorted(found(index, "line")) == before
    assert len(before) == 5


@pytest.mark.parametrize("what", ["manifests", "data", "everything"])
def test_a_damaged_index_is_told_and_made_again(what: str, tmp_path: Path):
    index_at(tmp_path).update(SEA)
    inside = {"manifests": "**/*.manifest", "data": "**/*.lance", "everything": "**/*"}[what]
    for path in (tmp_path / "index").glob(inside):
        if path.is_file():
            path.write_bytes(b"not lance")
    broken = index_at(tmp_path)
    with pytest.raises(StoreError, match="only a cache"):
        search(broken, "storm")
    broken.rebuild([SEA])
    assert found(broken, "storm") == ["a storm comes"]


def test_without_an_embedder_words_are_searched_and_vectors_come_later(tmp_path: Path):
    poor = Index(str(tmp_path / "index"), no_embedder)
    assert poor.update(SEA)
    assert not poor.update(SEA)
    assert poor.query_vectors("sea") == {}
    result = search(poor, "storm")
    assert [h.words for h in result.hits] == ["a storm comes"]
    assert result.notes == ("searched by words only: no weights here",)
    rich = index_at(tmp_path)
    assert rich.update(SEA)
    assert by_vector(rich, "meaning", rich.query_vectors("a storm comes")["meaning"], 1)
    assert search(rich, "storm").notes == ()


def test_vectors_of_two_embedders_never_meet(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    first = index_at(tmp_path)
    first.update(SEA)
    first.update(CITY)
    other = index_at(tmp_path, FakeTextEmbedder("other", dim=64))
    assert search(other, "storm").notes[0].startswith("searched by words only: the index was made with another")
    assert other.update(SEA)
    assert "another text embedder" in caplog.text
    assert other.size == (2, 3)
    assert found(other, "trams") == ["cars and trams"]
    nearest = by_vector(other, "meaning", other.query_vectors("cars and trams")["meaning"], 5)
    assert {row["movie"] for row in nearest} == {"m1-sea"}
    assert other.check({"m1-sea": SEA, "m1-city": CITY}) == ["City.mp4: not up to date"]
    assert found(first, "trams") == ["cars and trams"], "an open index goes on after another process made it anew"


def test_only_the_film_asked_for(tmp_path: Path):
    index = index_at(tmp_path)
    index.update(SEA)
    index.update(film(("the sea again", []), id_="m1-b"))
    assert [r["movie"] for r in by_text(index, "sea", 5, Where(movies=("m1-b",)))] == ["m1-b"]
    vector = index.query_vectors("the sea is calm")["meaning"]
    assert {r["movie"] for r in by_vector(index, "meaning", vector, 5, Where(movies=("m1-b",)))} == {"m1-b"}


@pytest.mark.parametrize(
    "hostile", ["' OR 1=1 --", "m1-sea' OR 'a'='a", "", "M1", "m1-sea\n", "../x", "m1%", "a" * 200]
)
def test_only_ids_get_into_filters(hostile: str, tmp_path: Path):
    index = index_at(tmp_path)
    index.update(SEA)
    with pytest.raises(StoreError, match="not a film's id"):
        by_text(index, "sea", 5, Where(movies=(hostile,)))
    with pytest.raises(StoreError, match="not a film's id"):
        index.remove(hostile)
    assert index.size == (1, 2)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.text(max_size=60), seen=st.text(max_size=20), name=st.text(max_size=20))
def test_whatever_films_say_is_kept_as_it_is(said: str, seen: str, name: str, tmp_path: Path):
    index = index_at(tmp_path)
    index.update(film((said, [(seen, 0.5)] if seen else []), name=name, made="1"))
    index.update(film((said, []), name=name, made="2"))
    (row,) = index.within(ANYWHERE)
    assert (row["words"], row["name"], row["tags"]) == (said, name, "")
    index.remove("m1-aa")


def test_a_name_that_is_not_unicode(tmp_path: Path):
    index = index_at(tmp_path)
    index.update(film(("hello", []), name="caf\udce9.mp4"))
    assert by_text(index, "hello", 1)[0]["name"] == "caf?.mp4"


def test_readers_see_whole_films_while_one_writes(tmp_path: Path):
    """Every film has three moments; a reader, in this process or another, must count them in threes."""
    writer, reader = index_at(tmp_path), index_at(tmp_path)
    writer.update(film(*[("start", [])] * 3, id_="m1-start"))
    done, seen = threading.Event(), set()

    def read() -> None:
        while not done.is_set():
            seen.add(len(by_text(reader, "start", 200)) % 3)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        for number in range(8):
            writer.update(film(*[("start", [])] * 3, id_=f"m1-{number % 4}", made=str(number)))
    finally:
        done.set()
        thread.join()
    assert seen == {0}
    assert reader.size == (5, 15)


def test_nothing_of_the_engine_is_loaded_with_the_package():
    code = "import sys, cinedex, cinedex.library; sys.exit('lancedb' in sys.modules or 'lance' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 - our own interpreter and code


def test_the_engine_keeps_quiet(tmp_path: Path):
    code = (
        "from tests.unit.test_index import *; "
        f"i = index_at(Path({str(tmp_path)!r})); i.update(SEA); search(i, 'storm'); i.compact()"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - our own interpreter and code
    assert (ran.stdout, ran.stderr) == ("", "")


def test_a_film_with_fewer_moments_than_before_leaves_none_of_them(tmp_path: Path):
    index, reader = index_at(tmp_path), index_at(tmp_path)
    index.update(film(*[(f"line {n}", [("wave", 0.5)]) for n in range(5)], id_="m1-a"))
    index.update(CITY)
    assert index.update(film(("line 0", []), ("another", []), id_="m1-a", made="2"))
    assert reader.size == (2, 3)
    assert sorted(found(reader, "line")) == ["line 0"]
    assert sorted(r["id"] for r in reader.within(Where(movies=("m1-a",)))) == ["m1-a@0", "m1-a@3528000000"]


def test_what_an_update_that_was_cut_off_left_is_never_found(tmp_path: Path):
    index = index_at(tmp_path)
    index.update(SEA)
    table = index._open()
    table.add(blank_rows({"m1-old@0"}, table.schema))
    assert found(index, "storm") == ["a storm comes"]
    assert all(r["movie"] == "m1-sea" for r in by_vector(index, "meaning", index.query_vectors("x")["meaning"], 9))
    index.compact()
    assert index.size == (1, 2)


def test_a_large_table_is_indexed_and_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What it is filtered by from some rows on, vectors from more; what is put in since is found as well."""
    lines = [(f"word{n} and the sea", [("wave" if n % 3 else "lighthouse", 0.9)]) for n in range(300)]
    index = index_at(tmp_path)
    index.update(film(*lines, id_="m1-long"))
    dark = Where(facets=(("tag:lighthouse",),))
    vector = index.query_vectors("word7 and the sea")["meaning"]

    def told() -> list[list[str]]:
        asked = (
            by_text(index, "word9", 5, dark), by_text(index, "sea", 400, Where(without=("tag:wave",))),
            by_vector(index, "meaning", vector, 1), index.within(Where(movies=("m1-long",), times=((0, 10**10),))),
        )  # fmt: skip
        return [sorted(r["id"] for r in rows) for rows in asked]

    before = told()
    monkeypatch.setattr("cinedex.search.index.FILTER_INDEX_FROM", 100)
    monkeypatch.setattr("cinedex.search.index.VECTOR_INDEX_FROM", 256)
    index.compact()
    kinds = {column: i.index_type for i in index._open().list_indices() for column in i.columns}
    assert kinds["facets"] == "LabelList"
    assert kinds["movie"] == kinds["id"] == "BTree"
    assert kinds["meaning"] == "IvfRq"
    assert told() == before
    index.update(film(("a comet", [("lighthouse", 0.9)]), id_="m1-new"))
    assert [r["words"] for r in by_text(index, "comet", 5, dark)] == ["a comet"]
    index.update(film(*lines[:10], id_="m1-long", made="2"))
    assert index.size == (2, 11)
    assert len(index.within(dark)) == 5


def test_stretches_of_time_are_what_their_ends_say(tmp_path: Path):
    """Whether narrowed by minutes, by the very ends, by both, or of one film: a moment that shares time is found."""
    index = index_at(tmp_path)
    index.update(film(*((f"line {n}", []) for n in range(60)), id_="m1-long"))  # of five seconds
    every = index.within(ANYWHERE)
    second = int(SECOND)
    asked = [(0, 60), (60, 120), (59, 61), (61, 62), (119, 120), (30, 10**6), (150, 10**9), (240, 300), (10**5, 10**6)]
    for first, last in asked:
        for other in ((), ((200 * second, 201 * second),)):
            times = ((first * second, last * second), *other)
            wanted = {r["id"] for r in every if any(r["end"] > a and r["start"] < b for a, b in times)}
            for films in ((), ("m1-long",)):
                found = {r["id"] for r in index.within(Where(movies=films, times=times))}
                assert found == wanted, (times, films)


def test_nobody_waits_until_a_large_table_that_another_has_changed_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("cinedex.search.index.FILTER_INDEX_FROM", 1)
    ours, other = index_at(tmp_path), index_at(tmp_path)
    ours.update(SEA)
    before, read, go = ours.vocabulary, index_module.read_all, threading.Event()

    def slowly(table: Any) -> Any:
        assert go.wait(20)
        return read(table)

    monkeypatch.setattr("cinedex.search.index.read_all", slowly)
    other.update(film(("a comet", [("telescope", 0.9)]), id_="m1-new"))
    assert ours.vocabulary == before, "what was known, at once"
    assert ours.size == (1, 3), "moments are counted as they are"
    go.set()
    until = time.monotonic() + 20
    while "tag:telescope" not in ours.vocabulary and time.monotonic() < until:
        time.sleep(0.01)
    assert "tag:telescope" in ours.vocabulary
    assert ours.size == (2, 3)


def test_a_table_is_tidied_once_there_is_enough_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cinedex.search.index._LOOSE_FILES", 4)
    index = index_at(tmp_path)
    files = []
    for number in range(9):
        index.update(film((f"line {number}", []), id_=f"m1-{number}"))
        files.append(index._open().stats()["fragment_stats"]["num_fragments"])
    assert max(files) < 5
    assert len(found(index, "line")) == 9


def test_one_look_serves_all_that_is_asked_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    index, other = Index(str(tmp_path), FakeTextEmbedder), Index(str(tmp_path), FakeTextEmbedder)
    other.update(film(("a dog", []), id_="m1-one"))
    looks = 0
    with index.steady():
        table = index._table
        look = type(table).checkout_latest

        def counted(self: Any) -> None:
            nonlocal looks
            looks += 1
            look(self)

        monkeypatch.setattr(type(table), "checkout_latest", counted)
        other.update(film(("a cat", []), id_="m1-two"))
        before, looks = index.size, 0
        by_text(index, "dog", 10)
        assert (before, looks) == ((1, 1), 0)
        with index.steady():  # whoever asks anew looks anew
            assert index.size == (2, 2)
    assert index.size == (2, 2)
    assert looks > 1


def test_more_of_a_larger_index_is_looked_into_and_of_lines_as_many_as_there_are():
    seen = Glimpse(1, 1_000_000, {}, spoken=600_000)
    parts = {column: seen.probes(column) * 4096 / rows for column, rows in (("meaning", 6e5), ("concept", 1e6))}
    assert parts["meaning"] == pytest.approx(0.6, abs=0.01)
    assert parts["concept"] == pytest.approx(0.45, abs=0.01)
    assert Glimpse(1, 60_000, {}).probes("meaning") == 20


def test_a_large_index_that_grows_film_by_film_stays_of_few_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name, value in (("VECTOR_INDEX_FROM", 256), ("_MOST_PIECES", 2), ("_LOOSE_FILES", 3)):
        monkeypatch.setattr(index_module, name, value)
    index, tidied = index_at(tmp_path), list[int]()
    tidy = index._tidy
    monkeypatch.setattr(index, "_tidy", lambda table: (tidied.append(1), tidy(table)))
    index.update(film(*[(f"word{n} of many", []) for n in range(300)], id_="m1-long"))
    index.compact()
    pieces, files = [], []
    for number in range(24):
        index.update(film((f"line {number}", []), id_=f"m1-{number}"))
        pieces.append(index_module._pieces(index._open(), "meaning"))
        files.append(index._open().stats()["fragment_stats"]["num_fragments"])
    assert max(pieces) <= 3
    assert max(files) <= 8
    assert len(tidied) <= 14, "not after each film"
    assert found(index, "line 7")[0] == "line 7"
