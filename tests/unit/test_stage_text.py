"""Texts of films that exist only as arrays: found, followed, joined and told apart by foreseeable readers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from tests.stage_films import made, movie, rows, shots_of
from tests.text_films import Pixels, picture

from cinedex.media.views import Look
from cinedex.models.fakes import FakeLineReader, FakeTextFinder, fake_pool
from cinedex.stages.text import Texts
from cinedex.timeline.rows import Glance, Shot, Text
from cinedex.timeline.time import SECOND, Time

BLANK = picture()
BOTTOM = 0.9


def glances(edges: Sequence[Time], shots: Sequence[Shot]) -> list[Glance]:
    return [
        Glance(start=a, end=b, shot=next(s.number for s in shots if s.start <= a < s.end)) for a, b in pairwise(edges)
    ]


def texts(pictures: Sequence[Pixels], *, shots: Sequence[float] | None = None, models: Any = None) -> list[Text]:
    """Texts of a film of one look a second, in the middle of its glance."""
    film = movie(SECOND * max(1, len(pictures)))
    cut = shots_of(shots or [len(pictures)])
    given = glances([SECOND * n for n in range(len(pictures) + 1)], cut)
    looks = [Look(n, SECOND * n + SECOND // 2, p) for n, p in enumerate(pictures)]
    found = made(Texts(), film, looks, tracks={Shot: cut, Glance: given}, models=models or fake_pool().get)
    return rows(found, Text)


def test_a_text_that_stays_is_one_row_between_the_looks_that_do_not_show_it():
    shown = picture(("abcd dcba", 0.5, 0.5))
    (row,) = texts([BLANK, shown, shown, shown, BLANK])
    assert (row.text, row.language, row.role) == ("abcd dcba", "und", "title")
    assert (row.start, row.end) == (SECOND, SECOND * 4)
    assert row.refs == (f"glance@{int(SECOND)}", f"glance@{int(SECOND * 3)}")
    assert row.x + row.width / 2 == pytest.approx(0.5, abs=0.01)
    assert row.y + row.height / 2 == pytest.approx(0.5, abs=0.01)


def test_the_language_is_named_where_there_are_letters_enough():
    shown = picture(("abcd dcba abbc", 0.5, 0.5))
    assert [r.language for r in texts([BLANK, shown, shown])] == ["en"]


def test_a_text_begins_with_the_shot_where_one_begins_between_two_looks():
    shown = picture(("abcd dcba", 0.5, 0.5))
    (row,) = texts([BLANK, BLANK, shown, shown], shots=[1.8, 2.2])
    assert row.start == SECOND * 3 // 2 + SECOND // 2  # the glance in which the new shot begins
    assert row.end == SECOND * 4


def test_lines_that_come_and_go_together_are_one_text():
    shown = picture(("abcdabcd", 0.5, 0.84), ("dcbaacd", 0.5, 0.92))
    (row,) = texts([BLANK, shown, shown, BLANK])
    assert row.text == "abcdabcd\ndcbaacd"
    assert row.role == "subtitle"


def test_texts_far_apart_stay_apart():
    shown = picture(("abcdabcd", 0.5, 0.3), ("dcbaacd", 0.5, 0.7))
    assert [r.text for r in texts([BLANK, shown, shown, BLANK])] == ["abcdabcd", "dcbaacd"]


def test_what_follows_at_the_same_place_is_another_text():
    said = ["abcd abdd ca", "dcb aabc dd", "bbcd aaca bd"]
    shown = [picture((s, 0.5, BOTTOM)) for s in said]
    found = texts([BLANK, shown[0], shown[0], shown[1], shown[1], BLANK, shown[2], shown[2]])
    assert [r.text for r in found] == said
    assert {r.role for r in found} == {"subtitle"}
    assert [(r.start.seconds, r.end.seconds) for r in found] == [(1, 3), (3, 5), (6, 8)]


def test_a_text_missed_once_goes_on():
    shown = picture(("abcd dcba", 0.5, 0.5))
    (row,) = texts([BLANK, shown, BLANK, shown, BLANK, BLANK])
    assert (row.start, row.end) == (SECOND, SECOND * 4)


def test_a_text_seen_again_much_later_is_a_second_row():
    shown = picture(("abcd dcba", 0.5, 0.5))
    assert len(texts([shown, BLANK, BLANK, BLANK, shown, BLANK])) == 2


def test_what_scrolls_is_followed_and_is_a_credit():
    lines = ["abcd abca", "ddca bbac", "cabd dcca", "aabc ddab", "bcda cabb"]
    roll = []
    for step in range(9):
        places = [(t, 0.5, 1.05 + 0.12 * n - 0.1 * step) for n, t in enumerate(lines)]
        roll.append(picture(*[p for p in places if 0.05 < p[2] < 0.95]))
    found = texts(roll)
    assert [line for r in found for line in r.text.split("\n")] == lines
    assert {r.role for r in found} == {"credit"}


def test_a_full_card_is_credits():
    card = picture(*[(t, 0.5, 0.1 + 0.1 * n) for n, t in enumerate(["abcdd", "bbca", "ddabc", "ccadb"] * 2)])
    found = texts([BLANK, card, card, BLANK])
    assert sum(len(r.text.split("\n")) for r in found) == 8
    assert {r.role for r in found} == {"credit"}


def test_what_moves_with_the_picture_is_a_sign():
    pan = [picture(("abcd ddca", 0.2 + 0.1 * n, 0.4)) for n in range(5)]
    (row,) = texts([BLANK, *pan, BLANK])
    assert row.role == "sign"


def test_a_line_is_read_once_while_it_stays():
    class Counting(FakeLineReader):
        lines = 0

        def read(self, lines):
            self.lines += len(lines)
            return [(text, min(1.0, score + 0.08)) for text, score in super().read(lines)]

    reader = Counting()
    pool = fake_pool().get
    shown = picture(("abcd dcba", 0.5, 0.5))
    found = texts([shown] * 9, models=lambda name: reader if "reader" in name else pool(name))
    assert len(found) == 1
    assert reader.lines == 1


def test_a_picture_without_strokes_is_not_searched():
    class Counting(FakeTextFinder):
        asked = 0

        def find(self, pictures):
            self.asked += 1
            return super().find(pictures)

    finder = Counting()
    pool = fake_pool().get
    ramp = np.broadcast_to(np.linspace(0, 255, 854).astype(np.uint8)[None, :, None], (480, 854, 3))
    assert texts([np.ascontiguousarray(ramp)] * 3, models=lambda n: finder if "finder" in n else pool(n)) == []
    assert finder.asked == 0


def test_control_characters_are_dropped_and_markup_is_kept_as_text():
    class Rude(FakeLineReader):
        def read(self, lines):
            return [("<b>night\u202e\x07 train\x00</b>", 0.99) for _ in lines]

    pool = fake_pool().get
    shown = picture(("abcd dcba", 0.5, 0.5))
    (row,) = texts([shown, shown], models=lambda name: Rude() if "reader" in name else pool(name))
    assert row.text == "<b>night train</b>"


def test_doubtful_and_short_readings_are_not_told():
    class Doubtful(FakeLineReader):
        def read(self, lines):
            return [("Im", 0.99) if n else ("river", 0.6) for n in range(len(lines))]

    pool = fake_pool().get
    shown = picture(("abcd dcba", 0.5, 0.3), ("abcd", 0.5, 0.7))
    assert texts([shown, shown], models=lambda name: Doubtful() if "reader" in name else pool(name)) == []


@pytest.mark.parametrize("shape", [(480, 4, 3), (480, 9000, 3), (2, 2, 3), (480, 854, 3)])
def test_odd_shapes_and_noise_give_clear_answers(shape: tuple[int, int, int]):
    noise = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    for row in texts([noise, noise[::-1].copy(), np.zeros(shape, np.uint8)]):
        assert 0 <= row.x <= row.x + row.width <= 1.001
        assert 0 <= row.y <= row.y + row.height <= 1.001


def test_a_page_with_a_thousand_lines_is_bounded():
    class Everywhere(FakeTextFinder):
        def find(self, pictures):
            places = np.random.default_rng(2).uniform(0, 0.9, (1000, 2))
            x, y = places.T
            boxes = np.stack([x, y, x + 0.03, y, x + 0.03, y + 0.02, x, y + 0.02, np.full(1000, 0.9)], axis=1)
            return [boxes.astype(np.float32) for _ in pictures]

    class Endless(FakeLineReader):
        lines = 0

        def read(self, lines):
            self.lines += len(lines)
            return [(f"word {self.lines} {n} again", 0.99) for n in range(len(lines))]

    reader, pool = Endless(), fake_pool().get
    asked = {"ppocr-finder": Everywhere(), "ppocr-reader": reader}
    shown = picture(("abcd dcba", 0.5, 0.5))
    found = texts([shown, shown, shown], models=lambda name: asked.get(name) or pool(name))
    assert 0 < len(found) <= 450
    assert reader.lines <= 1000


def test_no_model_is_loaded_for_a_film_without_pictures():
    assert rows(made(Texts(), movie(SECOND, video=False), tracks={Shot: [], Glance: []}), Text) == []
