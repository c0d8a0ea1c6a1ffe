"""Translation by a writer: what it is asked, what of its answers is believed, and what is paid for."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.test_ask import HOSTILE
from tests.unit.test_subtitles_cli import cue, film
from typer.testing import CliRunner

from cinedex.app import cli, subtitles_cli
from cinedex.errors import CancelledError, CinedexError, ModelError, NotFoundError, UsageError
from cinedex.formats.languages import in_language, lacking, turned
from cinedex.library import Library
from cinedex.models.fakes import FakeChat
from cinedex.models.tasks import Chat
from cinedex.models.writer import BusyError, EndpointWriter
from cinedex.settings import Settings
from cinedex.store import Store
from cinedex.subtitles.film import film_subtitles
from cinedex.subtitles.guide import load_guide
from cinedex.timeline.rows import Cue, Translation, Word
from cinedex.timeline.time import SECOND, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Track
from cinedex.translate.answers import Judge, Judging
from cinedex.translate.film import FilmTranslator, with_written
from cinedex.translate.lines import TASK, Line, batches, lines_of

GUIDE = load_guide("netflix", "fr")


class Namer:
    """Tells French and German by a word of each; nothing else."""

    known = frozenset({"fr", "de", "no", "da"})

    def languages(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        marks = {"pas": "fr", "ikke": "da", "nicht": "de"}
        found = [next((code for mark, code in marks.items() if mark in t.lower()), "") for t in texts]
        return [(code, 0.95) if code else ("fr", 0.3) for code in found]


Answer = Callable[[dict[str, Any]], Any]


class Endpoint:
    """A chat endpoint on a free port. `answer` makes of what is asked a text, a status, or does what it likes."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.bodies: list[dict[str, Any]] = []
        self.answer: Answer = honest
        self.headers: dict[str, str] = {}
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                owner.bodies.append(body)
                owner.asked.append(json.loads(body["messages"][1]["content"]))
                said = owner.answer(owner.asked[-1])
                self.send_response(said if isinstance(said, int) else 200)
                for name, value in owner.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                if not isinstance(said, int):
                    self.wfile.write(json.dumps({"choices": [{"message": {"content": said}}]}).encode())

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/v1"

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def french(text: str) -> str:
    return f"Pas {text[:50]}"


def lines(asked: dict[str, Any], made: Callable[[str], str] = french) -> list[dict[str, Any]]:
    return [{"id": line["id"], "text": made(line["text"])} for line in asked["lines"]]


def honest(asked: dict[str, Any]) -> str:
    return json.dumps({"lines": lines(asked)})


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()
    yield made
    made.close()


def german(count: int = 40) -> Timeline:
    """A film of German lines, one of them English, one in French, one without a letter."""
    told = [cue(1.4 * n, 1.4 * n + 1.2, f"Das ist nicht Zeile {n}.", "de") for n in range(count)]
    return film(
        *told, cue(57, 57.5, "♪", "de"), cue(58, 58.5, "Oui.", "fr"), cue(59, 59.9, "What a line!", "en"), kinds=(Cue,)
    )


def translator(store: Store, known: Timeline, writer: Chat | None, **given: Any) -> FilmTranslator:
    return FilmTranslator(store, lambda _: known, writer, Judging(Namer), pause=0.01, **given)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "library"))


def test_every_line_is_translated_once_and_the_original_stays(endpoint: Endpoint, store: Store):
    known = german()
    by = translator(store, known, EndpointWriter(endpoint.url, "small", "secret"), names=("Ishtar",))
    order = by.order(known.movie, "fr")
    assert (order.lines, order.known, dict(order.spoken)) == (41, 0, {"de": 40, "en": 1})
    assert endpoint.asked == []
    done: list[tuple[int, int]] = []
    made = by.translate(known.movie, "fr", on_lines=lambda n, of: done.append((n, of)))
    foreign = [c for c in known.track(Cue) if c.language != "fr" and c.text != "♪"]
    assert [(r.start, r.end, r.refs, r.origin, r.text) for r in made.rows] == [
        (c.start, c.end, (c.ref,), c.language, french(c.text)) for c in foreign
    ]
    assert (made.left, made.requests, made.maker) == (0, order.requests, f"small at {endpoint.url[7:-3]}")
    assert len(endpoint.asked) == order.requests == 2
    assert done[-1] == (41, 41)
    assert [c.text for c in known.track(Cue)][:2] == ["Das ist nicht Zeile 0.", "Das ist nicht Zeile 1."]
    again = by.translate(known.movie, "fr")
    assert (again.requests, len(endpoint.asked), again.rows) == (0, 2, made.rows)
    assert str(by.order(known.movie, "fr")) == "41 lines into fr, 41 of them known already: nothing to ask"


def test_an_order_says_what_it_costs(endpoint: Endpoint, store: Store):
    known = german()
    by = translator(store, known, EndpointWriter(endpoint.url, "small"))
    order = by.order(known.movie, "pt-BR")
    sent, back = order.tokens
    assert str(order) == (
        f"42 lines into pt-br: 2 requests to small at {endpoint.url[7:-3]}, "
        f"about {sent:,} tokens sent and {back:,} written"
    )
    by.judging = Judging(type("Any", (Namer,), {"known": frozenset()}))
    by.translate(known.movie, "pt-BR")
    really = sum(len(m["content"].encode()) for b in endpoint.bodies for m in b["messages"])
    assert order.characters == really


def test_batches_carry_what_is_said_around_them():
    told = [cue(n, n + 0.5, f"line {n}") for n in range(60)]
    found = batches(lines_of(told, "fr", GUIDE))
    assert [line.cue for b in found for line in b.lines] == told
    assert max(len(b.lines) for b in found) <= 24
    first, second = found[0], found[1]
    assert second.before == tuple(line.text for line in first.lines[-4:])
    assert first.after == tuple(line.text for line in second.lines[:2])
    assert first.payload("fr", ("Eva",))["lines"][0] == {"id": 1, "language": "en", "text": "line 0", "most": 17}


def test_a_batch_ends_in_the_longest_silence():
    told = [cue(n + 9 * (n >= 17), n + 9 * (n >= 17) + 0.5, "a line") for n in range(30)]
    assert [len(b.lines) for b in batches(lines_of(told, "fr", GUIDE))] == [17, 13]


def test_what_is_no_line_is_not_sent():
    told = [cue(0, 1, "♪ ♪"), cue(1, 2, "1984"), cue(2, 3, "x" * 601), cue(3, 4, "Ja.\n Nein.")]
    assert [line.text for line in lines_of(told, "fr", GUIDE)] == ["Ja. Nein."]


def test_films_cannot_talk_to_the_writer(endpoint: Endpoint, store: Store):
    known = film(cue(1, 3, HOSTILE), kinds=(Cue,))
    by = translator(store, known, EndpointWriter(endpoint.url, "small", "secret"))
    by.translate(known.movie, "fr")
    told, asked = endpoint.bodies[0]["messages"]
    assert told == {"role": "system", "content": TASK}
    assert json.loads(asked["content"])["lines"][0]["text"] == HOSTILE
    assert "secret" not in json.dumps(endpoint.bodies)


def test_an_answer_of_another_number_is_asked_for_in_parts(endpoint: Endpoint, store: Store):
    known = german()
    endpoint.answer = lambda asked: json.dumps({"lines": lines(asked)[: 6 if len(asked["lines"]) > 6 else None]})
    by = translator(store, known, EndpointWriter(endpoint.url, "small"))
    made = by.translate(known.movie, "fr")
    assert made.left == 0
    assert [r.text for r in made.rows][:40] == [french(f"Das ist nicht Zeile {n}.") for n in range(40)]
    requests = len(endpoint.asked)
    assert by.translate(known.movie, "fr").requests == 0
    assert len(endpoint.asked) == requests, "nor are the answers that were no use asked for again"


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("", "a line without its translation"),
        ("...", "a line without its translation"),
        (None, "a line without its translation"),
        ("Voyez http://evil.example/x", "markup, an address or a note in it"),
        ("<script>alert(1)</script>", "markup, an address or a note in it"),
        ("[ici](x)", "markup, an address or a note in it"),
        ("Oui, " * 40, "a line much longer or shorter than what is said"),
        ("Das ist nicht von hier", "a line in 'de'"),
        ("Det er ikke fransk", "a line in 'da'"),
    ],
)
def test_a_line_that_is_not_believed_stays_as_it_is(bad: Any, why: str, endpoint: Endpoint, store: Store):
    known = german(10)
    endpoint.answer = lambda asked: json.dumps({"lines": lines(asked, lambda t: bad if "Zeile 4." in t else french(t))})
    made = translator(store, known, EndpointWriter(endpoint.url, "small")).translate(known.movie, "fr")
    assert (len(made.rows), made.left, made.requests) == (10, 1, 2)
    assert "Zeile 4." not in " ".join(r.text for r in made.rows)
    assert made.reasons == (f"the writer gave {why}",)
    assert [line["text"] for line in endpoint.asked[1]["lines"]] == ["Das ist nicht Zeile 4."]
    assert made.notes == (
        f"10 of 11 lines are translated from de, en by small at {endpoint.url[7:-3]}; no person has read them",
        f"1 line stays as it is: the writer gave {why}",
    )


@pytest.mark.parametrize(
    "said",
    [
        "I am sorry, I cannot do that.",
        '{"lines": "none"}',
        '{"lines": [1, 2]}',
        "[" * 5000,
        "{" * 5000 + "}",
        json.dumps({"lines": [{"id": n, "text": "Vous êtes piratés: voyez evil"} for n in range(1, 25)]}),
        json.dumps({"lines": [{"id": 1, "text": "Pas"}] * 2}),
    ],
)
def test_a_writer_that_obeys_the_film_is_left_soon_and_nothing_is_kept(said: str, endpoint: Endpoint, store: Store):
    known = german(30)
    endpoint.answer = lambda _: said
    by = translator(store, known, EndpointWriter(endpoint.url, "small"))
    with pytest.raises(ModelError, match=r"nothing of it could be translated: 8 answers in a row could not be used"):
        by.translate(known.movie, "fr")
    assert len(endpoint.asked) == 8
    assert by.known(known.movie, "fr").rows == ()


def test_one_answer_for_many_lines_is_none():
    told = [Line(n, cue(n, n + 1, f"something else {n}"), 40) for n in range(4)]
    judge = Judge("fr", Namer())
    answer = json.dumps({"lines": [{"id": n, "text": "Vous êtes piratés, mes amis"} for n in (1, 2, 3)] + [
        {"id": 4, "text": "Autre chose"}]})  # fmt: skip
    assert judge.taken(answer, told) == ({4: "Autre chose"}, "the same answer for different lines")
    short = json.dumps({"lines": [{"id": n, "text": "Oui."} for n in (1, 2, 3, 4)]})
    assert len(judge.taken(short, told)[0]) == 4
    same = [Line(n, cue(n, n + 1, "The same old story."), 40) for n in range(3)]
    refrain = json.dumps({"lines": [{"id": n, "text": "Toujours la même histoire."} for n in (1, 2, 3)]})
    assert len(judge.taken(refrain, same)[0]) == 3


class Numbers:
    """Places each text by the number in it: texts with one number are near, others are not."""

    space, dim = "numbers", 100

    def embed_texts(self, texts: Sequence[str], *, query: bool = False) -> np.ndarray:
        del query
        return np.eye(self.dim, dtype=np.float32)[[int("".join(filter(str.isdigit, t)) or 99) for t in texts]]


def test_lines_that_are_out_of_step_are_told_by_their_sense():
    told = [Line(n, cue(n, n + 1, f"Said {n}"), 40) for n in range(12)]
    judge = Judge("fr", Namer(), Numbers())
    honest = [f"Pas {n}" for n in range(12)]

    def kept(texts: list[str]) -> list[int]:
        answer = json.dumps({"lines": [{"id": n, "text": t} for n, t in enumerate(texts, 1)]})
        return sorted(judge.taken(answer, told)[0])

    assert kept(honest) == list(range(1, 13))
    assert kept([*honest[1:], "Pas 99"]) == []
    assert kept(["Pas 99", *honest[:-1]]) == []
    assert kept([*honest[:8], *honest[9:], "Pas 99"]) == [1, 2, 3, 4, 5, 6, 7, 8], "only from the slip on"
    assert kept(["Pas ici"] * 12) == []
    few = [{"id": n, "text": "Pas ici"} for n in (1, 2)]
    assert len(judge.taken(json.dumps({"lines": few}), told[:2])[0]) == 2, "of few lines it does not tell"


def test_without_an_embedder_lines_are_judged_by_the_rest():
    def missing() -> Any:
        raise ModelError("needs a processor with AVX2")

    assert Judging(Namer, missing).judge("fr").meaning is None
    assert isinstance(Judging(Namer, Numbers).judge("fr").meaning, Numbers)


def test_answers_come_in_many_wrappings():
    told = [Line(0, cue(0, 1, "Nein, nein."), 40)]
    judge = Judge("fr", Namer())
    for answer in (
        'Here you are:\n```json\n{"lines": [{"id": 1, "text": "Non, <i>non</i>.\\n"}]}\n```\nAnything else?',
        '{"lines": [{"id": "1", "text": "Non,\\u202e \\u0007non.", "note": "x"}]}',
    ):
        assert judge.taken(answer, told) == ({1: "Non, non."}, "")


def test_close_languages_and_unknown_ones_are_not_judged_by_their_names():
    told = [Line(0, cue(0, 1, "Not this one"), 40)]
    answer = json.dumps({"lines": [{"id": 1, "text": "Ikke denne, det er ikke den"}]})
    assert Judge("no", Namer()).taken(answer, told)[0]
    assert Judge("tlh", Namer()).taken(answer, told)[0]
    assert not Judge("fr", Namer()).taken(answer, told)[0]


@given(st.lists(st.text(max_size=60), min_size=1, max_size=6), st.text(max_size=80))
def test_whatever_comes_back_only_plain_lines_are_kept(texts: list[str], around: str):
    told = [Line(n, cue(n, n + 1, f"Said {n}"), 40) for n in range(len(texts))]
    answer = around + json.dumps({"lines": [{"id": n, "text": t} for n, t in enumerate(texts, 1)]}) + around
    kept, _ = Judge("fr", Namer()).taken(answer, told)
    for number, text in kept.items():
        assert 1 <= number <= len(texts)
        assert text.strip() == text
        assert text
        assert not any(c in "<>{}`\\" or (ord(c) < 32) for c in text)


def test_a_busy_endpoint_is_asked_again_when_it_says(endpoint: Endpoint, store: Store):
    known = german(5)
    turns = iter([429, 503])
    endpoint.answer = lambda asked: next(turns, None) or honest(asked)
    endpoint.headers = {"Retry-After": "0"}
    made = translator(store, known, EndpointWriter(endpoint.url, "small")).translate(known.movie, "fr")
    assert (made.left, len(endpoint.asked)) == (0, 3)
    endpoint.headers, endpoint.answer = {"Retry-After": "7"}, lambda _: 429
    with pytest.raises(BusyError, match="429 Too Many Requests") as busy:
        EndpointWriter(endpoint.url, "small").reply("task", {"lines": []}, tokens=10, within=5)
    assert busy.value.wait == 7
    endpoint.headers = {"Retry-After": "99999"}
    with pytest.raises(BusyError) as busy:
        EndpointWriter(endpoint.url, "small").reply("task", {"lines": []}, tokens=10, within=5)
    assert busy.value.wait == 60


def test_what_is_translated_before_an_endpoint_fails_is_kept_and_not_paid_for_again(endpoint: Endpoint, store: Store):
    known = german()
    endpoint.answer = lambda asked: honest(asked) if len(endpoint.asked) == 1 else 500
    by = translator(store, known, EndpointWriter(endpoint.url, "small"), retries=1)
    made = by.translate(known.movie, "fr")
    assert 0 < made.left < 41
    assert "500 Internal Server Error; run it again to go on" in made.reasons[0]
    assert len(endpoint.asked) == 3, "the second batch is asked for twice"
    endpoint.answer = honest
    order = by.order(known.movie, "fr")
    assert (order.known, order.requests) == (len(made.rows), 1)
    assert by.translate(known.movie, "fr").left == 0
    assert len(endpoint.asked) == 4


def test_a_wrong_key_is_told_at_once(endpoint: Endpoint, store: Store):
    known = german(5)
    endpoint.answer = lambda _: 401
    by = translator(store, known, EndpointWriter(endpoint.url, "small", "secret"))
    with pytest.raises(ModelError, match=r"gave no text: 401 Unauthorized\. Look at .*CINEDEX_WRITER_KEY") as wrong:
        by.translate(known.movie, "fr")
    assert len(endpoint.asked) == 1
    assert "secret" not in str(wrong.value)


def test_an_endpoint_that_is_too_slow_is_given_up(endpoint: Endpoint, store: Store):
    known = german(5)
    endpoint.answer = lambda asked: time.sleep(0.6) or honest(asked)  # type: ignore[func-returns-value]  # None
    by = translator(store, known, EndpointWriter(endpoint.url, "small"), retries=0, within=0.1)
    started = time.monotonic()
    with pytest.raises(ModelError, match="gave no text"):
        by.translate(known.movie, "fr")
    assert time.monotonic() - started < 0.5


def test_an_endpoint_that_takes_no_bounds_is_asked_without(endpoint: Endpoint):
    endpoint.answer = lambda asked: 400 if "temperature" in endpoint.bodies[-1] else honest(asked)
    said = EndpointWriter(endpoint.url, "o9").reply("task", {"lines": []}, tokens=10, within=5)
    assert said == '{"lines": []}'
    endpoint.answer = lambda _: 400
    with pytest.raises(ModelError, match="400 Bad Request"):
        EndpointWriter(endpoint.url, "o9").reply("task", {"lines": []}, tokens=10, within=5)


def test_nobody_listens_there(store: Store):
    known = german(5)
    for url in ("http://127.0.0.1:9/v1",):
        with pytest.raises(ModelError, match="cannot be reached"):
            translator(store, known, EndpointWriter(url, "small"), retries=0).translate(known.movie, "fr")
    for wrong in ("http://host:port/v1", "http://:80/v1", "ftp://x/v1"):
        with pytest.raises(UsageError, match="no endpoint"):
            EndpointWriter(wrong, "small")


def test_it_can_be_stopped_and_keeps_what_it_has(store: Store):
    known = german()
    by = translator(store, known, FakeChat())
    by.judging = Judging(type("Any", (Namer,), {"known": frozenset()}))
    with pytest.raises(CancelledError, match="What is translated is kept"):
        by.translate(known.movie, "fr", on_lines=lambda *_: by.stop.set())
    assert 0 < len(by.known(known.movie, "fr").rows) < 41


def test_another_model_is_another_translation_and_what_is_there_needs_no_writer(endpoint: Endpoint, store: Store):
    known = german(5)
    translator(store, known, EndpointWriter(endpoint.url, "small")).translate(known.movie, "fr")
    large = translator(store, known, EndpointWriter(endpoint.url, "large"))
    assert large.order(known.movie, "fr").requests == 1
    assert large.known(known.movie, "fr").maker.startswith("small"), "until the larger one has been asked"
    nobody = translator(store, known, None)
    found = nobody.known(known.movie, "FR")
    assert (len(found.rows), found.maker[:5], found.left) == (6, "small", 0)
    assert nobody.known(known.movie, "it").rows == ()
    with pytest.raises(ModelError, match="there is no writer"):
        nobody.translate(known.movie, "fr")
    for wrong in ("../x", "fr/..", "f", "french please"):
        with pytest.raises(UsageError, match="is no language"):
            nobody.known(known.movie, wrong)


def test_a_changed_line_costs_its_batch_alone(endpoint: Endpoint, store: Store):
    known = german()
    by = translator(store, known, EndpointWriter(endpoint.url, "small"))
    by.translate(known.movie, "fr")
    rows = list(known.track(Cue))
    changed = film(replace(rows[0], text="Ganz anders, nicht?"), *rows[1:], kinds=(Cue,))
    again = translator(store, changed, EndpointWriter(endpoint.url, "small"))
    assert again.translate(known.movie, "fr").requests == 1


def test_cues_that_begin_together_keep_their_own_lines(endpoint: Endpoint, store: Store):
    known = film(cue(1, 2, "Das nicht.", "de"), cue(1, 3, "Dies auch nicht.", "de"), kinds=(Cue,))
    made = translator(store, known, EndpointWriter(endpoint.url, "small")).translate(known.movie, "fr")
    assert [r.text for r in made.rows] == ["Pas Das nicht.", "Pas Dies auch nicht."]


def written(*rows: tuple[Cue, str], known: Timeline) -> Timeline:
    made = [
        Translation(start=c.start, end=c.end, text=t, language="fr", origin=c.language, score=1, refs=(c.ref,))
        for c, t in rows
    ]
    by = translator(Store("memory://nothing"), known, None).known(known.movie, "fr")
    return with_written(known, replace(by, rows=tuple(made), maker="m at h"))


def test_what_a_writer_left_stays_in_its_language_and_words_do_not_stand_for_it():
    first, second = cue(1, 2, "Guten Tag.", "de"), cue(4, 5, "Wohin?", "de")
    bonjour = cue(7, 8, "Bonjour !", "fr")
    words = [
        Word(start=c.start, end=c.end, text=c.text, language=c.language, score=1) for c in (first, second, bonjour)
    ]
    known = written((first, "Bonne journée."), known=film(first, second, bonjour, *words, kinds=(Cue, Word)))
    found = in_language(known, "fr")
    assert [(c.text, c.language) for c in found.track(Cue)] == [
        ("Bonne journée.", "fr"), ("Wohin?", "de"), ("Bonjour !", "fr"),
    ]  # fmt: skip
    made = film_subtitles(found, language="fr")
    assert [s.text for s in made.subtitles] == ["Bonne journée.", "Wohin?", "Bonjour !"]
    assert made.guide.language == "fr"


def test_a_writer_goes_before_the_recogniser():
    first, second = cue(1, 2, "Guten Tag.", "de"), cue(4, 5, "Wohin?", "de")
    known = film(first, second, kinds=(Cue,))
    heard = [
        Translation(start=c.start, end=c.end, text=f"heard {n}", language="fr", origin="de", score=0.5, refs=(c.ref,))
        for n, c in enumerate((first, second))
    ]
    both = replace(
        known, tracks={**known.tracks, ("translation", "translation"): Track.of(Translation, heard, Maker("t", 1))}
    )
    assert lacking(known, "fr")
    assert not lacking(both, "fr")
    assert not lacking(both, "de")
    found = in_language(written((first, "Bonjour."), known=both), "fr")
    assert [c.text for c in found.track(Cue)] == ["Bonjour.", "heard 1"]


def test_a_language_in_which_nothing_is_says_what_to_do(store: Store):
    known = german(3)
    with pytest.raises(NotFoundError, match=r"nothing is in 'it'; there is de, en, fr.*CINEDEX_WRITER"):
        turned(known, "it", translator(store, known, None))


@pytest.fixture
def library(endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    known = german()
    made = Library(tmp_path / "lib", settings=Settings(writer=endpoint.url, writer_model="small"))
    monkeypatch.setattr(Library, "find", lambda _self, _film: known.movie)
    monkeypatch.setattr(Library, "timeline", lambda _self, _movie, _rows=None: known)
    monkeypatch.setattr(made.translator, "judging", Judging(Namer))
    monkeypatch.setattr(subtitles_cli, "open_library", lambda: made)
    return made


def run(*words: str | Path) -> str:
    done = CliRunner().invoke(cli.app, ["subtitles", *map(str, words)], env={"COLUMNS": "200"})
    if isinstance(done.exception, CinedexError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def test_subtitles_in_another_language_are_ordered_made_and_kept(endpoint: Endpoint, library: Library, tmp_path: Path):
    to = tmp_path / "night.fr.srt"
    planned = run("translate", "night", "-l", "fr", "--plan")
    assert "41 lines into fr: 2 requests to small at 127.0.0.1" in planned
    assert endpoint.asked == []
    with pytest.raises(NotFoundError, match="nothing is in 'it'"):
        run("night", "--language", "it", "--no-translate", "-o", to)
    shown = run("night", "--language", "fr", "-o", to)
    assert "Translating 41 lines into fr: 2 requests" in shown
    assert "41 of 41 lines are translated from de, en by small" in shown
    assert "Pas Das ist nicht Zeile 3." in to.read_text("utf-8").replace("\n", " ")
    assert "Oui." in to.read_text("utf-8")
    again = run("night", "--language", "fr", "-o", to)
    assert "Translating" not in again
    assert len(endpoint.asked) == 2
    facts = json.loads(run("translate", "night", "-l", "fr", "--json"))
    assert (facts["lines"], facts["translated"], facts["requests"]) == (41, 41, 0)
    plan = json.loads(run("translate", "night", "-l", "it", "--plan", "--json"))
    assert (plan["requests"], plan["spoken"], plan["tokens_sent"] > 500) == (2, {"de": 40, "en": 1, "fr": 1}, True)
    exported = library.export(library.find("night"), "srt", tmp_path / "a.srt", language="fr")
    assert "Pas Das ist" in exported.read_text("utf-8")


def test_why_lines_stay_is_said_on_the_spot(endpoint: Endpoint, library: Library, tmp_path: Path):
    del library
    endpoint.answer = lambda asked: json.dumps(
        {"lines": lines(asked, lambda t: "http://x" if "Zeile 4." in t else french(t))}
    )
    shown = run("night", "-l", "fr", "-o", tmp_path / "a.srt")
    assert "the writer gave markup, an address or a note in it" in shown
    assert "1 line stays as it is" in shown
    assert "Das ist nicht Zeile 4." in (tmp_path / "a.srt").read_text("utf-8")


def test_times_of_a_row_are_of_the_cue_of_now(endpoint: Endpoint, store: Store):
    known = german(3)
    by = translator(store, known, EndpointWriter(endpoint.url, "small"))
    by.translate(known.movie, "fr")
    later = [replace(c, start=c.start + SECOND // 100, end=c.end + SECOND // 100) for c in known.track(Cue)]
    moved = film(*later, kinds=(Cue,))
    found = translator(store, moved, None).known(known.movie, "fr")
    assert [r.start for r in found.rows] == [c.start for c in later if c.language != "fr" and c.text != "♪"]
    assert isinstance(found.rows[0].start, Time)
