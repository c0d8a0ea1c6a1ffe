"""Films as users name them: exactly first, then by a part of a name that no other film has."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.timelines import make_movie

from cinedex.errors import NotFoundError, UsageError
from cinedex.media.films import film_meant

NAMES = ("sintel_trailer_720p_av1.webm", "Sintel.mp4", "The Sintel Story.mkv", "night train.mp4", "night boat.mp4")
FILMS = [
    replace(make_movie(1.0, name=name), id=f"m1-{n}abcdef{n}", uri=f"/films/{name}") for n, name in enumerate(NAMES)
]


def meant(text: str, *, exactly: bool = False) -> str:
    return film_meant(text, FILMS, "lib", exactly=exactly).name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("sintel_trailer", "sintel_trailer_720p_av1.webm"),
        ("SINTEL_T", "sintel_trailer_720p_av1.webm"),
        ("Sintel", "Sintel.mp4"),  # the whole name of one goes before the beginning of others
        ("the", "The Sintel Story.mkv"),  # and a beginning before what stands in the middle
        ("story", "The Sintel Story.mkv"),
        ("train", "night train.mp4"),
        (" boat ", "night boat.mp4"),
        ("m1-4abc", "night boat.mp4"),
        ("/films/night boat.mp4", "night boat.mp4"),
    ],
)
def test_a_part_of_a_name_is_enough(text: str, name: str):
    assert meant(text) == name


def test_several_are_listed():
    with pytest.raises(UsageError, match=r"fits 2 films: night train\.mp4 .*, night boat\.mp4"):
        meant("night")
    many = [replace(FILMS[0], id=f"m1-{n:08}", name=f"reel {n}.mp4", uri=f"/{n}") for n in range(9)]
    with pytest.raises(UsageError, match=r"fits 9 films: .* and 4 more"):
        film_meant("reel", many, "lib")


@pytest.mark.parametrize("text", ["", "  ", "nobody", "trailer_720p_av1.webm", "../night train"])
def test_nothing_else_is_a_part(text: str):
    """Neither nothing nor a file's ending nor a path: a file that is not there is not some film with a like name."""
    with pytest.raises(NotFoundError):
        meant(text)


def test_where_it_must_be_exact_no_part_will_do():
    assert meant("Sintel", exactly=True) == "Sintel.mp4"
    with pytest.raises(NotFoundError):
        meant("story", exactly=True)
