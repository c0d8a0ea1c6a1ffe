"""Questions that lean on the answer before, and tools that take more than one step."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.casts import HARBOUR, library_at, put_film
from tests.unit.search_fixtures import film
from tests.unit.test_ask import finder  # noqa: F401 - its films and people
from typer.testing import CliRunner

from cinedex.app import cli, find_cli
from cinedex.errors import UsageError
from cinedex.library import Library
from cinedex.search.answer import Answer
from cinedex.search.ask import Asker
from cinedex.search.finder import Finder
from cinedex.search.follow import Following, Spot, Turn, following
from cinedex.search.sessions import KEPT, StoredSessions
from cinedex.store import Store
from cinedex.timeline.time import SECOND, ZERO


class Talk:
    """Questions one after the other."""

    def __init__(self, found: Finder) -> None:
        self.asker = Asker(found, lambda _: (True, True))
        self.turn = Turn()

    def ask(self, question: str) -> Answer:
        answer = self.asker.ask(question, before=self.turn)
        self.turn = self.asker.turn(answer, self.turn)
        return answer


def said(answer: Answer) -> list[str]:
    return [c.text for c in answer.claims]


def test_what_comes_after_that_goes_on_in_time(finder: Finder):  # noqa: F811 - the fixture
    talk = Talk(finder)
    assert said(talk.ask("when does the red boat leave?")) == ["“The red boat leaves at noon.”"]
    after = talk.ask("and what happens after that?")
    assert said(after)[0] == "“Nobody knows where the captain is.”"
    assert after.plan[0] == "asked about the answer before: Boat 0:00:00-0:00:05"
    assert after.plan[1] == "the minute after Boat.mp4 0:00:05"
    last = talk.turn.spots[0]
    assert last.start == max(e.start for e in after.evidence), "and then goes on from the last of it"
    end = talk.ask("and then?")
    assert (said(end), end.notes) == ([], ("Boat.mp4 has nothing after that",))
    assert talk.turn.spots[0] == last, "an answer without evidence leaves the place as it was"


def test_who_is_there_and_with_whom(finder: Finder):  # noqa: F811 - the fixture
    talk = Talk(finder)
    talk.ask("what is said about the captain when Anna is there?")
    with_her = talk.ask("who is with her there?")
    assert with_her.plan[:2] == ("“her” is Anna", "asked about the answer before: Boat 0:00:05-0:00:10")
    assert said(with_her) == ["Ben is on screen for 2 seconds"]
    assert said(talk.ask("who else is there?"))[0] == "Anna is on screen for 2 seconds"
    assert said(talk.ask("what is said there?"))[0] == "“Nobody knows where the captain is.”"
    assert talk.ask("what is heard there?").notes == ("nothing is heard there, as far as is known",)


def test_a_pronoun_is_whoever_was_named_and_nobody_where_two_were(finder: Finder):  # noqa: F811 - the fixture
    talk = Talk(finder)
    talk.ask("how long is Ben on screen?")
    assert said(talk.ask("how often does he appear?")) == ["Ben is on screen once, 2 seconds in all"]
    talk.ask("when are Anna and Ben together?")
    unclear = talk.ask("how long is she on screen?")
    assert unclear.notes[0] == "whom “she” means is not clear: it may be Anna or Ben"
    both = talk.ask("who is in both Boat and Sea?")
    assert said(both) == ["Anna is on screen in both Boat.mp4 and Sea (1921).mp4"]
    lost = Talk(finder).ask("what happens after that?")
    assert lost.notes[0] == "there is no answer before this one that it could be about"
    assert Talk(finder).ask("how long is she on screen?").notes[0].endswith("nobody was spoken of by name")


def test_the_film_goes_without_saying(finder: Finder):  # noqa: F811 - the fixture
    talk = Talk(finder)
    talk.ask("when does the red boat leave?")
    answer = talk.ask("who is in it?")
    assert answer.plan == ("“in it” is in Boat", "people of Boat.mp4")
    assert len(answer.claims) == 2


@pytest.mark.parametrize(
    ("question", "claims", "plan"),
    [
        ("how often is the captain mentioned?", ["The captain: found 2 times in Boat.mp4"], "search the captain"),
        ("how many times is the captain mentioned in boat?", ["The captain: found 2 times in Boat.mp4"], "search the"),
        ("how often is a zebra seen?", [], "search a zebra"),
        ("who is in Boat but not in Sea?", ["Ben is on screen once, 2 seconds in all"], "people of Boat.mp4"),
        (
            "who is with Anna when nobody knows where the captain is?",
            ["“Nobody knows where the captain is.”", "Ben is on screen for 2 seconds"],
            "search nobody knows where the captain is",
        ),
        (
            "who is on screen after the red boat leaves?",
            ["“The red boat leaves at noon.”", "Ben is on screen for 2 seconds", "Anna is on screen for 2 seconds"],
            "search the red boat leaves",
        ),
    ],
)
def test_tools_of_more_than_one_step(finder: Finder, question: str, claims: list[str], plan: str):  # noqa: F811
    answer = Asker(finder, lambda _: (True, True)).ask(question)
    assert sorted(said(answer)) == sorted(claims)
    assert answer.plan[0].startswith(plan)
    assert answer.dropped == 0


SPOT = Spot("m1-a", ZERO, SECOND)


def follow(text: str, *people: str) -> Following:
    return following(text, Turn((SPOT,), people), str.title, lambda _: "Sea")


@pytest.mark.parametrize(
    ("text", "how", "but"),
    [
        ("and then", "after", ""),
        ("what happens next", "after", ""),
        ("what is there before that", "before", ""),
        ("and what comes right after this", "after", ""),
        ("who is there", "who", ""),
        ("and who was with anna", "who", "anna"),
        ("who else is on screen with anna then", "who", "anna"),
        ("what else is seen there", "seen", ""),
        ("what is there", "known", ""),
        ("who is anna", "", ""),
        ("what happens after the storm", "", ""),
        ("then he left", "", ""),
    ],
)
def test_forms_that_lean_on_what_was_before(text: str, how: str, but: str):
    found = follow(text)
    assert (found.how, found.but, found.spot) == (how, but, SPOT if how else None)


@given(st.text(max_size=120))
def test_any_text_may_follow(text: str):
    found = follow(text, "anna")
    assert found.spot in {None, SPOT}
    assert following(text, Turn(), str, str).spot is None


# Kept


def test_a_session_holds_no_names_and_ends_by_itself(tmp_path: Path):
    now = [datetime(2026, 1, 1, tzinfo=UTC)]
    store = Store(str(tmp_path))
    kept = StoredSessions(store, clock=lambda: now[0])
    turn = Turn((SPOT,), ("p-1",))
    assert kept.turn("mine") is None
    kept.put("mine", turn)
    assert kept.turn("mine") == turn
    assert kept.turn("yours") is None
    now[0] += KEPT + timedelta(seconds=1)
    assert kept.turn("mine") is None
    assert store.names("sessions") == []
    for wrong in ("", "../films", "A", "a" * 65, "a/b", "a\n"):
        with pytest.raises(UsageError, match="cannot name a session"):
            kept.put(wrong, turn)
    for broken in (b"", b"{}", b"[]", b"\xff", b'{"at": "x"}', b'{"at": "2026-01-01", "spots": [[1]], "people": []}'):
        store.put("sessions/mine.json", broken)
        assert kept.turn("mine") is None


class Remembered:
    """Sessions kept elsewhere, as a server would keep them."""

    def __init__(self) -> None:
        self.turns: dict[str, Turn] = {}

    def turn(self, name: str) -> Turn | None:
        return self.turns.get(name)

    def put(self, name: str, turn: Turn) -> None:
        self.turns[name] = turn

    def forget(self, name: str) -> None:
        self.turns.pop(name, None)


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    made = library_at(tmp_path / "lib")
    movie = put_film(made, "harbour.mp4", HARBOUR)
    words = ["anchor", "bread", "candle", "dagger", "engine", "feather", "garden", "hammer", "island", "jewel"]
    lines = film(*[(f"{word} at hand", []) for word in words], id_=movie.id, name=movie.name, seconds=30)
    made.index.update(lines)
    made.store.put_mark(movie.id, "indexed", "x")
    made.cast.name("harbour.mp4#1", "Ann")
    monkeypatch.setattr(find_cli, "open_library", lambda: made)
    return made


def told(*words: str) -> Any:
    done = CliRunner().invoke(cli.app, ["ask", *words, "--json"], env={"COLUMNS": "120"})
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


def test_a_session_goes_on_from_command_to_command(library: Library):
    first = told("--session", "talk", "what is said about a garden?")
    assert first["claims"][0]["text"] == "“garden at hand”"
    after = told("--session", "talk", "what happens after that?")
    assert after["claims"][0]["text"] == "“hammer at hand”"
    assert told("--session", "other", "what happens after that?")["claims"] == []
    assert told("--session", "talk", "--new", "what happens after that?")["claims"] == []
    told("--session", "talk", "how long is Ann on screen?")
    assert "Ann" not in str(library.store.get("sessions/talk.json"))
    library.keeper.delete("Ann")
    assert told("--session", "talk", "how long is she on screen?")["notes"][0].endswith("nobody was spoken of by name")


def test_sessions_may_be_kept_elsewhere(library: Library):
    library.sessions = Remembered()
    library.ask("what is said about bread?", session="x")
    assert library.ask("and then?", session="x").claims[0].text == "“candle at hand”"
    assert library.store.names("sessions") == []
