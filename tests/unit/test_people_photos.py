"""Enrolment by photos: one clear face each, hostile files refused by name, nothing kept before all is well."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.casts import Seen, library_at, put_film

from cinedex.errors import UsageError
from cinedex.library import Library
from cinedex.models.chips import aligned
from cinedex.models.fakes import FakeFaceDetector, FakeFaceEmbedder
from cinedex.people import photos
from cinedex.people.match import Bounds
from cinedex.people.view import Standing

SPACE = "fake-faces"
DETECTOR, EMBEDDER = FakeFaceDetector(), FakeFaceEmbedder(SPACE)


def photo(*faces: tuple[int, int, int], size: tuple[int, int] = (400, 300), form: str = "PNG") -> bytes:
    """A grey picture with faces (x, width, person) that the fakes know."""
    pixels = np.full((size[1], size[0], 3), 60, np.uint8)
    for x, width, person in faces:
        pixels[40 : 40 + width, x : x + width] = (255, person * 32, 128)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, form)
    return out.getvalue()


def print_of(person: int) -> tuple[float, ...]:
    pixels = np.full((200, 200, 3), (255, person * 32, 128), np.uint8)
    points = np.array([[(0.4, 0.4), (0.6, 0.4), (0.5, 0.5), (0.42, 0.6), (0.58, 0.6)]])
    return tuple(EMBEDDER.prints(aligned(pixels, points, 150))[0].tolist())


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = library_at(tmp_path / "lib", bounds=(SPACE, Bounds.of(0.4)))
    library.__dict__["pool"] = type("Pool", (), {"get": lambda _, name: {"centerface": DETECTOR}.get(name, EMBEDDER)})()
    return library


CONSENT = ("herself", "release 12", "")


def saved(tmp_path: Path, *photographs: bytes) -> list[Path]:
    paths = [tmp_path / f"photo {i}.png" for i in range(len(photographs))]
    for path, data in zip(paths, photographs, strict=True):
        path.write_bytes(data)
    return paths


def test_who_is_enrolled_is_known_in_every_film_at_once(library: Library, tmp_path: Path):
    seen = [Seen(i, i, i * 10, i * 10 + 5, values=print_of(i), space=SPACE) for i in (1, 2)]
    movie = put_film(library, "film.mp4", seen)
    library.enrol("Ann", saved(tmp_path, photo((100, 120, 2)), photo((60, 90, 2))), consent=CONSENT)
    found = {c.label: c for c in library.people(movie).characters}
    assert (found["2"].name, found["2"].standing) == ("Ann", Standing.RECOGNISED)
    assert found["1"].name == ""
    known = library.cast.register.named("Ann")[0]
    assert (len(known.prints), [c.basis for c in known.consents]) == (2, ["release 12"])
    library.cast.undo()
    assert not any(c.name for c in library.people(movie).characters)


def test_nothing_of_a_photo_is_kept_but_the_print(library: Library, tmp_path: Path):
    given = photo((100, 120, 2))
    library.enrol("Ann", saved(tmp_path, given), consent=CONSENT)
    files = [p for p in (tmp_path / "lib" / "people").rglob("*") if p.is_file()]
    assert all(given[200:260] not in p.read_bytes() and b"photo 0" not in p.read_bytes() for p in files)


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (photo(), "no clear face"),
        (photo((20, 100, 2), (220, 100, 3)), "2 faces"),
        (photo((100, 20, 2)), "20 pixels wide"),
        (b"", "no photo"),
        (b"not a photo at all", "no photo"),
        (photo((100, 120, 2))[:200], "no photo"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no photo"),
        (b"\0" * (65 * 2**20), "too much"),
    ],
)
def test_a_photo_that_does_not_do_is_refused_by_name(library: Library, tmp_path: Path, made: bytes, says: str):
    good = photo((100, 120, 2))
    with pytest.raises(UsageError, match=says) as refused:
        library.enrol("Ann", saved(tmp_path, good, made), consent=CONSENT)
    assert "photo 1.png" in str(refused.value)
    assert library.cast.register.named("Ann") == []
    assert not list((tmp_path / "lib").rglob("prints/*")), "all photos are looked at before anything is kept"


def test_an_endless_picture_is_refused_before_it_is_unpacked():
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )
    with pytest.raises(UsageError, match=r"no photo|too many"):
        photos.print_of(bomb, "bomb.png", DETECTOR, EMBEDDER)


def test_a_small_face_in_the_background_does_not_matter():
    made = photos.print_of(photo((100, 120, 2), (300, 30, 3)), "a.png", DETECTOR, EMBEDDER)
    assert float(made.values @ np.array(print_of(2))) > 0.99


def test_turned_and_transparent_photos_are_read_upright():
    upright = Image.open(io.BytesIO(photo((100, 120, 2))))
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    upright.rotate(90, expand=True).save(out, "PNG", exif=exif)
    clear = io.BytesIO()
    upright.convert("RGBA").save(clear, "PNG")
    for data in (out.getvalue(), clear.getvalue()):
        made = photos.print_of(data, "a.png", DETECTOR, EMBEDDER)
        assert float(made.values @ np.array(print_of(2))) > 0.99


def test_a_face_unlike_all_others_of_that_person_is_refused(library: Library, tmp_path: Path):
    with pytest.raises(UsageError, match="like none of the other photos"):
        library.enrol("Ann", saved(tmp_path, photo((9, 90, 2)), photo((9, 90, 5))), consent=CONSENT)
    library.enrol("Ann", saved(tmp_path, photo((9, 90, 2))), consent=CONSENT)
    with pytest.raises(UsageError, match="like none of the other photos"):
        library.enrol("Ann", saved(tmp_path, photo((9, 90, 5))))


def test_without_consent_nobody_is_enrolled(library: Library, tmp_path: Path):
    paths = saved(tmp_path, photo((100, 120, 2)))
    with pytest.raises(UsageError, match="no consent"):
        library.enrol("Ann", paths)
    for empty in (("", "basis", ""), ("herself", "", "")):
        with pytest.raises(UsageError, match="who gave it"):
            library.enrol("Ann", paths, consent=empty)
    with pytest.raises(UsageError, match="at least one photo"):
        library.enrol("Ann", [], consent=CONSENT)
    with pytest.raises(UsageError, match="No such file"):
        library.enrol("Ann", [tmp_path / "gone.png"], consent=CONSENT)
    with pytest.raises(UsageError):
        library.enrol("A\0nn", paths, consent=CONSENT)
